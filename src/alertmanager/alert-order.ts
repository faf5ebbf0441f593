import { type Alert, type Labels, labelValue } from '../notification/notification.ts';
import { byByteOrder } from '../template/byte-order.ts';

/**
 * Alerts in the order in which Alertmanager posts those of a group (AlertSlice.Less): by job and instance, those without
 * one last; then by the number of labels, their names and their values.
 */
export function inPostedOrder(alerts: readonly Alert[]): readonly Alert[] {
  if (alerts.length < 2) return alerts;
  const keyed = alerts.map((alert) => ({ alert, names: Object.keys(alert.labels).sort(byByteOrder) }));
  keyed.sort(
    (a, b) =>
      byLabel('job', a.alert.labels, b.alert.labels) ||
      byLabel('instance', a.alert.labels, b.alert.labels) ||
      byAll(a, b),
  );
  return keyed.map(({ alert }) => alert);
}

interface Keyed {
  readonly alert: Alert;
  /** Of its labels, in order. */
  readonly names: readonly string[];
}

function byLabel(name: string, a: Labels, b: Labels): number {
  const [hasA, hasB] = [Object.hasOwn(a, name), Object.hasOwn(b, name)];
  if (hasA && hasB) return byByteOrder(labelValue(a, name), labelValue(b, name));
  return Number(hasB) - Number(hasA);
}

/** As LabelSet.Before does (prometheus/common): of two with as many labels, the one that lacks the first name that differs comes first. */
function byAll(a: Keyed, b: Keyed): number {
  if (a.names.length !== b.names.length) return a.names.length - b.names.length;
  for (const [i, name] of a.names.entries()) {
    const other = b.names[i] ?? '';
    if (name !== other) return byByteOrder(other, name);
    const order = byByteOrder(labelValue(a.alert.labels, name), labelValue(b.alert.labels, name));
    if (order !== 0) return order;
  }
  return 0;
}
