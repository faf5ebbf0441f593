import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { Config } from '../config/compile.ts';
import { type Integration, integrationsOf } from '../config/compile-receiver.ts';
import type { Metrics } from '../observe/metrics.ts';
import { type Counters, createCounters } from './counters.ts';
import { createMemory, type Memory } from './memory.ts';
import { widthsOf } from './widths.ts';

/** What the relay goes by at this moment. Another config replaces what belongs to it; what is remembered stays. */
export interface State {
  readonly config: Config;
  readonly memory: Memory;
  /** What Alertmanager had when it was last looked at and believed. */
  snapshot: Snapshot | undefined;
  /** Whether Alertmanager is looked at. */
  isWatched(): boolean;
  /** Whether the config has an integration with that credential (`Integration.target`). */
  hasAccount(target: string): boolean;
  /** How many credentials the config has. */
  readonly accounts: number;
  /** How many addresses of vendors it has. */
  readonly addresses: number;
  /** How many requests with a credential may be under way at the same time. */
  widthOf(target: string): number;
  counters(integration: Integration): Counters;
  use(config: Config): void;
  /** Moves what was counted to the metrics. */
  flush(): void;
}

export function createState(first: Config, metrics: Metrics, now: () => number): State {
  const counted = createCounters(metrics);
  let config = first;
  let counters = counted.of(config);
  let widths = widthsOf(config);
  let addresses = addressesOf(config);
  let memory = remembering(config, metrics, now);
  let snapshot: Snapshot | undefined;

  function use(next: Config): void {
    const { maxEntries, ttlMs } = config.dedup;
    config = next;
    counters = counted.of(config);
    widths = widthsOf(config);
    addresses = addressesOf(config);
    if (config.dedup.maxEntries === maxEntries && config.dedup.ttlMs === ttlMs) return;
    const resized = remembering(config, metrics, now);
    for (const place of memory.places()) {
      const remembered = memory.peek(place);
      if (remembered !== undefined) resized.set(place, remembered);
    }
    memory = resized;
  }

  return {
    get config() {
      return config;
    },
    get memory() {
      return memory;
    },
    get snapshot() {
      return snapshot;
    },
    set snapshot(seen) {
      snapshot = seen;
    },
    isWatched: () => config.relay.alertmanager !== undefined,
    hasAccount: (target) => integrationsOf(config).some((integration) => integration.target === target),
    get accounts() {
      return widths.size;
    },
    get addresses() {
      return addresses;
    },
    widthOf: (target) => widths.get(target) ?? 1,
    counters: (integration) => counters(integration),
    use,
    flush: counted.flush,
  };
}

function addressesOf(config: Config): number {
  return new Set(integrationsOf(config).map(({ notifier }) => notifier.address)).size;
}

function remembering({ dedup }: Config, metrics: Metrics, now: () => number): Memory {
  // Looked up once: there may be one for every event.
  const open = metrics.dedup_evictions_total.labels('true');
  const closed = metrics.dedup_evictions_total.labels('false');
  for (const evictions of [open, closed]) evictions.inc(0);
  return createMemory({ ...dedup, now, onEvict: (action) => (action === 'trigger' ? open : closed).inc() });
}
