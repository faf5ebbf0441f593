import type { Integration } from '../config/compile-receiver.ts';
import type { Notification } from '../notification/notification.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { FollowUp } from '../notify/notifier.ts';
import { type Logger, withFields } from '../observe/log.ts';
import { createDeadline } from './deadline.ts';
import { asTold, type Decision, learn, remember } from './dedup.ts';
import { newsSince } from './delay.ts';
import { type Delivery, deliver, gaveWay, wasOvertaken } from './deliver.ts';
import type { Errand } from './errand.ts';
import { type Gate, RANK } from './gate.ts';
import type { Held } from './held.ts';
import type { HeldResolves } from './held-resolves.ts';
import type { Job } from './jobs.ts';
import { type HasAccount, isLeftAlone } from './left-alone.ts';
import type { Memory } from './memory.ts';
import {
  foundOpen,
  isUnaccepted,
  keptOf,
  NOT_OPEN,
  pagedAt,
  type Remembered,
  stampOf,
} from './remembered.ts';
import {
  type Result,
  reportDelivered,
  reportKeyRefused,
  reportSuppressed,
  reportTemplateFailures,
  supersededBy,
} from './report.ts';
import { isTold, type Turn, withUnseenAt } from './turn.ts';
import { urgency } from './urgency.ts';
import { createWithhold } from './withhold.ts';

/** How long an end is tried to be told to an account that is gone from the config, in ms. */
const GIVE_UP_MS = 24 * 60 * 60_000;

export interface StepParts {
  /** When this process began, in ms since the epoch. */
  readonly startedAt: number;
  readonly http: HttpClient;
  readonly gate: Gate;
  readonly memory: () => Memory;
  readonly held: Held;
  readonly heldResolves: HeldResolves;
  /** Told of what a vendor has accepted and only promised to do. */
  readonly follow: (promised: Promised) => void;
  /** Whether Alertmanager is looked at: then an incident whose alerts are gone is ended by that (gone.ts). */
  readonly isWatched: () => boolean;
  readonly hasAccount: HasAccount;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly now: () => number;
}

/** What a vendor has accepted and only promised to do. */
export interface Promised {
  readonly job: Job;
  readonly decision: Decision;
  readonly followUp: FollowUp;
  /** Its stamp (remembered.ts): under another one, something newer was accepted. */
  readonly stamp: string;
  /** When a page of it was accepted last, in ms since the epoch, as far as that is known here. */
  readonly pagedAt: number | undefined;
  /** It was sent for the second time. */
  readonly isRetry: boolean;
  /** What is remembered of it, where that does not follow from what Alertmanager says (`Manner.after`). */
  readonly after?: Remembered | undefined;
}

/** What came of one notification. */
export interface Stepped {
  readonly decision: Decision;
  readonly result: Result;
  /** Attempts to deliver it, and how long they took in ms, where there were any. */
  readonly attempts?: number;
  readonly durationMs?: number;
  /** It was given up, because Alertmanager says otherwise by now. */
  readonly isOvertaken?: boolean;
  /** Nothing was sent: something newer is told in its place, and has its own result. */
  readonly gaveWay?: true;
}

export type Step = (errand: Errand, before: Remembered | undefined) => Promise<Stepped>;

