import { Axios, isAxiosError } from 'axios';
import { type Channel, createChannel } from './channel.ts';
import { createDispatchers } from './dispatchers.ts';
import type { HttpRequest, NoAnswer } from './http-request.ts';
import type { HttpSettings } from './http-settings.ts';
import type { Attempt } from './notifier.ts';
import type { Answer } from './outcome.ts';
import { type Environment, proxiesOf } from './proxy.ts';
import { createRound } from './round.ts';
import { createTransport, type SendOver, type Transport } from './transport.ts';
import { HELD_UP, undiciAdapter } from './undici-adapter.ts';

export interface HttpClient {
  /**
   * Sends once, as the settings say; without any, redirects are not followed. Every status is an answer; it never throws
   * for what the network does.
   */
  send(request: HttpRequest, attempt: Attempt, settings?: HttpSettings): Promise<Answer | NoAnswer>;
  /** These settings are in use: the connections of all others are closed as soon as nothing is under way over them. */
  retain(settings: readonly HttpSettings[]): void;
  close(): Promise<void>;
}

export interface HttpClientOptions {
  readonly userAgent: string;
  /** Read for `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in either case. */
  readonly env: Environment;
  /** In ms since the epoch. */
  readonly now: () => number;
}

interface OpenChannel {
  readonly channel: Channel;
  /** Requests under way. */
  users: number;
}

export function createHttpClient({ userAgent, env, now }: HttpClientOptions): HttpClient {
  const shared = createDispatchers(proxiesOf(env));
  const client = new Axios();
  const round = createRound();
  const withCommon = (own: HttpRequest['headers']): HttpRequest['headers'] => {
    const all: Record<string, string | string[]> = { 'User-Agent': userAgent, Accept: 'application/json' };
    return Object.assign(all, own);
  };
  const channels = new Map<string, OpenChannel>();
  let retained: ReadonlySet<string> = new Set();

  const send: SendOver = (dispatchers, { method, url, headers, body, maxAnswerBytes }, attempt) => {
    if (attempt.signal.aborted) return Promise.resolve({ ...noAnswer('ERR_CANCELED'), notSent: true });
    const dispatcher = url.startsWith('https:') ? dispatchers.https : dispatchers.http;
    const adapter = undiciAdapter(dispatcher, withCommon(headers), attempt, round, maxAnswerBytes);
    return client.request<Answer>({ method, url, data: body, adapter }).then(
      ({ data }) => data,
      // An AxiosError prints the request, credentials included: only its code leaves this function.
      (error) => noAnswer(isAxiosError(error) ? error.code : undefined),
    );
  };

  const sharedTransport: Transport = {
    send: (request, attempt) => send(shared, request, attempt),
    close: async () => {},
  };

  async function sendThrough(
    settings: HttpSettings,
    request: HttpRequest,
    attempt: Attempt,
  ): Promise<Answer | NoAnswer> {
    const open = channels.get(settings.id) ?? openChannel(settings);
    open.users++;
    try {
      return await open.channel.send(request, attempt);
    } finally {
      open.users--;
      closeUnused(settings.id, open);
    }
  }

  function openChannel(settings: HttpSettings): OpenChannel {
    const channel = createChannel(settings, {
      transportFor: (own) => (own === undefined ? sharedTransport : createTransport(own, send, env)),
      now,
    });
    const open = { channel, users: 0 };
    channels.set(settings.id, open);
    return open;
  }

  function closeUnused(id: string, { channel, users }: OpenChannel): void {
    if (users > 0 || retained.has(id)) return;
    channels.delete(id);
    void channel.close();
  }

  return {
    send: (request, attempt, settings) =>
      settings === undefined ? send(shared, request, attempt) : sendThrough(settings, request, attempt),
    retain(settings) {
      retained = new Set(settings.map(({ id }) => id));
      for (const [id, open] of channels) closeUnused(id, open);
    },
    async close() {
      const open = Array.from(channels.values(), ({ channel }) => channel.close());
      await Promise.all([shared.http.destroy(), shared.https.destroy(), ...open]);
    },
  };
}

function noAnswer(code = 'UNKNOWN'): NoAnswer {
  if (code === 'ERR_CANCELED') return { failure: 'canceled', code };
  if (code === HELD_UP) return { failure: 'local', code, notSent: true };
  return { failure: code === 'ETIMEDOUT' ? 'timeout' : 'network', code };
}
