import { setTimeout as sleep } from 'node:timers/promises';
import { type Alertmanager, createAlertmanager } from '../alertmanager/alertmanager.ts';
import { PEER_STATES, type PeerState } from '../alertmanager/peer.ts';
import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { AlertmanagerConfig } from '../config/compile.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { afterReading } from './stall.ts';

/** Looks at Alertmanager again and again, and has the vendors brought in line with what it has. */
export interface Watch {
  /** From now on at these peers; at none where there is nothing to look at. */
  use(alertmanager: AlertmanagerConfig | undefined): void;
  /**
   * What Alertmanager has, asked for now; in part, where any peer is not believed. Undefined where there is nothing to look at,
   * and where the answer would take too long to wait for.
   */
  fresh(): Promise<Snapshot | undefined> | undefined;
  /** Ends it, and what is under way. */
  stop(): Promise<void>;
}

export interface WatchParts {
  readonly http: HttpClient;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly now: () => number;
  readonly follow: (snapshot: Snapshot) => Promise<void>;
}

/** A page does not wait longer for a look, in ms; after one that took longer, none does for a while. */
const FRESH_WITHIN_MS = 1_000;
const NOT_FRESH_FOR_MS = 30_000;
/** A look costs time in proportion to all alerts: so many times its duration passes before the next one. */
const REST = 4;

export function createWatch({ http, metrics, log, now, follow }: WatchParts): Watch {
  let stopping = new AbortController();
  let looking: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let told = '';
  let current: Alertmanager | undefined;
  /** The next look that somebody waits for: everybody who asks before it begins shares it. */
  let nextFresh: Promise<Snapshot | undefined> | undefined;
  let freshFrom = 0;

  async function look(alertmanager: Alertmanager, signal: AbortSignal): Promise<void> {
    const looked = await alertmanager.look(signal);
    if (signal.aborted) return;
    report(looked.peers);
    if (!looked.believed) {
      metrics.reconciliations_total.inc({ result: 'unbelieved' });
      return;
    }
    await follow(looked.snapshot);
    metrics.reconciliations_total.inc({ result: 'done' });
    metrics.reconciliation_last_success_timestamp_seconds.set(now() / 1000);
  }

  /** The log has it when it changes. */
  function report(peers: readonly PeerState[]): void {
    for (const state of PEER_STATES) {
      metrics.alertmanager_peers.set({ state }, peers.filter((peer) => peer.state === state).length);
    }
    const states = JSON.stringify(peers.map(({ url, state }) => [url, state]));
    if (states === told) return;
    told = states;
    for (const { url, state, detail } of peers) {
      const level = state === 'believed' ? 'info' : 'warn';
      log[level]('alertmanager peer', { url, state, detail });
    }
  }

  function use(config: AlertmanagerConfig | undefined): void {
    clearTimeout(timer);
    stopping.abort();
    stopping = new AbortController();
    current = undefined;
    if (config === undefined) return;
    const { signal } = stopping;
    const { urls, http: httpSettings, intervalMs, afterMs } = config;
    const settings = httpSettings === undefined ? {} : { httpSettings };
    const alertmanager = createAlertmanager({ urls, http, ...settings, settleMs: afterMs, now });
    current = alertmanager;
    const again = () => {
      looking = look(alertmanager, signal)
        .catch((error) => {
          metrics.reconciliations_total.inc({ result: 'failed' });
          log.error('reconciliation failed', { error: String((error as Error).stack ?? error) });
        })
        .finally(() => {
          if (!signal.aborted) timer = setTimeout(again, intervalMs);
        });
    };
    again();
  }

  function fresh(): Promise<Snapshot | undefined> | undefined {
    const waitMs = Math.max(0, freshFrom - now());
    if (current === undefined || waitMs > FRESH_WITHIN_MS) return undefined;
    nextFresh ??= lookFresh(current, waitMs, stopping.signal);
    return nextFresh;
  }

  async function lookFresh(
    alertmanager: Alertmanager,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Snapshot | undefined> {
    await sleep(waitMs);
    nextFresh = undefined;
    const startedAt = now();
    // Until it is known how long this one takes, nobody starts another.
    freshFrom = startedAt + FRESH_WITHIN_MS;
    const within = AbortSignal.any([signal, AbortSignal.timeout(FRESH_WITHIN_MS)]);
    const looked = await alertmanager.look(within);
    const isWhole = looked.believed && looked.peers.every(({ state }) => state === 'believed');
    const seen = isWhole ? looked.snapshot : looked.glimpse();
    const tookMs = now() - startedAt;
    freshFrom = now() + (within.aborted ? NOT_FRESH_FOR_MS : REST * tookMs);
    // To read what Alertmanager has takes long, and a vendor's answer may have come meanwhile (stall.ts).
    await new Promise<void>(afterReading);
    return within.aborted ? undefined : seen;
  }

  return {
    use,
    fresh,
    async stop() {
      use(undefined);
      await looking;
    },
  };
}
