import type { Config } from '../config/compile.ts';
import { type Action, overAlerts } from '../notification/notification.ts';
import type { Deadline } from './deadline.ts';
import { type Decision, found } from './dedup.ts';
import type { HeldResolves } from './held-resolves.ts';
import { type Job, over, standInJobs } from './jobs.ts';
import type { Memory } from './memory.ts';
import { keptOf, NOT_OPEN, type Remembered } from './remembered.ts';
import type { Result } from './report.ts';
import type { StandIns } from './stand-ins.ts';
import { AS_SAID, type Errand, type Manner, type Stepped } from './step.ts';

/** Part of the time left that a receiver with a fallback may take; the rest is the fallback's. */
export const OWN_SHARE = 0.6;

/** As the receiver that it stands in for was told. */
const INSTEAD: Manner = { ...AS_SAID, mayBeHeld: false };

/** The same, of an end that is not that of its alerts (`Manner.after`): told once, though none of them counts as ended. */
function insteadWith(after: Remembered | undefined): Manner {
  if (after === undefined) return INSTEAD;
  return {
    ...INSTEAD,
    after,
    judge(job, before, now) {
      if (before?.action !== 'resolve') return INSTEAD.judge(job, before, now);
      return { forward: false, action: 'resolve', reason: 'duplicate', incident: job.incident };
    },
  };
}

/** Its own receiver has the incident again: the stand-in is over, and nothing of it is remembered, for its alerts may fire on. */
const END_STAND_IN: Manner = {
  judge: ({ incident }) => ({ forward: true, action: 'resolve', reason: 'resolved', incident }),
  mayBeHeld: false,
  after: NOT_OPEN,
  share: 1,
  by: 'handback',
};

export interface FallBackParts {
  readonly standIns: StandIns;
  readonly heldResolves: Pick<HeldResolves, 'drop'>;
  readonly memory: () => Memory;
  /** When this process began, in ms since the epoch. */
  readonly startedAt: number;
  readonly config: () => Config;
  /** In ms since the epoch. */
  readonly now: () => number;
  /** Runs another job in its turn. */
  readonly turn: (job: Job, deadline: Deadline, manner: Manner) => Promise<Result>;
}

/**
 * What a fallback has to do with a notification. It takes what its receiver could not deliver, under the same incident
 * key; a resolve ends the stand-in too; and when the receiver has the incident again, the stand-in is resolved. Gives
 * the result as it stands after that.
 */
export interface FallBack {
  settle(errand: Errand, before: Remembered | undefined, stepped: Stepped): Promise<Result>;
  /** Ends the stand-in for a place, whose own receiver has been told. */
  handBack: HandBack;
}

export type HandBack = (place: string, deadline: Deadline) => Promise<void>;

