import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { Job } from './jobs.ts';

/**
 * What a webhook says may be overtaken: a lagging peer goes on to retry what it took from its alerts a while ago, and
 * another replica has told the vendor of the end since. It is held against what Alertmanager has at this moment. Doubts do
 * not last, for a peer that is not in `alertmanager_url` may have the alert.
 */
export interface Doubts {
  /** Whether it is to be told again before it is believed, at a time in ms since the epoch. */
  isDoubtful(job: Job, snapshot: Snapshot, now: number): boolean;
}

/** Who still says so after this long is believed, in ms. */
const INSISTED_MS = 60_000;
/** Nobody insists after this long, in ms. */
const FORGOTTEN_MS = 10 * 60_000;
/** With more, nothing further is doubted. */
const MAX_DOUBTS = 10_000;

export function createDoubts(): Doubts {
  /** Since when each place is doubted, the oldest first. */
  const since = new Map<string, number>();
  return {
    isDoubtful(job, snapshot, now) {
      const { place } = job;
      for (const [oldest, at] of since) {
        if (now - at < FORGOTTEN_MS) break;
        since.delete(oldest);
      }
      const doubtedSince = since.get(place) ?? now;
      const isDoubtful = isContradicted(job, snapshot) && now - doubtedSince < INSISTED_MS;
      if (!isDoubtful) since.delete(place);
      else if (!since.has(place) && since.size >= MAX_DOUBTS) return false;
      else since.set(place, doubtedSince);
      return isDoubtful;
    },
  };
}

/** It fires, and Alertmanager has none of it; or it is over, and Alertmanager has some of it active. */
function isContradicted({ incident: { alerts } }: Job, snapshot: Snapshot): boolean {
  const firing = alerts.filter(({ status }) => status === 'firing');
  if (firing.length > 0) return firing.every(({ fingerprint }) => snapshot.state(fingerprint) === undefined);
  return alerts.some(({ fingerprint }) => snapshot.state(fingerprint) === 'active');
}
