import { withAlerts } from '../notification/notification.ts';
import type { Job } from './jobs.ts';

/**
 * Triggers that came while their route was muted. Alertmanager has been told that they are taken, so nobody but us would
 * send them when the mute ends (docs/adr/0009-muted-routes.md). The last state of each place counts.
 */
export interface Held {
  /** Keeps a job until its mute ends; false when there is no room for another. */
  hold(job: Job): boolean;
  /** Takes the alerts that a job says have ended out of what is held for its place. */
  end(job: Job): void;
  /** What was held for a place is no longer so. */
  drop(place: string): void;
  /** Whether this very job is held: no later one took its place. */
  has(job: Job): boolean;
  /** Those whose mute is over, in ms since the epoch. They stay until they are dropped. */
  due(now: number): readonly Job[];
  /** Puts another job in the place of each one. */
  replace(withWhat: (job: Job) => Job): void;
  readonly size: number;
}

/** Each holds the alerts of its incident, a few kB. */
const MAX_HELD = 20_000;

export function createHeld(): Held {
  const jobs = new Map<string, Job>();
  return {
    hold(job) {
      const known = jobs.get(job.place);
      if (known === undefined && jobs.size >= MAX_HELD) return false;
      jobs.set(job.place, known === undefined ? job : updated(known, job));
      return true;
    },
    end(job) {
      const known = jobs.get(job.place);
      if (known === undefined) return;
      const rest = updated(known, job);
      if (rest.incident.alerts.some(({ status }) => status === 'firing')) jobs.set(job.place, rest);
      else jobs.delete(job.place);
    },
    drop(place) {
      jobs.delete(place);
    },
    has: (job) => jobs.get(job.place) === job,
    due: (now) => [...jobs.values()].filter(({ mutedAt }) => mutedAt(now) === undefined),
    replace(withWhat) {
      for (const [place, job] of jobs) jobs.set(place, withWhat(job));
    },
    get size() {
      return jobs.size;
    },
  };
}

/** The later job; where several groups can feed its incident, with what is held of alerts that it does not tell of. */
function updated(known: Job, job: Job): Job {
  const { incident } = job;
  if (known === job || incident.granularity !== 'labels') return job;
  const told = new Set(incident.alerts.map(({ fingerprint }) => fingerprint));
  const others = known.incident.alerts.filter(
    ({ fingerprint, status }) => status === 'firing' && !told.has(fingerprint),
  );
  return { ...job, incident: withAlerts(incident, [...others, ...incident.alerts]) };
}
