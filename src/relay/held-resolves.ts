import type { Job } from './jobs.ts';
import type { Standing } from './paged-since.ts';
import { takeDue } from './take-due.ts';

/**
 * Resolves that are kept back for a while, because alerts of their route come and go (`hold_resolve`). One that fires again
 * meanwhile finds its incident open.
 */
export interface HeldResolves {
  /**
   * Keeps the resolve back until then, in ms since the epoch; `standing`: how its incident stands. False where there is no room.
   * One that is kept already keeps the time, and where the same end is told again both.
   */
  hold(job: Job, until: number, standing: Standing): boolean;
  standing(place: string): Standing | undefined;
  /** The page from before it was sent once more, and accepted then, in ms since the epoch. */
  repaged(place: string, pagedAt: number): void;
  /** It is not to be sent any more: sent, refused, not needed, or the incident fires again. */
  drop(place: string): void;
  has(place: string): boolean;
  /** Whether one is kept back that has its own time, and not only until a stop. */
  hasTime(place: string): boolean;
  get(place: string): Job | undefined;
  /** All of them. */
  all(): readonly Job[];
  /** At most so many whose time has come, the longest unasked first. They stay until they are dropped. */
  due(now: number, limit: number): readonly Job[];
  /** Puts other jobs in the place of each; those for which there is none are dropped and counted. */
  replace(withWhat: (job: Job) => readonly Job[]): number;
  readonly size: number;
}

interface Kept {
  readonly job: Job;
  readonly until: number;
  readonly standing: Standing;
}

/** The time of one that is sent at a stop only. */
export const UNTIL_STOP = Number.POSITIVE_INFINITY;

/** Beyond this many a resolve is sent at once. */
const MAX_HELD = 20_000;

/** `onFull` is told of each for which there is no room. */
export function createHeldResolves(onFull: () => void): HeldResolves {
  let held = new Map<string, Kept>();
  return {
    hold(job, until, standing) {
      const known = held.get(job.place);
      if (known === undefined && held.size >= MAX_HELD) {
        onFull();
        return false;
      }
      const isSaidAgain = known !== undefined && isAsOld(job, known.job);
      held.set(job.place, {
        job,
        until: Math.min(until, known?.until ?? UNTIL_STOP),
        standing: isSaidAgain ? known.standing : standing,
      });
      return true;
    },
    standing: (place) => held.get(place)?.standing,
    repaged(place, pagedAt) {
      const known = held.get(place);
      if (known !== undefined) held.set(place, { ...known, standing: { ...known.standing, pagedAt } });
    },
    drop: (place) => void held.delete(place),
    has: (place) => held.has(place),
    hasTime: (place) => (held.get(place)?.until ?? UNTIL_STOP) < UNTIL_STOP,
    get: (place) => held.get(place)?.job,
    all: () => Array.from(held.values(), ({ job }) => job),
    due(now, limit) {
      return takeDue(held, limit, ({ until }) => until <= now).map(({ job }) => job);
    },
    replace(withWhat) {
      let dropped = 0;
      const replaced: typeof held = new Map();
      for (const kept of held.values()) {
        const jobs = withWhat(kept.job);
        for (const job of jobs) replaced.set(job.place, { ...kept, job });
        if (jobs.length === 0) dropped++;
      }
      held = replaced;
      return dropped;
    },
    get size() {
      return held.size;
    },
  };
}

/** Whether it tells of no later end than `known`. */
function isAsOld(job: Job, known: Job): boolean {
  const starts = new Map(
    known.incident.alerts.map(({ fingerprint, startsAtMs }) => [fingerprint, startsAtMs]),
  );
  return job.incident.alerts.every(
    ({ fingerprint, startsAtMs }) => startsAtMs <= (starts.get(fingerprint) ?? Number.NEGATIVE_INFINITY),
  );
}
