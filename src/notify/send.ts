import type { Secret } from '../notification/secret.ts';
import type { HttpClient, NoAnswer } from './http-client.ts';
import type { AnswerRules, Attempt, Outcome, Prepared, Reason, Vendor } from './notifier.ts';
import { outcomeOf } from './outcome.ts';

export interface SendContext {
  readonly http: HttpClient;
  readonly now: () => number;
}

/** Why an aborted attempt was: its time was over, or the daemon is stopping. */
export function abortReason({ reason }: AbortSignal): 'contextDeadlineExceeded' | 'contextCanceled' {
  const over = (reason as { name?: unknown } | undefined)?.name === 'TimeoutError';
  return over ? 'contextDeadlineExceeded' : 'contextCanceled';
}

/** One attempt to deliver a prepared notification. */
export async function send(
  { request }: Prepared,
  vendor: Vendor,
  rules: AnswerRules,
  attempt: Attempt,
  { http, now }: SendContext,
): Promise<Outcome> {
  const reading = vendor.credential.read();
  // Nothing is awaited where nothing is fetched: this is done for every event.
  const credential =
    reading instanceof Promise ? await inTime(reading, vendor.credential.name, attempt) : reading;
  if (credential instanceof Error) {
    return { status: 'unavailable', reason: 'other', detail: credential.message, notSent: true };
  }
  const secret = credential.reveal();
  const answer = await http.send(
    {
      method: request.method,
      url: request.url,
      headers: request.headers(secret),
      body: request.body(secret),
    },
    attempt,
  );
  if ('failure' in answer) {
    return { status: 'unavailable', reason: failureReason(answer.failure, attempt), detail: answer.code };
  }
  return outcomeOf(answer, rules, now(), (text) => without(secret, text));
}

function failureReason(failure: NoAnswer['failure'], { signal }: Attempt): Reason {
  if (failure === 'canceled') return abortReason(signal);
  return failure === 'timeout' ? 'contextDeadlineExceeded' : 'network';
}

/** `text` without the credential, as it is or as JSON writes it. */
function without(secret: string, text: string): string {
  return text.replaceAll(secret, '<secret>').replaceAll(JSON.stringify(secret).slice(1, -1), '<secret>');
}

/** What is read, or an error when the attempt's time is over first: a file can hang as a vendor can. */
function inTime(
  reading: Promise<Secret | Error>,
  name: string,
  { signal, timeoutMs }: Attempt,
): Promise<Secret | Error> {
  return new Promise((resolve, reject) => {
    const giveUp = () => settle(new Error(`${name} could not be read in time`));
    const timer = setTimeout(giveUp, Math.max(1, timeoutMs));
    signal.addEventListener('abort', giveUp);
    const settle = (result: Secret | Error) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      resolve(result);
    };
    reading.then(settle, reject);
  });
}
