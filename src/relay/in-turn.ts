import { isDeepStrictEqual } from 'node:util';
import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { Config } from '../config/compile.ts';
import type { ConfiguredIntegration } from '../config/compile-receiver.ts';
import { actionOf } from '../notification/notification.ts';
import type { Logger } from '../observe/log.ts';
import { type Ending, type Tracer, within } from '../observe/span.ts';
import { bury } from './bury.ts';
import type { Counters } from './counters.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Deadline } from './deadline.ts';
import type { Decisions } from './decisions.ts';
import { learn } from './dedup.ts';
import { createDoubts, isContradicted } from './doubts.ts';
import { createFallBack, type HandBack, OWN_SHARE } from './fall-back.ts';
import type { HeldResolves } from './held-resolves.ts';
import type { Job } from './jobs.ts';
import type { Memory } from './memory.ts';
import type { PresentAt } from './present.ts';
import { recordAside } from './record-aside.ts';
import { isFoundSince, type Remembered } from './remembered.ts';
import { failureOf, type Result, reportSuppressed, reportUntried, untried } from './report.ts';
import type { Lease, SharedStore } from './shared-store.ts';
import type { StandIns } from './stand-ins.ts';
import type { Manner, Step, Stepped } from './step.ts';
import { createTurns, type Source, type Taken } from './turns.ts';

/**
 * Runs a job in its turn: an incident's notifications go to one account one after the other, and twins share one
 * delivery. `left`: what is left of it when its turn comes. It never throws for what a vendor does.
 */
export type InTurn = (
  job: Job,
  deadline: Deadline,
  manner: Manner,
  left?: (job: Job) => Job | undefined,
) => Promise<Result>;

export interface InTurnParts {
  readonly step: Step;
  readonly standIns: StandIns;
  readonly heldResolves: HeldResolves;
  readonly memory: () => Memory;
  readonly store?: SharedStore | undefined;
  readonly config: () => Config;
  readonly presentAt: PresentAt;
  /** Looks at Alertmanager now, unless that would take too long (watch.ts). */
  readonly fresh: (() => Promise<Snapshot | undefined> | undefined) | undefined;
  /** Whether Alertmanager was looked at and believed since this process began. */
  readonly hasLooked: () => boolean;
  readonly counters: (integration: ConfiguredIntegration) => Counters;
  readonly decisions: Pick<Decisions, 'record'>;
  readonly deadLetters: Pick<DeadLetters<Job>, 'add' | 'supersede'>;
  readonly tracer?: Tracer | undefined;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly now: () => number;
}

