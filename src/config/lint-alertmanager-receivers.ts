import type { Config } from './compile.ts';
import type { PostsTo } from './compile-alertmanager.ts';
import {
  type PostingFile,
  type PostingReceiver,
  postingsOf,
  postsSomewhereUnknown,
} from './lint-alertmanager.ts';
import type { Fault } from './problem.ts';

/**
 * Where an alertmanager.yml contradicts `relay.alertmanager_receivers`, or is not told right without it: Alertmanager itself
 * does not show where it posts. Paths are in our file.
 */
export function lintAlertmanagerReceivers({ receivers }: PostingFile, { relay }: Config): readonly Fault[] {
  if (relay.alertmanager === undefined) return [];
  const said = relay.alertmanager.receivers;
  if (said === undefined) return unsaid(receivers);
  const path = ['relay', 'alertmanager_receivers'];
  const names = new Set(receivers.map(({ name }) => name));
  const gone = [...said.keys()]
    .filter((name) => !names.has(name))
    .map((name) => ({ path: [...path, name], message: 'alertmanager.yml has no such receiver' }));
  const wrong = receivers
    .filter((one) => !postsSomewhereUnknown(one))
    .flatMap((receiver): readonly Fault[] => {
      const { name } = receiver;
      const posts = pathsOf(receiver);
      const told = said.get(name);
      if (posts.join() === pathsTo(told ?? []).join()) return [];
      const where = posts.length === 0 ? 'nothing here' : `to ${posts.join(' and ')}`;
      const message = `in alertmanager.yml ${JSON.stringify(name)} posts ${where}`;
      return [{ path: told === undefined ? path : [...path, name], message }];
    });
  return [...gone, ...wrong].map((fault) => ({ ...fault, warning: true }));
}

/** Without it each receiver with a webhook is taken to post to `/webhook`. */
function unsaid(receivers: readonly PostingReceiver[]): readonly Fault[] {
  const withWebhooks = receivers.filter(({ webhook_configs = [] }) => webhook_configs.length > 0);
  if (withWebhooks.some(postsSomewhereUnknown)) return [];
  if (withWebhooks.every((receiver) => pathsOf(receiver).join() === '/webhook')) return [];
  const entries = withWebhooks.flatMap((receiver) => {
    const posts = pathsOf(receiver);
    return posts.length === 0 ? [] : `${JSON.stringify(receiver.name)}: [${posts.join(', ')}]`;
  });
  if (entries.length === 0) return [];
  const message = `Alertmanager 0.26 and later do not show where they post: add alertmanager_receivers: { ${entries.join(', ')} }`;
  return [{ path: ['relay', 'alertmanager_url'], message, warning: true }];
}

function pathsOf(receiver: PostingReceiver): readonly string[] {
  return pathsTo(postingsOf(receiver, []).map((posting) => posting.receiver));
}

/** Each once, in order. */
function pathsTo(posts: PostsTo): readonly string[] {
  const paths = posts.map((name) =>
    name === undefined ? '/webhook' : `/webhook/${encodeURIComponent(name)}`,
  );
  return [...new Set(paths)].toSorted((a, b) => (a < b ? -1 : 1));
}
