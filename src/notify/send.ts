import type { Secret } from '../notification/secret.ts';
import type { HttpClient } from './http-client.ts';
import type { NoAnswer } from './http-request.ts';
import type { HttpSettings } from './http-settings.ts';
import type { AnswerRules, Attempt, Notifier, Outcome, Reason, VendorRequest } from './notifier.ts';
import { type Answer, outcomeOf } from './outcome.ts';
import { inTime } from './read-secrets.ts';
import type { Signal } from './signal.ts';

/** Where to send, and how. */
export interface Destination {
  readonly notifier: Pick<Notifier, 'credential'>;
  readonly vendor: { readonly answers: AnswerRules };
  /** Its `http_config`, if any. */
  readonly http?: HttpSettings;
}

export interface SendContext {
  readonly http: HttpClient;
  readonly now: () => number;
}

/** Why an aborted attempt was: its time was over, or the daemon is stopping. */
export function abortReason({ reason }: Signal): 'contextDeadlineExceeded' | 'contextCanceled' {
  const over = (reason as { name?: unknown } | undefined)?.name === 'TimeoutError';
  return over ? 'contextDeadlineExceeded' : 'contextCanceled';
}

/** What came of one request, and its answer where there was one. */
export interface Exchanged {
  readonly outcome: Outcome;
  readonly status?: number;
  readonly body?: string;
  /** What the vendor said to the credential whose `next` it took instead. */
  readonly keyRefused?: string;
  /** Takes credentials out of the vendor's words, which may quote the request. */
  redact?(text: string): string;
}

/**
 * One attempt to deliver a request. A credential that is refused and has a `next` is followed by that at once: it was sent
 * once and refused, so nothing is said twice.
 */
export function exchange(
  request: VendorRequest,
  destination: Destination,
  attempt: Attempt,
  context: SendContext,
): Promise<Exchanged> {
  const { credential: source } = destination.notifier;
  const go = (credential: Secret | Error) => {
    if (credential instanceof Error) return Promise.resolve(unread(credential));
    const next = credential.next();
    return next === undefined
      ? exchangeWith(credential, request, destination, attempt, context)
      : exchangeWithEither(credential, next, request, destination, attempt, context);
  };
  const reading = source.read();
  // Nothing is awaited where nothing is fetched: this is done for every event.
  if (!(reading instanceof Promise)) return go(reading);
  return inTime(reading, attempt, () => new Error(`${source.name} could not be read in time`)).then(go);
}

function unread({ message: detail }: Error): Exchanged {
  return { outcome: { status: 'unavailable', reason: 'other', detail, notSent: true } };
}

async function exchangeWithEither(
  credential: Secret,
  next: Secret,
  request: VendorRequest,
  destination: Destination,
  attempt: Attempt,
  context: SendContext,
): Promise<Exchanged> {
  const { notifier, vendor } = destination;
  const isRefused = ({ status = 0 }: Exchanged) => vendor.answers.refusesKey.includes(status);
  const exchanged = await exchangeWith(credential, request, destination, attempt, context);
  if (exchanged.outcome.status === 'accepted' || !isRefused(exchanged)) return exchanged;
  const again = await exchangeWith(next, request, destination, attempt, context);
  // Refused too, it was not for the key, or neither is right.
  if (isRefused(again)) return exchanged;
  if (again.outcome.status !== 'accepted') return again;
  notifier.credential.passOver?.(credential);
  return { ...again, keyRefused: exchanged.outcome.detail };
}

function exchangeWith(
  credential: Secret,
  request: VendorRequest,
  { vendor, http: settings }: Destination,
  attempt: Attempt,
  { http, now }: SendContext,
): Promise<Exchanged> {
  const secret = credential.reveal();
  const { method, url, maxAnswerBytes } = request;
  const [headers, body] = [request.headers(secret), request.body(secret)];
  return http
    .send({ method, url, headers, body, maxAnswerBytes }, attempt, settings)
    .then((answer) => exchangedFor(answer, secret, vendor.answers, attempt, now()));
}

function exchangedFor(
  answer: Answer | NoAnswer,
  secret: string,
  rules: AnswerRules,
  attempt: Attempt,
  nowMs: number,
): Exchanged {
  if ('failure' in answer) {
    const { failure, code: detail, notSent } = answer;
    const reason = failureReason(failure, attempt);
    return { outcome: { status: 'unavailable', reason, detail, ...(notSent ? { notSent } : {}) } };
  }
  const redact = (text: string) =>
    without([secret, ...(answer.secrets ?? []).map((own) => own.reveal())], text);
  const outcome = outcomeOf(answer, rules, nowMs, redact);
  return { outcome, status: answer.status, body: answer.body, redact };
}

function failureReason(failure: NoAnswer['failure'], { signal }: Attempt): Reason {
  if (failure === 'canceled') return abortReason(signal);
  return REASONS_WITHOUT_ANSWER[failure];
}

const REASONS_WITHOUT_ANSWER = {
  timeout: 'contextDeadlineExceeded',
  network: 'network',
  auth: 'authError',
  local: 'other',
} as const;

/** `text` without the secrets, as they are or as JSON writes them; longer ones first, for one may be part of another. */
function without(secrets: readonly string[], text: string): string {
  return secrets
    .filter((secret) => secret !== '')
    .sort((a, b) => b.length - a.length)
    .reduce(
      (rest, secret) =>
        rest.replaceAll(secret, '<secret>').replaceAll(JSON.stringify(secret).slice(1, -1), '<secret>'),
      text,
    );
}
