import type { Alert, Incident } from '../../src/notification/notification.ts';

/** An alert, firing since 1000 ms unless said otherwise. */
export function alertOf(alert: Partial<Alert> = {}): Alert {
  return {
    status: 'firing',
    labels: { alertname: 'Test', severity: 'critical' },
    annotations: {},
    startsAt: new Date(alert.startsAtMs ?? 1000).toISOString(),
    startsAtMs: 1000,
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: '',
    fingerprint: '000000000000000a',
    ...alert,
  };
}

/** An incident of these alerts, per alert unless said otherwise. */
export function incidentOf(alerts: readonly Alert[], incident: Partial<Incident> = {}): Incident {
  const [first] = alerts;
  return {
    key: 'key',
    granularity: 'alert',
    alerts,
    groupLabels: {},
    commonLabels: first?.labels ?? {},
    commonAnnotations: first?.annotations ?? {},
    routeLabels: {},
    groupKey: '{}:{}',
    externalURL: 'http://alertmanager.example.com',
    sender: 'pagerelay',
    truncatedAlerts: 0,
    notificationReason: '',
    ...incident,
  };
}
