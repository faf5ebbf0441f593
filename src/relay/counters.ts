import type { Config } from '../config/compile.ts';
import { type Integration, integrationsOf } from '../config/compile-receiver.ts';
import { ACTIONS, type Action } from '../notification/notification.ts';
import { REASONS, type Reason } from '../notify/notifier.ts';
import type { Metrics } from '../observe/metrics.ts';
import { SUPPRESSED, type Suppressed } from './reasons.ts';

const SUPPRESSIONS = Object.keys(SUPPRESSED) as readonly Suppressed[];

/** A number that is moved to its metric when that is scraped: prom-client looks its labels up at every step. */
export interface Tally {
  count: number;
}

/** What came of following up an accepted notification. */
const VERIFICATION_RESULTS = ['kept', 'broken', 'unknown', 'skipped'] as const;
type VerificationResult = (typeof VERIFICATION_RESULTS)[number];

/** The metrics of one integration, looked up once per config instead of once per notification. */
export interface Counters {
  readonly notifications: Readonly<Record<Action, Tally>>;
  readonly failed: Readonly<Record<Reason, Tally>>;
  readonly suppressed: Readonly<Record<Suppressed, Tally>>;
  readonly fallbacks: Tally;
  readonly verifications: Readonly<Record<VerificationResult, Tally>>;
  readonly acceptedButFailed: Readonly<Record<Action, Tally>>;
  readonly keysRefused: Tally;
  readonly requests: Tally;
  readonly requestsFailed: Tally;
  readonly rateLimitedSeconds: Tally;
  readonly unknownSeverities: Tally;
  readonly templateFailures: Tally;
  readonly truncated: Readonly<Record<string, Tally>>;
  readonly latency: { observe(seconds: number): void };
  readonly delay: { observe(seconds: number): void };
}

export interface CounterSet {
  /** Counters for every integration of a config; all of their label sets start at 0. */
  of(config: Config): (integration: Integration) => Counters;
  /** Moves what was counted since the last time to the metrics. */
  flush(): void;
}

/** The counters of all configs in turn: what is under way while the config is replaced counts where the new one does. */
export function createCounters(metrics: Metrics): CounterSet {
  const tallies = new Map<string, { readonly own: Tally; readonly child: { inc(by: number): void } }>();
  const tally: MakeTally = (name, ...labels) => {
    const key = JSON.stringify([name, ...labels]);
    const known = tallies.get(key);
    if (known !== undefined) return known.own;
    const own = { count: 0 };
    tallies.set(key, { own, child: metrics[name].labels(...labels) });
    return own;
  };
  const begun = new Set<string>();
  const begin: Begin = (receiver, integration) => {
    const key = JSON.stringify([receiver, integration]);
    if (begun.has(key)) return;
    begun.add(key);
    for (const name of HISTOGRAMS) metrics[name].zero({ receiver, integration });
  };
  const flush = () => {
    for (const { own, child } of tallies.values()) {
      child.inc(own.count);
      own.count = 0;
    }
  };
  return {
    of(config) {
      const counters = new Map(
        integrationsOf(config).map((integration) => [
          integration,
          countersOf(integration, metrics, tally, begin),
        ]),
      );
      flush();
      return (integration) => counters.get(integration) ?? countersOf(integration, metrics, tally, begin);
    },
    flush,
  };
}

type CounterName =
  | 'notifications_total'
  | 'notifications_failed_total'
  | 'notifications_suppressed_total'
  | 'fallbacks_total'
  | 'verifications_total'
  | 'accepted_but_failed_total'
  | 'keys_refused_total'
  | 'notification_requests_total'
  | 'notification_requests_failed_total'
  | 'rate_limited_seconds_total'
  | 'unknown_severities_total'
  | 'template_failures_total'
  | 'truncations_total';

type MakeTally = (name: CounterName, ...labels: readonly string[]) => Tally;

const HISTOGRAMS = ['notification_latency_seconds', 'alert_delivery_delay_seconds'] as const;

/** Has the histograms of an integration at 0, once: later that would take away what they have. */
type Begin = (receiver: string, integration: string) => void;

function countersOf(
  { receiver, name, vendor }: Integration,
  metrics: Metrics,
  tally: MakeTally,
  begin: Begin,
): Counters {
  const own = [receiver, name];
  begin(receiver, name);
  metrics.dead_letters_total.inc({ receiver, integration: name }, 0);
  metrics.circuit_open.inc({ receiver, integration: name }, 0);
  return {
    notifications: byName(ACTIONS, (action) => tally('notifications_total', ...own, action)),
    failed: byName(REASONS, (reason) => tally('notifications_failed_total', ...own, reason)),
    suppressed: byName(SUPPRESSIONS, (reason) => tally('notifications_suppressed_total', receiver, reason)),
    fallbacks: tally('fallbacks_total', ...own),
    verifications: byName(VERIFICATION_RESULTS, (result) => tally('verifications_total', ...own, result)),
    acceptedButFailed: byName(ACTIONS, (action) => tally('accepted_but_failed_total', ...own, action)),
    keysRefused: tally('keys_refused_total', ...own),
    requests: tally('notification_requests_total', ...own),
    requestsFailed: tally('notification_requests_failed_total', ...own),
    rateLimitedSeconds: tally('rate_limited_seconds_total', ...own),
    unknownSeverities: tally('unknown_severities_total', ...own),
    templateFailures: tally('template_failures_total', ...own),
    truncated: byName(vendor.cuttable, (field) => tally('truncations_total', name, field)),
    latency: metrics.notification_latency_seconds.labels(...own),
    delay: metrics.alert_delivery_delay_seconds.labels(...own),
  };
}

function byName<Name extends string, Value>(
  names: readonly Name[],
  make: (name: Name) => Value,
): Readonly<Record<Name, Value>> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, Value>;
}
