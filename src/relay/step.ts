import type { Integration } from '../config/compile-receiver.ts';
import type { Notification } from '../notification/notification.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { FollowUp } from '../notify/notifier.ts';
import { type Logger, withFields } from '../observe/log.ts';
import { createDeadline } from './deadline.ts';
import { asTold, type Decision, learn, remember } from './dedup.ts';
import { newsSince } from './delay.ts';
import { type Delivery, deliver, wasOvertaken } from './deliver.ts';
import { type Errand, isToldUnseen, type Manner } from './errand.ts';
import { type Gate, RANK } from './gate.ts';
import { type Held, reasonToHold } from './held.ts';
import type { HeldResolves } from './held-resolves.ts';
import type { Job } from './jobs.ts';
import type { Memory } from './memory.ts';
import type { Suppressed } from './reasons.ts';
import { foundOpen, HELD_ONLY, keptOf, NOT_OPEN, type Remembered, stampOf } from './remembered.ts';
import {
  type Result,
  reportDelivered,
  reportKeyRefused,
  reportSuppressed,
  reportTemplateFailures,
  untried,
} from './report.ts';
import { urgency } from './urgency.ts';

/** How long an end is tried to be told to an account that is gone from the config, in ms. */
const GIVE_UP_MS = 24 * 60 * 60_000;

const TOO_MANY_HELD = 'too many alerts of muted routes are held';

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
  /** Whether the config has an account (`Integration.target`). */
  readonly hasAccount: (target: string) => boolean;
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
  /** It was given up, because Alertmanager says otherwise by now. */
  readonly isOvertaken?: boolean;
}

export type Step = (errand: Errand, before: Remembered | undefined) => Promise<Stepped>;

/** One notification in its turn, and what was decided of it. */
interface Turn extends Errand {
  readonly before: Remembered | undefined;
  readonly decision: Decision;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly startedAt: number;
}

