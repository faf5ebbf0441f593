import type { Action } from '../notification/notification.ts';
import { doubtUntil, found } from './dedup.ts';
import { type Errand, isToldUnseen, type Manner, type TakeTurn } from './errand.ts';
import type { Held } from './held.ts';
import type { HeldResolves } from './held-resolves.ts';
import { insteadWith, isLeft, toldAt } from './instead.ts';
import { type Job, stillFiring } from './jobs.ts';
import type { Memory } from './memory.ts';
import { type Standing, standingOf } from './paged-since.ts';
import { isOpenFromHere, keptOf, NOT_OPEN, type Remembered } from './remembered.ts';
import { isDelivered, isUnavailable, type Result, takenBy } from './report.ts';
import type { StandIn, StandIns } from './stand-ins.ts';
import type { Stepped } from './step.ts';

export interface TakeOverParts {
  readonly standIns: StandIns;
  readonly held: Pick<Held, 'tell' | 'hold'>;
  readonly heldResolves: Pick<HeldResolves, 'drop' | 'standing'>;
  readonly memory: () => Memory;
  /** In ms since the epoch. */
  readonly now: () => number;
  readonly turn: TakeTurn;
}

/** What its receiver has rejected and its fallback could not take is told to both again so much later, in ms. */
const UNTAKEN_FOR_MS = 15_000;

/** Nobody would hand back what the fallback took. */
const NO_ROOM = {
  outcome: 'unavailable',
  reason: 'atBound',
  detail: 'too many incidents are at fallbacks',
} as const;

/**
 * Tells a fallback, by `jobs`, what its receiver could not be told, and keeps what it has of it and what is still owed.
 * Gives the result as it stands after that.
 */
export type TakeOver = (
  errand: Errand,
  before: Remembered | undefined,
  jobs: readonly Job[],
  stepped: Stepped,
) => Promise<Result>;