export function createFallBack(parts: FallBackParts): FallBack {
  const { standIns, heldResolves, memory, startedAt, config, now, turn } = parts;
  async function settle(errand: Errand, before: Remembered | undefined, stepped: Stepped): Promise<Result> {
    const { job, deadline } = errand;
    const { decision, result } = stepped;
    const { receivers } = config();
    const { fallback } = receivers.get(job.integration.receiver) ?? {};
    const others = receivers.get(fallback ?? '')?.integrations;
    // What is kept back is told later: until then the stand-in stays as it is.
    const isKeptBack = result.outcome === 'suppressed' && decision.forward;
    if (others === undefined || isKeptBack) return result;
    const told = { ...errand, job: { ...job, incident: decision.incident } };
    const jobs = () => standInJobs(told.job, others);
    if (!isDelivered(result)) return takeOver(told, before, jobs(), stepped);
    if (decision.action === 'resolve') return end(told, before, jobs, stepped);
    if (mayHaveStoodIn(decision, before)) suppose(told, jobs());
    if (decision.reason !== 'stale' && knowsAll(told, result)) await handBack(job.place, deadline);
    return result;
  }

  /** Whether its own receiver has been told all that the fallback has of it. */
  function knowsAll({ job, manner }: Errand, { outcome }: Result): boolean {
    const standIn = standIns.get(job.place);
    if (standIn === undefined || standIn.action === 'none') return true;
    // A repetition of what it had before says nothing of what it could not be told.
    if (outcome === 'suppressed') return manner.by === 'handback';
    if (standIn.action === 'resolve') return true;
    const told = new Set(job.incident.alerts.map(({ fingerprint }) => fingerprint));
    return standIn.job.incident.alerts.every(
      ({ status, fingerprint }) => status === 'resolved' || told.has(fingerprint),
    );
  }

  /** Its own receiver knows that alerts have ended, or needs not be told. */
  async function end(
    errand: Errand,
    before: Remembered | undefined,
    jobs: () => readonly Job[],
    { decision, result }: Stepped,
  ): Promise<Result> {
    if (endsIncident(decision)) return endWith(errand, before, jobs(), result);
    const { job } = errand;
    const standIn = standIns.get(job.place);
    if (standIn === undefined || decision.forward || decision.reason !== 'still_firing') return result;
    // A group's incident ends as a whole, there as well.
    if (job.incident.granularity === 'group') return result;
    const results = await tellOfEnd(errand, standIn.opened);
    const left = results.find(isUnavailable);
    if (left !== undefined || standIn.action !== 'trigger') return left ?? result;
    // Its own receiver is not to be told of that part.
    const rest = stillFiring(job, standIn.job);
    if (rest === undefined) standIns.drop(job.place);
    else standIns.put({ ...standIn, job: rest });
    return result;
  }

  /** What comes of telling places of a fallback's that the job's alerts have ended. */
  function tellOfEnd(
    { job, deadline, manner: { after } }: Errand,
    places: readonly Job[],
  ): Promise<readonly Result[]> {
    const manner = insteadWith(after);
    return Promise.all(
      places.map(({ integration, place, incident: { key } }) =>
        turn({ ...job, integration, place, incident: { ...job.incident, key } }, deadline, manner),
      ),
    );
  }

  /** Whether the fallback may have it since before this process began. */
  function mayHaveStoodIn({ forward, incident }: Decision, before: Remembered | undefined): boolean {
    if (!forward || isKnown(before)) return false;
    return incident.alerts.some(({ status, startsAtMs }) => status === 'firing' && startsAtMs < startedAt);
  }

  /** Then it has, unless it is told of it for itself. */
  function suppose({ job, manner: { beside } }: Errand, jobs: readonly Job[]): void {
    if (standIns.get(job.place) !== undefined || !standIns.hasRoom) return;
    // Another integration of the same receiver may have handed it over in the same moment.
    const mayHave = ({ place }: Job) =>
      !beside?.().has(place) && !standIns.isOpened(place) && !isOpenFromHere(memory().peek(place));
    const opened = jobs.filter(mayHave);
    if (opened.length > 0) standIns.put({ job, action: 'none', isOwed: true, opened, since: now() });
  }

  async function takeOver(
    errand: Errand,
    before: Remembered | undefined,
    jobs: readonly Job[],
    { decision: { action }, result }: Stepped,
  ): Promise<Result> {
    if (action === 'acknowledge' || !standIns.hasRoom) return result;
    const endOpening = action === 'trigger' ? standIns.opening(jobs.map(({ place }) => place)) : () => {};
    try {
      const instead = insteadWith(errand.manner.after);
      const untold = new Set<string>();
      const manner: Manner = {
        ...instead,
        fallbackFor: errand.job.integration.receiver,
        judge(own, known, at) {
          if (!isOpenFromHere(known)) untold.add(own.place);
          return instead.judge(own, known, at);
        },
      };
      const results = await Promise.all(jobs.map((own) => turn(own, errand.deadline, manner)));
      const failed =
        action === 'trigger'
          ? keepOpened(errand, jobs, results, untold, result)
          : keepEnded(errand, before, jobs, results, result);
      if (failed !== undefined) return failed;
      keepStanding(errand, before, action);
      errand.counters.fallbacks.count++;
      const by = results.filter(isDelivered).map(({ receiver, integration }) => `${receiver}/${integration}`);
      const detail = `taken by ${by.join(', ')}; here: ${result.detail ?? result.reason}`;
      return { ...result, outcome: 'accepted', reason: 'fallback', detail };
    } finally {
      endOpening();
    }
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

  /**
   * Keeps what a fallback has of a trigger. The result where it did not take it. `untold`: the places that no trigger was known
   * to be accepted for, when it was told.
   */
  function keepOpened(
    { job, manner: { beside } }: Errand,
    jobs: readonly Job[],
    results: readonly Result[],
    untold: ReadonlySet<string>,
    result: Result,
  ): Result | undefined {
    const standIn = standIns.get(job.place);
    const { opened: known = [], since = now() } = standIn ?? {};
    // One that had the incident before has it for itself, as one has that is told in the same moment, unless it has it for
    // another integration. One that did not answer may have it.
    const opened = jobs.filter(({ place }, i) => {
      if (beside?.().has(place)) return false;
      if (known.some((other) => other.place === place)) return true;
      const { outcome, reason } = results[i] as Result;
      if (outcome === 'unavailable') return !isOpenFromHere(memory().peek(place));
      // By another replica, too, that got no answer.
      const isFirst = reason === 'first' || (reason === 'changed' && untold.has(place));
      return outcome !== 'rejected' && (isFirst || standIns.isOpened(place, 1));
    });
    const isTaken = results.some(isDelivered);
    // What nobody took Alertmanager tells again; until then nobody is to hand it back.
    const isOwed = isTaken ? isUnavailable(result) : (standIn?.isOwed ?? false);
    const told = standIn?.action === 'trigger' ? (stillFiring(job, standIn.job) ?? job) : job;
    if (isTaken || opened.length > 0 || standIn !== undefined)
      standIns.put({ job: told, action: 'trigger', isOwed, opened, since });
    if (!isTaken) return result;
    // Alertmanager is answered that this firing was told: it will tell of its end.
    heldResolves.drop(job.place);
    return undefined;
  }

  /** Keeps what is still to be done for a resolve. The result where it has not been taken by all that must be told. */
  function keepEnded(
    { job, manner: { after } }: Errand,
    before: Remembered | undefined,
    jobs: readonly Job[],
    results: readonly Result[],
    result: Result,
  ): Result | undefined {
    const standIn = standIns.get(job.place);
    const opened = jobs.filter((_, i) => isLeft(results[i] as Result));
    const since = standIn?.since ?? now();
    if (isUnavailable(result)) standIns.put({ job, action: 'resolve', after, isOwed: true, opened, since });
    else if (opened.length === 0) standIns.drop(job.place);
    else standIns.put({ job, action: 'none', isOwed: true, opened, since });
    const left = results.find(isUnavailable);
    if (left !== undefined) return left;
    // Its own receiver has rejected it for good, and may have the incident: that is not mended by telling another one.
    const mayHave = standIn === undefined || isOpenFromHere(before);
    const isDone = isUnavailable(result) || !mayHave;
    return isDone && results.some(isDelivered) ? undefined : result;
  }

  /** The incident is over. Who knows nothing of its beginning tells the fallback too: it may have it since before a restart. */
  async function endWith(
    errand: Errand,
    before: Remembered | undefined,
    jobs: readonly Job[],
    result: Result,
  ): Promise<Result> {
    const { place: own } = errand.job;
    const standIn = standIns.get(own);
    if (standIn === undefined && isKnown(before)) return result;
    const toEnd = standIn?.opened.filter(({ place }) => !standIns.leave(place, own)) ?? jobs;
    const results = await tellOfEnd(errand, toEnd);
    if (!results.some(isLeft)) standIns.drop(own);
    return results.find(isUnavailable) ?? result;
  }

  /** What cannot be resolved now is tried again later: the stand-in stays. */
  async function handBack(place: string, deadline: Deadline): Promise<void> {
    const standIn = standIns.get(place);
    if (standIn === undefined) return;
    standIns.put({ ...standIn, action: 'none', isOwed: true });
    // Else what is being told there now would be closed.
    if (standIn.opened.some((job) => standIns.isOpening(job.place))) return;
    const toEnd = standIn.opened.filter((job) => !standIns.leave(job.place, place));
    const results = await Promise.all(toEnd.map((job) => turn(over(job), deadline, END_STAND_IN)));
    // What the fallback has taken again by then is to be handed back anew.
    const { job, action } = standIns.get(place) ?? {};
    const isSame = job === standIn.job && action === 'none';
    if (isSame && !results.some(isUnavailable)) standIns.drop(place);
  }

  return { settle, handBack };
}

/** What fires of an incident, by this job and by an earlier one where several groups feed it; undefined: nothing. */
function stillFiring(job: Job, earlier: Job): Job | undefined {
  const { incident } = job;
  const told = new Set(incident.alerts.map(({ fingerprint }) => fingerprint));
  const others =
    incident.granularity === 'labels'
      ? earlier.incident.alerts.filter(({ fingerprint }) => !told.has(fingerprint))
      : [];
  const firing = [...others, ...incident.alerts].filter(({ status }) => status === 'firing');
  if (firing.length === 0) return undefined;
  return others.length === 0 ? job : { ...job, incident: overAlerts(incident, firing) };
}

function isDelivered({ outcome }: Result): boolean {
  return outcome === 'accepted' || outcome === 'suppressed';
}

function isUnavailable({ outcome }: Result): boolean {
  return outcome === 'unavailable';
}

/** Whether the incident may still be open at a fallback that was told of its end. */
function isLeft(result: Result): boolean {
  return isUnavailable(result) || ['still_firing', 'stale', 'truncated'].includes(result.reason);
}

/** Whether a resolve that was delivered, or needed no delivery, ends the incident. */
function endsIncident(decision: Decision): boolean {
  return decision.forward || decision.reason === 'duplicate';
}

/** Whether more is remembered of it than its alerts: how it stands at the vendor. */
function isKnown(before: Remembered | undefined): boolean {
  return before?.action === 'resolve' || before?.last !== undefined;
}

/** Whether it was opened by this process. */
function isOpenFromHere(remembered: Remembered | undefined): boolean {
  return remembered?.action === 'trigger' && remembered.last !== undefined;
}
