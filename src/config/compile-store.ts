import type { SecretSource } from '../notification/secret.ts';
import { compileOptionalSecret } from './compile-section.ts';
import type { Fault } from './problem.ts';
import type { ConfigFile } from './schema.ts';
import type { SecretContext, SecretRules } from './secret-source.ts';

/** `dedup.store.redis`. */
export interface StoreConfig {
  readonly url: SecretSource;
  readonly prefix: string;
  readonly ttlMs: number;
}

const REDIS_URL: SecretRules = {
  what: 'an address',
  maxBytes: 64 * 1024,
  fault(value) {
    const url = urlOf(value);
    if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === '')
      return 'is no redis:// or rediss:// address';
    if (!isDecodable(url.username) || !isDecodable(url.password))
      return 'has a % in user or password that stands for nothing: a % itself is %25';
    return /^\/?\d*$/.test(url.pathname) ? undefined : 'names a database that is no number';
  },
};

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Where replicas share what they know, if they do. */
export function compileStore(
  { store }: ConfigFile['dedup'],
  ttlMs: number,
  context: SecretContext,
  faults: Fault[],
): { readonly store?: StoreConfig } {
  const { redis } = store ?? {};
  if (redis === undefined) return {};
  const path = ['dedup', 'store', 'redis'];
  const section = { settings: redis, path, label: 'dedup.store.redis', called: '' };
  const url = compileOptionalSecret(section, 'url', REDIS_URL, context, faults);
  if (url !== undefined) return { store: { url, prefix: redis.prefix, ttlMs } };
  faults.push({
    path,
    message: 'no address: set url, url_file or url_env',
    missing: ['url', 'url_file', 'url_env'],
  });
  return {};
}

function urlOf(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}
