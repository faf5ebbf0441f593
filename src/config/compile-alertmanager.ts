import type { HttpSettings } from '../notify/http-settings.ts';
import { isWebhook, receiverNamed } from '../webhook/webhook-path.ts';
import { compileHttpOf } from './compile-http.ts';
import { unknownName } from './compile-route.ts';
import type { Fault, Path } from './problem.ts';
import type { ConfigFile } from './schema.ts';
import type { SecretContext } from './secret-source.ts';
import { longerThanZero, timer } from './timer.ts';

/** Where a receiver of Alertmanager posts: to these receivers of ours (`/webhook/<receiver>`), or through our route tree (undefined). */
export type PostsTo = readonly (string | undefined)[];

/** `relay.alertmanager_url` and what belongs to it. */
export interface AlertmanagerConfig {
  /** The peers of one cluster; at least one. */
  readonly urls: readonly string[];
  /** Those of its receivers that post here, by name; undefined where that is read from its own config. */
  readonly receivers?: ReadonlyMap<string, PostsTo>;
  readonly http?: HttpSettings;
  readonly intervalMs: number;
  /** How long a peer must be up, and an alert gone from it, before anything is concluded. */
  readonly afterMs: number;
}

/** Undefined without `alertmanager_url`. `receivers`: ours, by name. */
export function compileAlertmanager(
  relay: ConfigFile['relay'],
  receivers: ReadonlyMap<string, unknown>,
  folder: string,
  context: SecretContext,
  faults: Fault[],
): AlertmanagerConfig | undefined {
  const name = 'alertmanager_http_config';
  const http = compileHttpOf(relay, ['relay'], folder, context, faults, name);
  const intervalMs = timer(relay.reconcile_interval, ['relay', 'reconcile_interval'], faults);
  const afterMs = longerThanZero(relay.reconcile_after, ['relay', 'reconcile_after'], faults);
  const { alertmanager_url, alertmanager_receivers } = relay;
  const posting = alertmanager_receivers && compileReceivers(alertmanager_receivers, receivers, faults);
  if (alertmanager_url !== undefined) {
    const urls = [alertmanager_url].flat() as readonly string[];
    return {
      urls,
      intervalMs,
      afterMs,
      ...(posting === undefined ? {} : { receivers: posting }),
      ...(http?.settings === undefined ? {} : { http: http.settings }),
    };
  }
  const message = 'it has no effect without alertmanager_url';
  if (http !== undefined) faults.push({ path: http.path, message, warning: true });
  if (posting !== undefined) {
    faults.push({ path: ['relay', 'alertmanager_receivers'], message, warning: true });
  }
  return undefined;
}

function compileReceivers(
  settings: NonNullable<ConfigFile['relay']['alertmanager_receivers']>,
  receivers: ReadonlyMap<string, unknown>,
  faults: Fault[],
): ReadonlyMap<string, PostsTo> {
  const postsTo = (text: string, path: Path): PostsTo => {
    if (!isWebhook(text)) {
      const message = `must be /webhook or /webhook/<receiver> (got ${JSON.stringify(text)})`;
      faults.push({ path, message });
      return [];
    }
    const receiver = receiverNamed(text);
    if (receiver !== undefined && !receivers.has(receiver)) {
      faults.push(...unknownName('receiver', receiver, receivers.keys(), path));
    }
    return [receiver];
  };
  return new Map(
    Object.entries(settings).map(([name, paths]) => {
      const path = ['relay', 'alertmanager_receivers', name];
      const posts =
        typeof paths === 'string'
          ? postsTo(paths, path)
          : paths.flatMap((text, i) => postsTo(text, [...path, i]));
      return [name, [...new Set(posts)]];
    }),
  );
}
