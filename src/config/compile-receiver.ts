import { sha256hex } from '../notification/incident-key.ts';
import { type Incident, type Labels, labelValue } from '../notification/notification.ts';
import type { HttpSettings } from '../notify/http-settings.ts';
import type { Notifier } from '../notify/notifier.ts';
import { vendors } from '../notify/registry.ts';
import type { Vendor } from '../notify/vendor.ts';
import type { Templates } from '../template/templates.ts';
import { compileCredential, compileCredentialsByLabel } from './compile-credential.ts';
import { authorizationFaults, type CompiledHttp, compileHttpOf } from './compile-http.ts';
import { compileMatcherTexts } from './compile-matchers.ts';
import { compileOptionalSecret } from './compile-section.ts';
import { compileTemplates, type PlacedTemplate, templatesIn } from './compile-templates.ts';
import { endpointOf } from './endpoint.ts';
import type { Fault, Path } from './problem.ts';
import type { ConfigFile, ReceiverSettings } from './schema.ts';
import { type SecretContext, VENDOR_KEY } from './secret-source.ts';
import { timer } from './timer.ts';

/** One entry of a receiver's `…_configs`, ready to deliver. */
export interface Integration {
  readonly receiver: string;
  /** As `pagerduty_configs[0]`. */
  readonly name: string;
  readonly vendor: Vendor;
  readonly notifier: Notifier;
  /** Stands for the vendor's account: the vendor, its address and the credential's source. */
  readonly target: string;
  /** Stands for where it is and how it is reached: what is down is down for all that have the same (endpoint.ts). */
  readonly endpoint: string;
  /** The same for other accounts, by the value of a label of the alerts that belong there. */
  readonly byLabel?: {
    readonly label: string;
    readonly integrations: ReadonlyMap<string, Integration>;
  };
  /** Whether it resolves any incidents at all (`send_resolved`). */
  readonly resolves: boolean;
  /** Whether it resolves some by their labels only (`send_resolved_matchers`). */
  readonly resolvesByLabels: boolean;
  /** Whether an incident with these common labels is resolved at the vendor when it is over. */
  sendsResolved(incident: Incident): boolean;
  readonly attemptTimeoutMs: number;
  /** The config's own limit on requests with this credential. */
  readonly rateLimit?: { readonly perMinute: number; readonly burst: number };
  /** Its `http_config`; absent where it asks for nothing. */
  readonly http?: HttpSettings;
  /** Those of its settings, each with its place in the config. */
  readonly templates: readonly PlacedTemplate[];
}

/** What holds for every integration that does not say otherwise. */
export interface Defaults {
  /** Where the config file is. */
  readonly folder: string;
  readonly global: ConfigFile['global'];
  readonly http: CompiledHttp | undefined;
  readonly templates: Templates;
}

type Settings = Readonly<Record<string, unknown>>;

/** An integration and those that differ from it in the account only. They count under the same names. */
export function withOtherAccounts(integration: Integration): readonly Integration[] {
  return [integration, ...(integration.byLabel?.integrations.values() ?? [])];
}

/** All integrations of a config, with their other accounts. */
export function integrationsOf({
  receivers,
}: {
  readonly receivers: ReadonlyMap<string, { readonly integrations: readonly Integration[] }>;
}): readonly Integration[] {
  return [...receivers.values()].flatMap(({ integrations }) => integrations.flatMap(withOtherAccounts));
}

/** The integrations of one receiver, in the order of the registry. */
export function compileReceiver(
  receiver: ReceiverSettings,
  index: number,
  defaults: Defaults,
  context: SecretContext,
  faults: Fault[],
): readonly Integration[] {
  return vendors.flatMap((vendor) => {
    const key = `${vendor.type}_configs` as const;
    return (receiver[key] ?? []).map((settings, i) =>
      compileIntegration(
        vendor,
        { receiver: receiver.name, name: `${key}[${i}]` },
        settings,
        ['receivers', index, key, i],
        defaults,
        context,
        faults,
      ),
    );
  });
}

/** The one of the integration's accounts that alerts with these labels belong to. */
export function accountFor(integration: Integration, labels: Labels): Integration {
  const { byLabel } = integration;
  if (byLabel === undefined) return integration;
  return byLabel.integrations.get(labelValue(labels, byLabel.label)) ?? integration;
}

function compileIntegration(
  vendor: Vendor,
  place: Pick<Integration, 'receiver' | 'name'>,
  settings: Settings,
  path: Path,
  { folder, global, http: globalHttp, templates }: Defaults,
  context: SecretContext,
  faults: Fault[],
): Integration {
  const { setting } = vendor.credential;
  const credential = compileCredential(vendor.credential, settings, global, path, context, faults);
  const byLabel = compileCredentialsByLabel(setting, settings, path, context, faults);
  const { readCredential: reading } = vendor;
  const section = { settings, path, label: `${place.receiver}.${place.name}`, called: '' };
  const readCredential =
    reading === undefined ? undefined : compileOptionalSecret(section, reading, VENDOR_KEY, context, faults);
  const compiled = compileTemplates(settings, vendor.settingsSchema, templates, path, faults);
  // The schema that these settings passed is the vendor's own.
  for (const fault of vendor.check?.(compiled as never) ?? []) {
    faults.push({ ...fault, path: [...path, ...fault.path] });
  }
  // As in Alertmanager, it takes the place of the global one as a whole.
  const http = compileHttpOf(settings, path, folder, context, faults) ?? globalHttp;
  if (http !== undefined) faults.push(...authorizationFaults(http, vendor));
  const common = {
    ...place,
    vendor,
    resolves: settings.send_resolved !== false,
    resolvesByLabels: ((settings.send_resolved_matchers ?? []) as readonly string[]).length > 0,
    sendsResolved: compileSendsResolved(settings, path, faults),
    attemptTimeoutMs: timer(settings.timeout, [...path, 'timeout'], faults),
    ...compileRateLimit(settings),
    ...(http?.settings === undefined ? {} : { http: http.settings }),
    templates: templatesIn(compiled, path),
  };
  const withCredential = (own: typeof credential): Integration => {
    const notifier = vendor.create(compiled as never, { credential: own, readCredential, global });
    const account = JSON.stringify([vendor.type, notifier.address, own.id]);
    const endpoint = endpointOf(notifier.address, http?.settings);
    return { ...common, notifier, target: sha256hex(account).slice(0, 16), endpoint };
  };
  if (byLabel === undefined) return withCredential(credential);
  const others = Array.from(byLabel.credentials, ([value, own]) => [value, withCredential(own)] as const);
  return { ...withCredential(credential), byLabel: { label: byLabel.label, integrations: new Map(others) } };
}

function compileRateLimit({ rate_limit }: Settings): Pick<Integration, 'rateLimit'> {
  if (rate_limit === undefined) return {};
  const { per_minute: perMinute, burst } = rate_limit as { per_minute: number; burst: number };
  return { rateLimit: { perMinute, burst } };
}

function compileSendsResolved(
  { send_resolved, send_resolved_matchers }: Settings,
  path: Path,
  faults: Fault[],
): Integration['sendsResolved'] {
  if (send_resolved === false) return () => false;
  if (send_resolved_matchers === undefined) return () => true;
  const texts = send_resolved_matchers as readonly string[];
  const matchers = compileMatcherTexts(texts, [...path, 'send_resolved_matchers'], faults);
  const match = (labels: Labels) => matchers.every((matcher) => matcher.matches(labels));
  return ({ commonLabels }) => match(commonLabels);
}
