/** Label or annotation names and values, exactly as Alertmanager sent them. Read single ones with `labelValue`. */
export type Labels = Readonly<Record<string, string>>;

export type AlertStatus = 'firing' | 'resolved';

export interface Alert {
  readonly status: AlertStatus;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** RFC 3339, as received; empty when the sender left it out. */
  readonly startsAt: string;
  /** `startsAt` in milliseconds since the epoch; 0 when it is missing, unreadable or Go's zero time. */
  readonly startsAtMs: number;
  readonly endsAt: string;
  readonly generatorURL: string;
  /** 16 hex digits that stand for the label set; the same at every Alertmanager peer and after its restarts. */
  readonly fingerprint: string;
}

/** How alerts are put together into incidents: one per alert, per values of chosen labels, or per group as sent. */
export type Granularity = 'alert' | 'labels' | 'group';

/** What one webhook says of one incident: Alertmanager's template data, over the alerts of this incident only. */
export interface Incident {
  /** Identifies the incident at every vendor from first firing to resolve. */
  readonly key: string;
  readonly granularity: Granularity;
  /** At least one, in the order in which Alertmanager sent them. */
  readonly alerts: readonly Alert[];
  readonly groupLabels: Labels;
  readonly commonLabels: Labels;
  readonly commonAnnotations: Labels;
  /** The labels that Alertmanager's route adds (since 0.34). */
  readonly routeLabels: Labels;
  /** Alertmanager's name for the group that the webhook is about. An incident by labels can be fed by several. */
  readonly groupKey: string;
  /** Alertmanager's `--web.external-url`; may be empty. */
  readonly externalURL: string;
  /** The Alertmanager receiver that posted this webhook. */
  readonly sender: string;
  /** Alerts that Alertmanager cut from the payload (`max_alerts`): nothing is known of them. */
  readonly truncatedAlerts: number;
  /** Alertmanager's `notification_reason` (since 0.32); empty when it did not say. */
  readonly notificationReason: string;
}

/** An incident is opened or updated, taken notice of, or closed. */
export const ACTIONS = ['trigger', 'acknowledge', 'resolve'] as const;
export type Action = (typeof ACTIONS)[number];

/** What alerts say of their incident: it is open while any of them fires. */
export function actionOf(alerts: readonly Alert[]): 'trigger' | 'resolve' {
  return alerts.some(({ status }) => status === 'firing') ? 'trigger' : 'resolve';
}

/** How many of them fire. It makes no list: this is done for every event. */
export function countFiring(alerts: readonly Alert[]): number {
  let count = 0;
  for (const { status } of alerts) if (status === 'firing') count++;
  return count;
}

/** One action on one incident: what a notifier delivers. */
export interface Notification {
  readonly action: Action;
  readonly incident: Incident;
}

/** The value of a label; "" for a missing one, as in Alertmanager. Names like `constructor` are only labels here. */
export function labelValue(labels: Labels, name: string): string {
  return Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';
}

/** The labels or annotations that all of the alerts have with the same value. */
export function common(alerts: readonly Alert[], of: 'labels' | 'annotations'): Labels {
  const [first, ...rest] = alerts;
  if (first === undefined) return {};
  if (rest.length === 0) return first[of];
  return Object.fromEntries(
    Object.entries(first[of]).filter(([name, value]) =>
      rest.every((alert) => Object.hasOwn(alert[of], name) && alert[of][name] === value),
    ),
  );
}

/** The incident with these of its alerts only, or with more than it had. */
export function withAlerts(incident: Incident, alerts: readonly Alert[]): Incident {
  return alerts.length === incident.alerts.length ? incident : overAlerts(incident, alerts);
}

/** The incident with other alerts. */
export function overAlerts(incident: Incident, alerts: readonly Alert[]): Incident {
  return {
    ...incident,
    alerts,
    commonLabels: common(alerts, 'labels'),
    commonAnnotations: common(alerts, 'annotations'),
  };
}
