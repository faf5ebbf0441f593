import pRetry from 'p-retry';
import type { ConfiguredIntegration } from '../config/compile-receiver.ts';
import type { Notification } from '../notification/notification.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { FollowUp, Outcome, Prepared, VendorRequest } from '../notify/notifier.ts';
import { abortReason, type Exchanged, exchange } from '../notify/send.ts';
import { abortSignalOf } from '../notify/signal.ts';
import { type Ending, within } from '../observe/span.ts';
import type { Counters } from './counters.ts';
import type { Deadline } from './deadline.ts';
import type { Gate } from './gate.ts';

/** Waits between attempts grow from the first to the longest, each made up to twice as long at random, in ms. */
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 3000;
/** An attempt without an answer says something of the endpoint when it had so long, in ms, however soon the deadline came. */
const TELLING_MS = 2_000;

export interface DeliverContext {
  readonly http: HttpClient;
  readonly gate: Gate;
  readonly now: () => number;
  /** Who goes first where requests have to wait; the lowest does (gate.ts). */
  readonly rank: () => number;
  readonly counters: Pick<Counters, 'requests' | 'requestsFailed' | 'rateLimitedSeconds' | 'keysRefused'>;
}

export interface Delivery {
  readonly outcome: Outcome;
  readonly attempts: number;
  readonly prepared: Prepared;
  /** What the vendor said to requests that it refused without harm to the notification. */
  readonly refused: readonly string[];
  /** What the vendor said to the first of two keys, whose second it took. */
  readonly keyRefused?: string | undefined;
  /** How to ask later whether what was accepted has been done. */
  readonly followUp?: FollowUp | undefined;
}

/** An outcome that is worth another attempt, in the form that p-retry acts on. */
class Unavailable extends Error {}

/**
 * Delivers one notification: attempts until it is accepted or rejected, or until the deadline. A wait that the vendor
 * asks for and that would pass the deadline ends the delivery at once, and so does an endpoint that is known to be down.
 */
