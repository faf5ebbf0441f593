import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Every metric of our own: the one list that the registry and docs/metrics.md are made from. */
export const METRICS = {
  notifications_total: {
    type: 'counter',
    help: 'Notifications that were to be delivered, after deduplication, and those for which there was no time or room.',
    labels: ['receiver', 'integration', 'action'],
  },
  notifications_failed_total: {
    type: 'counter',
    help: 'Notifications that were not accepted within their webhook, by reason: atBound where there was no room, doubted where Alertmanager said otherwise by then, or was not looked at yet. Alertmanager sends those again that may still be.',
    labels: ['receiver', 'integration', 'reason'],
  },
  notifications_suppressed_total: {
    type: 'counter',
    help: 'Notifications for which nothing was sent, by reason. Those of a time interval are held until the mute ends.',
    labels: ['receiver', 'reason'],
  },
  fallbacks_total: {
    type: 'counter',
    help: 'Notifications that the fallback took, by the receiver that they were for.',
    labels: ['receiver', 'integration'],
  },
  verifications_total: {
    type: 'counter',
    help: 'Accepted notifications whose vendor was asked later whether it has done what it promised: kept, broken, unknown after a minute, or skipped because too many were waiting. Nothing is known to be wrong with those that are unknown or skipped, and no alert is raised.',
    labels: ['receiver', 'integration', 'result'],
  },
  accepted_but_failed_total: {
    type: 'counter',
    help: 'Notifications that the vendor accepted and then failed to process.',
    labels: ['receiver', 'integration', 'action'],
  },
  keys_refused_total: {
    type: 'counter',
    help: 'Times that a vendor refused the first of two keys in a file and took the second, which comes first from then on.',
    labels: ['receiver', 'integration'],
  },
  notification_requests_total: {
    type: 'counter',
    help: 'Requests to vendors, retries included.',
    labels: ['receiver', 'integration'],
  },
  notification_requests_failed_total: {
    type: 'counter',
    help: 'Requests to vendors that were not accepted.',
    labels: ['receiver', 'integration'],
  },
  notification_latency_seconds: {
    type: 'histogram',
    help: 'Time to deliver a notification, retries included, accepted or not.',
    labels: ['receiver', 'integration'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  alert_delivery_delay_seconds: {
    type: 'histogram',
    help: "From the start of an incident's latest alert that was not told before to the acceptance of the trigger that tells of it. Not of repeats, nor of what a mute or a fallback had; and where nothing is remembered of the incident, as after a restart, not of alerts from before this process began, unless Alertmanager says that it is the first notification of their group (0.32 and later).",
    labels: ['receiver', 'integration'],
    buckets: [5, 15, 30, 60, 120, 300, 600, 1800, 3600],
  },
  rate_limited_seconds_total: {
    type: 'counter',
    help: 'Time that requests waited for their turn because of a rate limit.',
    labels: ['receiver', 'integration'],
  },
  truncations_total: {
    type: 'counter',
    help: "Fields that were cut to a vendor's limit.",
    labels: ['integration', 'field'],
  },
  unknown_severities_total: {
    type: 'counter',
    help: 'Notifications whose severity or priority was not understood and taken as the default.',
    labels: ['receiver', 'integration'],
  },
  template_failures_total: {
    type: 'counter',
    help: 'Templates that failed on what an alert said. What they were for was sent without them.',
    labels: ['receiver', 'integration'],
  },
  webhook_requests_total: {
    type: 'counter',
    help: 'Webhooks answered, by status code; 499 where the sender hung up before its body was complete.',
    labels: ['code'],
  },
  access_refused_total: {
    type: 'counter',
    help: 'Requests without the credentials that the web config asks for.',
    labels: ['scope'],
  },
  access_undecided_total: {
    type: 'counter',
    help: 'Requests answered 503 because their credentials could not be checked: a file of credentials cannot be read, too many passwords are being checked, or the address has failed too often.',
    labels: ['scope'],
  },
  connections_dropped_total: {
    type: 'counter',
    help: 'Connections that were not taken because there were as many as --web.max-connections allows.',
    labels: [],
  },
  webhook_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the request line to the answer of a webhook.',
    labels: [],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  alerts_received_total: {
    type: 'counter',
    help: 'Alerts in webhooks, by status.',
    labels: ['status'],
  },
  truncated_alerts_total: {
    type: 'counter',
    help: 'Alerts that Alertmanager cut from its webhooks (max_alerts). Set max_alerts to 0 there.',
    labels: [],
  },
  notifications_in_flight: {
    type: 'gauge',
    help: 'Notifications under way or waiting for their turn.',
    labels: [],
  },
  notifications_held: {
    type: 'gauge',
    help: 'Triggers kept back because their route is muted, to be sent when the mute ends.',
    labels: [],
  },
  resolves_held: {
    type: 'gauge',
    help: 'Resolves kept back by hold_resolve, or for a stop: of what fires again, and nobody was told so yet.',
    labels: [],
  },
  resolves_not_held_total: {
    type: 'counter',
    help: 'Resolves that hold_resolve would have kept back, sent at once for want of room.',
    labels: [],
  },
  stand_ins: {
    type: 'gauge',
    help: 'Incidents that a fallback has, or whose end its own receiver is still to be told.',
    labels: [],
  },
  requests_waiting: {
    type: 'gauge',
    help: 'Requests that wait because of a rate limit, or for others with the same credential.',
    labels: [],
  },
  circuit_open: {
    type: 'gauge',
    help: 'Whether nothing is sent to an endpoint because it failed again and again: 1 for each integration that posts there.',
    labels: ['receiver', 'integration'],
  },
  reconciled_incidents_total: {
    type: 'counter',
    help: 'Incidents found open at Alertmanager (adopted) or at a vendor (read_back), and those that something was done about: their alerts are gone or muted, or active though the incident was resolved.',
    labels: ['what'],
  },
  reconciliations_total: {
    type: 'counter',
    help: 'Looks at what Alertmanager has, by result; unbelieved where no peer was up for long enough.',
    labels: ['result'],
  },
  reconciliation_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the vendors were last brought in line with what Alertmanager has; 0 where they were not yet.',
    labels: [],
  },
  alertmanager_peers: {
    type: 'gauge',
    help: 'Peers of `relay.alertmanager_url`, by whether their word counts: believed; or not, because one is unreachable, settling in its cluster, young (up for less than `reconcile_after`), empty (it has not been told of any alert since its start), or its answer is unreadable.',
    labels: ['state'],
  },
  dead_letters_total: {
    type: 'counter',
    help: 'Notifications that were rejected for good and that no fallback took.',
    labels: ['receiver', 'integration'],
  },
  dead_letters: {
    type: 'gauge',
    help: 'Dead letters kept for a replay. What is told of the same incident later takes their place.',
    labels: [],
  },
  dead_letters_dropped_total: {
    type: 'counter',
    help: 'Dead letters dropped to make room for newer ones; they are left in the log only.',
    labels: [],
  },
  dedup_entries: {
    type: 'gauge',
    help: 'Incidents remembered.',
    labels: [],
  },
  dedup_evictions_total: {
    type: 'counter',
    help: 'Incidents forgotten to make room, by whether they were open.',
    labels: ['open'],
  },
  dedup_store_up: {
    type: 'gauge',
    help: 'Whether the store that replicas share can be used (`dedup.store`). While it is 0 each goes on by itself.',
    labels: ['store'],
  },
  dedup_store_errors_total: {
    type: 'counter',
    help: 'Attempts to reach the store that replicas share, and commands there, that failed.',
    labels: ['store'],
  },
  spans_total: {
    type: 'counter',
    help: 'Spans of traces, by what became of them: exported, failed where the collector did not take them, or dropped for want of room.',
    labels: ['outcome'],
  },
  config_last_reload_successful: {
    type: 'gauge',
    help: 'Whether the last attempt to load the config was successful.',
    labels: [],
  },
  config_last_reload_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the config was last loaded.',
    labels: [],
  },
  config_hash: {
    type: 'gauge',
    help: 'First 48 bits of the SHA-256 of the config in use.',
    labels: [],
  },
  build_info: {
    type: 'gauge',
    help: 'Always 1; labelled with the versions.',
    labels: ['version', 'nodeversion'],
  },
} as const satisfies Readonly<Record<string, MetricSpec>>;

