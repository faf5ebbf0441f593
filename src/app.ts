import { setMaxListeners } from 'node:events';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { contentOfFiles } from './config/changes.ts';
import type { Config } from './config/compile.ts';
import { integrationsOf } from './config/compile-receiver.ts';
import { glob } from './config/glob.ts';
import { type LoadedFile, loadFile } from './config/load-file.ts';
import { type Problem, printProblem } from './config/problem.ts';
import { createAccess } from './http/access.ts';
import { createListeners, type Listen, unchangeable } from './http/listeners.ts';
import { createPasswords } from './http/passwords.ts';
import { createThrottle } from './http/throttle.ts';
import { loadWebConfig, OPEN_TO_ALL, type WebConfig } from './http/web-config.ts';
import { createHttpClient } from './notify/http-client.ts';
import type { HttpSettings } from './notify/http-settings.ts';
import { proxyFault } from './notify/proxy.ts';
import type { Logger, LogLevel } from './observe/log.ts';
import { createMetrics } from './observe/metrics.ts';
import { createRedisStore } from './redis/redis-store.ts';
import { createDeadLetters } from './relay/dead-letters.ts';
import { createDecisions } from './relay/decisions.ts';
import type { Job } from './relay/jobs.ts';
import { createRelay } from './relay/relay.ts';
import { createReplay } from './relay/replay.ts';
import { createWatch } from './relay/watch.ts';
import { createTracing } from './tracing/tracing.ts';
import { createParseWebhook } from './webhook/webhook.ts';

export interface AppOptions {
  readonly configFile: string;
  readonly listen: Listen;
  /** Where metrics and all that is for operators is served, where that is not the same. */
  readonly listenForOperators?: Listen | undefined;
  /** TLS and who may do what. */
  readonly webConfigFile?: string | undefined;
  /** Connections at once, of each address. */
  readonly maxConnections: number;
  /** How often it is looked whether the content of a file of the config has changed, in ms; 0: never. */
  readonly reloadEveryMs: number;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** What is logged from now on; undefined: as much as the command line says. */
  readonly setLogLevel: (level: LogLevel | undefined) => void;
  /** In ms since the epoch. */
  readonly now: () => number;
}

export interface App {
  /** Starts to listen. The addresses that it got: for webhooks first. */
  start(): Promise<readonly AddressInfo[]>;
  /** Loads the config files again; the problems for which they were refused, or none. */
  reload(): Promise<readonly Problem[]>;
  /** Not ready at once; keeps serving while `drain`; then ends what is under way, or aborts it after the grace. */
  stop(options: { readonly drain: boolean }): Promise<void>;
}

/** How often it is looked what is due: kept back, to be read back or to be followed up, in ms. */
const TEND_EVERY_MS = 1_000;
/** After the abort: time for the answers to leave before connections are cut, in ms. */
const ANSWER_AFTER_ABORT_MS = 1_000;

