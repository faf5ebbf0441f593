import type { Deadline } from './deadline.ts';
import type { Decision } from './dedup.ts';
import type { Errand, Manner, TakeTurn } from './errand.ts';
import { insteadWith, isLeft, toldAt } from './instead.ts';
import { type Job, over, stillFiring } from './jobs.ts';
import type { Memory } from './memory.ts';
import { isKnown, isOpenFromHere, NOT_OPEN, type Remembered } from './remembered.ts';
import { isUnavailable, type Result } from './report.ts';
import type { StandIns } from './stand-ins.ts';
import type { Stepped } from './step.ts';

/** Its own receiver has the incident again: the stand-in is over, and nothing of it is remembered, for its alerts may fire on. */
const END_STAND_IN: Manner = {
  judge: ({ incident }) => ({ forward: true, action: 'resolve', reason: 'resolved', incident }),
  mayBeHeld: false,
  after: NOT_OPEN,
  share: 1,
  by: 'handback',
};

export interface HandBackParts {
  readonly standIns: StandIns;
  readonly memory: () => Memory;
  /** When this process began, in ms since the epoch. */
  readonly startedAt: number;
  /** In ms since the epoch. */
  readonly now: () => number;
  readonly turn: TakeTurn;
}

export interface HandingBack {
  /**
   * What the fallback is told when its receiver took the notification, or needed none. Gives the result as it stands after
   * that.
   */
  afterDelivery(
    errand: Errand,
    before: Remembered | undefined,
    jobs: () => readonly Job[],
    stepped: Stepped,
  ): Promise<Result>;
  handBack: HandBack;
}

/** Ends the stand-in for a place, whose own receiver has been told. */
export type HandBack = (place: string, deadline: Deadline) => Promise<void>;

export function createHandingBack({ standIns, memory, startedAt, now, turn }: HandBackParts): HandingBack {
  async function afterDelivery(
    errand: Errand,
    before: Remembered | undefined,
    jobs: () => readonly Job[],
    stepped: Stepped,
  ): Promise<Result> {
    const { decision, result } = stepped;
    if (decision.action === 'resolve') return end(errand, before, jobs, stepped);
    if (mayHaveStoodIn(decision, before)) suppose(errand, jobs());
    const { job, deadline } = errand;
    if (decision.reason !== 'stale' && knowsAll(errand, result)) await handBack(job.place, deadline);
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
    const opened = standIn?.opened.filter(({ place }) => !standIns.leave(place, own));
    const results = await (opened === undefined ? tell(errand, jobs) : tellOfEnd(errand, opened));
    if (!results.some(isLeft)) standIns.drop(own);
    else if (opened === undefined) oweEnd(errand.job, jobs, results);
    return results.find(isUnavailable) ?? result;
  }

  /** Its own receiver will be told nothing more: without this nobody would come back to those that could not be told. */
  function oweEnd(job: Job, jobs: readonly Job[], results: readonly Result[]): void {
    const opened = jobs.filter(
      ({ place }, i) => isUnavailable(results[i] as Result) && !isOpenFromHere(memory().peek(place)),
    );
    if (opened.length > 0 && standIns.hasRoom)
      standIns.put({ job, action: 'none', isOwed: true, opened, since: now() });
  }

  /** What comes of telling places of a fallback's that the job's alerts have ended. */
  function tellOfEnd(errand: Errand, places: readonly Job[]): Promise<readonly Result[]> {
    return tell(
      errand,
      places.map((other) => toldAt(errand.job, other)),
    );
  }

  function tell({ deadline, manner: { after } }: Errand, jobs: readonly Job[]): Promise<readonly Result[]> {
    const manner = insteadWith(after);
    return Promise.all(jobs.map((job) => turn(job, deadline, manner)));
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

  /** What cannot be resolved now is tried again later: the stand-in stays. */
  async function handBack(place: string, deadline: Deadline): Promise<void> {
    const standIn = standIns.get(place);
    if (standIn === undefined) return;
    standIns.put({ ...standIn, action: 'none', isOwed: true });
    // Else what is being told there now would be closed.
    if (standIn.opened.some((job) => standIns.isOpening(job.place))) return;
    const toEnd = standIn.opened.filter((job) => !standIns.leave(job.place, place));
    const results = await Promise.all(toEnd.map((job) => turn(over(job), deadline, END_STAND_IN)));
    const ended = new Set(
      toEnd.filter((_, i) => !isUnavailable(results[i] as Result)).map((job) => job.place),
    );
    // What the fallback has taken again by then is to be handed back anew.
    const known = standIns.get(place);
    if (known?.job !== standIn.job || known.action !== 'none') return;
    const opened = known.opened.filter((job) => !ended.has(job.place));
    if (opened.length === 0) standIns.drop(place);
    else standIns.put({ ...known, opened });
  }

  return { afterDelivery, handBack };
}

/** Whether a resolve that was delivered, or needed no delivery, ends the incident. Who wants no ends says nothing of its fallback. */
function endsIncident({ forward, reason }: Decision): boolean {
  return forward || reason === 'duplicate' || reason === 'send_resolved';
}
