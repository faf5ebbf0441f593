import type { Outcome, Reason } from '../notify/notifier.ts';
import type { Refused } from './pacing.ts';
import { keyOf } from './place.ts';

/**
 * A circuit breaker for each endpoint. After some failures in a row nothing is sent there for a while, so that a dead
 * vendor costs a probe now and then and not the budget of every webhook; then one request goes first, and the others
 * wait for what comes of it. While all those failures are of one incident, it is open for that one only: the vendor may
 * fail for its event, and the next of the others asks. `who`: the incident at its account (`Job.place`); undefined where something
 * is only asked: what is answered then does not tell whether anything can be done there.
 */
export interface Breakers {
  /** Asks whether a request may go out. All but the refused must be followed by `leave`. */
  enter(endpoint: string, who: Who): Entry | Promise<Entry>;
  /** What came of the request. */
  leave(endpoint: string, who: Who, entry: Exclude<Entry, Refused>, outcome: Outcome): void;
  /** Whether nothing of this one goes out there at this moment. */
  isOpen(endpoint: string, who: Who): boolean;
}

export type Who = string | undefined;

/** `probe`: the endpoint is asked whether it is back. `again`: the only one that it is open for, or a question, goes; nobody waits for that. */
export type Entry = 'go' | 'probe' | 'again' | Refused;

export interface BreakerOptions {
  /** In ms since the epoch. */
  readonly now: () => number;
  /** Told when a breaker opens for all, and when it closes again. */
  onChange?(endpoint: string, isOpen: boolean): void;
}

const FAILURES_TO_OPEN = 5;
/** How long it stays open doubles from the first to the longest, in ms: a page waits so long for an endpoint that is back. */
const FIRST_OPEN_MS = 1_000;
const LONGEST_OPEN_MS = 5_000;
/** So many are remembered to have failed; where there are more, it is no incident that fails by itself. */
const MAX_FAILED_BY = 1_000;

/** What tells that an endpoint is not there. */
const FAILING: ReadonlySet<Reason> = new Set(['network', 'serverError', 'contextDeadlineExceeded']);

interface Breaker {
  /** In a row. */
  failures: number;
  /** Whose they are, each with the number of its last one: the lowest have gone unasked for longest, and come first. */
  readonly failedBy: Map<Who, number>;
  /** 0 while closed. */
  openUntil: number;
  openMs: number;
  /** When something may be asked again of what has failed, in ms since the epoch: what is to be done does not wait for that. */
  askFrom: number;
  /** The lowest such number of the incidents refused since the last probe; 0: of one that has not failed. */
  next: number;
  /** Settles when the probe is back. */
  probe: { readonly done: Promise<void>; readonly settle: () => void } | undefined;
}