/** Puts the daemon together. Returns the problems instead when the config cannot be used. */
export async function createApp(options: AppOptions): Promise<App | readonly Problem[]> {
  const { configFile, webConfigFile, listen, listenForOperators, maxConnections, version, env, log, now } =
    options;
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  let ready = false;
  let draining = false;
  let tending: NodeJS.Timeout | undefined;
  let looking: NodeJS.Timeout | undefined;
  let isLooking = false;
  let lastRefusal: string | undefined;

  const fault = proxyFault(env);
  if (fault !== undefined) {
    return [{ file: 'environment', line: 1, column: 1, path: '', message: fault, warning: false }];
  }
  const first = await readFiles(options, []);
  if (first.config === undefined || first.web === undefined) return first.problems;
  warn(first.problems, log);

  let { config, web } = first as InUse;
  let { content } = first;
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
  const tracing = createTracing(version, { http, metrics, log });
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
    glimpse: () => watch.glimpse(),
    store,
    tracer: tracing,
    log,
    now,
    stopping: stopping.signal,
  });
  const replay = createReplay(deadLetters, relay.replay);
  const watch = createWatch({ http, metrics, log, now, follow: relay.reconcile });
  const access = createAccess({
    config: () => web,
    passwords: createPasswords(),
    throttle: createThrottle(now),
    metrics,
    log,
    now,
  });
  const serving = {
    relay,
    records: { decisions, deadLetters, replay },
    parse: createParseWebhook(),
    config: () => config,
    webConfig: () => web,
    access,
    tracer: tracing,
    metrics,
    log,
    maxConnections,
    isReady: () => ready,
    isStopping: () => draining,
    now,
    reload: () => reload(),
  };
  const listeners = createListeners(serving, listen, listenForOperators);

  let reloading: Promise<readonly Problem[]> = Promise.resolve([]);
  /** One at a time: the last one asked for must be the one that stays. */
  function reload(isAsked = true): Promise<readonly Problem[]> {
    const next = () => reloadOnce(isAsked);
    reloading = reloading.then(next, next);
    return reloading;
  }

  async function reloadOnce(isAsked: boolean): Promise<readonly Problem[]> {
    const files = filesOf(options, config, web);
    const before = await contentOfFiles(files);
    const next = await readFiles(options, files);
    const refused =
      next.config === undefined || next.web === undefined ? next.problems : changeFault(next.web);
    if (refused.length > 0) {
      content = before;
      metrics.config_last_reload_successful.set(0);
      const told = refused.map(printProblem);
      const refusal = told.join('\n');
      if (isAsked || refusal !== lastRefusal) log.error('config refused', { problems: told });
      lastRefusal = refusal;
      return refused;
    }
    lastRefusal = undefined;
    warn(next.problems, log);
    await use(next as InUse);
    content = next.content;
    loaded(next.hash);
    log.info('config loaded', { file: configFile });
    return [];
  }

  function changeFault(next: WebConfig): readonly Problem[] {
    const message = unchangeable(next, web);
    if (message === undefined || webConfigFile === undefined) return [];
    return [{ file: webConfigFile, line: 1, column: 1, path: 'tls_server_config', message, warning: false }];
  }

  async function use(next: InUse): Promise<void> {
    relay.use(next.config);
    await store.use(next.config.dedup.store);
    watch.use(next.config.relay.alertmanager);
    await tracing.use(next.config.tracing);
    decisions.resize(next.config.relay.maxDecisions);
    deadLetters.resize(next.config.relay.maxDeadLetters);
    http.retain(httpSettingsOf(next.config));
    listeners.use(next.web);
    config = next.config;
    web = next.web;
    options.setLogLevel(config.relay.logLevel);
  }

  /** Reloads what has changed. */
  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      // What keeps a config from being used may be in files that only that one names.
      const isDue =
        lastRefusal !== undefined || (await contentOfFiles(filesOf(options, config, web))) !== content;
      if (isDue) await reload(false);
    } finally {
      isLooking = false;
    }
  }

  async function start(): Promise<readonly AddressInfo[]> {
    options.setLogLevel(config.relay.logLevel);
    await store.use(config.dedup.store);
    await tracing.use(config.tracing);
    const addresses = await listeners.start();
    ready = true;
    tending = setInterval(() => {
      void tend();
      void quietly('open incidents cannot be read', relay.readBack);
      void quietly('accepted notifications cannot be followed up', relay.verify);
    }, TEND_EVERY_MS);
    if (options.reloadEveryMs > 0) {
      looking = setInterval(() => void quietly('the config cannot be read', look), options.reloadEveryMs);
    }
    watch.use(config.relay.alertmanager);
    return addresses;
  }

  /** What was kept back, as far as it is due; on the way out, every resolve. */
  function tend(options?: { readonly isLast: boolean }): Promise<void> {
    return quietly('what was kept back cannot be sent', () => relay.tend(options));
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
    clearInterval(looking);
    const closed = listeners.close();
    const grace = setTimeout(() => stopping.abort(), shutdownTimeoutMs);
    const last = setTimeout(listeners.cut, shutdownTimeoutMs + ANSWER_AFTER_ABORT_MS);
    // What was kept back does not wait for who is still connected, and may come from them.
    await Promise.all([closed, tend({ isLast: true })]);
    clearInterval(tending);
    // As long as Alertmanager can be looked at, and once more with what a last look has kept back.
    await tend({ isLast: true });
    await watch.stop();
    await tend({ isLast: true });
    for (const { why, ...unsent } of relay.unsentResolves()) log.error(`resolve not sent: ${why}`, unsent);
    const alerts = relay.heldAlerts();
    if (alerts > 0) log.warn('held alerts dropped: the daemon stops', { alerts });
    clearTimeout(grace);
    clearTimeout(last);
    await store.close();
    await tracing.close();
    await http.close();
  }

  return { start, reload: () => reload(), stop };
}

/** What the daemon runs with. */
interface InUse {
  readonly config: Config;
  readonly web: WebConfig;
}

interface ReadFiles extends LoadedFile, Partial<InUse> {
  /** That of all files that it was made of, or of a file of the same name before that changed (config/changes.ts). */
  readonly content: string;
}

/**
 * Both files, with the problems of both. Which other files they are made of is known when they are read, so it begins
 * again where those are not the expected ones: else a change in between would never be noticed.
 */
async function readFiles(options: AppOptions, expected: readonly string[], rounds = 3): Promise<ReadFiles> {
  const { configFile, webConfigFile, env, now } = options;
  const content = await contentOfFiles(expected);
  const [loaded, web] = await Promise.all([
    loadFile(configFile, { env, now }),
    webConfigFile === undefined ? OPEN_TO_ALL : loadWebConfig(webConfigFile, { now }),
  ]);
  const problems = 'length' in web ? [...loaded.problems, ...web] : [...loaded.problems, ...web.warnings];
  if (loaded.config === undefined || 'length' in web) return { ...loaded, problems, content };
  const files = filesOf(options, loaded.config, web);
  if (rounds > 1 && files.join('\n') !== expected.join('\n')) return readFiles(options, files, rounds - 1);
  return { ...loaded, problems, web, content };
}

/** The files that a config was made of. Secrets are not among them: they are read again when they are used. */
function filesOf(
  { configFile, webConfigFile }: AppOptions,
  { templates }: Config,
  web: WebConfig,
): readonly string[] {
  const found = templates.flatMap((pattern) => glob(pattern, dirname(configFile)) ?? []);
  return [configFile, ...found, ...(webConfigFile === undefined ? [] : [webConfigFile]), ...web.files];
}

/** Every `http_config` that a config uses. */
function httpSettingsOf({ receivers, relay, tracing }: Config): readonly HttpSettings[] {
  return [...integrationsOf({ receivers }), relay.alertmanager, tracing].flatMap((user) => user?.http ?? []);
}

function warn(problems: readonly Problem[], log: Logger): void {
  for (const problem of problems) log.warn('config warning', { problem: printProblem(problem) });
}