export function createTakeOver(parts: TakeOverParts): TakeOver {
  const { standIns, held, heldResolves, memory, now, turn } = parts;

  async function takeOver(
    errand: Errand,
    before: Remembered | undefined,
    toTell: readonly Job[],
    stepped: Stepped,
  ): Promise<Result> {
    const { decision, result } = stepped;
    // Its fallback has been told of that end; verification tells its receiver until that takes it.
    if (decision.action === 'resolve' && errand.manner.isRepeat) return result;
    const hasRoom = standIns.get(errand.job.place) !== undefined || standIns.hasRoom;
    if (hasRoom) return tell(errand, before, toTell, stepped);
    return decision.action === 'trigger' ? untaken(errand, result, [{ ...result, ...NO_ROOM }]) : result;
  }

  async function tell(
    errand: Errand,
    before: Remembered | undefined,
    toTell: readonly Job[],
    { decision, result }: Stepped,
  ): Promise<Result> {
    const { action } = decision;
    const jobs = action === 'resolve' ? whoMayHaveIt(errand, toTell) : toTell;
    const endOpening = action === 'trigger' ? standIns.opening(jobs.map(({ place }) => place)) : () => {};
    try {
      const untold = new Set<string>();
      const manner = insteadOf(errand, before, untold);
      const results = await Promise.all(jobs.map((own) => turn(own, errand.deadline, manner)));
      const failed =
        action === 'trigger'
          ? keepOpened(errand, before, jobs, results, untold, result)
          : keepEnded(errand, before, jobs, results, result);
      if (failed !== undefined) return failed;
      if (!errand.manner.isRepeat) held.tell(errand.job, decision, errand.manner.isPart);
      keepStanding(errand, before, action);
      errand.counters.fallbacks.count++;
      return takenBy(results.filter(isDelivered), result);
    } finally {
      endOpening();
    }
  }

  /** How a fallback is told. Those places are added to `untold` that no trigger is known to be accepted for. */
  function insteadOf({ job, manner }: Errand, before: Remembered | undefined, untold: Set<string>): Manner {
    const { by } = manner;
    const instead = insteadWith(manner.after);
    return {
      ...instead,
      fallbackFor: job.integration.receiver,
      isUnseen: isToldUnseen(manner, before),
      judge(own, known, at) {
        if (!isOpenFromHere(known)) untold.add(own.place);
        // What was taken for stale there is none, as Alertmanager has it.
        const isNone = by === 'reconcile' && known?.reopenFrom !== undefined;
        const decision = instead.judge(own, isNone ? { ...known, members: [] } : known, at);
        // What is owed to its receiver nobody has told again.
        const isNoNews = by === 'handback' && decision.reason === 'repeat';
        if (!isNoNews) return decision;
        return { forward: false, action: 'trigger', reason: 'duplicate', incident: decision.incident };
      },
    };
  }

  /**
   * Who is to be told of the end of an incident. Where that is owed and told again, those that are not left have been told: there
   * it may have begun again since.
   */
  function whoMayHaveIt({ job, manner }: Errand, toTell: readonly Job[]): readonly Job[] {
    const standIn = standIns.get(job.place);
    const known = (standIn?.opened ?? []).map((other) => toldAt(job, other));
    if (manner.by === 'handback' && standIn?.action === 'resolve') return known;
    // A reload may have put others in the place of those that have it.
    return [...toTell, ...known.filter(isNotAmong(toTell))];
  }

  /**
   * What reconciliation has ended or opened again stands as if its own receiver had taken it: else an incident that is active
   * again while that one is down would be opened nowhere, and one that is muted again would stay open.
   */
  function keepStanding(
    { job, manner: { after, by } }: Errand,
    before: Remembered | undefined,
    action: Action,
  ): void {
    if (action === 'trigger' && (by === 'reconcile' || before?.reopenFrom !== undefined))
      memory().set(job.place, keptOf(job, found(job.incident, before, now())));
    else if (after !== undefined && before?.action !== 'resolve')
      memory().set(job.place, { ...after, resolvedAt: now() });
  }

  /** Keeps what a fallback has of a trigger. The result where it did not take it. */
  function keepOpened(
    errand: Errand,
    before: Remembered | undefined,
    jobs: readonly Job[],
    results: readonly Result[],
    untold: ReadonlySet<string>,
    result: Result,
  ): Result | undefined {
    const { job } = errand;
    const standIn = standIns.get(job.place);
    const opened = haveIt(errand, jobs, results, untold);
    const isTaken = results.some(isDelivered);
    const own = untaken(errand, result, results);
    if (isStale(errand, standIn, results)) {
      dropStale(errand);
      return doubtLater(errand, before, own);
    }
    if (stayOwed(standIn, opened, isTaken)) return own;
    // What nobody took Alertmanager tells again; until then nobody is to hand it back.
    const isOwed = isTaken ? isUnavailable(result) : (standIn?.isOwed ?? false);
    if (isTaken || opened.length > 0 || standIn !== undefined)
      standIns.put({
        job: withWhatFires(job, standIn),
        action: 'trigger',
        isOwed,
        notBefore: notBeforeOf(result, own),
        opened,
        since: standIn?.since ?? now(),
      });
    if (!isTaken) return own;
    // Alertmanager is answered that this firing was told: it will tell of its end.
    heldResolves.drop(job.place);
    return undefined;
  }

  /**
   * The result of what nobody took: what its receiver rejects for good one of its fallback's may take when it is told again.
   * What was held is held again for that.
   */
  function untaken({ job, manner }: Errand, result: Result, results: readonly Result[]): Result {
    const isDone = isUnavailable(result) || results.some(isDelivered);
    const left = isDone ? undefined : results.find(isUnavailable);
    if (left === undefined) return result;
    // Of what was held nobody else tells again.
    if (manner.by === 'held') held.hold(job, manner.isPart, now() + UNTAKEN_FOR_MS);
    const { outcome, reason, receiver, integration } = left;
    const detail = `${receiver}/${integration}: ${left.detail ?? reason}; here: ${result.detail ?? result.reason}`;
    return { ...result, outcome, reason, detail };
  }

  /** When its receiver may be told again, in ms since the epoch; any time where it has not rejected it (`untaken`). */
  function notBeforeOf(result: Result, own: Result): number | undefined {
    return own === result ? undefined : now() + UNTAKEN_FOR_MS;
  }

  /** Whether the end from before a firing is owed still, for nobody took that. */
  function stayOwed(end: StandIn | undefined, opened: readonly Job[], isTaken: boolean): boolean {
    if (isTaken || end?.action !== 'resolve') return false;
    standIns.put({ ...end, opened });
    return true;
  }

  /** Whether the firing is from before an end: who has told that knows (ADR 3). */
  function isStale({ manner }: Errand, standIn: StandIn | undefined, results: readonly Result[]): boolean {
    // What is owed is ended when its receiver can be reached (tend.ts).
    if (manner.by === 'handback' && standIn?.action !== 'resolve') return false;
    const delivered = results.filter(isDelivered);
    return delivered.length > 0 && delivered.every(({ reason }) => reason === 'stale');
  }

  /** As what its own receiver knows to be stale: it would be told every second, and for a page as soon as that is forgotten. */
  function dropStale({ job, manner }: Errand): void {
    if (manner.isRepeat) return;
    held.tell(job, { forward: false, action: 'trigger', reason: 'stale', incident: job.incident }, true);
  }

  /** Should Alertmanager have it active for long all the same, it is opened: here, where reconciliation looks for it. */
  function doubtLater({ job }: Errand, before: Remembered | undefined, result: Result): Result {
    if (!isOpenFromHere(before)) {
      const resolvedAt = before?.resolvedAt ?? now();
      const reopenFrom = doubtUntil(job.incident, before, now());
      memory().set(job.place, { ...(before ?? NOT_OPEN), resolvedAt, reopenFrom });
    }
    return { ...result, outcome: 'suppressed', reason: 'stale' };
  }

  /** The jobs of those that have the trigger, or may. `untold`: the places that no trigger was known to be accepted for, when it was told. */
  function haveIt(
    { job, manner: { beside } }: Errand,
    jobs: readonly Job[],
    results: readonly Result[],
    untold: ReadonlySet<string>,
  ): readonly Job[] {
    const { opened: known = [] } = standIns.get(job.place) ?? {};
    // One that had the incident before has it for itself, as one has that is told in the same moment, unless it has it for
    // another integration. One that did not answer may have it.
    const taken = jobs.filter(({ place }, i) => {
      if (beside?.().has(place)) return false;
      if (known.some((other) => other.place === place)) return true;
      const { outcome, reason } = results[i] as Result;
      if (outcome === 'unavailable') return !isOpenFromHere(memory().peek(place));
      // By another replica, too, that got no answer.
      const isFirst = reason === 'first' || (reason === 'changed' && untold.has(place));
      return outcome !== 'rejected' && (isFirst || standIns.isOpened(place, 1));
    });
    return [...taken, ...known.filter(isNotAmong(jobs))];
  }

  /** Where it was told before, how its incident stood then. */
  function standingWhenTold({ place }: Job, { by, isDue }: Manner): Standing | undefined {
    if (isDue) return heldResolves.standing(place);
    return by === 'handback' ? standIns.get(place)?.standing : undefined;
  }

  /** Keeps what is still to be done for a resolve. The result where it has not been taken by all that must be told. */
  function keepEnded(
    { job, manner }: Errand,
    before: Remembered | undefined,
    jobs: readonly Job[],
    results: readonly Result[],
    result: Result,
  ): Result | undefined {
    const standIn = standIns.get(job.place);
    const opened = jobs.filter((_, i) => isLeft(results[i] as Result));
    const since = standIn?.since ?? now();
    const owed = { job, isOwed: true, opened, since };
    if (isUnavailable(result)) {
      const standing = standingWhenTold(job, manner) ?? standingOf(job, before);
      standIns.put({ ...owed, action: 'resolve', after: manner.after, standing });
    } else if (opened.length === 0) standIns.drop(job.place);
    else standIns.put({ ...owed, action: 'none' });
    const left = results.find(isUnavailable);
    if (left !== undefined) return left;
    // Its own receiver has rejected it for good, and may have the incident: that is not mended by telling another one.
    const mayHave = standIn === undefined || isOpenFromHere(before);
    const isDone = isUnavailable(result) || !mayHave;
    return isDone && results.some(isDelivered) ? undefined : result;
  }

  return takeOver;
}

/** The job, with what its receiver is owed already of an incident that several groups feed. */
function withWhatFires(job: Job, standIn: StandIn | undefined): Job {
  return standIn?.action === 'trigger' ? (stillFiring(job, standIn.job) ?? job) : job;
}

function isNotAmong(jobs: readonly Job[]): (job: Job) => boolean {
  return ({ place }) => !jobs.some((own) => own.place === place);
}
