import { Axios, isAxiosError } from 'axios';
import { type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';
import { createAbortListeners } from './abort-listeners.ts';
import type { Attempt } from './notifier.ts';
import type { Answer } from './outcome.ts';
import { undiciAdapter } from './undici-adapter.ts';

export interface HttpRequest {
  readonly method: 'POST';
  /** Absolute, with a path, in the form that `new URL()` writes; checked when the config is loaded. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** No answer came. `code` is the network's word (`ECONNREFUSED`), without any part of the request. */
export interface NoAnswer {
  readonly failure: 'network' | 'timeout' | 'canceled';
  readonly code: string;
}

export interface HttpClient {
  /** Sends once. Redirects are not followed, and every status is an answer; it never throws for what the network does. */
  send(request: HttpRequest, attempt: Attempt): Promise<Answer | NoAnswer>;
  close(): Promise<void>;
}

export interface HttpClientOptions {
  readonly userAgent: string;
  /** Read for `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in either case. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Connections that are opened at most to one origin; further requests wait for a free one. */
export const CONNECTIONS_PER_ORIGIN = 64;

export function createHttpClient({ userAgent, env }: HttpClientOptions): HttpClient {
  const { http, https } = createDispatchers(env);
  const client = new Axios();
  const common = { 'User-Agent': userAgent, Accept: 'application/json' };
  const listeners = createAbortListeners();
  return {
    async send({ method, url, headers, body }, attempt) {
      const dispatcher = url.startsWith('https:') ? https : http;
      const adapter = undiciAdapter(dispatcher, { ...common, ...headers }, attempt, listeners);
      try {
        const { data } = await client.request<Answer>({ method, url, data: body, adapter });
        return data;
      } catch (error) {
        // An AxiosError prints the request, credentials included: only its code leaves this function.
        return noAnswer(isAxiosError(error) ? error.code : undefined);
      }
    },
    async close() {
      await Promise.all([http.destroy(), https.destroy()]);
    },
  };
}

function noAnswer(code = 'UNKNOWN'): NoAnswer {
  if (code === 'ERR_CANCELED') return { failure: 'canceled', code };
  return { failure: code === 'ETIMEDOUT' ? 'timeout' : 'network', code };
}

/** What is wrong with the proxy settings, without their values, which may hold a password; undefined when nothing is. */
export function proxyFault(env: HttpClientOptions['env']): string | undefined {
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']) {
    const value = env[name] ?? '';
    if (value !== '' && !(/^https?:\/\//.test(value) && URL.canParse(value))) {
      return `environment variable ${name} is not an address such as http://proxy.example.com:3128`;
    }
  }
  return undefined;
}

/** What an adapter needs of undici. */
export interface Dispatching {
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean;
  destroy(): Promise<void>;
}

/** One for each scheme, for a proxy of one says nothing of the other's. */
function createDispatchers(env: HttpClientOptions['env']): Readonly<Record<'http' | 'https', Dispatching>> {
  return {
    http: createDispatcher(env.http_proxy ?? env.HTTP_PROXY, env),
    https: createDispatcher(env.https_proxy ?? env.HTTPS_PROXY, env),
  };
}

const POOL_OPTIONS: Pool.Options = {
  connections: CONNECTIONS_PER_ORIGIN,
  // The attempt's own timer bounds both; undici's are coarser.
  headersTimeout: 0,
  bodyTimeout: 0,
};

function createDispatcher(proxy: string | undefined, env: HttpClientOptions['env']): Dispatching {
  if (!proxy) return createPools();
  const noProxy = env.no_proxy ?? env.NO_PROXY ?? '';
  return new EnvHttpProxyAgent({ ...POOL_OPTIONS, httpProxy: proxy, httpsProxy: proxy, noProxy });
}

/** A pool per origin. Origins come from the config, so they are few; undici's Agent does the same, for twice the time. */
function createPools(): Dispatching {
  const pools = new Map<string, Pool>();
  return {
    dispatch(options, handler) {
      const origin = String(options.origin);
      let pool = pools.get(origin);
      if (pool === undefined) {
        pool = new Pool(origin, POOL_OPTIONS);
        pools.set(origin, pool);
      }
      return pool.dispatch(options, handler);
    },
    async destroy() {
      await Promise.all(Array.from(pools.values(), (pool) => pool.destroy()));
    },
  };
}