export function createInTurn(parts: InTurnParts): { readonly inTurn: InTurn; readonly handBack: HandBack } {
  const {
    step,
    standIns,
    heldResolves,
    memory,
    store,
    config,
    presentAt,
    fresh: lookNow,
    hasLooked,
    counters,
    decisions,
    deadLetters,
    tracer,
    log,
    now,
  } = parts;
  const turns = createTurns<Result>();
  const startedAt = now();
  const doubts = createDoubts({ startedAt, config, memory, presentAt, hasLooked, now });
  const fallBack = createFallBack({
    standIns,
    heldResolves,
    memory,
    startedAt,
    config,
    now,
    turn: (job, deadline, manner) => inTurn(job, deadline, manner),
  });

  const inTurn: InTurn = (job, deadline, manner, left = same) => {
    const name = `notify ${job.integration.name}`;
    const span = deadline.span?.begin(name) ?? (manner.by === 'webhook' ? undefined : tracer?.begin(name));
    if (span === undefined) return takeTurn(job, deadline, manner, left);
    return within(
      span,
      () => takeTurn(job, { ...deadline, span }, manner, left),
      (result) => endingOf(result, manner),
    );
  };

  function takeTurn(
    job: Job,
    deadline: Deadline,
    manner: Manner,
    left: (job: Job) => Job | undefined,
  ): Promise<Result> {
    const { integration, incident, rules, place } = job;
    const own = counters(integration);
    if (deadline.signal.aborted) return Promise.resolve(tooLate(job, own, deadline, manner));
    const task = () =>
      withLease(job, own, deadline, manner, () => runIfLeft(job, own, deadline, manner, left));
    return turns
      .take(place, incident, rules, deadline.signal, task, sourceOf(manner))
      .then((taken) => resultOf(taken, job, own, deadline, manner));
  }

  function runIfLeft(
    job: Job,
    own: Counters,
    deadline: Deadline,
    manner: Manner,
    left: (job: Job) => Job | undefined,
  ): Promise<Result> {
    const still = left(job);
    if (still !== undefined) return runUnlessDoubted(still, own, deadline, manner);
    const { integration, incident } = job;
    const result = reportSuppressed(integration, actionOf(incident.alerts), 'superseded', incident, own, log);
    return Promise.resolve(recordAside(decisions, job, result, 'superseded', manner, now()));
  }

  function resultOf(
    taken: Taken<Result>,
    job: Job,
    own: Counters,
    deadline: Deadline,
    manner: Manner,
  ): Result {
    if (taken.from === 'own') return taken.result;
    if (taken.from === 'late') return tooLate(job, own, deadline, manner);
    if (taken.from === 'newer') {
      own.suppressed.superseded.count++;
      return recordAside(decisions, job, taken.result, 'superseded', manner, now());
    }
    own.suppressed.in_flight.count++;
    recordAside(decisions, job, taken.result, 'in_flight', manner, now());
    // A stand-in that was told of it for itself at the same time has not opened it as a stand-in (fall-back.ts).
    return manner.fallbackFor === undefined ? taken.result : { ...taken.result, reason: 'in_flight' };
  }

  function tooLate(job: Job, own: Counters, deadline: Deadline, manner: Manner): Result {
    const result = reportUntried(job.integration, job.incident, deadline.signal, own, log);
    return recordAside(decisions, job, result, 'untried', manner, now());
  }

  /** Where replicas share what they know, one of them at a time is at work on a place. */
  function withLease(
    job: Job,
    own: Counters,
    deadline: Deadline,
    manner: Manner,
    task: Task,
  ): Promise<Result> {
    const taking = store?.take(job.place, deadline);
    // Nothing is awaited where nothing is shared: this is done for every event.
    return taking === undefined ? task() : underLease(job, own, deadline, manner, taking, task);
  }

  async function underLease(
    job: Job,
    own: Counters,
    deadline: Deadline,
    manner: Manner,
    taking: Promise<Lease | 'late'>,
    task: Task,
  ): Promise<Result> {
    const { place } = job;
    const lease = await taking;
    if (lease === 'late') return tooLate(job, own, deadline, manner);
    const { known } = lease;
    if (known !== undefined && !isFoundSince(memory().peek(place), known)) memory().set(place, known);
    const before = memory().peek(place);
    try {
      return await task();
    } finally {
      const after = memory().peek(place);
      lease.release(after, !isDeepStrictEqual(after, before));
    }
  }

  /** One notification, unless what it says is to be told again first. */
  function runUnlessDoubted(job: Job, own: Counters, deadline: Deadline, manner: Manner): Promise<Result> {
    const { fresh, judge } = manner;
    const isToBeSent = fresh !== undefined && judge(job, memory().get(job.place), now()).forward;
    if (isToBeSent && doubts.isBlind(job)) return Promise.resolve(doubt(job, own, manner, UNSEEN));
    const looking = isToBeSent ? fresh() : undefined;
    if (looking === undefined) return run(job, own, deadline, manner);
    return looking.then(async (seen) => {
      if (seen === undefined) return run(job, own, deadline, manner);
      if (doubts.isDoubtful(job, seen)) return doubt(job, own, manner, DOUBTED);
      if (actionOf(job.incident.alerts) !== 'resolve') return run(job, own, deadline, manner);
      if (await doubts.goesOn(job, seen)) return run(job, own, deadline, { ...manner, judge: stillFiring });
      // Who insists on it is believed once and for all.
      const isOvertaken = isContradicted(job, seen) ? undefined : () => isOvertakenBy(lookNow?.(), job);
      return run(job, own, deadline, { ...manner, isOvertaken });
    });
  }

  /** Another replica may have told of the end and of the next firing, while this one's end waited for its turn at the vendor. */
  async function isOvertakenBy(
    looking: Promise<Snapshot | undefined> | undefined,
    job: Job,
  ): Promise<boolean> {
    const seen = await looking;
    return seen !== undefined && (isContradicted(job, seen) || (await doubts.goesOn(job, seen)));
  }

  function doubt(job: Job, own: Counters, manner: Manner, why: string): Result {
    const { integration, incident, place } = job;
    const result = untried(integration, incident, 'other', why);
    const { receiver, integration: name, incident_key, action } = result;
    own.notifications[action].count++;
    own.failed.other.count++;
    log.warn('notification doubted', { receiver, integration: name, incident_key, action });
    const before = memory().get(place);
    const decision = manner.judge(job, before, now());
    record(job, { decision, result }, result, manner);
    // A process that died may have sent it all the same, and Alertmanager would not tell of its end: reconcile.ts does.
    const mayBeOpen =
      action === 'trigger' && before?.action !== 'trigger' && integration.sendsResolved(incident);
    const learnt = mayBeOpen ? learn(decision, before, now(), true) : undefined;
    if (learnt !== undefined) memory().set(place, learnt);
    return result;
  }

  function run(job: Job, own: Counters, deadline: Deadline, manner: Manner): Promise<Result> {
    const before = memory().get(job.place);
    if (config().receivers.get(job.integration.receiver)?.fallback !== undefined)
      return runBeforeFallback(job, before, own, deadline, manner);
    return step(job, before, own, deadline, manner).then((stepped) =>
      record(job, stepped, stepped.result, manner),
    );
  }

  /** One notification, and what its receiver's fallback has to do with it. */
  async function runBeforeFallback(
    job: Job,
    before: Remembered | undefined,
    own: Counters,
    deadline: Deadline,
    manner: Manner,
  ): Promise<Result> {
    const stepped = await step(job, before, own, deadline, { ...manner, share: OWN_SHARE });
    if (stepped.isOvertaken) return record(job, stepped, stepped.result, manner);
    const result = await fallBack.settle(job, before, stepped, { ...manner, counters: own, deadline });
    return record(job, stepped, result, manner);
  }

  /** Keeps what was decided and done, and what nobody would take. */
  function record(
    job: Job,
    { decision, attempts, durationMs }: Stepped,
    result: Result,
    { by, fallbackFor }: Manner,
  ): Result {
    const { receiver, name } = job.integration;
    const { action, incident, reason } = decision;
    const { outcome, detail } = result;
    const failure = failureOf(result);
    decisions.record({
      at: now(),
      receiver,
      integration: name,
      incident,
      action,
      decision: decision.forward ? 'forward' : 'suppress',
      reason: outcome === 'suppressed' || outcome === 'accepted' ? result.reason : reason,
      outcome,
      failure,
      detail,
      attempts,
      durationMs,
      fallbackFor,
      triggeredBy: by,
    });
    if (outcome === 'accepted') deadLetters.supersede(receiver, name, incident.key);
    const isDead = outcome === 'rejected' && by !== 'replay' && fallbackFor === undefined;
    if (isDead && failure !== undefined)
      bury(job, { incident, action, reason: failure, detail: detail ?? '' }, parts);
    return result;
  }

  return { inTurn, handBack: fallBack.handBack };
}

