import type { Job } from './jobs.ts';
import { isInsistedOn } from './remembered.ts';
import type { State } from './state.ts';

/** What the last look at Alertmanager says of a job. */
export interface LastLook {
  /**
   * Whether Alertmanager may have an alert of it; without a look since the job was told, it may. What another sender tells of
   * fires all the same.
   */
  mayFire(job: Job): boolean;
  /** Whether it has none any more of a job that was told of then, in ms since the epoch, `reconcile_after` ago. */
  isOver(job: Job, since: number): boolean;
}

export function createLastLook(state: State, now: () => number): LastLook {
  function mayFire({ incident, place, heardAt = 0 }: Job): boolean {
    const { snapshot, memory } = state;
    if (snapshot === undefined || snapshot.takenAt < heardAt) return true;
    if (isInsistedOn(memory.peek(place), now())) return true;
    return incident.alerts.some(({ fingerprint }) => snapshot.state(fingerprint) !== undefined);
  }

  function isOver(job: Job, since: number): boolean {
    const { snapshot, config } = state;
    const { alertmanager } = config.relay;
    if (alertmanager === undefined || snapshot === undefined || mayFire(job)) return false;
    return snapshot.takenAt - since >= alertmanager.afterMs;
  }

  return { mayFire, isOver };
}
