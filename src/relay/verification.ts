import type { Integration } from '../config/compile-receiver.ts';
import { actionOf, type Incident, withAlerts } from '../notification/notification.ts';
import { truncate } from '../notification/text.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { Followed } from '../notify/notifier.ts';
import { MAX_DETAIL } from '../notify/outcome.ts';
import { ask } from './ask.ts';
import { type BuryParts, bury } from './bury.ts';
import type { Counters } from './counters.ts';
import type { Manner } from './errand.ts';
import type { FailedEnds } from './failed-ends.ts';
import type { Gate } from './gate.ts';
import type { Job } from './jobs.ts';
import { inLanes } from './lanes.ts';
import { isLeftAlone } from './left-alone.ts';
import { endedBefore } from './members.ts';
import type { Memory } from './memory.ts';
import {
  foundOpen,
  isOpenFromHere,
  isUnaccepted,
  keptOf,
  lastAccepted,
  type Remembered,
  stampOf,
} from './remembered.ts';
import type { Result } from './report.ts';
import type { Promised } from './step.ts';

/**
 * Follows up what a vendor has only promised to do. A promise that was broken is counted and logged; what was promised is
 * sent once more, and when that fails too goes to the receiver's fallback, or becomes a dead letter.
 */
export interface Verification {
  /** From now on; where too many wait already, it is not followed. */
  follow(promised: Promised): void;
  /** Asks about those that are due, and sends again what could not go out before. While it runs, another call does nothing. */
  proceed(): Promise<void>;
  /** The ends that are known to have failed, and could not be sent again yet. */
  unsentEnds(): readonly Job[];
}

export interface VerificationParts extends BuryParts {
  readonly failedEnds: Pick<FailedEnds, 'add'>;
  readonly http: HttpClient;
  readonly gate: Gate;
  readonly memory: () => Memory;
  readonly counters: (integration: Integration) => Counters;
  /** What becomes of a job under the config as it is now; undefined where that has no such integration. */
  readonly underConfig: (job: Job) => Job | undefined;
  /** Sends a job once more, unless it is over at Alertmanager (undefined). */
  readonly resend: (job: Job, manner: Manner) => Promise<Result | undefined>;
  /** In ms since the epoch. */
  readonly now: () => number;
  readonly stopping: AbortSignal;
}

const MAX_WAITING = 1_000;
/** Asked at the same time, and at one go. */
const WIDTH = 4;
const MAX_AT_ONCE = 100;
/** Waits before each question, in ms; the last one again and again, until it is given up. */
const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
const GIVE_UP_MS = 60_000;
const REQUEST_MS = 10_000;
/** How long after it was accepted the retry may go out, in ms; after that somebody must look at it. */
const RESEND_MS = 600_000;

/** How long it is asked for an answer that tells nothing yet, or that could not even be asked for, in ms. */
const LIMITS_MS: Readonly<Record<string, number>> = { pending: GIVE_UP_MS, unasked: RESEND_MS };

const DONE: ReadonlySet<string> = new Set<string>(['kept', 'moot', 'already'] satisfies Followed[]);

interface Waiting extends Promised {
  readonly since: number;
  readonly dueAt: number;
  readonly asked: number;
  /**
   * It may be done before the page that it is about: when it was accepted, nobody here knew whether that was done; or it was accepted
   * so shortly before that another replica, or the process before this one, may not know until this time, in ms since the epoch.
   */
  readonly mayOvertakeUntil: number | undefined;
  /** The vendor's words, once it is known that it was not done and the retry could not go out. */
  readonly broken?: string;
}