export function createBreakers({ now, onChange }: BreakerOptions): Breakers {
  const breakers = new Map<string, Breaker>();

  /** For how long nothing of this one goes out, in ms. */
  const leftOf = (breaker: Breaker, who: Who): number => {
    const { openUntil, openMs } = breaker;
    if (!isForAll(breaker) && !breaker.failedBy.has(who)) return 0;
    // One that fails by itself would else take each probe, and nobody find out that the endpoint is back.
    const moreMs = isForAll(breaker) && numberOf(breaker, who) > breaker.next ? LONGEST_OPEN_MS : 0;
    const left = openUntil + moreMs - now();
    // More than it was opened for is left only where the clock was set back: a probe costs nobody anything.
    return left > openMs + moreMs ? 0 : left;
  };

  const refuse = (breaker: Breaker, who: Who, leftMs: number): Refused => {
    // Nobody waits for what is of none.
    if (who !== undefined) breaker.next = Math.min(breaker.next, numberOf(breaker, who));
    const what = isForAll(breaker)
      ? 'the endpoint has failed'
      : 'it has failed for this incident, and no other,';
    const detail = `${what} again and again; it is tried again in ${Math.ceil(leftMs / 1000)}s`;
    return { status: 'unavailable', reason: 'circuitOpen', detail, notSent: true };
  };

  const open = (breaker: Breaker, forMs: number) => {
    breaker.openMs = forMs;
    breaker.openUntil = now() + forMs;
    breaker.next = Number.POSITIVE_INFINITY;
  };

  const close = (endpoint: string, breaker: Breaker) => {
    if (breaker.failures === 0) return;
    const wasForAll = isForAll(breaker);
    breaker.failures = 0;
    breaker.failedBy.clear();
    breaker.openUntil = 0;
    if (wasForAll) onChange?.(endpoint, false);
  };

  const failed = (breaker: Breaker, who: Who) => {
    count(breaker, who);
    if (who === undefined) breaker.askFrom = now() + LONGEST_OPEN_MS;
  };

  const fail = (endpoint: string, breaker: Breaker, who: Who, entry: Exclude<Entry, Refused>) => {
    const wasForAll = isForAll(breaker);
    failed(breaker, who);
    const { openUntil, openMs, failures } = breaker;
    const isNowForAll = openUntil !== 0 && !wasForAll && isForAll(breaker);
    const hasAsked = entry === 'probe' || (entry === 'again' && !wasForAll);
    if (openUntil === 0 ? failures >= FAILURES_TO_OPEN : isNowForAll) open(breaker, FIRST_OPEN_MS);
    else if (openUntil !== 0 && hasAsked) open(breaker, Math.min(openMs * 2, LONGEST_OPEN_MS));
    if (!wasForAll && isForAll(breaker)) onChange?.(endpoint, true);
  };

  const beginProbe = (breaker: Breaker): Entry => {
    let settle = () => {};
    const done = new Promise<void>((resolve) => {
      settle = resolve;
    });
    breaker.probe = { done, settle };
    return 'probe';
  };

  /** For a question where something failed that was to be done: whatever becomes of it, that is not for it to say. */
  const enterAside = (breaker: Breaker): Entry => {
    const leftMs = breaker.askFrom - now();
    // More is left only where the clock was set back.
    return leftMs <= 0 || leftMs > LONGEST_OPEN_MS ? 'again' : refuse(breaker, undefined, leftMs);
  };

  const enter = (endpoint: string, who: Who): Entry | Promise<Entry> => {
    const breaker = breakers.get(endpoint);
    if (breaker === undefined || breaker.openUntil === 0) return 'go';
    // Where the probe was never sent, the first of those who waited for it is the next one.
    if (breaker.probe !== undefined) return breaker.probe.done.then(() => enter(endpoint, who));
    const leftMs = leftOf(breaker, who);
    if (leftMs > 0) return refuse(breaker, who, leftMs);
    if (who === undefined && hasFailedToDo(breaker)) return enterAside(breaker);
    // What fails for this one says nothing of the others: they do not wait for it.
    return isForAll(breaker) || !breaker.failedBy.has(who) ? beginProbe(breaker) : 'again';
  };

  return {
    enter,
    leave(endpoint, who, entry, outcome) {
      let breaker = breakers.get(endpoint);
      if (isFailure(outcome)) {
        breaker ??= aBreaker();
        breakers.set(endpoint, breaker);
        fail(endpoint, breaker, who, entry);
      } else if (breaker !== undefined && isAnswer(outcome)) {
        if (who !== undefined || !hasFailedToDo(breaker)) close(endpoint, breaker);
      }
      if (entry !== 'probe' || breaker === undefined) return;
      const { probe } = breaker;
      breaker.probe = undefined;
      probe?.settle();
    },
    isOpen(endpoint, who) {
      const breaker = breakers.get(endpoint);
      if (breaker === undefined || breaker.openUntil === 0) return false;
      return breaker.probe !== undefined || leftOf(breaker, who) > 0;
    },
  };
}

function aBreaker(): Breaker {
  const next = Number.POSITIVE_INFINITY;
  return { failures: 0, failedBy: new Map(), openUntil: 0, openMs: 0, askFrom: 0, next, probe: undefined };
}

/** Whether it is open, and not for one only. */
function isForAll({ openUntil, failedBy }: Breaker): boolean {
  if (openUntil === 0) return false;
  let first: string | undefined;
  // One event may be told to several accounts.
  for (const who of failedBy.keys()) {
    const key = who === undefined ? '' : keyOf(who);
    first ??= key;
    if (key !== first) return true;
  }
  return false;
}

/** Whether something failed that was to be done there. */
function hasFailedToDo({ failedBy }: Breaker): boolean {
  return failedBy.size > (failedBy.has(undefined) ? 1 : 0);
}

function numberOf({ failedBy }: Breaker, who: Who): number {
  return failedBy.get(who) ?? 0;
}

function count(breaker: Breaker, who: Who): void {
  const { failedBy } = breaker;
  breaker.failures++;
  failedBy.delete(who);
  failedBy.set(who, breaker.failures);
  if (failedBy.size <= MAX_FAILED_BY) return;
  for (const oldest of failedBy.keys()) return void failedBy.delete(oldest);
}

function isFailure(outcome: Outcome): boolean {
  const { status } = outcome;
  return status === 'unavailable' && !outcome.notSent && !outcome.isCut && FAILING.has(outcome.reason);
}

/** Whether the endpoint answered. */
function isAnswer(outcome: Outcome): boolean {
  return outcome.status !== 'unavailable' || outcome.reason === 'rateLimited';
}
