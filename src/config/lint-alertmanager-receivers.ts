import { isWebhook, receiverNamed } from '../webhook/webhook-path.ts';
import type { Config } from './compile.ts';
import type { PostsTo } from './compile-alertmanager.ts';
import { type PostingFile, type PostingReceiver, postsSomewhereUnknown, urlOf } from './lint-alertmanager.ts';
import type { Fault } from './problem.ts';

/**
 * Where an alertmanager.yml contradicts `relay.alertmanager_receivers`, or is not told right without it: Alertmanager itself
 * does not show where it posts. What another host has at `/webhook` is not ours, and a proxy may put something before that:
 * what is said counts. Paths are in our file.
 */
export function lintAlertmanagerReceivers({ receivers }: PostingFile, { relay }: Config): readonly Fault[] {
  if (relay.alertmanager === undefined) return [];
  const said = relay.alertmanager.receivers;
  const faults =
    said === undefined ? unsaid(receivers) : [...wrong(receivers, said), ...missing(receivers, said)];
  return faults.map((fault) => ({ ...fault, warning: true }));
}

const SETTING = ['relay', 'alertmanager_receivers'];

/** Without it each receiver with a webhook is taken to post to `/webhook`. */
function unsaid(receivers: readonly PostingReceiver[]): readonly Fault[] {
  const urls = receivers.flatMap(urlsOf);
  const ours = urls.filter(isOurs);
  const isAsTaken = ours.length === urls.length && ours.every((url) => pathOf(url) === '/webhook');
  if (receivers.some(postsSomewhereUnknown) || ours.length === 0 || isAsTaken) return [];
  const entries = receivers.flatMap((receiver) => {
    const own = urlsOf(receiver).filter(isOurs).map(pathOf);
    return own.length === 0 ? [] : `${JSON.stringify(receiver.name)}: [${own.join(', ')}]`;
  });
  const hosts = [...new Set(ours.map(({ host }) => host))];
  const but = hosts.length === 1 ? '' : `, of which only those that are this relay's (${hosts.join(', ')})`;
  const message = `Alertmanager 0.26 and later do not show where they post: add alertmanager_receivers: { ${entries.join(', ')} }${but}`;
  return [{ path: ['relay', 'alertmanager_url'], message }];
}

/** What is said of a receiver, and the file says otherwise. */
function wrong(receivers: readonly PostingReceiver[], said: ReadonlyMap<string, PostsTo>): readonly Fault[] {
  return [...said].flatMap(([name, posts]) => {
    const path = [...SETTING, name];
    const receiver = receivers.find((one) => one.name === name);
    if (receiver === undefined)
      return [{ path, message: 'not as in alertmanager.yml: it has no such receiver' }];
    if (postsSomewhereUnknown(receiver)) return [];
    const urls = urlsOf(receiver);
    const untrue = posts.filter((one) => !urls.some((url) => leadsTo(url, one)));
    if (untrue.length === 0) return [];
    const shown = urls.map(({ pathname }) => pathname);
    const where = shown.length === 0 ? 'it has no webhook there' : `there it posts to ${shown.join(' and ')}`;
    return [{ path, message: `not as in alertmanager.yml: ${where}` }];
  });
}

/** What posts to the relay and is not said: at the host of what is. */
function missing(
  receivers: readonly PostingReceiver[],
  said: ReadonlyMap<string, PostsTo>,
): readonly Fault[] {
  const hosts = new Set(
    receivers.flatMap((receiver) => {
      const posts = said.get(receiver.name) ?? [];
      return urlsOf(receiver).flatMap((url) => (posts.some((one) => leadsTo(url, one)) ? url.host : []));
    }),
  );
  return receivers.flatMap((receiver) => {
    const told = new Set(said.get(receiver.name)?.map(pathTo));
    const untold = urlsOf(receiver).filter(
      (url) => isOurs(url) && hosts.has(url.host) && !told.has(pathOf(url)),
    );
    if (untold.length === 0) return [];
    const message = `in alertmanager.yml ${JSON.stringify(receiver.name)} posts to ${untold.map(pathOf).join(' and ')}, too`;
    return [{ path: SETTING, message }];
  });
}

function urlsOf({ webhook_configs = [] }: PostingReceiver): readonly URL[] {
  return webhook_configs.flatMap((entry) => urlOf(entry) ?? []);
}

/** Whether it posts there, whatever a proxy has put before that. */
function leadsTo({ pathname }: URL, receiver: string | undefined): boolean {
  const from = pathname.lastIndexOf('/webhook');
  return from >= 0 && isWebhook(pathname.slice(from)) && receiverNamed(pathname.slice(from)) === receiver;
}

function isOurs({ pathname }: URL): boolean {
  return isWebhook(pathname);
}

function pathOf({ pathname }: URL): string {
  return pathTo(receiverNamed(pathname));
}

function pathTo(receiver: string | undefined): string {
  return receiver === undefined ? '/webhook' : `/webhook/${encodeURIComponent(receiver)}`;
}
