import type { Config, ConfiguredIntegration } from '../config/compile.ts';
import type { Action } from '../notification/notification.ts';
import { REASONS, type Reason } from '../notify/notifier.ts';
import type { Metrics } from '../observe/metrics.ts';
import { SUPPRESSED, type Suppressed } from './dedup.ts';

interface Count {
  inc(by?: number): void;
}

/** The metrics of one integration, looked up once per config instead of once per notification. */
export interface Counters {
  readonly notifications: Readonly<Record<Action, Count>>;
  readonly failed: Readonly<Record<Reason, Count>>;
  readonly suppressed: Readonly<Record<Suppressed, Count>>;
  readonly requests: Count;
  readonly requestsFailed: Count;
  readonly rateLimited: Count;
  readonly unknownSeverities: Count;
  readonly truncated: Readonly<Record<string, Count>>;
  readonly latency: { observe(seconds: number): void };
  readonly delay: { observe(seconds: number): void };
}

/** Counters for every integration of a config; all of their label sets start at 0. */
export function createCounters(
  config: Config,
  metrics: Metrics,
): ReadonlyMap<ConfiguredIntegration, Counters> {
  const all = [...config.receivers.values()].flatMap(({ integrations }) => integrations);
  return new Map(all.map((configured) => [configured, countersOf(configured, metrics)]));
}

function countersOf({ receiver, name, integration }: ConfiguredIntegration, metrics: Metrics): Counters {
  const own = [receiver, name];
  metrics.notification_latency_seconds.zero({ receiver, integration: name });
  metrics.alert_delivery_delay_seconds.zero({ receiver, integration: name });
  return {
    notifications: byName(['trigger', 'resolve'], (action) =>
      metrics.notifications_total.labels(...own, action),
    ),
    failed: byName(REASONS, (reason) => metrics.notifications_failed_total.labels(...own, reason)),
    suppressed: byName(SUPPRESSED, (reason) =>
      metrics.notifications_suppressed_total.labels(receiver, reason),
    ),
    requests: metrics.notification_requests_total.labels(...own),
    requestsFailed: metrics.notification_requests_failed_total.labels(...own),
    rateLimited: metrics.rate_limited_seconds_total.labels(...own),
    unknownSeverities: metrics.unknown_severities_total.labels(...own),
    truncated: byName(integration.cuttable, (field) => metrics.truncations_total.labels(name, field)),
    latency: metrics.notification_latency_seconds.labels(...own),
    delay: metrics.alert_delivery_delay_seconds.labels(...own),
  };
}

/** One counter per name. Each is touched, for a counter that was never counted up is not shown. */
function byName<Name extends string>(
  names: readonly Name[],
  counter: (name: Name) => Count,
): Readonly<Record<Name, Count>> {
  const counters = names.map((name) => {
    const count = counter(name);
    count.inc(0);
    return [name, count] as const;
  });
  return Object.fromEntries(counters) as Record<Name, Count>;
}
