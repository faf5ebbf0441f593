import { createDispatchers, type Dispatchers } from './dispatchers.ts';
import type { HttpRequest, NoAnswer } from './http-request.ts';
import type { TransportSettings } from './http-settings.ts';
import type { Attempt } from './notifier.ts';
import type { Answer } from './outcome.ts';
import { type Environment, proxiesOf } from './proxy.ts';
import { readSecrets } from './read-secrets.ts';
import { type TlsTexts, tlsOptions } from './tls.ts';

/** Connections, and sending over them. */
export interface Transport {
  /** Sends once. Redirects are not followed, and every status is an answer; it never throws for what the network does. */
  send(request: HttpRequest, attempt: Attempt): Promise<Answer | NoAnswer>;
  /** Closes all connections at once. */
  close(): Promise<void>;
}

/** Sends one request over these connections. */
export type SendOver = (
  dispatchers: Dispatchers,
  request: HttpRequest,
  attempt: Attempt,
) => Promise<Answer | NoAnswer>;

/** Connections with a proxy and TLS settings of their own: made when they are first used, and anew when a file has changed. */
export function createTransport(
  { tls, proxy }: TransportSettings,
  sendOver: SendOver,
  env: Environment,
): Transport {
  const parts = (['ca', 'cert', 'key'] as const).flatMap((part) => {
    const source = tls[part];
    return source === undefined ? [] : [{ part, source }];
  });
  let current: { readonly texts: string; readonly dispatchers: Dispatchers } | undefined;

  /** The connections for what the files hold now. */
  async function refreshed(attempt: Attempt): Promise<Dispatchers | Error> {
    const read = await readSecrets(
      parts.map(({ source }) => source),
      attempt,
    );
    if (read instanceof Error) return read;
    const texts: TlsTexts = Object.fromEntries(parts.map(({ part }, i) => [part, read[i]?.reveal()]));
    const together = JSON.stringify(texts);
    if (current?.texts === together) return current.dispatchers;
    const options = tlsOptions(texts, tls);
    if (options instanceof Error) return options;
    const old = current?.dispatchers;
    current = { texts: together, dispatchers: createDispatchers(proxiesOf(env, proxy), options) };
    if (old !== undefined) void end(old, 'close');
    return current.dispatchers;
  }

  return {
    async send(request, attempt) {
      const found = await refreshed(attempt);
      if (found instanceof Error) return { failure: 'local', code: found.message, notSent: true };
      // Another request may have found a changed file meanwhile.
      return sendOver(current?.dispatchers ?? found, request, attempt);
    },
    async close() {
      if (current !== undefined) await end(current.dispatchers, 'destroy');
    },
  };
}

async function end({ http, https }: Dispatchers, how: 'close' | 'destroy'): Promise<void> {
  await Promise.all([http[how](), https[how]()]);
}
