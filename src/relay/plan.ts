import { groupIncidentKey, labelsIncidentKey } from '../notification/incident-key.ts';
import {
  type Alert,
  common,
  type Granularity,
  type Incident,
  type Labels,
  labelValue,
} from '../notification/notification.ts';
import { type DedupRules, matchRoutes, type Route } from '../route/route.ts';
import type { Webhook } from '../webhook/webhook.ts';

/** An incident that a receiver is to hear of, under the dedup rules of the route that led there. */
export interface Planned {
  readonly receiver: string;
  readonly rules: DedupRules;
  readonly incident: Incident;
  /** Every route that led there. */
  readonly routes: ReadonlySet<Route>;
}

interface Bucket {
  readonly route: Route;
  routes: ReadonlySet<Route>;
  readonly granularity: Granularity;
  readonly key: string;
  readonly alerts: Alert[];
}

/**
 * What a webhook means for each receiver. Every alert takes its own way through the tree; with `direct` all go to that
 * receiver, each under the rules of the route that would have led it there. Alerts that arrive at one
 * receiver under one incident key are one incident, whichever ways they took: two notifications under one key could
 * contradict each other.
 */
export function plan(webhook: Webhook, root: Route, direct?: string): readonly Planned[] {
  const buckets = new Map<string, Bucket>();
  /** Most alerts take one route each, and many take the same one. */
  const alone = new Map<Route, ReadonlySet<Route>>();
  const only = (route: Route) => {
    const known = alone.get(route) ?? new Set([route]);
    alone.set(route, known);
    return known;
  };
  let groupKey: string | undefined;
  const ofGroup = () => {
    groupKey ??= groupIncidentKey(webhook.groupKey);
    return groupKey;
  };
  for (const alert of webhook.alerts) {
    const matched = matchRoutes(root, alert.labels);
    for (const route of direct === undefined ? matched : [routeTo(direct, matched, root)]) {
      const { granularity } = route.groupBy;
      const key = incidentKey(route, alert, ofGroup);
      const bucketKey = `${route.receiver}\n${granularity}\n${key}`;
      const bucket = buckets.get(bucketKey);
      if (bucket === undefined) {
        buckets.set(bucketKey, { route, routes: only(route), granularity, key, alerts: [alert] });
        continue;
      }
      if (!bucket.routes.has(route)) bucket.routes = new Set([...bucket.routes, route]);
      if (bucket.alerts.at(-1) !== alert) bucket.alerts.push(alert);
    }
  }
  return Array.from(buckets.values(), ({ route, routes, granularity, key, alerts }) => ({
    receiver: route.receiver,
    rules: route.dedup,
    routes,
    incident: {
      key,
      granularity,
      alerts,
      groupLabels:
        route.groupBy.granularity === 'labels' ? pick(alerts[0], route.groupBy.names) : webhook.groupLabels,
      commonLabels: common(alerts, 'labels'),
      commonAnnotations: common(alerts, 'annotations'),
      routeLabels: webhook.routeLabels,
      externalURL: webhook.externalURL,
      sender: webhook.receiver,
      groupKey: webhook.groupKey,
      truncatedAlerts: webhook.truncatedAlerts,
      notificationReason: webhook.notificationReason,
    },
  }));
}

/** The route that leads to the receiver: for this alert, else the first of the tree, else the root with its rules. */
export function routeTo(receiver: string, matched: readonly Route[], root: Route): Route {
  const leads = (route: Route) => route.receiver === receiver;
  return matched.find(leads) ?? allRoutes(root).find(leads) ?? { ...root, receiver };
}

function allRoutes(route: Route): readonly Route[] {
  return [route, ...route.routes.flatMap(allRoutes)];
}

function incidentKey({ groupBy }: Route, alert: Alert, ofGroup: () => string): string {
  if (groupBy.granularity === 'alert') return alert.fingerprint;
  return groupBy.granularity === 'labels' ? labelsIncidentKey(alert.labels, groupBy.names) : ofGroup();
}

function pick(alert: Alert | undefined, names: readonly string[]): Labels {
  const labels = alert?.labels ?? {};
  const pairs = names.map((name) => [name, labelValue(labels, name)] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ''));
}
