import type { SecureContext } from 'node:tls';
import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { Proxies } from './proxy.ts';

/** Connections that are opened at most to one origin; further requests wait for a free one. */
export const CONNECTIONS_PER_ORIGIN = 64;

/** Longest wait for a proxy to open a way through, in ms; as undici's for a connection. */
const PROXY_TIMEOUT_MS = 10_000;

const POOL_OPTIONS: Pool.Options = {
  connections: CONNECTIONS_PER_ORIGIN,
  // The attempt's own timer bounds both; undici's are coarser.
  headersTimeout: 0,
  bodyTimeout: 0,
};

/** What an adapter needs of undici. */
export interface Dispatching {
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean;
  /** Closes the connections as they become idle, and opens no more. */
  close(): Promise<void>;
  /** Closes all connections at once. */
  destroy(): Promise<void>;
}

/** One for each scheme, for a proxy of one says nothing of the other's. */
export type Dispatchers = Readonly<Record<'http' | 'https', Dispatching>>;

/** How a TLS connection is made, where it is not as usual. */
export interface TlsOptions {
  readonly secureContext: SecureContext;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}

export function createDispatchers(proxies: Proxies, tls?: TlsOptions): Dispatchers {
  return {
    http: createDispatching(proxies.http, proxies, tls),
    https: createDispatching(proxies.https, proxies, tls),
  };
}

function createDispatching(uri: string | undefined, proxies: Proxies, tls?: TlsOptions): Dispatching {
  const direct = createPools(tls);
  if (!uri) return direct;
  const proxied = createProxied(uri, proxies.headers, tls);
  const chosen = new Map<string, Dispatching>();
  return {
    dispatch(options, handler) {
      const origin = String(options.origin);
      let dispatching = chosen.get(origin);
      if (dispatching === undefined) {
        dispatching = isDirect(origin, proxies) ? direct : proxied;
        chosen.set(origin, dispatching);
      }
      return dispatching.dispatch(options, handler);
    },
    close: async () => void (await Promise.all([direct.close(), proxied.close()])),
    destroy: async () => void (await Promise.all([direct.destroy(), proxied.destroy()])),
  };
}

function isDirect(origin: string, proxies: Proxies): boolean {
  const { protocol, hostname, port } = new URL(origin);
  const ofScheme = protocol === 'https:' ? 443 : 80;
  return proxies.isDirect(hostname.replace(/^\[|\]$/g, ''), port === '' ? ofScheme : Number(port));
}

function createProxied(uri: string, headers: Proxies['headers'], tls?: TlsOptions): Dispatching {
  // The proxy's own certificate has the proxy's name.
  const { servername: _, ...proxyTls } = tls ?? {};
  return new ProxyAgent({
    ...POOL_OPTIONS,
    uri,
    // The type knows single values only; undici sends a list as a header for each.
    headers: headers as Record<string, string>,
    clientFactory: (origin, options) => new Pool(origin, { ...options, headersTimeout: PROXY_TIMEOUT_MS }),
    ...(tls === undefined ? {} : { requestTls: tls as object, proxyTls }),
  });
}

/** A pool per origin. Origins come from the config, so they are few; undici's Agent does the same, for twice the time. */
function createPools(tls?: TlsOptions): Dispatching {
  const pools = new Map<string, Pool>();
  const options = tls === undefined ? POOL_OPTIONS : { ...POOL_OPTIONS, connect: { ...tls } };
  const all = (end: (pool: Pool) => Promise<void>) => Promise.all(Array.from(pools.values(), end));
  return {
    dispatch(request, handler) {
      const origin = String(request.origin);
      let pool = pools.get(origin);
      if (pool === undefined) {
        pool = new Pool(origin, options);
        pools.set(origin, pool);
      }
      return pool.dispatch(request, handler);
    },
    close: async () => void (await all((pool) => pool.close())),
    destroy: async () => void (await all((pool) => pool.destroy())),
  };
}