export function createVerification(parts: VerificationParts): Verification {
  const { memory, counters, resend, hasAccount, failedEnds, log, now, stopping } = parts;
  const waiting = new Set<Waiting>();
  /** Those that are being sent again. */
  const sending = new Set<Waiting>();
  let isRunning = false;

  function follow(promised: Promised): void {
    if (waiting.size >= MAX_WAITING) {
      counters(promised.job.integration).verifications.skipped.count++;
      return;
    }
    const mayOvertakeUntil = overtakesUntil(promised);
    waiting.add({ ...promised, since: now(), dueAt: now() + (WAITS_MS[0] ?? 0), asked: 0, mayOvertakeUntil });
  }

  function overtakesUntil({ job, decision, pagedAt, isRetry }: Promised): number | undefined {
    if (decision.action === 'trigger') return undefined;
    if (isPagePending(job)) return now();
    const until = Math.min(pagedAt ?? 0, now()) + GIVE_UP_MS;
    return isRetry || until <= now() ? undefined : until;
  }

  /** Whether it is not known yet what became of a page at the same place. */
  function isPagePending({ place }: Job): boolean {
    for (const { job, decision, broken } of waiting)
      if (job.place === place && decision.action === 'trigger' && broken === undefined) return true;
    return false;
  }

  async function proceed(): Promise<void> {
    if (isRunning || waiting.size === 0) return;
    isRunning = true;
    try {
      const due = [...waiting].filter(({ dueAt }) => dueAt <= now()).slice(0, MAX_AT_ONCE);
      await inLanes(due, WIDTH, (entry) =>
        entry.broken === undefined ? check(entry) : retry(entry, entry.broken),
      );
    } finally {
      isRunning = false;
    }
  }

  async function check(entry: Waiting): Promise<void> {
    if (stopping.aborted) return;
    const found = await askAbout(entry);
    waiting.delete(entry);
    if (typeof found === 'object') return mend(entry, found.broken);
    const limitMs = LIMITS_MS[found];
    if (limitMs !== undefined && now() - entry.since < limitMs) return again(entry);
    const pageUntil = pageDueUntil(found, entry);
    if (pageUntil !== undefined) return afterItsPage(entry, pageUntil);
    const { verifications } = counters(entry.job.integration);
    verifications[DONE.has(found) ? 'kept' : 'unknown'].count++;
  }

  /** Nothing was there to be closed, or acknowledged: once the page has had its time to come about, it is said once more. */
  async function afterItsPage(entry: Waiting, until: number): Promise<void> {
    if (isPagePending(entry.job) || now() < until) return again(entry);
    counters(entry.job.integration).verifications.broken.count++;
    await sayAgain(entry, 'it found nothing, and may have gone before the page', sendAgain);
  }

  /** What the vendor says of it now, without secrets. */
  async function askAbout({ job: { integration: to }, followUp }: Waiting): Promise<Followed | 'unasked'> {
    const { request } = followUp;
    const inquiry = { request, to, destination: to, timeoutMs: REQUEST_MS, attemptMs: REQUEST_MS };
    const { outcome, status, body = '', redact } = await ask(inquiry, parts);
    if (outcome.status === 'unavailable' && outcome.notSent) return 'unasked';
    if (status === undefined || outcome.status === 'unavailable') return 'pending';
    const found = followUp.read(status, body);
    if (typeof found !== 'object') return found;
    return { broken: truncate(redact?.(found.broken) ?? '', MAX_DETAIL) };
  }

  async function retry(entry: Waiting, detail: string): Promise<void> {
    if (stopping.aborted) return;
    waiting.delete(entry);
    await sayAgain(entry, detail, sendAgain);
  }

  function again(entry: Waiting): void {
    const asked = entry.asked + 1;
    waiting.add({ ...entry, asked, dueAt: now() + (WAITS_MS[asked] ?? WAITS_MS.at(-1) ?? 0) });
  }

  async function mend(entry: Waiting, detail: string): Promise<void> {
    const { job, decision, isRetry } = entry;
    const { integration, incident } = job;
    const own = counters(integration);
    own.verifications.broken.count++;
    own.acceptedButFailed[decision.action].count++;
    const { receiver, name } = integration;
    const { key: incident_key } = incident;
    log.error('accepted but failed', {
      receiver,
      integration: name,
      incident_key,
      action: decision.action,
      detail,
    });
    await sayAgain(entry, detail, isRetry ? handOver : sendAgain);
  }

  async function sayAgain(entry: Waiting, detail: string, say: typeof sendAgain): Promise<void> {
    sending.add(entry);
    try {
      await sayWhereItBelongs(entry, detail, say);
    } finally {
      sending.delete(entry);
    }
  }

  /** A page goes where it belongs since a reload; an end, to the account that may have the incident. */
  async function sayWhereItBelongs(entry: Waiting, detail: string, say: typeof sendAgain): Promise<void> {
    if (entry.decision.action !== 'trigger') return say(entry, detail);
    if (leftOf(entry, memory().peek(entry.job.place), now()) === undefined) return;
    const job = parts.underConfig(entry.job);
    if (job === undefined) return giveUp(entry, detail);
    if (job.place === entry.job.place) return say({ ...entry, job }, detail);
    const there = memory().peek(job.place);
    // Who was told of it there since has the page.
    if (isOpenFromHere(there) && (lastAccepted(there) ?? 0) > entry.since) return;
    await sendAgain({ ...entry, job, stamp: stampOf(there) }, detail);
  }

  /** What failed for the second time. An end is of no use to a fallback (take-over.ts), and a dead letter at once. */
  async function handOver(entry: Waiting, detail: string): Promise<void> {
    const { job, decision } = entry;
    const left = () => leftOf(entry, memory().peek(job.place), now());
    const incident = left();
    if (incident === undefined) return;
    const { action } = decision;
    if (action === 'acknowledge' || isLeftAlone(action, job.integration, hasAccount))
      return giveUp(entry, detail);
    const result = await resend({ ...job, incident }, { ...onceMore(entry), givenUp: detail });
    if (result?.outcome === 'rejected') return rest(entry);
    const hadTurn = result !== undefined && result.outcome !== 'unavailable';
    if (hadTurn || left() === undefined) return;
    forget(job);
    giveUp(entry, detail);
    rest(entry);
  }

  /** Reconciliation is to leave it for a while. */
  function rest({ job: { place }, decision }: Waiting): void {
    if (decision.action === 'resolve') failedEnds.add(place, stampOf(memory().peek(place)));
  }

  /** What is known of it does not hold: what Alertmanager says next is news. */
  function forget(job: Job): void {
    const known = memory().peek(job.place);
    if (known !== undefined) memory().set(job.place, keptOf(job, foundOpen(known.members)));
  }

  /** Once more; where that cannot go out now, later again, and then it is given up. */
  async function sendAgain(entry: Waiting, detail: string): Promise<void> {
    const { job, decision, since } = entry;
    const incident = leftOf(entry, memory().peek(job.place), now());
    if (incident === undefined) return;
    const result = await resend({ ...job, incident }, onceMore(entry));
    if (result?.outcome === 'rejected' && result.reason !== 'authError') rest(entry);
    if (result?.outcome !== 'unavailable') return;
    if (now() - since >= RESEND_MS)
      return decision.action === 'trigger' ? giveUp(entry, detail) : handOver(entry, detail);
    waiting.add({ ...entry, broken: detail, dueAt: now() + (WAITS_MS.at(-1) ?? 0) });
  }

  function giveUp({ job, decision: { action } }: Waiting, detail: string): void {
    bury(job, { incident: job.incident, action, reason: 'other', detail }, parts);
  }

  function unsentEnds(): readonly Job[] {
    const failed = [...waiting].filter(({ broken }) => broken !== undefined);
    return [...failed, ...sending]
      .filter(({ decision }) => decision.action === 'resolve')
      .map(({ job }) => job);
  }

  return { follow, proceed, unsentEnds };
}

