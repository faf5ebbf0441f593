import type { Job } from './jobs.ts';

/**
 * Triggers that came while their route was muted. Alertmanager has been told that they are taken, so nobody but us would
 * send them when the mute ends (docs/adr/0009-muted-routes.md). The last state of each place counts.
 */
export interface Held {
  /** Keeps a job until its mute ends; false when there is no room for another. */
  hold(job: Job): boolean;
  /** What was held for a place is no longer so. */
  drop(place: string): void;
  /** Those whose mute is over, in ms since the epoch. They stay until they are dropped. */
  due(now: number): readonly Job[];
  readonly size: number;
}

export function createHeld(): Held {
  const jobs = new Map<string, Job>();
  return {
    hold(job) {
      if (!jobs.has(job.place) && jobs.size >= MAX_HELD) return false;
      jobs.set(job.place, job);
      return true;
    },
    drop(place) {
      jobs.delete(place);
    },
    due: (now) => [...jobs.values()].filter(({ mutedAt }) => mutedAt(now) === undefined),
    get size() {
      return jobs.size;
    },
  };
}

/** Each holds the alerts of its incident, a few kB. */
const MAX_HELD = 20_000;
