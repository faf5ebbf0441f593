import { Axios, isAxiosError } from 'axios';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
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
  const dispatcher = createDispatcher(env);
  const client = new Axios();
  const common = { 'User-Agent': userAgent, Accept: 'application/json' };
  return {
    async send({ method, url, headers, body }, attempt) {
      const adapter = undiciAdapter(dispatcher, { ...common, ...headers }, attempt);
      try {
        const { data } = await client.request<Answer>({ method, url, data: body, adapter });
        return data;
      } catch (error) {
        // An AxiosError prints the request, credentials included: only its code leaves this function.
        return noAnswer(isAxiosError(error) ? error.code : undefined);
      }
    },
    close: () => dispatcher.destroy(),
  };
}

function noAnswer(code = 'UNKNOWN'): NoAnswer {
  if (code === 'ERR_CANCELED') return { failure: 'canceled', code };
  return { failure: code === 'ETIMEDOUT' ? 'timeout' : 'network', code };
}

function createDispatcher(env: HttpClientOptions['env']): Dispatcher {
  const options: Agent.Options = {
    connections: CONNECTIONS_PER_ORIGIN,
    // The attempt's own timer bounds both; undici's are coarser.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  const httpProxy = env.http_proxy ?? env.HTTP_PROXY;
  const httpsProxy = env.https_proxy ?? env.HTTPS_PROXY;
  if (!httpProxy && !httpsProxy) return new Agent(options);
  const noProxy = env.no_proxy ?? env.NO_PROXY ?? '';
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: httpProxy ?? '',
    httpsProxy: httpsProxy ?? '',
    noProxy,
  });
}