export async function deliver(
  notification: Notification,
  to: ConfiguredIntegration,
  deadline: Deadline,
  context: DeliverContext,
): Promise<Delivery> {
  const { gate, now, rank, counters } = context;
  const { vendor, attemptTimeoutMs } = to;
  let prepared = vendor.prepare(notification, false);
  let reduced = false;
  let attempts = 0;
  /** How many of the requests are over: a retry goes on where the last attempt ended. */
  let done = 0;
  const refused: string[] = [];
  /** Whether the endpoint's breaker let nothing through the last time. */
  let isDown = false;
  let keyRefused: string | undefined;
  let followUp: FollowUp | undefined;
  let outcome: Outcome = ACCEPTED;
  if (deadline.signal.aborted) return { outcome: outOfTime(deadline), attempts, prepared, refused };

  const sendOnce = async (request: VendorRequest, mayStart: () => boolean): Promise<Outcome> => {
    const leftMs = deadline.at - now();
    const limits = { signal: deadline.signal, timeoutMs: Math.min(attemptTimeoutMs, leftMs), mayStart };
    const exchanged = await within(
      deadline.span?.begin(request.method, 'client'),
      () => exchange(request, to, limits, context),
      (ended) => endingOf(request, attempts, ended),
    );
    const { outcome: found, body = '' } = exchanged;
    if (exchanged.keyRefused !== undefined) {
      keyRefused = exchanged.keyRefused;
      counters.keysRefused.count++;
    }
    if (found.status === 'accepted' && !request.isExtra)
      followUp = vendor.followUp?.(notification.action, body);
    if (found.status !== 'unavailable' || !found.notSent) {
      counters.requests.count++;
      if (found.status !== 'accepted') counters.requestsFailed.count++;
    }
    const isCut =
      found.status === 'unavailable' &&
      found.reason === 'contextDeadlineExceeded' &&
      leftMs < Math.min(attemptTimeoutMs, TELLING_MS);
    return isCut ? { ...found, isCut } : found;
  };
  const passing = { to, rank, deadline, counters };
  /** Sends what is left to be sent, as far as it goes. */
  const attempt = async (): Promise<void> => {
    attempts++;
    for (let request = prepared.requests[done]; request !== undefined; request = prepared.requests[done]) {
      const found = await gate.pass(passing, (mayStart) => sendOnce(request, mayStart));
      isDown = wasNotTried(found);
      outcome = newest(found, outcome, attempts);
      if (outcome.status === 'accepted') {
        done++;
      } else if (outcome.status === 'rejected' && outcome.tooLarge && !reduced) {
        reduced = true;
        prepared = vendor.prepare(notification, true);
        attempts++;
      } else if (mayFail(request, outcome, prepared.requests.slice(done + 1))) {
        refused.push(outcome.detail);
        outcome = ACCEPTED;
        done++;
      } else return;
    }
  };

  await attempt();
  // Most deliveries end here, before p-retry's machinery is set up; its first attempt is the one just made.
  if (outcome.status === 'unavailable') {
    const worthAnother = (): boolean => {
      if (outcome.status !== 'unavailable' || isDown) return false;
      return !deadline.signal.aborted && now() + (outcome.retryAfterMs ?? 0) + FIRST_WAIT_MS < deadline.at;
    };
    try {
      await pRetry(
        async (number) => {
          if (number > 1) await attempt();
          if (outcome.status === 'unavailable') throw new Unavailable();
        },
        {
          retries: Number.POSITIVE_INFINITY,
          minTimeout: FIRST_WAIT_MS,
          maxTimeout: LONGEST_WAIT_MS,
          randomize: true,
          signal: abortSignalOf(deadline.signal),
          shouldRetry: ({ error }) => error instanceof Unavailable && worthAnother(),
        },
      );
    } catch (error) {
      // The deadline comes as the signal's reason; what the last attempt found says more.
      if (!(error instanceof Unavailable) && error !== deadline.signal.reason) throw error;
    }
  }
  // What is left only adds to what was accepted: sent again as a whole, that would be said twice.
  if (
    outcome.status === 'unavailable' &&
    done > 0 &&
    prepared.requests.slice(done).every(({ isExtra }) => isExtra)
  ) {
    refused.push(outcome.detail);
    outcome = ACCEPTED;
  }
  return { outcome, attempts, prepared, refused, keyRefused, followUp };
}

const ACCEPTED: Outcome = { status: 'accepted' };

/** The endpoint's breaker let nothing through. */
function wasNotTried(found: Outcome): boolean {
  return found.status === 'unavailable' && found.reason === 'circuitOpen';
}

/** What the deadline cut short, or was not sent again, says nothing new. */
function newest(found: Outcome, before: Outcome, attempts: number): Outcome {
  const saysNothing = found.status === 'unavailable' && (found.isCut || wasNotTried(found));
  return saysNothing && attempts > 1 && before.status === 'unavailable' ? before : found;
}

/** One that only adds to another may be refused; and what comes before the other may not hold it up. */
function mayFail({ isExtra }: VendorRequest, { status }: Outcome, rest: readonly VendorRequest[]): boolean {
  return isExtra === true && (status === 'rejected' || rest.some((next) => !next.isExtra));
}

/** What a trace says of a request. Its address is left out: it holds an incident key, and in a test perhaps more. */
function endingOf({ method, url }: VendorRequest, attempts: number, { outcome, status }: Exchanged): Ending {
  const { hostname, port, protocol } = new URL(url);
  const attributes = {
    'http.request.method': method,
    'server.address': hostname,
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
    'http.response.status_code': status,
    'http.request.resend_count': attempts > 1 ? attempts - 1 : undefined,
  };
  if (outcome.status === 'accepted') return { attributes };
  return { attributes: { ...attributes, 'error.type': outcome.reason }, error: outcome.detail };
}

function outOfTime({ signal }: Deadline): Outcome {
  const detail = 'there was no time left for an attempt';
  return { status: 'unavailable', reason: abortReason(signal), detail };
}
