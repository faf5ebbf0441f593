import type { Secret } from '../notification/secret.ts';
import { truncate } from '../notification/text.ts';
import type { AnswerRules, Outcome, Reason } from './notifier.ts';
import { parseBody } from './parse-body.ts';

/** An HTTP answer as far as it was read. Header names are in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** What the answer may quote of the request, beside the vendor's credential. */
  readonly secrets?: readonly Secret[];
  /** Why it is no other answer: a redirect that was not followed. */
  readonly note?: string;
}

/** Longest text of a vendor's that goes into logs, replies and records, in characters. */
export const MAX_DETAIL = 300;

/** Longest wait taken from a vendor, in seconds: it also keeps a nonsense header from being an overflow. */
const MAX_WAIT_SECONDS = 86_400;

/**
 * The one table from HTTP status to outcome: 2xx accepted; 408, 429 and 5xx later; anything else never, redirects
 * included (Alertmanager's Retrier, notify/util.go; for Opsgenie's 501 its SDK). `redact` takes credentials out of the
 * vendor's words, which may quote the request.
 */
export function outcomeOf(
  answer: Answer,
  rules: AnswerRules,
  nowMs: number,
  redact: (text: string) => string,
): Outcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return { status: 'accepted' };
  const reason = reasonOf(status);
  const detail = detailOf(answer, rules, redact);
  const later = status === 408 || status === 429 || (status >= 500 && !rules.final.includes(status));
  if (!later) return { status: 'rejected', reason, detail, ...(status === 413 ? { tooLarge: true } : {}) };
  const retryAfterMs = waitOf(answer, rules, nowMs);
  return { status: 'unavailable', reason, detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function reasonOf(status: number): Reason {
  if (status === 401 || status === 403) return 'authError';
  if (status === 429) return 'rateLimited';
  if (status >= 500 && status < 600) return 'serverError';
  return status >= 400 && status < 500 ? 'clientError' : 'other';
}

function detailOf(
  { status, body, note }: Answer,
  rules: AnswerRules,
  redact: (text: string) => string,
): string {
  const words = note ?? redact(rules.errorText(parseBody(body)));
  return truncate(words === '' ? `status ${status}` : `status ${status}: ${words}`, MAX_DETAIL);
}

/** The wait that the vendor asks for, in ms: `Retry-After` as seconds or as a date (RFC 9110 10.2.3), else its own header. */
function waitOf({ status, headers }: Answer, rules: AnswerRules, nowMs: number): number | undefined {
  // Opsgenie sends its header with every answer; it is a wait only after 429.
  const own = rules.pauseHeader === undefined || status !== 429 ? undefined : headers[rules.pauseHeader];
  // A date is by the vendor's clock, which may not be ours.
  const answeredAt = httpDate(String(headers.date));
  const from = Number.isNaN(answeredAt) ? nowMs : answeredAt;
  for (const value of [headers['retry-after'], own]) {
    if (typeof value !== 'string') continue;
    const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (httpDate(value) - from) / 1000;
    if (!Number.isNaN(seconds)) return Math.min(Math.max(seconds, 0), MAX_WAIT_SECONDS) * 1000;
  }
  return undefined;
}

/** `Sun, 06 Nov 1994 08:49:37 GMT` or its older form `Sunday, 06-Nov-94 08:49:37 GMT`; NaN for any other text. */
function httpDate(text: string): number {
  const isDate = /^[A-Z][a-z]+, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d:\d\d:\d\d GMT$/.test(text.trim());
  return isDate ? Date.parse(text) : Number.NaN;
}
