import type { HttpClient, NoAnswer } from './http-client.ts';
import type { AnswerRules, Attempt, Outcome, Prepared, Reason, Vendor } from './notifier.ts';
import { outcomeOf } from './outcome.ts';

export interface SendContext {
  readonly http: HttpClient;
  readonly now: () => number;
}

/** Why an aborted attempt was: its time was over, or the daemon is stopping. */
export function abortReason({ reason }: AbortSignal): 'contextDeadlineExceeded' | 'contextCanceled' {
  const over = reason instanceof Error && reason.name === 'TimeoutError';
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
  const credential = reading instanceof Promise ? await reading : reading;
  if (credential instanceof Error) {
    return { status: 'unavailable', reason: 'other', detail: credential.message };
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
  if (answer.status < 300) return outcomeOf(answer, rules, now());
  // An error text may quote the request.
  return outcomeOf({ ...answer, body: answer.body.replaceAll(secret, '<secret>') }, rules, now());
}

function failureReason(failure: NoAnswer['failure'], { signal }: Attempt): Reason {
  if (failure === 'canceled') return abortReason(signal);
  return failure === 'timeout' ? 'contextDeadlineExceeded' : 'network';
}
