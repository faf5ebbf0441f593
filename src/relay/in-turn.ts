import { isDeepStrictEqual } from 'node:util';
import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { Config } from '../config/compile.ts';
import type { Integration } from '../config/compile-receiver.ts';
import { actionOf } from '../notification/notification.ts';
import type { Logger } from '../observe/log.ts';
import { type Ending, type Tracer, within } from '../observe/span.ts';
import type { Counters } from './counters.ts';
import type { Deadline } from './deadline.ts';
import { learn } from './dedup.ts';
import { createDoubts } from './doubts.ts';
import type { Errand, Manner } from './errand.ts';
import { createFallBack, OWN_SHARE } from './fall-back.ts';
import type { HandBack } from './hand-back.ts';
import type { Held } from './held.ts';
import type { HeldResolves } from './held-resolves.ts';
import { isEnd, type Job } from './jobs.ts';
import type { Ledger } from './ledger.ts';
import type { Memory } from './memory.ts';
import type { PresentAt } from './present.ts';
import { isFoundSince, type Remembered } from './remembered.ts';
import { type Result, reportSuppressed, reportUntried, supersededBy, untried } from './report.ts';
import type { Lease, SharedStore } from './shared-store.ts';
import type { StandIns } from './stand-ins.ts';
import type { Step } from './step.ts';
import { createTurns, type Source, type Taken, type Way, type Word } from './turns.ts';

/**
 * Runs a job in its turn: an incident's notifications go to one account one after the other, and twins share one
 * delivery. `left`: what is left of it when its turn comes. It never throws for what a vendor does.
 */
export type InTurn = (job: Job, deadline: Deadline, manner: Manner, left?: Left) => Promise<Result>;

type Left = (job: Job) => Job | undefined;

export interface InTurnParts {
  /** When this process began, in ms since the epoch. */
  readonly startedAt: number;
  readonly step: Step;
  readonly standIns: StandIns;
  readonly held: Held;
  readonly heldResolves: HeldResolves;
  readonly memory: () => Memory;
  readonly store?: SharedStore | undefined;
  readonly config: () => Config;
  readonly presentAt: PresentAt;
  /** Looks at Alertmanager now, unless that would take too long (watch.ts). */
  readonly fresh: (() => Promise<Snapshot | undefined> | undefined) | undefined;
  /** Whether Alertmanager was looked at and believed since this process began. */
  readonly hasLooked: () => boolean;
  readonly counters: (integration: Integration) => Counters;
  readonly ledger: Ledger;
  readonly tracer?: Tracer | undefined;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly now: () => number;
}

