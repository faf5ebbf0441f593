import type { Outcome, Reason } from '../notify/notifier.ts';
import type { Refused } from './pacing.ts';

/**
 * A circuit breaker for each endpoint. After some failures in a row nothing is sent there for a while, so that a dead
 * vendor costs a probe now and then and not the budget of every webhook; then one request goes first, and the others
 * wait for what comes of it.
 */
export interface Breakers {
  /** Asks whether a request may go out. All but the refused must be followed by `leave`. */
  enter(endpoint: string): Entry | Promise<Entry>;
  /** What came of the request. */
  leave(endpoint: string, entry: Exclude<Entry, Refused>, outcome: Outcome): void;
  /** Whether nothing goes out there at this moment. */
  isOpen(endpoint: string): boolean;
}

/** `probe`: the endpoint is asked whether it is back. */
export type Entry = 'go' | 'probe' | Refused;

export interface BreakerOptions {
  /** In ms since the epoch. */
  readonly now: () => number;
  /** Told when a breaker opens, and when it closes again. */
  onChange?(endpoint: string, isOpen: boolean): void;
}

const FAILURES_TO_OPEN = 5;
/** How long it stays open doubles from the first to the longest, in ms: a page waits so long for an endpoint that is back. */
const FIRST_OPEN_MS = 1_000;
const LONGEST_OPEN_MS = 5_000;

/** What tells that an endpoint is not there. */
const FAILING: ReadonlySet<Reason> = new Set(['network', 'serverError', 'contextDeadlineExceeded']);

interface Breaker {
  failures: number;
  /** 0 while closed. */
  openUntil: number;
  openMs: number;
  /** Settles when the probe is back. */
  probe: { readonly done: Promise<void>; readonly settle: () => void } | undefined;
}

export function createBreakers({ now, onChange }: BreakerOptions): Breakers {
  const breakers = new Map<string, Breaker>();

  /** For how long nothing goes out, in ms. */
  const leftOf = ({ openUntil, openMs }: Breaker): number => {
    const left = openUntil - now();
    // More than it was opened for is left only where the clock was set back: a probe costs nobody anything.
    return left > openMs ? 0 : left;
  };

  const refused = (leftMs: number): Refused => {
    const seconds = Math.ceil(leftMs / 1000);
    const detail = `the endpoint has failed again and again; it is tried again in ${seconds}s`;
    return { status: 'unavailable', reason: 'circuitOpen', detail, notSent: true };
  };

  const open = (endpoint: string, breaker: Breaker, forMs: number) => {
    if (breaker.openUntil === 0) onChange?.(endpoint, true);
    breaker.openMs = forMs;
    breaker.openUntil = now() + forMs;
  };

  const close = (endpoint: string, breaker: Breaker) => {
    breaker.failures = 0;
    if (breaker.openUntil > 0) onChange?.(endpoint, false);
    breaker.openUntil = 0;
  };

  const enter = (endpoint: string): Entry | Promise<Entry> => {
    const breaker = breakers.get(endpoint);
    if (breaker === undefined || breaker.openUntil === 0) return 'go';
    // Where the probe was never sent, the first of those who waited for it is the next one.
    if (breaker.probe !== undefined) return breaker.probe.done.then(() => enter(endpoint));
    const leftMs = leftOf(breaker);
    if (leftMs > 0) return refused(leftMs);
    let settle = () => {};
    const done = new Promise<void>((resolve) => {
      settle = resolve;
    });
    breaker.probe = { done, settle };
    return 'probe';
  };

  return {
    enter,
    leave(endpoint, entry, outcome) {
      let breaker = breakers.get(endpoint);
      if (isFailure(outcome)) {
        breaker ??= { failures: 0, openUntil: 0, openMs: 0, probe: undefined };
        breakers.set(endpoint, breaker);
        breaker.failures++;
        if (entry === 'probe') open(endpoint, breaker, Math.min(breaker.openMs * 2, LONGEST_OPEN_MS));
        else if (breaker.openUntil === 0 && breaker.failures >= FAILURES_TO_OPEN) {
          open(endpoint, breaker, FIRST_OPEN_MS);
        }
      } else if (breaker !== undefined && isAnswer(outcome)) {
        close(endpoint, breaker);
      }
      if (entry !== 'probe' || breaker === undefined) return;
      const { probe } = breaker;
      breaker.probe = undefined;
      probe?.settle();
    },
    isOpen(endpoint) {
      const breaker = breakers.get(endpoint);
      if (breaker === undefined || breaker.openUntil === 0) return false;
      return breaker.probe !== undefined || leftOf(breaker) > 0;
    },
  };
}

function isFailure(outcome: Outcome): boolean {
  const { status } = outcome;
  return status === 'unavailable' && !outcome.notSent && !outcome.isCut && FAILING.has(outcome.reason);
}

/** Whether the endpoint answered. */
function isAnswer(outcome: Outcome): boolean {
  return outcome.status !== 'unavailable' || outcome.reason === 'rateLimited';
}
