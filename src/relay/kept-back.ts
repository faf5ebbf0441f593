import { type Alert, overAlerts } from '../notification/notification.ts';
import type { IsMuted } from '../route/mutes.ts';
import type { Job } from './jobs.ts';
import type { Present } from './present.ts';

/** How long after its start Alertmanager has told of an alert: after its defaults for `group_wait` and `group_interval`, in ms. */
export const TOLD_MS = 6 * 60_000;

/** When Alertmanager may have told of an alert, in ms after its start: mutes begin and end with a minute. */
const TOLD_AFTER_MS = Array.from({ length: TOLD_MS / 60_000 + 1 }, (_, minute) => minute * 60_000);

/**
 * What muted routes of ours may have kept back of an incident: its alerts that are muted at Alertmanager, too, for that tells
 * nobody of them again, and none that another route may have sent. `since`: they count that were muted after it, or, where it
 * is undefined, are muted now. Both times in ms since the epoch.
 */
export function keptBackOf(
  { parts, active }: Present,
  since: number | undefined,
  now: number,
  isMuted: IsMuted,
): readonly Job[] {
  const heard = new Set(active.map(({ fingerprint }) => fingerprint));
  const sent = new Set<string>();
  const kept = parts.map(({ routes, incident }): readonly Alert[] => {
    const isMutedNow = isMuted(routes, now);
    const keeps = (alerts: readonly Alert[]) =>
      isMutedNow || (since !== undefined && mayBeKeptBack(alerts, since, now, (at) => isMuted(routes, at)));
    const own = incident.alerts.filter(({ fingerprint }) => heard.has(fingerprint));
    const silenced = incident.alerts.filter(({ fingerprint }) => !heard.has(fingerprint));
    return [own, silenced].flatMap((alerts) => {
      if (keeps(alerts)) return alerts;
      for (const { fingerprint } of alerts) sent.add(fingerprint);
      return [];
    });
  });
  return parts.flatMap((job, i) => {
    const left = kept[i]?.filter(({ fingerprint }) => !sent.has(fingerprint)) ?? [];
    return left.length === 0 ? [] : [{ ...job, incident: overAlerts(job.incident, left) }];
  });
}

/** Whether it was muted when one of the alerts was to be told, and at the time `since` where that is later. */
function mayBeKeptBack(
  alerts: readonly Alert[],
  since: number,
  now: number,
  isMuted: (at: number) => boolean,
): boolean {
  const wasKeptBack = (at: number) => at <= now && isMuted(Math.max(at, since)) && isMuted(at);
  return alerts.some(({ startsAtMs }) => TOLD_AFTER_MS.some((after) => wasKeptBack(startsAtMs + after)));
}
