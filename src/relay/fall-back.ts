import type { Config } from '../config/compile.ts';
import { overAlerts } from '../notification/notification.ts';
import type { Counters } from './counters.ts';
import type { Deadline } from './deadline.ts';
import type { Decision } from './dedup.ts';
import type { HeldResolves } from './held-resolves.ts';
import { type Job, over, standInJobs } from './jobs.ts';
import { type Memory, NOT_OPEN, type Remembered } from './memory.ts';
import type { Result } from './report.ts';
import type { StandIns } from './stand-ins.ts';
import { AS_SAID, type Manner, type Stepped } from './step.ts';

/** What is left of the time for a fallback when its receiver's part is over. */
export const OWN_SHARE = 0.6;

/** As the receiver that it stands in for was told. */
const INSTEAD: Manner = { ...AS_SAID, mayBeHeld: false };

/** Its own receiver has the incident again: the stand-in is over, and nothing of it is remembered, for its alerts may fire on. */
const HANDED_BACK: Manner = {
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
  settle(job: Job, before: Remembered | undefined, stepped: Stepped, around: Around): Promise<Result>;
  /** Ends the stand-in for a place, whose own receiver has been told. */
  handBack: HandBack;
}

/** What belongs to a notification. */
export interface Around {
  readonly counters: Counters;
  readonly deadline: Deadline;
  /** All that the same webhook says something of, by place. */
  readonly beside?: (() => ReadonlySet<string>) | undefined;
}

export type HandBack = (place: string, deadline: Deadline) => Promise<void>;

