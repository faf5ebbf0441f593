import { type Alertmanager, createAlertmanager } from '../alertmanager/alertmanager.ts';
import { PEER_STATES, type PeerState } from '../alertmanager/peer.ts';
import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { AlertmanagerConfig } from '../config/compile.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';

/** Looks at Alertmanager again and again, and has the vendors brought in line with what it has. */
export interface Watch {
  /** From now on at these peers; at none where there is nothing to look at. */
  use(alertmanager: AlertmanagerConfig | undefined): void;
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

export function createWatch({ http, metrics, log, now, follow }: WatchParts): Watch {
  let stopping = new AbortController();
  let looking: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let told = '';

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
    if (config === undefined) return;
    const { signal } = stopping;
    const { urls, http: httpSettings, intervalMs, afterMs } = config;
    const settings = httpSettings === undefined ? {} : { httpSettings };
    const alertmanager = createAlertmanager({ urls, http, ...settings, settleMs: afterMs, now });
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

  return {
    use,
    async stop() {
      use(undefined);
      await looking;
    },
  };
}
