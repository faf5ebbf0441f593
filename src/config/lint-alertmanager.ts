import { vendors } from '../notify/registry.ts';
import { isWebhook, receiverNamed } from '../webhook/webhook-path.ts';
import type { Config, Receiver } from './compile.ts';
import { parseDuration, printDuration } from './duration.ts';
import { noSuch } from './nearest.ts';
import type { Fault, Path } from './problem.ts';

/** What is looked at of an alertmanager.yml. */
export interface PostingFile {
  readonly route: PostingRoute;
  readonly receivers: readonly PostingReceiver[];
}

export interface PostingRoute {
  readonly receiver?: string;
  readonly group_interval?: string;
  readonly repeat_interval?: string;
  readonly routes?: readonly PostingRoute[];
}

export interface PostingReceiver {
  readonly name: string;
  readonly webhook_configs?: readonly WebhookEntry[];
  readonly [list: string]: unknown;
}

export interface WebhookEntry {
  readonly url?: string;
  readonly send_resolved?: boolean;
  readonly max_alerts?: string;
  readonly timeout?: string;
}

/** A `webhook_configs` entry that posts to the relay. */
interface Posting {
  readonly path: Path;
  readonly entry: WebhookEntry;
  /** The receiver of ours that its URL names; undefined for the route tree. */
  readonly receiver: string | undefined;
}

/** Alertmanager's own (dispatch/route.go), in ms. */
const DEFAULT_GROUP_INTERVAL_MS = 300_000;
const DEFAULT_REPEAT_INTERVAL_MS = 14_400_000;
/** The least time that Alertmanager gives a notification (notify.MinTimeout), in ms. */
const MIN_TIMEOUT_MS = 10_000;

/** What in an alertmanager.yml contradicts a config of ours; paths are in that file. */
export function lintAlertmanager(file: PostingFile, config: Config): readonly Fault[] {
  const postings = file.receivers.map((receiver, i) => postingsOf(receiver, ['receivers', i]));
  if (postings.flat().length === 0) return postsNowhere(file);
  const senders = new Set(file.receivers.filter((_, i) => postings[i]?.length).map(({ name }) => name));
  const leading = routesIn(file.route, ['route']).filter(({ receiver }) => senders.has(receiver));
  return [
    ...leading.flatMap((route) => [...deadlineFaults(route, config), ...forgottenFaults(route, config)]),
    ...file.receivers.flatMap((receiver, i) => {
      const own = postings[i] ?? [];
      if (own.length === 0) return [];
      return [
        ...unroutedFaults(receiver, i, file.route),
        ...own.flatMap((posting) => entryFaults(posting, config)),
        ...doubleFaults(receiver, i, own, config),
      ];
    }),
  ].map((fault) => ({ ...fault, warning: true }));
}

/** Receivers of ours that would send, and that nothing an alertmanager.yml posts comes to; paths are in our file. */
export function lintUnposted(file: PostingFile, config: Config): readonly Fault[] {
  const postings = file.receivers.flatMap((receiver, i) => postingsOf(receiver, ['receivers', i]));
  if (postings.length === 0 || file.receivers.some(postsSomewhereUnknown)) return [];
  const reached = new Set(postings.flatMap((posting) => receiversOf(posting, config)));
  return [...config.receivers.values()].flatMap((receiver, i) => {
    if (reached.has(receiver) || receiver.integrations.length === 0) return [];
    const message = `nothing comes to this receiver: Alertmanager posts nothing to /webhook/${encodeURIComponent(receiver.name)}, and nothing to /webhook that a route brings here`;
    return [{ path: ['receivers', i, 'name'], message, warning: true }];
  });
}

function postingsOf({ webhook_configs = [] }: PostingReceiver, path: Path): readonly Posting[] {
  return webhook_configs.flatMap((entry, i) => {
    const target = targetOf(entry);
    return target === undefined || !isWebhook(target)
      ? []
      : [{ path: [...path, 'webhook_configs', i], entry, receiver: receiverNamed(target) }];
  });
}

/** Path and query of an entry's URL; undefined where they are not known. */
function targetOf(entry: WebhookEntry): string | undefined {
  const url = urlOf(entry);
  return url && url.pathname + url.search;
}

/** An entry's URL; undefined where it is not known: in a file, made by a template, or hidden. */
export function urlOf({ url }: WebhookEntry): URL | undefined {
  return url === undefined || url.includes('{{') || !URL.canParse(url) ? undefined : new URL(url);
}

/** Whether it is not known of an entry where it posts. */
export function postsSomewhereUnknown({ webhook_configs = [] }: PostingReceiver): boolean {
  return webhook_configs.some((entry) => targetOf(entry) === undefined);
}

function postsNowhere({ receivers }: PostingFile): readonly Fault[] {
  if (receivers.some(postsSomewhereUnknown)) return [];
  const message =
    'no webhook_configs posts to the relay: none has a url with the path /webhook or /webhook/<receiver>';
  return [{ path: ['receivers'], message, warning: true }];
}

function receiversOf({ receiver }: Posting, { receivers, route }: Config): readonly Receiver[] {
  const names = receiver === undefined ? namesIn(route) : [receiver];
  return names.flatMap((name) => receivers.get(name) ?? []);
}

interface Named {
  readonly receiver?: string;
  readonly routes?: readonly Named[];
}

function namesIn({ receiver = '', routes = [] }: Named): readonly string[] {
  return [receiver, ...routes.flatMap(namesIn)];
}

