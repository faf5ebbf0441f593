import type { Secret } from '../notification/secret.ts';
import { type Authorization, authorizationOf } from './authorization.ts';
import type { HttpRequest, NoAnswer } from './http-request.ts';
import type { HttpSettings } from './http-settings.ts';
import type { Attempt } from './notifier.ts';
import type { Answer } from './outcome.ts';
import { readSecrets } from './read-secrets.ts';
import { redirectOf } from './redirect.ts';
import type { Token } from './token-request.ts';
import { createTokenSource } from './token-source.ts';
import type { Transport } from './transport.ts';

/** Sends as one `http_config` says: over its connections, with its headers and authentication. */
export interface Channel {
  send(request: HttpRequest, attempt: Attempt): Promise<Answer | NoAnswer>;
  close(): Promise<void>;
}

export interface ChannelContext {
  /** Connections for these settings, or those of everybody for none. */
  readonly transportFor: (settings: HttpSettings['transport']) => Transport;
  /** In ms since the epoch. */
  readonly now: () => number;
}

type Headers = HttpRequest['headers'];

/** `agedToken`: one that was not fetched for this very request, so that a 401 may mean that it is too old. */
type Authorized = Partial<Authorization> & { readonly agedToken?: Token };

export function createChannel(settings: HttpSettings, { transportFor, now }: ChannelContext): Channel {
  const { auth, headers, followRedirects } = settings;
  const transport = transportFor(settings.transport);
  const tokens =
    auth?.kind === 'oauth2' ? createTokenSource(auth, transportFor(auth.transport), now) : undefined;

  async function send(request: HttpRequest, attempt: Attempt): Promise<Answer | NoAnswer> {
    const left = timeLeft(attempt);
    const values = await readSecrets(
      headers.map(({ value }) => value),
      left(),
    );
    if (values instanceof Error) return { failure: 'local', code: values.message, notSent: true };
    const full = { ...request, headers: withHeaders(request.headers, headers, values) };
    const authorized = await authorize(full.headers, left());
    if ('failure' in authorized) return authorized;
    const { agedToken } = authorized;
    const answer = await sendAs(authorized, full, values, left);
    if (agedToken === undefined || !('status' in answer) || answer.status !== 401) return answer;
    tokens?.drop(agedToken);
    const anew = await authorize(full.headers, left());
    // The vendor was sent something: the old token.
    if ('failure' in anew) return { failure: anew.failure, code: anew.code };
    return sendAs(anew, full, values, left);
  }

  /**
   * As Alertmanager's client (prometheus/common config/http_config.go): a password or a token of the config does not
   * replace an Authorization header of the vendor's, a fetched token does.
   */
  async function authorize(own: Headers, attempt: Attempt): Promise<Authorized | NoAnswer> {
    if (tokens !== undefined) {
      const taken = await tokens.take(attempt);
      if ('failure' in taken) return taken;
      const { token, isNew } = taken;
      return { header: token.authorization, secrets: [token.secret], ...(isNew ? {} : { agedToken: token }) };
    }
    if (auth === undefined || auth.kind === 'oauth2' || 'Authorization' in own) return {};
    return authorizationOf(auth, attempt);
  }

  async function sendAs(
    { header, secrets = [] }: Authorized,
    request: HttpRequest,
    values: readonly Secret[],
    left: () => Attempt,
  ): Promise<Answer | NoAnswer> {
    const authorization = header === undefined ? {} : { Authorization: header.reveal() };
    const authorized = { ...request, headers: { ...request.headers, ...authorization } };
    const answer = await follow(authorized, left);
    return 'failure' in answer ? answer : { ...answer, secrets: [...secrets, ...values] };
  }

  async function follow(request: HttpRequest, left: () => Attempt): Promise<Answer | NoAnswer> {
    let { url } = request;
    for (let followed = 0; ; followed++) {
      const answer = await transport.send({ ...request, url }, left());
      if ('failure' in answer || !followRedirects) return answer;
      const to = redirectOf(answer, url, followed);
      if (to === undefined) return answer;
      if (to instanceof Error) return { ...answer, note: to.message };
      url = to;
    }
  }

  return {
    send,
    async close() {
      await Promise.all([transport.close(), tokens?.close()]);
    },
  };
}

/** What is left of an attempt, whenever it is asked. */
function timeLeft(attempt: Attempt): () => Attempt {
  const endsAt = performance.now() + attempt.timeoutMs;
  return () => ({ ...attempt, timeoutMs: endsAt - performance.now() });
}

function withHeaders(
  own: Headers,
  added: HttpSettings['headers'],
  values: readonly Secret[],
): Record<string, string | string[]> {
  const all = new Map<string, string | string[]>(Object.entries(own));
  for (const [i, { name }] of added.entries()) {
    all.set(name, [all.get(name) ?? [], values[i]?.reveal() ?? []].flat());
  }
  return Object.fromEntries(all);
}
