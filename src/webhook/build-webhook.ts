import type { AlertStatus, Labels } from '../notification/notification.ts';
import { fingerprint } from './fingerprint.ts';
import { labelSetText } from './label-set-text.ts';

export interface SingleAlert {
  readonly status: AlertStatus;
  /** Empty values are as good as none, and are left out as Alertmanager leaves them out. */
  readonly labels: Labels;
  readonly annotations: Labels;
  /** When it began or, for a resolved one, ended; in ms since the epoch. */
  readonly atMs: number;
}

/** Go's zero time, which Alertmanager sends as the end of an alert that has none. */
const NO_END = '0001-01-01T00:00:00Z';

/**
 * The JSON body of version 4 that Alertmanager would post for one alert, from a root route that groups by `['...']`. Its
 * group key and fingerprint depend on the labels alone, so that a firing and a resolved one are about one incident.
 */
export function buildWebhook({ status, labels: given, annotations, atMs }: SingleAlert): string {
  const labels = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const at = new Date(atMs).toISOString();
  return JSON.stringify({
    receiver: 'pagerelay',
    status,
    alerts: [
      {
        status,
        labels,
        annotations,
        startsAt: at,
        endsAt: status === 'resolved' ? at : NO_END,
        generatorURL: '',
        fingerprint: fingerprint(labels),
      },
    ],
    groupLabels: labels,
    commonLabels: labels,
    commonAnnotations: annotations,
    // Of no Alertmanager: a link to the relay would lead nowhere.
    externalURL: '',
    version: '4',
    groupKey: `{}:${labelSetText(labels)}`,
    truncatedAlerts: 0,
  });
}
