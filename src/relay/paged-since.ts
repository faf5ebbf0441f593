import type { Job } from './jobs.ts';
import { pagedAt, type Remembered } from './remembered.ts';

/**
 * Whether the end of a group that is told late comes after the page of another of its alerts: another replica may have been told of
 * that. `pagedBefore`: when the last page was accepted as the end was told (remembered.ts).
 */
export function isPagedSince(
  { incident: { granularity, alerts } }: Job,
  before: Remembered | undefined,
  pagedBefore: number | undefined,
): boolean {
  const at = pagedAt(before);
  const isNewer = before?.action === 'trigger' && at !== undefined && at !== pagedBefore;
  if (granularity !== 'group' || !isNewer) return false;
  const named = new Set(alerts.map(({ fingerprint }) => fingerprint));
  return before.members.some(({ fingerprint, endedAt }) => endedAt === undefined && !named.has(fingerprint));
}