/** One notification in its turn: decide, deliver, remember; as accepted only what was. */
export function createStep(parts: StepParts): Step {
  const { http, gate, memory, held, heldResolves, follow, isWatched, hasAccount, log: plainLog, now } = parts;
  const withhold = createWithhold({ held, heldResolves, keep, tellHeld });
  return (errand, before) => {
    const { job, deadline, manner, counters } = errand;
    const startedAt = now();
    const decision = manner.judge(job, before, startedAt);
    const { span } = deadline;
    const log = span === undefined ? plainLog : withFields(plainLog, { trace_id: span.traceId });
    const turn: Turn = { ...errand, before, decision, log, startedAt };
    forgetEnded(turn);
    const withheld = withhold(turn);
    if (withheld !== undefined) {
      const result =
        typeof withheld === 'object'
          ? withheld
          : reportSuppressed(job.integration, decision.action, withheld, job.incident, counters, log);
      return Promise.resolve({ decision, result });
    }
    return deliverWithin(turn).then((delivery) => conclude(turn, orGivenUp(turn, delivery)));
  };

  /** What has ended of what was held, whatever comes of the rest: its end is remembered for a while only (members.ts). */
  function forgetEnded({ job, decision, manner }: Turn): void {
    if (manner.by !== 'held' || !manner.isPart) return;
    const left = new Set(decision.incident.alerts);
    const over = job.incident.alerts.filter((alert) => !left.has(alert));
    held.forget(job.place, over);
  }

  /** What follows from a delivery: what is remembered, and told. */
  function conclude(turn: Turn, delivery: Delivery): Stepped {
    const { job, before, decision, manner, counters, log, startedAt } = turn;
    const { integration } = job;
    const { status } = delivery.outcome;
    if (gaveWay(delivery))
      return { decision, result: supersededBy(integration, job.incident), gaveWay: true };
    if (status !== 'unavailable') letGo(turn, status === 'accepted');
    if (status === 'accepted') keepAccepted(turn, delivery);
    else if (status === 'rejected' && isLeftAlone(decision.action, integration, hasAccount))
      keep(job, { ...NOT_OPEN, resolvedAt: now() });
    else if (isForgotten(turn, status)) keep(job, withUnseenAt(turn, before && foundOpen(before.members)));
    else if (isTold(manner))
      keep(job, withUnseenAt(turn, learn(decision, before, now(), mayStayOpen(turn, delivery))));
    reportKeyRefused(integration, delivery, log);
    reportTemplateFailures(job, delivery, counters, log);
    const result = reportDelivered(integration, decision, delivery, { startedAt, now: now() }, counters, log);
    const durationMs = now() - startedAt;
    return { decision, result, attempts: delivery.attempts, durationMs, isOvertaken: wasOvertaken(delivery) };
  }

  /** Where an account that is gone from the config could not be told of an end for long, it may be gone, too: as what it refuses. */
  function orGivenUp(turn: Turn, delivery: Delivery): Delivery {
    const { job, before, decision, manner } = turn;
    const { outcome } = delivery;
    const isTriedOn = outcome.status === 'unavailable' && manner.by !== 'replay';
    if (!isTriedOn || !isLeftAlone(decision.action, job.integration, hasAccount)) return delivery;
    // Ours are remembered from when they were owed (take-over.ts).
    const owedSince = before?.action === 'resolve' ? before.resolvedAt : undefined;
    const since = job.heardAt ?? owedSince ?? now();
    if (now() - since < GIVE_UP_MS) return delivery;
    const { reason, detail } = outcome;
    return {
      ...delivery,
      outcome: { status: 'rejected', reason, detail: `given up after a day: ${detail}` },
    };
  }

  /**
   * Whether it may have been opened, and Alertmanager tell nobody of its end: it goes on to tell of the firing, but not of
   * the end of what it could not tell of.
   */
  function mayStayOpen({ job, decision }: Turn, delivery: Delivery): boolean {
    const { integration, incident } = job;
    // Who told of what is over by now may be gone.
    const mayBeOpen = delivery.mayHaveArrived || wasOvertaken(delivery);
    return decision.action === 'trigger' && mayBeOpen && isWatched() && integration.sendsResolved(incident);
  }

  /** What was kept back of the incident, where this takes its place. A firing that was rejected has not called off the end before. */
  function letGo(turn: Turn, isAccepted: boolean): void {
    tellHeld(turn);
    const { manner, decision, job } = turn;
    if (!manner.isRepeat && (isAccepted || decision.action === 'resolve')) heldResolves.drop(job.place);
  }

  function tellHeld({ job, decision, manner }: Turn): void {
    // What is acknowledged because it is silenced is to page when it no longer is; what is held is newer than a repetition.
    if (decision.action !== 'acknowledge' && !manner.isRepeat) held.tell(job, decision, manner.isPart);
  }

  function keepAccepted(turn: Turn, { followUp }: Delivery): void {
    const { job, decision, before, manner, counters } = turn;
    const { after, isRepeat, by } = manner;
    const at = now();
    const since = newsSince(decision, job, by, before, parts.startedAt);
    if (since !== undefined) counters.delay.observe(Math.max(0, at - since) / 1000);
    const closed = after && { ...after, resolvedAt: at };
    keep(job, closed ?? withUnseenAt(turn, remember(decision, job.rules, before, at, job.heardAt)));
    if (isRepeat && decision.action === 'trigger') heldResolves.repaged(job.place, at);
    if (followUp === undefined) return;
    const stamp = stampOf(memory().peek(job.place));
    follow({ job, decision, followUp, stamp, pagedAt: pagedAt(before), isRetry: isRepeat === true, after });
  }

  function deliverWithin({ job, decision, deadline: whole, manner, counters, way }: Turn): Promise<Delivery> {
    const { integration, incident, place } = job;
    const { share, isHousekeeping, isOvertaken } = manner;
    const told = asTold(decision, integration.sendsResolved(incident));
    const rank = () => rankOf(integration, told, decision.reason, isHousekeeping);
    const context = { http, gate, now, place, counters, rank, isOvertaken, way };
    if (share === 1) return deliver(told, integration, whole, context);
    const own = createDeadline(now() + (whole.at - now()) * share, now, whole.signal, whole.span);
    return deliver(told, integration, own, context).finally(() => own.clear());
  }

  function keep(job: Job, remembered: Remembered | undefined): void {
    const kept = remembered ?? unlabelled(memory().peek(job.place));
    if (kept !== undefined) memory().set(job.place, keptOf(job, kept));
  }
}

/** What was read back, and of which nobody knows whether it is to be ended: any job of it tells. */
function unlabelled(known: Remembered | undefined): Remembered | undefined {
  return known?.staysOpen && isUnaccepted(known) ? known : undefined;
}

/** Whether what is remembered does not hold, where this was not accepted (`Manner.isDenied`). */
function isForgotten({ manner, decision }: Turn, status: 'rejected' | 'unavailable'): boolean {
  return manner.isDenied === true && (status === 'rejected' || decision.action === 'trigger');
}

function rankOf(
  to: Integration,
  { action, incident }: Notification,
  reason: Decision['reason'],
  isHousekeeping?: true,
): number {
  if (isHousekeeping) return RANK.housekeeping;
  if (action === 'resolve') return RANK.resolve;
  // Repetitions would leave no room for the others of a webhook that Alertmanager tells again and again.
  return urgency(to, incident) + (reason === 'repeat' ? RANK.repeat : 0);
}