export function createInTurn(parts: InTurnParts): { readonly inTurn: InTurn; readonly handBack: HandBack } {
  const { step, memory, store, config, counters: countersOf, ledger, tracer, log, now } = parts;
  const turns = createTurns<Result>();
  const doubts = createDoubts(parts);
  const fallBack = createFallBack({
    ...parts,
    turn: (job, deadline, manner) => inTurn(job, deadline, { ...manner, isToFallback: true }),
  });

  const inTurn: InTurn = (job, deadline, manner, left = same) => {
    const errand: Errand = { job, deadline, manner, counters: countersOf(job.integration) };
    const name = `notify ${job.integration.name}`;
    const span = deadline.span?.begin(name) ?? (manner.by === 'webhook' ? undefined : tracer?.begin(name));
    if (span === undefined) return takeTurn(errand, left);
    return within(
      span,
      () => takeTurn({ ...errand, deadline: { ...deadline, span } }, left),
      (result) => endingOf(result, manner),
    );
  };

  function takeTurn(errand: Errand, left: Left): Promise<Result> {
    const { job, deadline, manner } = errand;
    if (deadline.signal.aborted) return Promise.resolve(tooLate(errand));
    const { place, incident, rules } = job;
    const word = wordOf(job, manner);
    const task = (way: Way) => underLease(word === 'page' ? { ...errand, way } : errand, left);
    return turns
      .take(place, incident, rules, deadline.signal, task, sourceOf(job, manner), word)
      .then((taken) => resultOf(taken, errand));
  }

  function resultOf(taken: Taken<Result>, errand: Errand): Result {
    const { manner, counters } = errand;
    if (taken.from === 'own') return taken.result;
    if (taken.from === 'late') return tooLate(errand);
    if (taken.from === 'newer') {
      counters.suppressed.superseded.count++;
      return ledger.recordAside(errand, taken.result, 'superseded');
    }
    counters.suppressed.in_flight.count++;
    ledger.recordAside(errand, taken.result, 'in_flight');
    // A stand-in that was told of it for itself at the same time has not opened it as a stand-in (take-over.ts).
    return manner.fallbackFor === undefined ? taken.result : { ...taken.result, reason: 'in_flight' };
  }

  function tooLate(errand: Errand): Result {
    const { job, deadline, counters } = errand;
    const result = reportUntried(job.integration, job.incident, deadline.signal, counters, log);
    return ledger.recordAside(errand, result, 'untried');
  }

  /** Where replicas share what they know, one of them at a time is at work on a place. */
  function underLease(errand: Errand, left: Left): Promise<Result> {
    const taking = store?.take(errand.job.place, errand.deadline);
    // Nothing is awaited where nothing is shared: this is done for every event.
    return taking === undefined ? runIfLeft(errand, left) : onceLeased(taking, errand, left);
  }

  async function onceLeased(taking: Promise<Lease | 'late'>, errand: Errand, left: Left): Promise<Result> {
    const { place } = errand.job;
    const lease = await taking;
    if (lease === 'late') return tooLate(errand);
    const { known } = lease;
    if (known !== undefined && !isFoundSince(memory().peek(place), known)) memory().set(place, known);
    const before = memory().peek(place);
    try {
      return await runIfLeft(errand, left);
    } finally {
      const after = memory().peek(place);
      lease.release(after, !isDeepStrictEqual(after, before));
    }
  }

  function runIfLeft(errand: Errand, left: Left): Promise<Result> {
    const { job, manner, counters, way } = errand;
    // What Alertmanager can be asked of gives way when it has been (deliver.ts).
    if (manner.fresh === undefined && way?.give())
      return Promise.resolve(supersededBy(job.integration, job.incident));
    const still = left(job);
    if (still !== undefined) return runUnlessDoubted(still === job ? errand : { ...errand, job: still });
    const { integration, incident } = job;
    const action = actionOf(incident.alerts);
    const result = reportSuppressed(integration, action, 'superseded', incident, counters, log);
    return Promise.resolve(ledger.recordAside(errand, result, 'superseded'));
  }

  function runUnlessDoubted(errand: Errand): Promise<Result> {
    const weighing = doubts.weigh(errand);
    // Nothing is awaited where nothing is looked at, either.
    if (weighing === undefined) return run(errand);
    return weighing.then((weighed) => (typeof weighed === 'string' ? doubt(errand, weighed) : run(weighed)));
  }

  function doubt(errand: Errand, why: string): Result {
    const { job, manner, counters } = errand;
    const { integration, incident, place } = job;
    const result = untried(integration, incident, 'doubted', why, counters);
    const { receiver, integration: name, incident_key, action } = result;
    log.warn('notification doubted', { receiver, integration: name, incident_key, action });
    const before = memory().get(place);
    const decision = manner.judge(job, before, now());
    ledger.record(errand, { decision, result }, result);
    // A process that died may have sent it all the same, and Alertmanager would not tell of its end: reconcile.ts does.
    const mayBeOpen =
      action === 'trigger' && before?.action !== 'trigger' && integration.sendsResolved(incident);
    const learnt = mayBeOpen ? learn(decision, before, now(), true) : undefined;
    if (learnt !== undefined) memory().set(place, learnt);
    return result;
  }

  function run(errand: Errand): Promise<Result> {
    const { place, integration } = errand.job;
    const before = memory().get(place);
    const hasFallback = config().receivers.get(integration.receiver)?.fallback !== undefined;
    // A reload may have taken the fallback away that has it still.
    const mayBeStoodInFor = hasFallback || parts.standIns.get(place) !== undefined;
    if (mayBeStoodInFor && !errand.manner.isToFallback) return runBeforeFallback(errand, before);
    return step(errand, before).then((stepped) =>
      stepped.gaveWay ? stepped.result : ledger.record(errand, stepped, stepped.result),
    );
  }

  /** One notification, and what its receiver's fallback has to do with it. */
  async function runBeforeFallback(errand: Errand, before: Remembered | undefined): Promise<Result> {
    const stepped = await step({ ...errand, manner: { ...errand.manner, share: OWN_SHARE } }, before);
    if (stepped.gaveWay) return stepped.result;
    const result = stepped.isOvertaken ? stepped.result : await fallBack.settle(errand, before, stepped);
    return ledger.record(errand, stepped, result);
  }

  return { inTurn, handBack: fallBack.handBack };
}

/** Where nobody is told of ends, what has fired is told though it is over: it is no word then. */
function wordOf(job: Job, manner: Manner): Word | undefined {
  if (manner.by !== 'webhook' || manner.isToFallback || isSentToNobody(job, manner)) return undefined;
  if (!job.integration.sendsResolved(job.incident)) return undefined;
  return isEnd(job) ? 'end' : 'page';
}

function sourceOf(job: Job, manner: Manner): Source {
  const { by, after, givenUp } = manner;
  if (by === 'reconcile') return 'seen';
  const isOurs = after !== undefined || givenUp !== undefined || isSentToNobody(job, manner);
  return isOurs ? 'ours' : 'said';
}

function isSentToNobody(job: Job, { endsOnly }: Manner): boolean {
  return endsOnly === true && !isEnd(job);
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

const same: Left = (job) => job;