/** One notification in its turn: decide, deliver, remember; as accepted only what was. */
export function createStep(parts: StepParts): Step {
  const { http, gate, memory, held, heldResolves, follow, isWatched, hasAccount, log: plainLog, now } = parts;
  const processStartedAt = now();
  return ({ job, deadline, manner, counters }, before) => {
    const startedAt = now();
    const decision = manner.judge(job, before, startedAt);
    const { span } = deadline;
    const log = span === undefined ? plainLog : withFields(plainLog, { trace_id: span.traceId });
    const turn: Turn = { job, deadline, manner, counters, before, decision, log, startedAt };
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

  /** What follows from a delivery: what is remembered, and told. */
  function conclude(turn: Turn, delivery: Delivery): Stepped {
    const { job, before, decision, manner, counters, log, startedAt } = turn;
    const { integration } = job;
    const { status } = delivery.outcome;
    if (status !== 'unavailable') letGo(turn);
    if (status === 'accepted') keepAccepted(turn, delivery);
    else if (manner.isDenied) keep(job, marked(turn, before && foundOpen(before.members)));
    else if (status === 'rejected' && isLeftAlone(turn)) keep(job, NOT_OPEN);
    else if (isTold(manner))
      keep(job, marked(turn, learn(decision, before, now(), mayStayOpen(turn, delivery))));
    reportKeyRefused(integration, delivery, log);
    reportTemplateFailures(job, delivery, counters, log);
    const result = reportDelivered(integration, decision, delivery, { startedAt, now: now() }, counters, log);
    const durationMs = now() - startedAt;
    return { decision, result, attempts: delivery.attempts, durationMs, isOvertaken: wasOvertaken(delivery) };
  }

  /** Where an account that is gone from the config could not be told of an end for long, it may be gone, too: as what it refuses. */
  function orGivenUp(turn: Turn, delivery: Delivery): Delivery {
    const { job, before, manner } = turn;
    const { outcome } = delivery;
    if (outcome.status !== 'unavailable' || manner.by === 'replay' || !isLeftAlone(turn)) return delivery;
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

  /** What an account that is gone from the config has refused it would refuse again. */
  function isLeftAlone({ job, decision }: Turn): boolean {
    return decision.action === 'resolve' && !hasAccount(job.integration.target);
  }

  /**
   * Whether it may have been opened, and Alertmanager tell nobody of its end: it goes on to tell of the firing, but not of
   * the end of what it could not tell of.
   */
  function mayStayOpen({ job, decision }: Turn, { mayHaveArrived }: Delivery): boolean {
    const { integration, incident } = job;
    return (
      decision.action === 'trigger' && mayHaveArrived && isWatched() && integration.sendsResolved(incident)
    );
  }

  /** What was kept back of the incident, where this takes its place. */
  function letGo(turn: Turn): void {
    tellHeld(turn);
    if (!turn.manner.isRepeat) heldResolves.drop(turn.job.place);
  }

  function tellHeld({ job, decision, manner }: Turn): void {
    // What is acknowledged because it is silenced is to page when it no longer is; what is held is newer than a repetition.
    if (decision.action !== 'acknowledge' && !manner.isRepeat) held.tell(job, decision, manner.isPart);
  }

  function keepAccepted(turn: Turn, { followUp }: Delivery): void {
    const { job, decision, before, manner, counters } = turn;
    const { after, isRepeat, by } = manner;
    const at = now();
    const since = newsSince(decision, job, by, before, processStartedAt);
    if (since !== undefined) counters.delay.observe(Math.max(0, at - since) / 1000);
    const closed = after && { ...after, resolvedAt: at };
    keep(job, closed ?? marked(turn, remember(decision, job.rules, before, at, job.heardAt)));
    if (followUp === undefined) return;
    const stamp = stampOf(memory().peek(job.place));
    follow({ job, decision, followUp, stamp, isRetry: isRepeat === true });
  }

  function deliverWithin({ job, decision, deadline: whole, manner, counters }: Turn): Promise<Delivery> {
    const { integration, incident } = job;
    const { share, isHousekeeping, isOvertaken } = manner;
    const told = asTold(decision, integration.sendsResolved(incident));
    const rank = () => rankOf(integration, told, isHousekeeping);
    const context = { http, gate, now, counters, rank, isOvertaken };
    if (share === 1) return deliver(told, integration, whole, context);
    const own = createDeadline(now() + (whole.at - now()) * share, now, whole.signal, whole.span);
    return deliver(told, integration, own, context).finally(() => own.clear());
  }

  /** Why nothing is sent now, because it needs nothing sent or is kept back; or the result where it cannot be kept. */
  function withhold(turn: Turn): Suppressed | Result | undefined {
    const { job, decision, before, manner, startedAt } = turn;
    if (!decision.forward) {
      const isDue = decision.action === 'resolve' && manner.isDue;
      const goesOn = decision.action === 'trigger' && decision.reason !== 'stale';
      if (isDue || goesOn) heldResolves.drop(job.place);
      tellHeld(turn);
      if (isTold(manner)) keep(job, marked(turn, learn(decision, before, startedAt)));
      return decision.reason;
    }
    if (manner.givenUp !== undefined) return giveUp(turn, manner.givenUp);
    return manner.mayBeHeld ? keepBack(turn) : undefined;
  }

  /** As what was rejected when it was sent. */
  function giveUp(turn: Turn, detail: string): Result {
    const { job, decision, before, manner, counters } = turn;
    if (manner.isDenied) keep(job, marked(turn, before && foundOpen(before.members)));
    return { ...untried(job.integration, decision.incident, 'other', detail, counters), outcome: 'rejected' };
  }

  /** Why it is to be sent later; the result where there is no room for it. */
  function keepBack(turn: Turn): Suppressed | Result | undefined {
    const { job, decision, before, manner, counters, startedAt } = turn;
    const muted = reasonToHold(job, decision, startedAt);
    if (muted === undefined) return holdResolve(turn) ? 'hold_resolve' : undefined;
    if (!held.hold({ ...job, incident: decision.incident }, manner.isPart)) {
      manner.warn?.(TOO_MANY_HELD, { held: held.size });
      return untried(job.integration, job.incident, 'atBound', TOO_MANY_HELD, counters);
    }
    heldResolves.drop(job.place);
    const known = before ?? HELD_ONLY;
    keep(job, marked(turn, learn(decision, known, startedAt), known));
    return muted.reason;
  }

  /** Whether it is a resolve that is kept back from now on. */
  function holdResolve({ job, decision, before, manner, startedAt }: Turn): boolean {
    const { holdResolveMs } = job.rules;
    if (decision.action !== 'resolve' || holdResolveMs === 0) return false;
    // It is open still, and its alerts have ended: a lagging peer's firing does not call the resolve off.
    const { members } = remember(decision, job.rules, before, startedAt);
    const open: Remembered = { ...(before ?? foundOpen([])), action: 'trigger', members };
    if (!heldResolves.hold(job, startedAt + holdResolveMs, stampOf(open))) {
      manner.warn?.('too many resolves are kept back: others are sent at once', { held: heldResolves.size });
      return false;
    }
    held.tell(job, decision);
    keep(job, open);
    return true;
  }

  function keep(job: Job, remembered: Remembered | undefined): void {
    if (remembered !== undefined) memory().set(job.place, keptOf(job, remembered));
  }
}

/** The same, or what was `known` where nothing is new, with when it was told if Alertmanager does not have it. */
function marked(
  { decision, before, manner, startedAt }: Turn,
  remembered: Remembered | undefined,
  known = before,
): Remembered | undefined {
  if (decision.action !== 'trigger' || !isToldUnseen(manner, before)) return remembered;
  const latest = remembered ?? known;
  return latest && { ...latest, unseenAt: startedAt };
}

/** Whether Alertmanager says so; else the ends of alerts are ours, and no alert has ended by them, or it said so a while ago. */
function isTold({ after, isRepeat }: Manner): boolean {
  return after === undefined && !isRepeat;
}

function rankOf(to: Integration, { action, incident }: Notification, isHousekeeping?: true): number {
  if (isHousekeeping) return RANK.housekeeping;
  return action === 'resolve' ? RANK.resolve : urgency(to, incident);
}
