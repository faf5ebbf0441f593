import type { LogLevel } from '../observe/log.ts';
import type { Route } from '../route/route.ts';
import { createFunctions } from '../template/functions.ts';
import { type AlertmanagerConfig, compileAlertmanager } from './compile-alertmanager.ts';
import { compileHttpOf } from './compile-http.ts';
import { compileReceiver, type Integration, integrationsOf, withOtherAccounts } from './compile-receiver.ts';
import { compileRoute, unknownName } from './compile-route.ts';
import { compileStore, type StoreConfig } from './compile-store.ts';
import { compileTemplateFiles } from './compile-template-files.ts';
import { compileTimeIntervals } from './compile-time-intervals.ts';
import { compileTracing, type TracingConfig } from './compile-tracing.ts';
import type { Fault } from './problem.ts';
import type { ConfigFile } from './schema.ts';
import type { SecretContext } from './secret-source.ts';
import { longerThanZero, timer } from './timer.ts';

export interface Receiver {
  readonly name: string;
  readonly integrations: readonly Integration[];
  /** The receiver that takes what this one cannot deliver. */
  readonly fallback?: string;
}

/** A config ready to use. It never changes: a reload makes another one. */
export interface Config {
  readonly route: Route;
  /** Patterns of the template files, relative to the config file. */
  readonly templates: readonly string[];
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly relay: {
    readonly deliveryTimeoutMs: number;
    readonly maxBodyBytes: number;
    readonly maxAlerts: number;
    readonly maxInFlight: number;
    readonly maxDecisions: number;
    readonly maxDeadLetters: number;
    readonly drainTimeoutMs: number;
    readonly shutdownTimeoutMs: number;
    readonly logLevel?: LogLevel;
    /** Whom to compare open incidents with, if anybody. */
    readonly alertmanager?: AlertmanagerConfig;
  };
  readonly dedup: {
    readonly maxEntries: number;
    readonly ttlMs: number;
    /** What replicas know together, if anything. */
    readonly store?: StoreConfig;
  };
  /** Where traces go, if anywhere. */
  readonly tracing?: TracingConfig;
  /** The config's own limits on requests, by account (`Integration.target`); of several, the first. */
  readonly rateLimits: ReadonlyMap<string, { readonly perMinute: number; readonly burst: number }>;
}

/**
 * Turns a valid file into a config. What the schema cannot say is checked here; every fault is added to `faults`. `folder`
 * is where the config file is: its paths of templates begin there.
 */
export function compile(file: ConfigFile, folder: string, context: SecretContext, faults: Fault[]): Config {
  const receivers = new Map<string, Receiver>();
  if (file.receivers.length === 0) faults.push({ path: ['receivers'], message: 'must not be empty' });
  const functions = createFunctions(context.now);
  const defaults = {
    folder,
    global: file.global,
    http: compileHttpOf(file.global, ['global'], folder, context, faults),
    templates: compileTemplateFiles(file.templates, folder, functions, faults),
  };
  for (const [i, settings] of file.receivers.entries()) {
    const { name } = settings;
    if (receivers.has(name)) {
      faults.push({ path: ['receivers', i, 'name'], message: `another receiver is called ${name} too` });
    }
    receivers.set(name, {
      name,
      integrations: compileReceiver(settings, i, defaults, context, faults),
      ...(settings.fallback === undefined ? {} : { fallback: settings.fallback }),
    });
  }
  faults.push(...fallbackFaults(file.receivers, receivers));
  const { relay, dedup } = file;
  const limits = integrationsOf({ receivers }).flatMap(({ target, rateLimit }) =>
    rateLimit === undefined ? [] : [[target, rateLimit] as const],
  );
  const alertmanager = compileAlertmanager(relay, receivers, folder, context, faults);
  if (alertmanager === undefined) faults.push(...readBackFaults(receivers));
  const tracing = compileTracing(file.tracing, folder, context, faults);
  const deliveryTimeoutMs = timer(relay.delivery_timeout, ['relay', 'delivery_timeout'], faults);
  const shutdownTimeoutMs = timer(relay.shutdown_timeout, ['relay', 'shutdown_timeout'], faults, 0);
  if (shutdownTimeoutMs < deliveryTimeoutMs) {
    const message = `shorter than delivery_timeout (${relay.delivery_timeout}): a stop may cut off what is under way`;
    faults.push({ path: ['relay', 'shutdown_timeout'], message, warning: true });
  }
  const ttlMs = longerThanZero(dedup.ttl, ['dedup', 'ttl'], faults);
  return {
    route: compileRoute(
      file.route,
      { receivers: new Set(receivers.keys()), timeIntervals: compileTimeIntervals(file, faults) },
      faults,
    ),
    receivers,
    templates: file.templates,
    relay: {
      deliveryTimeoutMs,
      maxBodyBytes: relay.max_body_bytes,
      maxAlerts: relay.max_alerts,
      maxInFlight: relay.max_in_flight,
      maxDecisions: relay.max_decisions,
      maxDeadLetters: relay.max_dead_letters,
      drainTimeoutMs: timer(relay.drain_timeout, ['relay', 'drain_timeout'], faults, 0),
      shutdownTimeoutMs,
      ...(relay.log_level === undefined ? {} : { logLevel: relay.log_level }),
      ...(alertmanager === undefined ? {} : { alertmanager }),
    },
    dedup: { maxEntries: dedup.max_entries, ttlMs, ...compileStore(dedup, ttlMs, context, faults) },
    ...(tracing === undefined ? {} : { tracing }),
    rateLimits: new Map(limits.reverse()),
  };
}

/** A fallback must be another vendor account, and the end of the line: one of a fallback would have to be handed back twice. */
function fallbackFaults(
  settings: ConfigFile['receivers'],
  receivers: ReadonlyMap<string, Receiver>,
): readonly Fault[] {
  return settings.flatMap(({ name, fallback }, i): Fault[] => {
    if (fallback === undefined) return [];
    const path = ['receivers', i, 'fallback'];
    const other = receivers.get(fallback);
    if (other === undefined) return [...unknownName('receiver', fallback, receivers.keys(), path)];
    if (fallback === name) return [{ path, message: 'a receiver cannot be its own fallback' }];
    if (other.integrations.length === 0)
      return [{ path, message: `receiver ${fallback} sends nothing anywhere` }];
    if (other.fallback !== undefined) {
      return [{ path, message: `receiver ${fallback} has a fallback itself: only one step is taken` }];
    }
    const accounts = (receivers.get(name)?.integrations ?? []).flatMap(withOtherAccounts);
    const own = new Set(accounts.map(({ target }) => target));
    const shared = other.integrations.flatMap(withOtherAccounts).find(({ target }) => own.has(target));
    if (shared === undefined) return [];
    const message = `${fallback}'s ${shared.name} has the same credential at the same address: what fails here fails there`;
    return [{ path, message }];
  });
}

/** What is open at a vendor is compared with what Alertmanager has. */
function readBackFaults(receivers: ReadonlyMap<string, Receiver>): readonly Fault[] {
  return [...receivers.values()].flatMap(({ integrations }, i): Fault[] => {
    if (integrations.every(({ notifier }) => notifier.readBack === undefined)) return [];
    const message = 'that open incidents are read has no effect without relay.alertmanager_url';
    return [{ path: ['receivers', i], message, warning: true }];
  });
}
