import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Secret, SecretSource } from '../notification/secret.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { costOf, type Passwords } from './passwords.ts';
import { errorReply, type Reply } from './reply.ts';
import { isSigned } from './signature.ts';
import type { Throttle } from './throttle.ts';
import { hasWay, type Scope, type Ways, type WebConfig } from './web-config.ts';

/** Whether requests may do what they ask for. */
export interface Access {
  /** Undefined: it may. `signed`: that depends on its body, which is to be given to `refusalOfBody`. */
  refusal(scope: Scope, request: IncomingMessage): undefined | Promise<Refusal | 'signed' | undefined>;
  refusalOfBody(scope: Scope, request: IncomingMessage, body: Buffer): Promise<Refusal | undefined>;
}

/** An answer to who may not. */
export interface Refusal extends Reply {
  readonly headers: Readonly<Record<string, string>>;
}

export interface AccessOptions {
  readonly config: () => WebConfig;
  readonly passwords: Passwords;
  readonly throttle: Throttle;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly now: () => number;
}

/** `unknown`: it could not be found out now. `none`: there were no credentials of a kind that the scope takes. */
type Verdict = 'right' | 'unknown' | Fault;
type Fault = 'wrong' | 'none' | 'elsewhere';

/** Tokens found right that are remembered. */
const MAX_RIGHT_TOKENS = 1_000;

/**
 * Checks credentials in constant time. What is not known to be wrong is answered 503, for Alertmanager sends nothing again
 * that was answered 4xx. Who has failed often waits; what was found right before passes all the same.
 */