/** Until when the page that it may have overtaken may come about, in ms since the epoch. */
function pageDueUntil(found: string, { mayOvertakeUntil, since }: Waiting): number | undefined {
  if (found === 'moot') return mayOvertakeUntil;
  // An older alert of the same key may be closed already; of another process's page that tells nothing.
  const isOwn = mayOvertakeUntil !== undefined && mayOvertakeUntil <= since;
  return found === 'already' && isOwn ? mayOvertakeUntil : undefined;
}

/**
 * What is left to be said of what was promised; undefined where something newer was accepted, or where all that fired has
 * ended meanwhile. Of what was forgotten (step.ts, `isDenied`), or is only known to fire, nothing newer is known.
 */
function leftOf(
  { decision: { action, incident }, stamp }: Pick<Promised, 'decision' | 'stamp'>,
  known: Remembered | undefined,
  now: number,
): Incident | undefined {
  if (known === undefined) return incident;
  if (stampOf(known) !== stamp && !(action === 'trigger' && isUnaccepted(known))) return undefined;
  if (action !== 'trigger') return incident;
  const hasEnded = endedBefore(known.members, now);
  const alerts = incident.alerts.filter((alert) => alert.status === 'resolved' || !hasEnded(alert));
  return actionOf(alerts) === 'trigger' ? withAlerts(incident, alerts) : undefined;
}

/** The same again, as far as it still holds. */
function onceMore(promised: Pick<Promised, 'decision' | 'stamp' | 'after'>): Manner {
  const { decision, after } = promised;
  const { action, incident } = decision;
  return {
    judge(_job, before, now) {
      const left = leftOf(promised, before, now);
      return left === undefined
        ? { forward: false, action, reason: 'duplicate', incident }
        : { forward: true, action, reason: 'failed_late', incident: left };
    },
    mayBeHeld: false,
    ...(action === 'acknowledge' ? {} : { isDenied: true }),
    ...(after && { after }),
    share: 1,
    isRepeat: true,
    by: 'verification',
  };
}
