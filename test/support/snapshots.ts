import { createAlertmanager, type Looked } from '../../src/alertmanager/alertmanager.ts';
import type { Snapshot, SnapshotGroup } from '../../src/alertmanager/snapshot.ts';
import type { PostsTo } from '../../src/config/compile-alertmanager.ts';
import { createHttpClient } from '../../src/notify/http-client.ts';
import type { HttpSettings } from '../../src/notify/http-settings.ts';

export interface LookOptions {
  readonly settleMs?: number;
  readonly now?: () => number;
  readonly signal?: AbortSignal;
  readonly httpSettings?: HttpSettings;
  readonly receivers?: ReadonlyMap<string, PostsTo>;
}

/** Asks these peers once. */
export async function lookAt(urls: readonly string[], options: LookOptions = {}): Promise<Looked> {
  const { settleMs = 0, now = Date.now, signal = new AbortController().signal, ...rest } = options;
  const http = createHttpClient({ userAgent: 'pagerelay/test', env: {}, now });
  try {
    return await createAlertmanager({ urls, http, settleMs, now, ...rest }).look(signal);
  } finally {
    await http.close();
  }
}

/** The same where a peer must be believed. */
export async function snapshotOf(urls: readonly string[], options: LookOptions = {}): Promise<Snapshot> {
  const looked = await lookAt(urls, options);
  if (!looked.believed) throw new Error(JSON.stringify(looked.peers));
  return looked.snapshot;
}

/** What identifies a group, to compare it with what Alertmanager posts. */
export function summaryOf({ receiver, groupKey, groupLabels, alerts }: SnapshotGroup['webhook']): object {
  const fingerprints = alerts.map(({ fingerprint }) => fingerprint);
  return { receiver, groupKey, groupLabels, fingerprints };
}
