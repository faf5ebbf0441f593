import type { NoAnswer } from './http-request.ts';
import type { OAuth2Settings } from './http-settings.ts';
import type { Attempt } from './notifier.ts';
import type { Answer } from './outcome.ts';
import { inTime, readSecrets } from './read-secrets.ts';
import { PLACES, type Place, parseToken, type Token, tokenRefusal, tokenRequest } from './token-request.ts';
import type { Transport } from './transport.ts';

export interface TokenSource {
  /** A token that is good for now; `isNew` when it was fetched meanwhile. */
  take(attempt: Attempt): Promise<{ readonly token: Token; readonly isNew: boolean } | NoAnswer>;
  /** Not to be used again: it was refused. */
  drop(token: Token): void;
  /** Ends a fetch that is under way, and closes the connections to the token's server. */
  close(): Promise<void>;
}

/** Longest time to fetch a token, in ms. Who waits for it may give up sooner, and the next one finds it. */
const FETCH_TIMEOUT_MS = 10_000;

/** How long before it expires a token is no longer used, in ms; as golang.org/x/oauth2. */
const EXPIRES_EARLY_MS = 10_000;

/** Client credentials (RFC 6749 4.4): a token is kept until it expires, and fetched once for all who want one. */
export function createTokenSource(
  settings: OAuth2Settings,
  transport: Transport,
  now: () => number,
): TokenSource {
  const closing = new AbortController();
  const limits: Attempt = { signal: closing.signal, timeoutMs: FETCH_TIMEOUT_MS };
  let kept: { readonly token: Token; readonly goodUntil: number } | undefined;
  let fetching: Promise<Token | NoAnswer> | undefined;
  /** Where this server takes the client's secret: known once it gave a token. */
  let place: Place | undefined;

  async function fetchToken(): Promise<Token | NoAnswer> {
    const read = await readSecrets([settings.clientSecret], limits);
    if (read instanceof Error) return { failure: 'local', code: read.message, notSent: true };
    const secret = read[0]?.reveal() ?? '';
    const [first, second] = place === undefined ? PLACES : [place];
    const found = await ask(secret, first);
    const mayBeElsewhere = 'status' in found && found.status >= 400 && found.status <= 403;
    const answer = second !== undefined && mayBeElsewhere ? await ask(secret, second) : found;
    return 'status' in answer ? tokenRefusal(answer) : answer;
  }

  /** A token, or the answer that holds none. */
  async function ask(secret: string, tried: Place): Promise<Token | NoAnswer | Answer> {
    const answer = await transport.send(tokenRequest(settings, secret, tried), limits);
    if ('failure' in answer) {
      return { ...answer, code: `http_config.oauth2.token_url: ${answer.code}`, notSent: true };
    }
    const parsed = parseToken(answer);
    if (parsed === undefined) return answer;
    place = tried;
    kept = { token: parsed.token, goodUntil: now() + parsed.lifetimeMs - EXPIRES_EARLY_MS };
    return parsed.token;
  }

  return {
    async take(attempt) {
      if (kept !== undefined && now() < kept.goodUntil) return { token: kept.token, isNew: false };
      fetching ??= fetchToken().finally(() => {
        fetching = undefined;
      });
      const token = await inTime(fetching, attempt, () => late(attempt));
      return 'failure' in token ? token : { token, isNew: true };
    },
    drop(token) {
      if (kept?.token === token) kept = undefined;
    },
    async close() {
      closing.abort();
      await transport.close();
    },
  };
}

function late({ signal }: Attempt): NoAnswer {
  const failure = signal.aborted ? 'canceled' : 'timeout';
  return { failure, code: 'http_config.oauth2.token_url: no token in time', notSent: true };
}
