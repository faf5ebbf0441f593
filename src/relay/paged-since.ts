import type { Job } from './jobs.ts';
import { pagedAt, type Remembered } from './remembered.ts';

/** How an incident stood when its end was told, which the vendor is told of later. */
export interface Standing {
  /** When the last page before it was accepted (remembered.ts). */
  readonly pagedAt: number | undefined;
  /** The starts of those that fired though the end does not name them, by fingerprint: they may have ended untold. */
  readonly firing: ReadonlyMap<string, number>;
}

export function standingOf({ incident: { alerts } }: Job, remembered: Remembered | undefined): Standing {
  const named = new Set(alerts.map(({ fingerprint }) => fingerprint));
  const firing = new Map<string, number>();
  for (const { fingerprint, startsAtMs, endedAt } of remembered?.members ?? [])
    if (endedAt === undefined && !named.has(fingerprint)) firing.set(fingerprint, startsAtMs);
  return { pagedAt: pagedAt(remembered), firing };
}

/** Whether another alert of a group was paged since its end was told: another replica may have been told of that. */
export function isPagedSince(
  job: Job,
  remembered: Remembered | undefined,
  then: Standing | undefined,
): boolean {
  if (then === undefined || job.incident.granularity !== 'group' || remembered?.action !== 'trigger')
    return false;
  const now = standingOf(job, remembered);
  if (now.pagedAt === then.pagedAt) return false;
  // Some of these may have ended untold, but something was paged.
  if (now.pagedAt !== undefined) return now.firing.size > 0;
  // The page was denied, and is to be sent once more: perhaps that from before the end.
  return [...now.firing].some(
    ([fingerprint, startsAtMs]) => startsAtMs > (then.firing.get(fingerprint) ?? -1),
  );
}
