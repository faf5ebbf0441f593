import { type Alert, common, type Incident, type Notification } from '../../src/notification/notification.ts';

const STARTED_AT = '2026-11-02T08:30:00.000Z';

/** One firing alert, complete; give what matters to the test. */
export function anAlert(fields: Partial<Alert> = {}): Alert {
  return {
    status: 'firing',
    labels: { alertname: 'DiskFull', instance: 'db-1:9100', severity: 'critical' },
    annotations: { summary: 'Disk of db-1 is full' },
    startsAt: STARTED_AT,
    startsAtMs: Date.parse(STARTED_AT),
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus.example.com/graph?g0.expr=up',
    fingerprint: '0123456789abcdef',
    ...fields,
  };
}

/** An incident over `alerts`; what they have in common is worked out as the relay does. */
export function anIncident(fields: Partial<Incident> = {}): Incident {
  const alerts = fields.alerts ?? [anAlert()];
  return {
    key: '0123456789abcdef',
    granularity: 'alert',
    alerts,
    groupLabels: { alertname: 'DiskFull' },
    commonLabels: common(alerts, 'labels'),
    commonAnnotations: common(alerts, 'annotations'),
    routeLabels: {},
    groupKey: '{}:{alertname="DiskFull"}',
    externalURL: 'http://alertmanager.example.com',
    sender: 'pagerelay',
    truncatedAlerts: 0,
    notificationReason: '',
    ...fields,
  };
}

export function aTrigger(fields: Partial<Incident> = {}): Notification {
  return { action: 'trigger', incident: anIncident(fields) };
}

export function aResolve(fields: Partial<Incident> = {}): Notification {
  return { action: 'resolve', incident: anIncident(fields) };
}

/** An incident of which nothing is known but its key: an alert without labels, annotations, times and addresses. */
export function bareIncident(): Incident {
  const nothing = { labels: {}, annotations: {}, startsAt: '', startsAtMs: 0, endsAt: '', generatorURL: '' };
  return anIncident({
    alerts: [anAlert(nothing)],
    groupLabels: {},
    groupKey: '',
    externalURL: '',
    sender: '',
  });
}
