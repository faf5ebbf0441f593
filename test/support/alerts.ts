import type { Alert, Incident } from '../../src/notification/notification.ts';
import type { Webhook } from '../../src/webhook/webhook.ts';

/** A firing alert; only what the test is about needs to be said. */
export function alert(given: Partial<Alert> = {}): Alert {
  return {
    status: 'firing',
    labels: { alertname: 'HighLatency', severity: 'critical' },
    annotations: {},
    startsAt: '2026-01-02T03:04:05.678Z',
    startsAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: '',
    fingerprint: '0123456789abcdef',
    ...given,
  };
}

/** An incident of one alert per alert, without links or annotations unless given. */
export function incident(given: Partial<Incident> = {}): Incident {
  return {
    key: '0123456789abcdef',
    granularity: 'alert',
    alerts: [alert()],
    groupLabels: {},
    commonLabels: { alertname: 'HighLatency', severity: 'critical' },
    commonAnnotations: {},
    routeLabels: {},
    groupKey: '{}:{alertname="HighLatency"}',
    externalURL: '',
    sender: 'pagerelay',
    truncatedAlerts: 0,
    notificationReason: '',
    ...given,
  };
}

/** A webhook as the parser gives it, with one alert unless given. */
export function webhook(given: Partial<Webhook> = {}): Webhook {
  return {
    receiver: 'pagerelay',
    alerts: [alert()],
    routeLabels: {},
    groupKey: '{}:{alertname="HighLatency"}',
    groupLabels: { alertname: 'HighLatency' },
    externalURL: 'http://alertmanager.example',
    truncatedAlerts: 0,
    notificationReason: 'first notification',
    ...given,
  };
}
