import { sha256hex } from '../notification/incident-key.ts';
import type { Integration, Vendor } from '../notify/notifier.ts';
import { integrations } from '../notify/registry.ts';
import type { Route } from '../route/route.ts';
import { compileCredential } from './compile-credential.ts';
import { compileRoute } from './compile-route.ts';
import { parseDuration } from './duration.ts';
import type { Fault, Path } from './problem.ts';
import type { ConfigFile, ReceiverSettings } from './schema.ts';
import type { SecretContext } from './secret-source.ts';

/** One entry of a receiver's `…_configs`, ready to deliver. */
export interface ConfiguredIntegration {
  readonly receiver: string;
  /** As `pagerduty_configs[0]`. */
  readonly name: string;
  readonly integration: Integration;
  readonly vendor: Vendor;
  /** Stands for the vendor's account: the vendor, its address and the credential's source. */
  readonly target: string;
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
  if (file.receivers.length === 0) faults.push({ path: ['receivers'], message: 'must not be empty' });
  for (const [i, settings] of file.receivers.entries()) {
    const { name } = settings;
    if (receivers.has(name)) {
      faults.push({ path: ['receivers', i, 'name'], message: `another receiver is called ${name} too` });
    }
    receivers.set(name, { name, integrations: compileReceiver(settings, i, file, context, faults) });
  }
  const { relay, dedup } = file;
  return {
    route: compileRoute(file.route, new Set(receivers.keys()), faults),
    receivers,
    relay: {
      deliveryTimeoutMs: timer(relay.delivery_timeout, ['relay', 'delivery_timeout'], faults),
      maxBodyBytes: relay.max_body_bytes,
      maxAlerts: relay.max_alerts,
      maxInFlight: relay.max_in_flight,
      drainTimeoutMs: timer(relay.drain_timeout, ['relay', 'drain_timeout'], faults, 0),
      shutdownTimeoutMs: timer(relay.shutdown_timeout, ['relay', 'shutdown_timeout'], faults, 0),
    },
    dedup: { maxEntries: dedup.max_entries, ttlMs: longerThanZero(dedup.ttl, ['dedup', 'ttl'], faults) },
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
      for (const fault of integration.check?.(settings as never) ?? []) {
        faults.push({ ...fault, path: [...path, ...fault.path] });
      }
      // The schema that these settings passed is the integration's own.
      const vendor = integration.create(settings as never, { credential, global });
      return {
        receiver: receiver.name,
        name: `${key}[${i}]`,
        integration,
        vendor,
        target: sha256hex(JSON.stringify([integration.type, vendor.address, credential.id])).slice(0, 16),
        sendResolved: settings.send_resolved !== false,
        attemptTimeoutMs: timer(settings.timeout, [...path, 'timeout'], faults),
      };
    });
  });
}

/** Longest time to wait for anything, in ms. Alertmanager's patience is far shorter. */
const MAX_TIMER_MS = 3_600_000;

/** A time to wait, in ms, within what makes sense. */
function timer(text: unknown, path: Path, faults: Fault[], leastMs = 1): number {
  const duration = leastMs === 0 ? ms(String(text)) : longerThanZero(String(text), path, faults);
  if (duration > MAX_TIMER_MS)
    faults.push({ path, message: `must be at most 1h (got ${JSON.stringify(text)})` });
  return duration;
}

function longerThanZero(text: string, path: Path, faults: Fault[]): number {
  const duration = ms(text);
  if (duration === 0) faults.push({ path, message: 'must be longer than 0' });
  return duration;
}

/** A duration that the schema has checked, in ms. */
function ms(text: string): number {
  return parseDuration(text) ?? 0;
}
