import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from './config/compile.ts';
import { integrationsOf } from './config/compile-receiver.ts';
import { load } from './config/load.ts';
import { type Problem, printProblem } from './config/problem.ts';
import { createHttpServer } from './http/server.ts';
import { sha256hex } from './notification/incident-key.ts';
import { createHttpClient } from './notify/http-client.ts';
import type { HttpSettings } from './notify/http-settings.ts';
import { proxyFault } from './notify/proxy.ts';
import type { Logger } from './observe/log.ts';
import { createMetrics } from './observe/metrics.ts';
import { createRedisStore } from './redis/redis-store.ts';
import { createDeadLetters } from './relay/dead-letters.ts';
import { createDecisions } from './relay/decisions.ts';
import type { Job } from './relay/jobs.ts';
import { createRelay } from './relay/relay.ts';
import { createReplay } from './relay/replay.ts';
import { createWatch } from './relay/watch.ts';
import { createParseWebhook } from './webhook/webhook.ts';

export interface AppOptions {
  readonly configFile: string;
  /** Host, empty for every interface, and port, 0 for any free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly now: () => number;
}

export interface App {
  /** Starts to listen. The address that it got. */
  start(): Promise<AddressInfo>;
  /** Loads the config file again; the problems for which it was refused, or none. */
  reload(): Promise<readonly Problem[]>;
  /** Not ready at once; keeps serving while `drain`; then ends what is under way, or aborts it after the grace. */
  stop(options: { readonly drain: boolean }): Promise<void>;
}

/** How often idle connections are closed while stopping, in ms. */
const CLOSE_IDLE_EVERY_MS = 50;
/** How often it is looked what of that which was kept back is due, in ms. */
const TEND_EVERY_MS = 1_000;
/** After the abort: time for the answers to leave before connections are cut, in ms. */
const ANSWER_AFTER_ABORT_MS = 1_000;

/** Puts the daemon together. Returns the problems instead when the config cannot be used. */
export async function createApp(options: AppOptions): Promise<App | readonly Problem[]> {
  const { configFile, listen, version, env, log, now } = options;
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  let ready = false;
  let draining = false;
  let tending: NodeJS.Timeout | undefined;

  const fault = proxyFault(env);
  if (fault !== undefined) {
    return [{ file: 'environment', line: 1, column: 1, path: '', message: fault, warning: false }];
  }
  const read = async () => loadFile(configFile, { env, now });
  const first = await read();
  if (first.config === undefined) return first.problems;
  warn(first.problems, log);

  let config = first.config;
  const metrics = createMetrics();
  metrics.build_info.set({ version, nodeversion: process.version }, 1);
  const loaded = (hash: number) => {
    metrics.config_hash.set(hash);
    metrics.config_last_reload_successful.set(1);
    metrics.config_last_reload_success_timestamp_seconds.set(now() / 1000);
  };
  loaded(first.hash);

  const http = createHttpClient({ userAgent: `pagerelay/${version}`, env, now });
  http.retain(httpSettingsOf(config));
  const decisions = createDecisions(config.relay.maxDecisions);
  const deadLetters = createDeadLetters<Job>({ capacity: config.relay.maxDeadLetters, metrics, now });
  const store = createRedisStore({
    metrics,
    log,
    now,
    onPause: (target, forMs) => relay.pause(target, forMs),
  });
  const relay = createRelay({
    config,
    http,
    metrics,
    decisions,
    deadLetters,
    fresh: () => watch.fresh(),
    store,
    log,
    now,
    stopping: stopping.signal,
  });
  const replay = createReplay(deadLetters, relay.replay);
  const watch = createWatch({ http, metrics, log, now, follow: relay.reconcile });
  const server = createHttpServer({
    relay,
    records: { decisions, deadLetters, replay },
    parse: createParseWebhook(),
    config: () => config,
    metrics,
    log,
    isReady: () => ready,
    isStopping: () => draining,
    now,
    reload,
  });

  let reloading: Promise<readonly Problem[]> = Promise.resolve([]);
  /** One at a time: the last one asked for must be the one that stays. */
  function reload(): Promise<readonly Problem[]> {
    reloading = reloading.then(reloadOnce, reloadOnce);
    return reloading;
  }

  async function reloadOnce(): Promise<readonly Problem[]> {
    const next = await read();
    if (next.config === undefined) {
      metrics.config_last_reload_successful.set(0);
      log.error('config refused', { problems: next.problems.map(printProblem) });
      return next.problems;
    }
    warn(next.problems, log);
    relay.use(next.config);
    await store.use(next.config.dedup.store);
    watch.use(next.config.relay.alertmanager);
    decisions.resize(next.config.relay.maxDecisions);
    deadLetters.resize(next.config.relay.maxDeadLetters);
    http.retain(httpSettingsOf(next.config));
    config = next.config;
    loaded(next.hash);
    log.info('config loaded', { file: configFile });
    return [];
  }

  async function start(): Promise<AddressInfo> {
    await store.use(config.dedup.store);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(listen.port, listen.host === '' ? undefined : listen.host, resolve);
    });
    ready = true;
    tending = setInterval(() => {
      void tend();
      void quietly('open incidents cannot be read', relay.readBack);
      void quietly('accepted notifications cannot be followed up', relay.verify);
    }, TEND_EVERY_MS);
    watch.use(config.relay.alertmanager);
    return server.address() as AddressInfo;
  }

  /** What was kept back, as far as it is due; on the way out, every resolve. */
  function tend(options?: { readonly isLast: boolean }): Promise<void> {
    return relay
      .tend(options)
      .catch((error) => log.error('what was kept back cannot be sent', { error: String(error) }));
  }

  /** What nobody waits for. */
  async function quietly(failure: string, work: () => Promise<void>): Promise<void> {
    await work().catch((error) => log.error(failure, { error: String(error) }));
  }

  async function stop({ drain }: { readonly drain: boolean }): Promise<void> {
    ready = false;
    const { drainTimeoutMs, shutdownTimeoutMs } = config.relay;
    if (drain) await sleep(drainTimeoutMs);
    draining = true;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const closingIdle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
    const grace = setTimeout(() => stopping.abort(), shutdownTimeoutMs);
    const last = setTimeout(() => server.closeAllConnections(), shutdownTimeoutMs + ANSWER_AFTER_ABORT_MS);
    await closed;
    clearInterval(tending);
    await watch.stop();
    await tend({ isLast: true });
    clearInterval(closingIdle);
    clearTimeout(grace);
    clearTimeout(last);
    await store.close();
    await http.close();
  }

  return { start, reload, stop };
}

/** Every `http_config` that a config uses. */
function httpSettingsOf({ receivers, relay }: Config): readonly HttpSettings[] {
  return [...integrationsOf({ receivers }), relay.alertmanager].flatMap((user) => user?.http ?? []);
}

interface LoadedFile {
  readonly config?: Config;
  readonly problems: readonly Problem[];
  readonly hash: number;
}

async function loadFile(file: string, context: Parameters<typeof load>[2]): Promise<LoadedFile> {
  try {
    const text = await readFile(file, 'utf8');
    return { ...load(text, file, context), hash: Number.parseInt(sha256hex(text).slice(0, 12), 16) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const message = `the file cannot be read (${code})`;
    return { problems: [{ file, line: 1, column: 1, path: '', message, warning: false }], hash: 0 };
  }
}

function warn(problems: readonly Problem[], log: Logger): void {
  for (const problem of problems) log.warn('config warning', { problem: printProblem(problem) });
}
