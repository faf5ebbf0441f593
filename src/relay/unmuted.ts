import type { Snapshot } from '../alertmanager/snapshot.ts';
import { type Alert, withAlerts } from '../notification/notification.ts';
import type { Gate } from './gate.ts';
import type { Held } from './held.ts';
import type { Job } from './jobs.ts';

/**
 * What was held and is no longer muted, at most so many jobs, as Alertmanager has it now: what is over is dropped, and what it
 * has silenced or inhibited stays held. Where it cannot be looked at, all of it but what was silenced within the hour: nobody
 * else sends it.
 */
export type Unmuted = (limit: number) => Promise<readonly Job[]>;

export interface UnmutedParts {
  readonly held: Pick<Held, 'due' | 'still' | 'see' | 'silencedAt' | 'wasSeen' | 'forget'>;
  readonly gate: Pick<Gate, 'isClosed'>;
  readonly hasFallback: (job: Job) => boolean;
  /** Looks at Alertmanager now, unless that would take too long (watch.ts). */
  readonly fresh: (() => Promise<Snapshot | undefined> | undefined) | undefined;
  /** In ms since the epoch. */
  readonly now: () => number;
}

/** For so long Alertmanager is not asked again for what it has silenced, in ms: that may be for days. */
const SILENCED_FOR_MS = 30_000;
/** For so long what was seen silenced is taken to be so where it cannot be looked at, in ms. */
const SILENCE_TAKEN_FOR_MS = 60 * 60_000;

export function createUnmuted({ held, gate, hasFallback, fresh, now }: UnmutedParts): Unmuted {
  /** What of it was not seen silenced within so many ms. */
  const unlessSilenced = (job: Job, withinMs: number) =>
    only(
      job,
      job.incident.alerts.filter((alert) => now() - held.silencedAt(job.place, alert) >= withinMs),
    );

  function asSeen(job: Job, snapshot: Snapshot): readonly Job[] {
    if ((job.heardAt ?? 0) >= snapshot.takenAt) return [job];
    const over: Alert[] = [];
    const heard: Alert[] = [];
    for (const alert of job.incident.alerts) {
      const how = snapshot.state(alert.fingerprint);
      if (how !== undefined) held.see(job.place, alert, how);
      // What Alertmanager never had may be from a peer that is missing in `alertmanager_url`.
      if (how === undefined && held.wasSeen(job.place, alert)) over.push(alert);
      else if (how !== 'muted') heard.push(alert);
    }
    held.forget(job.place, over);
    return only(job, heard);
  }

  return async (limit) => {
    const due = held
      .due(now(), limit)
      .filter((job) => !gate.isClosed(job.integration, job.place) || hasFallback(job))
      .flatMap((job) => unlessSilenced(job, SILENCED_FOR_MS));
    const snapshot = due.length === 0 ? undefined : await fresh?.();
    if (snapshot === undefined) return due.flatMap((job) => unlessSilenced(job, SILENCE_TAKEN_FOR_MS));
    return due.flatMap((job) => {
      const still = held.still(job);
      return still === undefined ? [] : asSeen(still, snapshot);
    });
  };
}

/** The job of these of its alerts, where there are any. */
function only(job: Job, alerts: readonly Alert[]): readonly Job[] {
  return alerts.length === 0 ? [] : [{ ...job, incident: withAlerts(job.incident, alerts) }];
}