function sourceOf({ by, after }: Manner): Source {
  if (by === 'reconcile') return 'seen';
  return after === undefined ? 'said' : 'ours';
}

/** What a trace says of a notification. */
function endingOf(
  { receiver, integration, incident_key, action, outcome, reason, detail }: Result,
  { by, fallbackFor }: Manner,
): Ending {
  const attributes = {
    'pagerelay.receiver': receiver,
    'pagerelay.integration': integration,
    'pagerelay.incident_key': incident_key,
    'pagerelay.action': action,
    'pagerelay.outcome': outcome,
    'pagerelay.reason': reason,
    'pagerelay.triggered_by': by,
    'pagerelay.fallback_for': fallbackFor,
  };
  const isFailed = outcome === 'rejected' || outcome === 'unavailable';
  return { attributes, error: isFailed ? (detail ?? reason) : undefined };
}

type Task = () => Promise<Result>;

const UNSEEN =
  'Alertmanager was not looked at since the start, and other alerts of this incident may fire: tell it again';
const DOUBTED =
  'Alertmanager says otherwise by now: told again for two minutes, it is believed (relay.alertmanager_url)';

const same = (job: Job): Job => job;

/** Of an end in an incident that goes on. */
const stillFiring: Manner['judge'] = ({ incident }) => ({
  forward: false,
  action: 'resolve',
  reason: 'still_firing',
  incident,
});
