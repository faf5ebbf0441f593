import { labelsIncidentKey, sha256hex } from '../notification/incident-key.ts';
import { type Alert, common, type Incident, type Labels, labelValue } from '../notification/notification.ts';
import type { GroupBy } from '../route/route.ts';

/**
 * Values of unlike forms, for what templates can do with one may fail with another. The two of a form have nothing in
 * common, so that no template that looks at them takes them for the same.
 */
export const FORMS: readonly (readonly [one: string, other: string])[] = [
  ['alpha', 'bravo'],
  ['db-1.example.com:9100', 'web_22.test.internal:443'],
  ['7', '1024'],
  ['https://one.example.com/a?b=c', 'http://two.test/x/y'],
  ['2026-01-02T03:04:05Z', '2025-12-31T23:58:57Z'],
];

const LABELS = ['alertname', 'severity', 'cluster', 'namespace', 'service', 'job', 'instance'];
const ANNOTATIONS = ['summary', 'description', 'runbook_url'];

const STARTS_AT = '2026-01-02T03:04:05.678Z';
const NO_END = '0001-01-01T00:00:00Z';

/** What templates are tried on: alerts that have every label and annotation that they mention. */
export interface Samples {
  /** A firing alert in which every label and annotation has this value. */
  alert(value: string): Alert;
  /** Another alert of the same incident, with `other` in every label that it need not share. */
  companion(value: string, other: string): Alert;
  /** The incident of these alerts, of which the first is `alert(value)` or a variant of it. */
  incident(alerts: readonly Alert[]): Incident;
}

/** Samples for a template that mentions these names, under a route's `group_by`. */
export function createSamples(mentioned: Iterable<string>, groupBy: GroupBy): Samples {
  const grouping = groupBy.granularity === 'labels' ? groupBy.names : [];
  const labels = [...new Set([...LABELS, ...grouping, ...mentioned])];
  const annotations = [...new Set([...ANNOTATIONS, ...mentioned])];
  // Which labels Alertmanager groups by is not known: those that a template reads are taken to be among them.
  const shared = new Set({ alert: labels, labels: grouping, group: [...mentioned] }[groupBy.granularity]);
  return {
    alert: (value) => sampleAlert(textsOf(labels, value), textsOf(annotations, value)),
    companion: (value, other) =>
      sampleAlert({ ...textsOf(labels, other), ...textsOf([...shared], value) }, textsOf(annotations, other)),
    incident(alerts) {
      const all = common(alerts, 'labels');
      const groupLabels = Object.fromEntries(Object.entries(all).filter(([name]) => shared.has(name)));
      return sampleIncident(alerts, groupBy, groupLabels);
    },
  };
}

function textsOf(names: readonly string[], value: string): Labels {
  return Object.fromEntries(names.map((name) => [name, value]));
}

/** An incident of one firing alert with these labels. */
export function incidentWith(labels: Labels, groupBy: GroupBy): Incident {
  const names = groupBy.granularity === 'labels' ? groupBy.names : Object.keys(labels);
  const groupLabels = names.map((name) => [name, labelValue(labels, name)]);
  return sampleIncident([sampleAlert(labels, {})], groupBy, Object.fromEntries(groupLabels));
}

function sampleAlert(labels: Labels, annotations: Labels): Alert {
  const fingerprint = sha256hex(JSON.stringify(labels)).slice(0, 16);
  return {
    status: 'firing',
    labels,
    annotations,
    startsAt: STARTS_AT,
    startsAtMs: Date.parse(STARTS_AT),
    endsAt: NO_END,
    generatorURL: `http://prometheus.example.com/graph?g0.expr=${fingerprint}`,
    fingerprint,
  };
}

export function resolved(alert: Alert): Alert {
  return { ...alert, status: 'resolved', endsAt: '2026-01-02T04:05:06.789Z' };
}

/** An incident as plan.ts makes it; its own key stands for its group labels. */
function sampleIncident(alerts: readonly Alert[], { granularity }: GroupBy, groupLabels: Labels): Incident {
  const key = labelsIncidentKey(groupLabels, Object.keys(groupLabels));
  const fires = alerts.some(({ status }) => status === 'firing');
  return {
    key,
    granularity,
    alerts,
    groupLabels,
    commonLabels: common(alerts, 'labels'),
    commonAnnotations: common(alerts, 'annotations'),
    routeLabels: {},
    groupKey: `{}:${key}`,
    externalURL: 'http://alertmanager.example.com',
    sender: 'pagerelay',
    truncatedAlerts: 0,
    notificationReason: fires ? 'first notification' : 'all alerts resolved',
  };
}
