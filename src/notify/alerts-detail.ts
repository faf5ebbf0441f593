import { isFingerprint } from '../notification/incident-key.ts';
import type { Incident } from '../notification/notification.ts';

/** The detail that tells which alerts an incident has, for when it is read back. */
export const ALERTS_DETAIL = 'pagerelay_alerts';

/** More would only crowd out what people read: the incident is over when none of these is left, nor anything of its group. */
const MAX_ALERTS = 100;

/** The detail, where the incident's key does not tell its alert by itself. */
export function alertsDetail({ granularity, alerts }: Incident): Readonly<Record<string, string>> {
  if (granularity === 'alert') return {};
  const firing = alerts.filter(({ status }) => status === 'firing').slice(0, MAX_ALERTS);
  return { [ALERTS_DETAIL]: firing.map(({ fingerprint }) => fingerprint).join(' ') };
}

/** The fingerprints in such a detail; none in anything else. */
export function fingerprintsIn(detail: unknown): readonly string[] {
  if (typeof detail !== 'string') return [];
  return detail.split(' ').filter(isFingerprint).slice(0, MAX_ALERTS);
}