export function createFallBack(parts: FallBackParts): FallBack {
  const { standIns, heldResolves, memory, startedAt, config, now, turn } = parts;
  async function settle(
    job: Job,
    before: Remembered | undefined,
    { decision, result }: Stepped,
    around: Around,
  ): Promise<Result> {
    const { deadline } = around;
    const { receivers } = config();
    const { fallback } = receivers.get(job.integration.receiver) ?? {};
    const others = receivers.get(fallback ?? '')?.integrations;
    if (others === undefined) return result;
    const told = { ...job, incident: decision.incident };
    const jobs = () => standInJobs(told, others);
    if (!isDelivered(result)) return takeOver(told, jobs(), decision.action, result, around);
    if (decision.action === 'resolve') {
      if (isOver(decision)) return endWith(told, jobs(), before, result, deadline);
      forgetEnded(told);
      return result;
    }
    if (mayHaveStoodIn(decision, before)) suppose(told, jobs(), around);
    if (decision.reason !== 'stale') await handBack(job.place, deadline);
    return result;
  }

  /** Part of the incident has ended: its own receiver is not to be told of that part. */
  function forgetEnded(job: Job): void {
    const standIn = standIns.get(job.place);
    if (standIn !== undefined) standIns.put({ ...standIn, job: stillFiring(job, standIn.job) });
  }

  /** Whether the fallback may have it since before this process began. */
  function mayHaveStoodIn({ forward, incident }: Decision, before: Remembered | undefined): boolean {
    if (!forward || (before !== undefined && (before.action === 'resolve' || before.last !== undefined)))
      return false;
    return incident.alerts.some(({ status, startsAtMs }) => status === 'firing' && startsAtMs < startedAt);
  }

  /** Then it has, unless it is told of it for itself. */
  function suppose(job: Job, jobs: readonly Job[], { beside }: Around): void {
    if (standIns.get(job.place) !== undefined || !standIns.hasRoom) return;
    // Another integration of the same receiver may have handed it over in the same moment.
    const mayHave = ({ place }: Job) =>
      !beside?.().has(place) && !standIns.isOpened(place) && !isOpenFromHere(memory().peek(place));
    const opened = jobs.filter(mayHave);
    if (opened.length > 0) standIns.put({ job, action: 'none', isOwed: true, opened, since: now() });
  }

  async function takeOver(
    job: Job,
    jobs: readonly Job[],
    action: Result['action'],
    result: Result,
    { counters, deadline, beside }: Around,
  ): Promise<Result> {
    if (action === 'acknowledge' || !standIns.hasRoom) return result;
    const isOver = action === 'trigger' ? standIns.opening(jobs.map(({ place }) => place)) : () => {};
    try {
      const manner = { ...INSTEAD, fallbackFor: job.integration.receiver };
      const results = await Promise.all(jobs.map((own) => turn(own, deadline, manner)));
      return settleTaken(job, jobs, action, result, results, { counters, beside });
    } finally {
      isOver();
    }
  }

  /** What is kept of what the fallback took, or did not. */
  function settleTaken(
    job: Job,
    jobs: readonly Job[],
    action: Exclude<Result['action'], 'acknowledge'>,
    result: Result,
    results: readonly Result[],
    { counters, beside }: Pick<Around, 'counters' | 'beside'>,
  ): Result {
    const taken = results.filter(isDelivered);
    const isOwed = result.outcome === 'unavailable';
    const { opened: known = [], since = now(), job: earlier } = standIns.get(job.place) ?? {};
    // One that had the incident before has it for itself, as one has that is told in the same moment. One that did not
    // answer may have it.
    const opened = jobs.filter(({ place }, i) => {
      if (beside?.().has(place)) return false;
      const { outcome, reason } = results[i] as Result;
      const mayBeNew = outcome === 'unavailable' ? !isOpenFromHere(memory().peek(place)) : reason === 'first';
      return mayBeNew || known.some((other) => other.place === place);
    });
    if (taken.length === 0) {
      // Alertmanager tells it again; until then nobody is to hand it back.
      if (action === 'trigger') standIns.put({ job, action, isOwed: false, opened, since });
      return result;
    }
    if (action === 'trigger') {
      standIns.put({ job: stillFiring(job, earlier), action, isOwed, opened, since });
      // Alertmanager is answered that this firing was told: it will tell of its end.
      heldResolves.drop(job.place);
    } else if (isOwed) standIns.put({ job, action, isOwed, opened: [], since });
    else standIns.drop(job.place);
    counters.fallbacks.count++;
    const by = taken.map(({ receiver, integration }) => `${receiver}/${integration}`).join(', ');
    const detail = `taken by ${by}; here: ${result.detail ?? result.reason}`;
    return { ...result, outcome: 'accepted', reason: 'fallback', detail };
  }

  /** The incident is over. Who knows nothing of its beginning tells the fallback too: it may have it since before a restart. */
  async function endWith(
    job: Job,
    jobs: readonly Job[],
    before: Remembered | undefined,
    result: Result,
    deadline: Deadline,
  ): Promise<Result> {
    const standIn = standIns.get(job.place);
    const isSure = before !== undefined && (before.action === 'resolve' || before.last !== undefined);
    if (standIn === undefined && isSure) return result;
    const toEnd = standIn?.opened ?? jobs;
    const results = await Promise.all(
      toEnd.map(({ integration, place, incident: { key } }) =>
        turn({ ...job, integration, place, incident: { ...job.incident, key } }, deadline, INSTEAD),
      ),
    );
    const left = results.find(({ outcome }) => outcome === 'unavailable');
    const goesOn = results.some(({ reason }) => reason === 'still_firing' || reason === 'stale');
    if (left === undefined && !goesOn) standIns.drop(job.place);
    return left ?? result;
  }

  /** What cannot be resolved now is tried again later: the stand-in stays. */
  async function handBack(place: string, deadline: Deadline): Promise<void> {
    const standIn = standIns.get(place);
    if (standIn === undefined) return;
    standIns.put({ ...standIn, action: 'none', isOwed: true });
    const results = await Promise.all(standIn.opened.map((job) => turn(over(job), deadline, HANDED_BACK)));
    if (results.every(({ outcome }) => outcome !== 'unavailable')) standIns.drop(place);
  }

  return { settle, handBack };
}

/** The job, with what fires of an incident that several groups feed, as far as that was told before. */
function stillFiring(job: Job, earlier: Job | undefined): Job {
  const { incident } = job;
  if (earlier === undefined || incident.granularity !== 'labels') return job;
  const told = new Set(incident.alerts.map(({ fingerprint }) => fingerprint));
  const before = earlier.incident.alerts.filter(({ fingerprint }) => !told.has(fingerprint));
  const firing = [...before, ...incident.alerts].filter(({ status }) => status === 'firing');
  return firing.length === 0 ? job : { ...job, incident: overAlerts(incident, firing) };
}

function isDelivered({ outcome }: Result): boolean {
  return outcome === 'accepted' || outcome === 'suppressed';
}

/** Whether a resolve that was delivered, or needed no delivery, ends the incident. */
function isOver(decision: Decision): boolean {
  return decision.forward || decision.reason === 'duplicate';
}

/** Whether it was opened by this process. */
function isOpenFromHere(remembered: Remembered | undefined): boolean {
  return remembered?.action === 'trigger' && remembered.last !== undefined;
}
