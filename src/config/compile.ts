import type { Route } from '../route/route.ts';
import { createFunctions } from '../template/functions.ts';
import { compileHttpOf } from './compile-http.ts';
import { type ConfiguredIntegration, compileReceiver } from './compile-receiver.ts';
import { compileRoute } from './compile-route.ts';
import { compileTemplateFiles } from './compile-template-files.ts';
import { compileTimeIntervals } from './compile-time-intervals.ts';
import type { Fault } from './problem.ts';
import type { ConfigFile } from './schema.ts';
import type { SecretContext } from './secret-source.ts';
import { longerThanZero, timer } from './timer.ts';

export interface Receiver {
  readonly name: string;
  readonly integrations: readonly ConfiguredIntegration[];
}

/** A config ready to use. It never changes: a reload makes another one. */
export interface Config {
  readonly route: Route;
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
  };
  readonly dedup: { readonly maxEntries: number; readonly ttlMs: number };
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
    receivers.set(name, { name, integrations: compileReceiver(settings, i, defaults, context, faults) });
  }
  const { relay, dedup } = file;
  return {
    route: compileRoute(
      file.route,
      { receivers: new Set(receivers.keys()), timeIntervals: compileTimeIntervals(file, faults) },
      faults,
    ),
    receivers,
    relay: {
      deliveryTimeoutMs: timer(relay.delivery_timeout, ['relay', 'delivery_timeout'], faults),
      maxBodyBytes: relay.max_body_bytes,
      maxAlerts: relay.max_alerts,
      maxInFlight: relay.max_in_flight,
      maxDecisions: relay.max_decisions,
      maxDeadLetters: relay.max_dead_letters,
      drainTimeoutMs: timer(relay.drain_timeout, ['relay', 'drain_timeout'], faults, 0),
      shutdownTimeoutMs: timer(relay.shutdown_timeout, ['relay', 'shutdown_timeout'], faults, 0),
    },
    dedup: { maxEntries: dedup.max_entries, ttlMs: longerThanZero(dedup.ttl, ['dedup', 'ttl'], faults) },
  };
}