export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

/** The status codes that a webhook can be answered with. */
const ANSWERS = ['200', '400', '401', '403', '404', '405', '413', '415', '422', '499', '500', '503'];

/** What can be reconciled of an incident, and what can come of a look at Alertmanager. */
const RECONCILED = ['adopted', 'gone', 'muted', 'active', 'read_back'];
const LOOKS = ['done', 'unbelieved', 'failed'];

export const PREFIX = 'pagerelay_';

type Specs = typeof METRICS;
type MetricOf<Spec extends MetricSpec> = Spec['type'] extends 'counter'
  ? Counter<Spec['labels'][number]>
  : Spec['type'] extends 'gauge'
    ? Gauge<Spec['labels'][number]>
    : Histogram<Spec['labels'][number]>;

export type Metrics = { readonly [Name in keyof Specs]: MetricOf<Specs[Name]> } & {
  /** All metrics as text: in OpenMetrics where the scraper asks for it, else in Prometheus's own format. */
  scrape(accept?: string): Promise<{ readonly contentType: string; readonly text: string }>;
};

/** The metrics in a registry of their own, with Node's process metrics beside them. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Gauges in the names of counters, which promtool objects to; each is the sum of the gauge beside it.
  for (const what of ['handles', 'requests', 'resources']) {
    registry.removeSingleMetric(`nodejs_active_${what}_total`);
  }
  const metrics = Object.entries(METRICS).map(([name, spec]: [string, MetricSpec]) => {
    const { help, labels, buckets } = spec;
    const options = { name: PREFIX + name, help, labelNames: labels, registers: [registry] };
    if (spec.type === 'counter') return [name, new Counter(options)];
    if (spec.type === 'gauge') return [name, new Gauge(options)];
    return [name, new Histogram({ ...options, buckets: [...(buckets ?? [])] })];
  });
  const all = {
    ...Object.fromEntries(metrics),
    scrape: (accept = '') => scrape(registry, accept),
  } as Metrics;
  for (const code of ANSWERS) all.webhook_requests_total.inc({ code }, 0);
  for (const what of RECONCILED) all.reconciled_incidents_total.inc({ what }, 0);
  for (const result of LOOKS) all.reconciliations_total.inc({ result }, 0);
  for (const scope of ['ingest', 'metrics', 'admin']) {
    all.access_refused_total.inc({ scope }, 0);
    all.access_undecided_total.inc({ scope }, 0);
  }
  for (const outcome of ['exported', 'failed', 'dropped']) all.spans_total.inc({ outcome }, 0);
  for (const status of ['firing', 'resolved']) all.alerts_received_total.inc({ status }, 0);
  return all;
}

async function scrape(registry: Registry, accept: string) {
  const text = await registry.metrics();
  if (!accept.includes('application/openmetrics-text')) {
    return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, text };
  }
  return { contentType: Registry.OPENMETRICS_CONTENT_TYPE, text: toOpenMetrics(text) };
}

/**
 * Prometheus's text in OpenMetrics' form, where a counter is described without its `_total`. prom-client can write it,
 * but renames its counters for good when it does, and the next plain scrape would miss them.
 */
function toOpenMetrics(text: string): string {
  const counters = new Set(Array.from(text.matchAll(/^# TYPE (\w+)_total counter$/gm), ([, name]) => name));
  const described = text.replace(/^(# (?:HELP|TYPE) )(\w+)_total /gm, (line, start, name) =>
    counters.has(name) ? `${start}${name} ` : line,
  );
  return `${described.replace(/\n{2,}/g, '\n').trimEnd()}\n# EOF\n`;
}
