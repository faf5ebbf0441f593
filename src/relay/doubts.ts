import type { Snapshot } from '../alertmanager/snapshot.ts';
import { onMutedOf } from '../route/muted.ts';
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

/** Who says so again and again for this long is believed, in ms. */
const INSISTED_MS = 120_000;
/** Who insists says it again within this time: Alertmanager's waits grow to a minute (its notify/retry_stage.go). */
const AGAIN_MS = 90_000;
/** With more, nothing further is doubted. */
const MAX_DOUBTS = 10_000;

export function createDoubts(): Doubts {
  /** Of each place, since when it is doubted and when that was said last; who was silent for longest comes first. */
  const doubted = new Map<string, { readonly since: number; readonly last: number }>();
  return {
    isDoubtful(job, snapshot, now) {
      const { place } = job;
      for (const [other, { last }] of doubted) {
        if (now - last < AGAIN_MS) break;
        doubted.delete(other);
      }
      const { since } = doubted.get(place) ?? { since: now };
      doubted.delete(place);
      const isDoubtful =
        now - since < INSISTED_MS && doubted.size < MAX_DOUBTS && isContradicted(job, snapshot);
      if (isDoubtful) doubted.set(place, { since, last: now });
      return isDoubtful;
    },
  };
}

/** It fires, and Alertmanager has none of it to be told of; or it is over, and Alertmanager has some of it active. */
function isContradicted({ incident: { alerts }, routes }: Job, snapshot: Snapshot): boolean {
  const firing = alerts.filter(({ status }) => status === 'firing');
  if (firing.length === 0) return alerts.some(({ fingerprint }) => snapshot.state(fingerprint) === 'active');
  const isOverWhileMuted = onMutedOf(routes) === 'resolve';
  return firing.every(({ fingerprint }) => {
    const state = snapshot.state(fingerprint);
    return state === undefined || (state === 'muted' && isOverWhileMuted);
  });
}
