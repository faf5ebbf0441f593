import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { ConfiguredIntegration } from '../config/compile-receiver.ts';
import type { Notification } from '../notification/notification.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { FollowUp } from '../notify/notifier.ts';
import { type Logger, withFields } from '../observe/log.ts';
import type { Counters } from './counters.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import type { TriggeredBy } from './decisions.ts';
import { asTold, type Decision, decide, learn, remember, type Suppressed } from './dedup.ts';
import { type Delivery, deliver } from './deliver.ts';
import { type Gate, RANK } from './gate.ts';
import { type Held, reasonToHold } from './held.ts';
import type { HeldResolves } from './held-resolves.ts';
import { type Job, urgency } from './jobs.ts';
import type { Memory } from './memory.ts';
import { foundOpen, keptOf, NOT_OPEN, type Remembered, stampOf } from './remembered.ts';
import {
  type Result,
  reportDelivered,
  reportKeyRefused,
  reportSuppressed,
  reportTemplateFailures,
  untried,
} from './report.ts';

/** Where a step's decision comes from, and what may be done with it. */
export interface Manner {
  judge(job: Job, before: Remembered | undefined, now: number): Decision;
  /** Whether it is kept back while its route is muted, or by `hold_resolve`. */
  readonly mayBeHeld: boolean;
  /** What is remembered where it was accepted; without it, what follows from what Alertmanager says. */
  readonly after?: Remembered;
  /** Whether the vendor has not done what is remembered: where this is not accepted either, that is forgotten. */
  readonly isDenied?: true;
  /** Part of the time left that the delivery may take; the rest is the fallback's. */
  readonly share: number;
  /** Where it comes from, for the records; what a webhook says is traced as part of it. */
  readonly by: TriggeredBy;
  /** A resolve that was kept back and whose time has come: it is let go whatever comes of it. */
  readonly isDue?: true;
  /** It is sent for the second time, and is no news. */
  readonly isRepeat?: true;
  /** The receiver in whose stead it is sent. */
  readonly fallbackFor?: string;
  /** All that the same webhook says something of, by place. */
  readonly beside?: () => ReadonlySet<string>;
  /** Looks at Alertmanager once, now; for what comes from it and may be overtaken (doubts.ts). */
  readonly fresh?: (() => Promise<Snapshot | undefined> | undefined) | undefined;
  /** Whether nobody waits for it: others go first where requests have to wait. */
  readonly isHousekeeping?: true;
}

/** As a webhook says. */
export const AS_SAID: Manner = {
  judge: ({ incident, rules, integration }, before, now) =>
    decide(incident, rules, integration.sendsResolved(incident), before, now),
  mayBeHeld: true,
  share: 1,
  by: 'webhook',
};

export interface StepParts {
  readonly http: HttpClient;
  readonly gate: Gate;
  readonly memory: () => Memory;
  readonly held: Held;
  readonly heldResolves: HeldResolves;
  /** Told of what a vendor has accepted and only promised to do. */
  readonly follow: (promised: Promised) => void;
  /** Whether Alertmanager is looked at: then an incident whose alerts are gone is ended by that (reconcile.ts). */
  readonly isWatched: () => boolean;
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
  /** It was sent for the second time. */
  readonly isRetry: boolean;
}

/** What came of one notification. */
export interface Stepped {
  readonly decision: Decision;
  readonly result: Result;
  /** Attempts to deliver it, and how long they took in ms, where there were any. */
  readonly attempts?: number;
  readonly durationMs?: number;
}

export type Step = (
  job: Job,
  before: Remembered | undefined,
  counters: Counters,
  deadline: Deadline,
  manner: Manner,
) => Promise<Stepped>;

