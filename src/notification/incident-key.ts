import { hash } from 'node:crypto';
import { type Labels, labelValue } from './notification.ts';

/** Key of a whole group: what Alertmanager's own notifiers use (notify/util.go Key.Hash), so that both name one incident. */
export function groupIncidentKey(groupKey: string): string {
  return sha256hex(groupKey);
}

/**
 * Key of an incident by label values. Label order does not matter, and a missing label is an empty one, as everywhere
 * in Alertmanager; so neither the order in the config nor an added absent label changes it.
 */
export function labelsIncidentKey(labels: Labels, names: readonly string[]): string {
  const pairs = [...new Set(names)]
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => [name, labelValue(labels, name)])
    .filter(([, value]) => value !== '');
  return sha256hex(JSON.stringify(pairs));
}

/** 64 hex digits: within PagerDuty's 255 characters of `dedup_key` and Opsgenie's 512 of `alias`. */
export function sha256hex(text: string): string {
  return hash('sha256', text);
}

/** Whether it has the form of an alert's fingerprint (Prometheus' model.Fingerprint): 16 hexadecimal digits. */
export function isFingerprint(text: string): boolean {
  return /^[0-9a-f]{16}$/.test(text);
}
