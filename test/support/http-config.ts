import type { Integration } from '../../src/config/compile-receiver.ts';
import { type Loaded, load } from '../../src/config/load.ts';
import { printProblem } from '../../src/config/problem.ts';
import { createHttpClient, type HttpClient } from '../../src/notify/http-client.ts';
import type { HttpSettings } from '../../src/notify/http-settings.ts';
import type { Outcome } from '../../src/notify/notifier.ts';
import { exchange } from '../../src/notify/send.ts';
import { CREDENTIAL } from './deliveries.ts';
import { aTrigger } from './notifications.ts';

export type HttpConfigText = Readonly<Record<string, unknown>>;

export interface EntryOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The clock by which files are read again. */
  readonly now?: () => number;
  readonly vendor?: 'pagerduty' | 'opsgenie';
  readonly global?: HttpConfigText;
}

/** Loads a config of one entry with this `http_config`, whose address is `url`. */
export function loadEntry(
  url: string,
  httpConfig: HttpConfigText | undefined,
  options: EntryOptions = {},
): Loaded {
  const { env = {}, now = Date.now, vendor = 'pagerduty', global } = options;
  const own = httpConfig === undefined ? {} : { http_config: httpConfig };
  const receiver =
    vendor === 'pagerduty'
      ? { pagerduty_configs: [{ routing_key: CREDENTIAL, url, ...own }] }
      : { opsgenie_configs: [{ api_key: CREDENTIAL, api_url: url, ...own }] };
  const file = {
    ...(global === undefined ? {} : { global: { http_config: global } }),
    route: { receiver: 'team' },
    receivers: [{ name: 'team', ...receiver }],
  };
  return load(JSON.stringify(file), 'test.yaml', { env, now });
}

/** The entry of such a config, as production has it. */
export function entry(url: string, httpConfig?: HttpConfigText, options: EntryOptions = {}): Integration {
  const { config, problems } = loadEntry(url, httpConfig, options);
  const [only] = config?.receivers.get('team')?.integrations ?? [];
  if (only === undefined) throw new Error(problems.map(printProblem).join('\n'));
  return only;
}

/** The `http_config` of an entry, which must have one. */
export function settingsOf({ http }: Integration): HttpSettings {
  if (http === undefined) throw new Error('it has no http_config');
  return http;
}

export interface ClientOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The clock by which tokens expire. */
  readonly now?: () => number;
}

/** Runs `use` with a client as production has it, and closes it. */
export async function withClient<T>(
  { env = {}, now = Date.now }: ClientOptions,
  use: (http: HttpClient) => Promise<T>,
): Promise<T> {
  const http = createHttpClient({ userAgent: 'pagerelay/test', env, now });
  try {
    return await use(http);
  } finally {
    await http.close();
  }
}

export interface Limits {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly mayStart?: () => boolean;
}

/** One attempt to send a trigger. */
export async function attempt(http: HttpClient, to: Integration, limits: Limits = {}): Promise<Outcome> {
  const own = { timeoutMs: 3000, signal: new AbortController().signal, ...limits };
  const [request] = to.notifier.prepare(aTrigger(), false).requests;
  if (request === undefined) throw new Error('there is nothing to send');
  return (await exchange(request, to, own, { http, now: Date.now })).outcome;
}

/** One attempt over a client of its own, whose connections stay until it is closed. */
export function attemptOnce(to: Integration, limits: Limits & ClientOptions = {}): Promise<Outcome> {
  return withClient(limits, (http) => {
    http.retain(to.http === undefined ? [] : [to.http]);
    return attempt(http, to, limits);
  });
}
