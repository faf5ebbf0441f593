import type { Integration, Vendor } from '../notify/notifier.ts';
import { integrations } from '../notify/registry.ts';
import type { Route } from '../route/route.ts';
import { compileCredential } from './compile-credential.ts';
import { compileRoute } from './compile-route.ts';
import { parseDuration } from './duration.ts';
import type { Fault } from './problem.ts';
import type { ConfigFile, ReceiverSettings } from './schema.ts';
import type { SecretContext } from './secret-source.ts';

/** One entry of a receiver's `…_configs`, ready to deliver. */
export interface ConfiguredIntegration {
  readonly receiver: string;
  /** As `pagerduty_configs[0]`. */
  readonly name: string;
  readonly integration: Integration;
  readonly vendor: Vendor;
  readonly sendResolved: boolean;
  readonly attemptTimeoutMs: number;
}

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
    readonly drainTimeoutMs: number;
    readonly shutdownTimeoutMs: number;
  };
  readonly dedup: { readonly maxEntries: number; readonly ttlMs: number };
}

/** Turns a valid file into a config. What the schema cannot say is checked here; every fault is added to `faults`. */
export function compile(file: ConfigFile, context: SecretContext, faults: Fault[]): Config {
  const receivers = new Map<string, Receiver>();
  for (const [i, settings] of file.receivers.entries()) {
    const { name } = settings;
    if (receivers.has(name)) {
      faults.push({ path: ['receivers', i, 'name'], message: `another receiver is called ${name} too` });
    }
    receivers.set(name, { name, integrations: compileReceiver(settings, i, file, context, faults) });
  }
  const { relay, dedup } = file;
  if (ms(relay.delivery_timeout) === 0) {
    faults.push({ path: ['relay', 'delivery_timeout'], message: 'must be longer than 0' });
  }
  return {
    route: compileRoute(file.route, new Set(receivers.keys()), faults),
    receivers,
    relay: {
      deliveryTimeoutMs: ms(relay.delivery_timeout),
      maxBodyBytes: relay.max_body_bytes,
      maxAlerts: relay.max_alerts,
      maxInFlight: relay.max_in_flight,
      drainTimeoutMs: ms(relay.drain_timeout),
      shutdownTimeoutMs: ms(relay.shutdown_timeout),
    },
    dedup: { maxEntries: dedup.max_entries, ttlMs: ms(dedup.ttl) },
  };
}

function compileReceiver(
  receiver: ReceiverSettings,
  index: number,
  { global }: ConfigFile,
  context: SecretContext,
  faults: Fault[],
): readonly ConfiguredIntegration[] {
  return integrations.flatMap((integration) => {
    const key = `${integration.type}_configs` as const;
    return (receiver[key] ?? []).map((settings, i) => {
      const path = ['receivers', index, key, i];
      const credential = compileCredential(integration.credential, settings, global, path, context, faults);
      const timeoutMs = ms(String(settings.timeout));
      if (timeoutMs === 0) faults.push({ path: [...path, 'timeout'], message: 'must be longer than 0' });
      return {
        receiver: receiver.name,
        name: `${key}[${i}]`,
        integration,
        // The schema that these settings passed is the integration's own.
        vendor: integration.create(settings as never, { credential, global }),
        sendResolved: settings.send_resolved !== false,
        attemptTimeoutMs: timeoutMs,
      };
    });
  });
}

/** A duration that the schema has checked, in ms. */
function ms(text: string): number {
  return parseDuration(text) ?? 0;
}