/** Whether anybody who gets what is posted there wants to be told of an end. */
function endsIncidents(receiver: string | undefined, { receivers }: Config): boolean {
  const asked = receiver === undefined ? [...receivers.values()] : [receivers.get(receiver)];
  return asked.some((one) => one?.integrations.some(({ resolves }) => resolves) ?? true);
}

function entryFaults({ path, entry, receiver }: Posting, config: Config): readonly Fault[] {
  const faults: Fault[] = [];
  const { send_resolved, max_alerts = '', timeout = '' } = entry;
  const budgetMs = config.relay.deliveryTimeoutMs;
  if (receiver !== undefined && !config.receivers.has(receiver)) {
    const message = `the relay answers 404: ${noSuch('receiver', receiver, [...config.receivers.keys()])}`;
    faults.push({ path: [...path, 'url'], message });
  }
  if (send_resolved === false && endsIncidents(receiver, config)) {
    const message =
      'the relay never hears that alerts have ended, so that incidents stay open: leave it at true';
    faults.push({ path: [...path, 'send_resolved'], message });
  }
  if (Number(max_alerts) > 0) {
    const message = `of a group with more than ${max_alerts} alerts the others never come to the relay: leave it at 0`;
    faults.push({ path: [...path, 'max_alerts'], message });
  }
  const timeoutMs = parseDuration(timeout) ?? 0;
  if (timeoutMs > 0 && timeoutMs <= budgetMs) {
    const message = `not longer than relay.delivery_timeout (${printDuration(budgetMs)}): Alertmanager gives up before the relay answers; leave it out`;
    faults.push({ path: [...path, 'timeout'], message });
  }
  return faults;
}

function unroutedFaults({ name }: PostingReceiver, index: number, route: PostingRoute): readonly Fault[] {
  if (namesIn(route).includes(name)) return [];
  const message = 'it posts to the relay, but no route leads to it';
  return [{ path: ['receivers', index, 'name'], message }];
}

/** Entries by which Alertmanager tells a vendor itself what the relay tells it too. */
function doubleFaults(
  receiver: PostingReceiver,
  index: number,
  postings: readonly Posting[],
  config: Config,
): readonly Fault[] {
  const ours = postings.flatMap((posting) => receiversOf(posting, config));
  return vendors.flatMap(({ type }) => {
    const list = `${type}_configs`;
    const entries = receiver[list];
    const also = ours.find((one) => one.integrations.some(({ vendor }) => vendor.type === type));
    if (also === undefined || !Array.isArray(entries) || entries.length === 0) return [];
    const message = `the relay has the same alerts, and ${list} at its receiver ${also.name}: they page twice, unless they are for different services`;
    return [{ path: ['receivers', index, list], message }];
  });
}

/** A route of Alertmanager's, with what it has from those above it; in ms. */
interface Leading {
  readonly route: PostingRoute;
  readonly path: Path;
  readonly receiver: string;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
}

const ABOVE = {
  receiver: '',
  groupIntervalMs: DEFAULT_GROUP_INTERVAL_MS,
  repeatIntervalMs: DEFAULT_REPEAT_INTERVAL_MS,
};

/** A route and those below it, to whatever receiver they lead. */
function routesIn(
  route: PostingRoute,
  path: Path,
  above: Omit<Leading, 'route' | 'path'> = ABOVE,
): readonly Leading[] {
  const own = {
    receiver: route.receiver ?? above.receiver,
    groupIntervalMs: parseDuration(route.group_interval ?? '') ?? above.groupIntervalMs,
    repeatIntervalMs: parseDuration(route.repeat_interval ?? '') ?? above.repeatIntervalMs,
  };
  const below = (route.routes ?? []).flatMap((child, i) => routesIn(child, [...path, 'routes', i], own));
  return [{ route, path, ...own }, ...below];
}

/** Where a route sets it: the route itself where that has it from above. */
function whereSet({ route, path }: Leading, key: 'group_interval' | 'repeat_interval'): Path {
  return route[key] === undefined ? path : [...path, key];
}

/** A route to the relay on which Alertmanager does not wait for its answer. */
function deadlineFaults(leading: Leading, { relay }: Config): readonly Fault[] {
  const budgetMs = relay.deliveryTimeoutMs;
  const deadlineMs = Math.max(leading.groupIntervalMs, MIN_TIMEOUT_MS);
  if (budgetMs < deadlineMs) return [];
  const message = `Alertmanager waits ${printDuration(deadlineMs)} here (group_interval, at least 10s), and the relay takes up to ${printDuration(budgetMs)} (relay.delivery_timeout): make that shorter`;
  return [{ path: whereSet(leading, 'group_interval'), message }];
}

/** A route to the relay that reminds of what has been forgotten; not where what Alertmanager has is seen between. */
function forgottenFaults(leading: Leading, { relay, dedup }: Config): readonly Fault[] {
  // Alertmanager looks at its interval no more often than it flushes (dispatch/dispatch.go).
  const remindedMs = leading.repeatIntervalMs + leading.groupIntervalMs;
  // Redis is told nothing of what is only seen.
  const isShared = dedup.store !== undefined;
  if ((relay.alertmanager !== undefined && !isShared) || remindedMs < dedup.ttlMs) return [];
  const orWatch = isShared ? '' : ', or set relay.alertmanager_url';
  const message = `Alertmanager reminds after up to ${printDuration(remindedMs)} here (repeat_interval and group_interval), and the relay has forgotten the incident after ${printDuration(dedup.ttlMs)} (dedup.ttl): make that longer${orWatch}`;
  return [{ path: whereSet(leading, 'repeat_interval'), message }];
}
