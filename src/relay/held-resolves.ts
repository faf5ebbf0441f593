import type { Job } from './jobs.ts';

/**
 * Resolves that are kept back for a while, because alerts of their route come and go (`hold_resolve`). One that fires again
 * meanwhile finds its incident open.
 */
export interface HeldResolves {
  /** Keeps the resolve back until then, in ms since the epoch; false where there is no room. One that is kept already keeps its time. */
  hold(job: Job, until: number): boolean;
  /** The incident fires again, or its resolve was sent. */
  drop(place: string): void;
  has(place: string): boolean;
  /** At most so many whose time has come. They stay until they are dropped. */
  due(now: number, limit?: number): readonly Job[];
  /** Puts another job in the place of each; those for which there is none are dropped and counted. */
  replace(withWhat: (job: Job) => Job | undefined): number;
  readonly size: number;
}

/** Beyond this many a resolve is sent at once. */
const MAX_HELD = 20_000;

export function createHeldResolves(): HeldResolves {
  let held = new Map<string, { readonly job: Job; readonly until: number }>();
  return {
    hold(job, until) {
      const known = held.get(job.place);
      if (known === undefined && held.size >= MAX_HELD) return false;
      held.set(job.place, { job, until: known?.until ?? until });
      return true;
    },
    drop: (place) => void held.delete(place),
    has: (place) => held.has(place),
    due(now, limit = MAX_HELD) {
      const jobs: Job[] = [];
      for (const { job, until } of held.values()) {
        if (jobs.length === limit) break;
        if (until <= now) jobs.push(job);
      }
      return jobs;
    },
    replace(withWhat) {
      const before = held.size;
      const replaced: typeof held = new Map();
      for (const { job: old, until } of held.values()) {
        const job = withWhat(old);
        if (job !== undefined) replaced.set(job.place, { job, until });
      }
      held = replaced;
      return before - held.size;
    },
    get size() {
      return held.size;
    },
  };
}
