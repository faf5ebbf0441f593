import { printDuration } from '../config/duration.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { NoAnswer } from '../notify/http-request.ts';
import type { HttpSettings } from '../notify/http-settings.ts';
import type { Answer } from '../notify/outcome.ts';
import type { Signal } from '../notify/signal.ts';
import { epochMs } from '../webhook/webhook.ts';
import type { ApiAlert, ApiStatus, ReadApi } from './api.ts';

/** What can be thought of a peer; docs/adr/0012-reconciliation.md says why. */
export const PEER_STATES = ['believed', 'unreachable', 'settling', 'young', 'empty', 'unreadable'] as const;

/** What is to be thought of a peer. Only what a believed one says counts. */
export interface PeerState {
  /** Its address, without the query. */
  readonly url: string;
  readonly state: (typeof PEER_STATES)[number];
  /** Why, for people; may be empty for a believed one. */
  readonly detail: string;
  /** Its receivers that may post to us or elsewhere: nobody says so. Only of a believed one. */
  readonly hidden?: readonly string[];
}

/** What a believed peer knows. */
export interface Known {
  readonly alerts: readonly ApiAlert[];
  readonly version: string;
  /** Its config as it shows it. */
  readonly config: string;
  /** Since when it has been up, in ms since the epoch. */
  readonly upSince: number;
}

export interface PeerAnswer {
  readonly peer: PeerState;
  /** Where it is believed. */
  readonly known?: Known;
}

export interface Asking {
  readonly http: HttpClient;
  readonly httpSettings?: HttpSettings | undefined;
  readonly read: ReadApi;
  /** A peer that has been up for less is not believed, in ms. */
  readonly settleMs: number;
  readonly now: () => number;
}

/** Longest time for one request, in ms. */
const TIMEOUT_MS = 5_000;
/** Largest answers that are read, in bytes: a config, and more than 50,000 alerts. */
const MAX_STATUS_BYTES = 8 * 1024 * 1024;
const MAX_ALERTS_BYTES = 64 * 1024 * 1024;
const MAX_METRICS_BYTES = 8 * 1024 * 1024;

/**
 * Asks one peer how it is and, where it can be believed, what it knows. One that has just started knows nothing until
 * Prometheus has sent everything again, and nobody knows when that will be if Prometheus cannot reach it; one that settles
 * has not yet heard of the others' silences.
 */
export async function askPeer(url: string, asking: Asking, signal: Signal): Promise<PeerAnswer> {
  const { http, httpSettings, read } = asking;
  const { origin, pathname, search } = new URL(url);
  const base = `${origin}${pathname.replace(/\/+$/, '')}`;
  const get = (path: string, maxAnswerBytes: number) =>
    http.send(
      { method: 'GET', url: `${base}${path}${search}`, headers: {}, body: '', maxAnswerBytes },
      { signal, timeoutMs: TIMEOUT_MS },
      httpSettings,
    );
  const as = (state: PeerState['state'], detail: string): PeerAnswer => ({
    peer: { url: base, state, detail },
  });

  const statusAnswer = await get('/api/v2/status', MAX_STATUS_BYTES);
  const statusFault = answerFault(statusAnswer);
  if (statusFault !== undefined) return as(...statusFault);
  const status = read.status((statusAnswer as Answer).body);
  if (status instanceof Error) return as('unreadable', `status: ${status.message}`);
  const doubt = doubtOf(status, asking);
  if (doubt !== undefined) return as(...doubt);

  const alertsAnswer = await get('/api/v2/alerts', MAX_ALERTS_BYTES);
  const alertsFault = answerFault(alertsAnswer);
  if (alertsFault !== undefined) return as(...alertsFault);
  const alerts = read.alerts((alertsAnswer as Answer).body);
  if (alerts instanceof Error) return as('unreadable', `alerts: ${alerts.message}`);
  if (alerts.length === 0 && !hasBeenTold(await get('/metrics', MAX_METRICS_BYTES))) {
    return as(
      'empty',
      'it has no alert, and its metrics do not say that it was told of any since it started',
    );
  }
  const version = status.versionInfo?.version ?? '';
  const known = { alerts, version, config: status.config.original, upSince: epochMs(status.uptime) };
  return { ...as('believed', ''), known };
}

/** Whether any alert has come in since it started, by its own metrics (api/metrics/metrics.go). */
function hasBeenTold(metrics: Answer | NoAnswer): boolean {
  if ('failure' in metrics || metrics.status !== 200) return false;
  return /^alertmanager_alerts_received_total\{[^}]*\} (?!0$)/m.test(metrics.body);
}

type Doubt = readonly [state: PeerState['state'], detail: string];

function answerFault(answer: Answer | NoAnswer): Doubt | undefined {
  if ('failure' in answer) return ['unreachable', `${answer.failure}: ${answer.code}`];
  if (answer.status !== 200) return ['unreadable', `it answers with status ${answer.status}`];
  return undefined;
}

function doubtOf({ uptime, cluster }: ApiStatus, { settleMs, now }: Asking): Doubt | undefined {
  if (cluster.status === 'settling') return ['settling', 'it has not yet settled with its cluster'];
  if (cluster.status !== 'ready' && cluster.status !== 'disabled') {
    return ['unreadable', `status: its cluster is ${JSON.stringify(cluster.status.slice(0, 40))}`];
  }
  const since = epochMs(uptime);
  if (since === 0) return ['unreadable', 'status: uptime is no time'];
  const upMs = Math.max(0, now() - since);
  if (upMs >= settleMs) return undefined;
  const up = printDuration(Math.floor(upMs / 1000) * 1000);
  return ['young', `it has been up for ${up}, and is believed after ${printDuration(settleMs)}`];
}