/** One notification in its turn: decide, deliver, remember; as accepted only what was. */
export function createStep(parts: StepParts): Step {
  const { http, gate, memory, held, heldResolves, follow, isWatched, log, now } = parts;
  return (job, before, counters, deadline, manner) => {
    const startedAt = now();
    const decision = manner.judge(job, before, startedAt);
    const own = deadline.span === undefined ? log : withFields(log, { trace_id: deadline.span.traceId });
    const withheld = withhold(job, decision, before, startedAt, manner);
    if (withheld !== undefined) {
      const result =
        typeof withheld === 'object'
          ? withheld
          : reportSuppressed(job.integration, decision.action, withheld, job.incident, counters, own);
      return Promise.resolve({ decision, result });
    }
    return deliverWithin(job, decision, counters, deadline, manner).then((delivery) =>
      conclude(job, decision, delivery, before, startedAt, counters, manner, own),
    );
  };

  /** What follows from a delivery: what is remembered, and told. */
  function conclude(
    job: Job,
    decision: Decision,
    delivery: Delivery,
    before: Remembered | undefined,
    startedAt: number,
    counters: Counters,
    manner: Manner,
    own: Logger,
  ): Stepped {
    const { integration } = job;
    const { status } = delivery.outcome;
    if (status !== 'unavailable') letGo(job, decision, manner);
    if (status === 'accepted') keepAccepted(job, decision, delivery, before, manner);
    else if (manner.isDenied) keep(job, before && foundOpen(before.members));
    else if (isTold(manner)) keep(job, learn(decision, before, now(), mayStayOpen(job, decision, delivery)));
    reportKeyRefused(integration, delivery, own);
    reportTemplateFailures(job, delivery, counters, own);
    const result = reportDelivered(integration, decision, delivery, { startedAt, now: now() }, counters, own);
    return { decision, result, attempts: delivery.attempts, durationMs: now() - startedAt };
  }

  /**
   * Whether it may have been opened, and Alertmanager tell nobody of its end: it goes on to tell of the firing, but not of
   * the end of what it could not tell of.
   */
  function mayStayOpen(
    { integration, incident }: Job,
    { action }: Decision,
    { mayHaveArrived }: Delivery,
  ): boolean {
    return action === 'trigger' && mayHaveArrived && isWatched() && integration.sendsResolved(incident);
  }

  /** What was kept back of the incident, where this takes its place. */
  function letGo(job: Job, decision: Decision, { isRepeat }: Manner): void {
    held.tell(job, decision);
    if (!isRepeat) heldResolves.drop(job.place);
  }

  function keepAccepted(
    job: Job,
    decision: Decision,
    { followUp }: Delivery,
    before: Remembered | undefined,
    { after, isRepeat }: Manner,
  ): void {
    const at = now();
    const closed = after && { ...after, resolvedAt: at };
    keep(job, closed ?? remember(decision, job.rules, before, at, job.heardAt));
    if (followUp === undefined) return;
    const stamp = stampOf(memory().peek(job.place));
    follow({ job, decision, followUp, stamp, isRetry: isRepeat === true });
  }

  function deliverWithin(
    { integration, incident }: Job,
    decision: Decision,
    counters: Counters,
    whole: Deadline,
    { share, isHousekeeping }: Manner,
  ): Promise<Delivery> {
    const told = asTold(decision, integration.sendsResolved(incident));
    const context = { http, gate, now, counters, rank: () => rankOf(integration, told, isHousekeeping) };
    if (share === 1) return deliver(told, integration, whole, context);
    const own = createDeadline(now() + (whole.at - now()) * share, now, whole.signal, whole.span);
    return deliver(told, integration, own, context).finally(() => own.clear());
  }

  /** Why nothing is sent now, because it needs nothing sent or is kept back; or the result where it cannot be kept. */
  function withhold(
    job: Job,
    decision: Decision,
    before: Remembered | undefined,
    at: number,
    manner: Manner,
  ): Suppressed | Result | undefined {
    if (!decision.forward) {
      const isDue = decision.action === 'resolve' && manner.isDue;
      const goesOn = decision.action === 'trigger' && decision.reason !== 'stale';
      if (isDue || goesOn) heldResolves.drop(job.place);
      held.tell(job, decision);
      if (isTold(manner)) keep(job, learn(decision, before, at));
      return decision.reason;
    }
    return manner.mayBeHeld ? keepBack(job, decision, before, at) : undefined;
  }

  /** Why it is to be sent later; the result where there is no room for it. */
  function keepBack(
    job: Job,
    decision: Decision,
    before: Remembered | undefined,
    at: number,
  ): Suppressed | Result | undefined {
    const muted = reasonToHold(job, decision, at);
    if (muted === undefined) return holdResolve(job, decision, before, at) ? 'hold_resolve' : undefined;
    if (!held.hold(job)) {
      return untried(job.integration, job.incident, 'other', 'too many alerts of muted routes are held');
    }
    heldResolves.drop(job.place);
    keep(job, learn(decision, before ?? NOT_OPEN, at));
    return muted.reason;
  }

  /** Whether it is a resolve that is kept back from now on. */
  function holdResolve(job: Job, decision: Decision, before: Remembered | undefined, at: number): boolean {
    const { holdResolveMs } = job.rules;
    if (decision.action !== 'resolve' || holdResolveMs === 0) return false;
    // It is open still, and its alerts have ended: a lagging peer's firing does not call the resolve off.
    const { members } = remember(decision, job.rules, before, at);
    const open = { ...(before ?? foundOpen([])), members };
    if (!heldResolves.hold(job, at + holdResolveMs, stampOf(open))) return false;
    held.tell(job, decision);
    keep(job, open);
    return true;
  }

  function keep(job: Job, remembered: Remembered | undefined): void {
    if (remembered !== undefined) memory().set(job.place, keptOf(job, remembered));
  }
}

/** Whether Alertmanager says so; else the ends of alerts are ours, and no alert has ended by them, or it said so a while ago. */
function isTold({ after, isRepeat }: Manner): boolean {
  return after === undefined && !isRepeat;
}

function rankOf(
  to: ConfiguredIntegration,
  { action, incident }: Notification,
  isHousekeeping?: true,
): number {
  if (isHousekeeping) return RANK.housekeeping;
  return action === 'resolve' ? RANK.resolve : urgency(to, incident);
}