export function createAccess(options: AccessOptions): Access {
  const { config, passwords, throttle, metrics, log, now } = options;
  /** Hashes of tokens that were right: who has one is not kept out by who guesses from the same address. */
  const rightTokens = new LRUCache<string, true>({ max: MAX_RIGHT_TOKENS });
  const unreadable = new Set<string>();

  async function judge(scope: Scope, ways: Ways, request: IncomingMessage): Promise<Refusal | undefined> {
    const address = request.socket.remoteAddress ?? '';
    const waitS = throttle.waitS(address);
    const verdict = await verdictOf(scope, ways, request.headers.authorization ?? '', waitS > 0);
    if (verdict === 'right') return undefined;
    if (verdict === 'unknown') return postpone(scope, Math.max(1, waitS));
    return refuse(scope, ways, verdict, address);
  }

  function refuse(scope: Scope, ways: Ways, verdict: Fault, address: string): Refusal {
    const waitS = throttle.waitS(address);
    if (waitS > 0) return postpone(scope, waitS);
    metrics.access_refused_total.inc({ scope });
    // Who sends none does not guess; Prometheus and browsers begin so.
    if (verdict === 'wrong') throttle.failed(address);
    log.warn('access refused', { scope, address, reason: REASONS[verdict] });
    if (verdict === 'elsewhere')
      return refused(403, `these credentials are not for this (scopes.${scope} of the web config)`);
    if (!hasWay(ways))
      return refused(403, `nobody may do this: the web config has no credentials for scopes.${scope}`);
    const challenge = challengeOf(ways);
    return refused(401, 'credentials are needed, or these are wrong', challenge);
  }

  async function verdictOf(
    scope: Scope,
    ways: Ways,
    authorization: string,
    isThrottled: boolean,
  ): Promise<Verdict> {
    const [, kind = '', value = ''] = /^(\S+) +(\S+) *$/.exec(authorization) ?? [];
    if (kind.toLowerCase() === 'bearer') return tokenVerdict(scope, ways, value, isThrottled);
    if (kind.toLowerCase() === 'basic') return userVerdict(scope, ways, value, isThrottled);
    return 'none';
  }

  async function tokenVerdict(
    scope: Scope,
    { tokens }: Ways,
    token: string,
    isThrottled: boolean,
  ): Promise<Verdict> {
    const given = createHash('sha256').update(token).digest();
    const id = given.toString('base64');
    if (isThrottled && !rightTokens.has(id)) return 'unknown';
    const own = await readAll(tokens);
    const verdict = isAmong(own.secrets, given) ? 'right' : own.areAll ? 'wrong' : 'unknown';
    if (verdict === 'right') rightTokens.set(id, true);
    if (verdict !== 'wrong') return verdict;
    const others = await Promise.all(otherScopes(scope).map((ways) => readAll(ways.tokens)));
    return others.some(({ secrets }) => isAmong(secrets, given)) ? 'elsewhere' : 'wrong';
  }

  /** What can be read of them now, and whether that is all. It is said when one cannot be read any more, and when it can again. */
  async function readAll(
    sources: readonly SecretSource[],
  ): Promise<{ readonly secrets: readonly Secret[]; readonly areAll: boolean }> {
    const secrets: Secret[] = [];
    for (const source of sources) {
      const secret = await source.read();
      const wasUnreadable = unreadable.has(source.id);
      if (secret instanceof Error) {
        if (!wasUnreadable) log.error('credentials cannot be read', { detail: secret.message });
        unreadable.add(source.id);
        continue;
      }
      if (wasUnreadable) log.info('credentials can be read again', { name: source.name });
      unreadable.delete(source.id);
      secrets.push(secret);
    }
    return { secrets, areAll: secrets.length === sources.length };
  }

  async function userVerdict(
    scope: Scope,
    { users }: Ways,
    value: string,
    isThrottled: boolean,
  ): Promise<Verdict> {
    const [, user = '', password = ''] =
      /^([^:]*):(.*)$/s.exec(Buffer.from(value, 'base64').toString('utf8')) ?? [];
    const elsewhere = otherScopes(scope)
      .map((ways) => ways.users.get(user))
      .find((hash) => hash !== undefined);
    const hash = users.get(user) ?? elsewhere;
    if (!passwords.isKnown(password, hash)) {
      const cost = Math.max(...allHashes().map(costOf), 4);
      // To find out takes bcrypt's time, which who guesses is not given.
      const isRight = isThrottled ? undefined : await passwords.check(password, hash, cost);
      if (isRight === undefined) return 'unknown';
      if (!isRight) return 'wrong';
    }
    return users.has(user) ? 'right' : 'elsewhere';
  }

  function otherScopes(scope: Scope): readonly Ways[] {
    return Object.entries(config().scopes).flatMap(([name, ways]) => (name === scope ? [] : [ways]));
  }

  function allHashes(): readonly string[] {
    return Object.values(config().scopes).flatMap((ways) => [...ways.users.values()]);
  }

  function postpone(scope: Scope, seconds: number): Refusal {
    metrics.access_undecided_total.inc({ scope });
    return unavailable(seconds);
  }

  return {
    refusal(scope, request) {
      const ways = config().scopes[scope];
      if (ways.anonymous) return undefined;
      const { signature } = ways;
      if (signature !== undefined && request.headers[signature.header] !== undefined)
        return Promise.resolve('signed');
      return judge(scope, ways, request);
    },
    async refusalOfBody(scope, request, body) {
      const ways = config().scopes[scope];
      const { signature } = ways;
      const address = request.socket.remoteAddress ?? '';
      const { secrets, areAll } = await readAll(signature?.secrets ?? []);
      if (signature !== undefined && isSigned(request.headers, body, secrets, signature, now()))
        return undefined;
      return areAll ? refuse(scope, ways, 'wrong', address) : postpone(scope, 1);
    },
  };
}

const REASONS: Readonly<Record<Fault, string>> = {
  wrong: 'wrong credentials',
  none: 'no credentials that are taken here',
  elsewhere: 'credentials for something else',
};

/** Whether a token with this hash is one of these. All are compared, each by its hash: the time tells nothing. */
function isAmong(secrets: readonly Secret[], given: Buffer): boolean {
  let isOne = false;
  for (const secret of secrets) {
    const own = createHash('sha256').update(secret.reveal()).digest();
    isOne = timingSafeEqual(given, own) || isOne;
  }
  return isOne;
}

function challengeOf({ users, tokens }: Ways): Readonly<Record<string, string>> {
  const kinds = [...(users.size > 0 ? ['Basic'] : []), ...(tokens.length > 0 ? ['Bearer'] : [])];
  if (kinds.length === 0) return {};
  return { 'WWW-Authenticate': kinds.map((kind) => `${kind} realm="pagerelay"`).join(', ') };
}

function refused(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Refusal {
  return { ...errorReply(status, message), headers };
}

function unavailable(seconds: number): Refusal {
  const reply = errorReply(503, 'credentials cannot be checked now; try again later');
  return { ...reply, headers: { 'Retry-After': String(seconds) } };
}
