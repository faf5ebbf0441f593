import pRetry from 'p-retry';
import type { Integration } from '../config/compile-receiver.ts';
import type { Notification } from '../notification/notification.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { FollowUp, Outcome, Prepared, VendorRequest } from '../notify/notifier.ts';
import { abortReason, type Exchanged, exchange } from '../notify/send.ts';
import { abortSignalOf } from '../notify/signal.ts';
import { type Ending, within } from '../observe/span.ts';
import type { Counters } from './counters.ts';
import type { Deadline } from './deadline.ts';
import { type Gate, type Passing, RANK } from './gate.ts';
import type { Mutable } from './mutable.ts';
import type { Way } from './turns.ts';
import { untilLate } from './until-late.ts';

/** Waits between attempts grow from the first to the longest, each made up to twice as long at random, in ms. */
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 3000;
/** What had to wait for longer before it is sent may be overtaken, in ms: well under a second, the shortest `Retry-After` above 0. */
const WAITED_MS = 250;
/** The same of what was looked at: it had to wait once more. */
const WAITED_AGAIN_MS = 1_000;
/** A page that waits is looked at no more often, for it is to be sent, however long each of its waits: but for its end. */
const MAX_LOOKS = 5;
/** An attempt without an answer says something of the endpoint when it had so long, in ms, however soon the deadline came. */
const TELLING_MS = 2_000;

export interface DeliverContext {
  readonly http: HttpClient;
  readonly gate: Gate;
  readonly now: () => number;
  /** The incident at its account (`Job.place`). */
  readonly place: string;
  /** Who goes first where requests have to wait; the lowest does (gate.ts). */
  readonly rank: () => number;
  /** Whether Alertmanager says otherwise by now; asked where it had to wait, or its end waits. */
  readonly isOvertaken?: (() => Promise<boolean>) | undefined;
  /** How it gives way to its end (turns.ts). */
  readonly way?: Way | undefined;
  readonly counters: Pick<Counters, 'requests' | 'requestsFailed' | 'rateLimitedSeconds' | 'keysRefused'>;
}

export interface Delivery {
  readonly outcome: Outcome;
  readonly attempts: number;
  readonly prepared: Prepared;
  /** Whether a request was sent to which the vendor did not say yes or no: it may have taken it. */
  readonly mayHaveArrived: boolean;
  /** What the vendor said to requests that it refused without harm to the notification. */
  readonly refused: readonly string[];
  /** What the vendor said to the first of two keys, whose second it took. */
  readonly keyRefused?: string | undefined;
  /** How to ask later whether what was accepted has been done. */
  readonly followUp?: FollowUp | undefined;
}

/** A delivery under way: what it is about, and how far it has come. */
interface Delivering extends Mutable<Delivery> {
  readonly notification: Notification;
  readonly to: Integration;
  readonly deadline: Deadline;
  readonly context: DeliverContext;
  readonly refused: string[];
  /** When it was looked at last, or began, in ms since the epoch. */
  judgedAt: number;
  /** How often it was looked at. */
  looks: number;
  /** Whether it was looked at because its end waited. */
  isHeldToEnd: boolean;
  /** Whether it was cut down because the vendor found it too large. */
  reduced: boolean;
  /** How many of the requests are over: a retry goes on where the last attempt ended. */
  done: number;
  /** Whether another attempt is of no use: the endpoint's breaker let nothing through the last time, or it was overtaken. */
  isOver: boolean;
}

/**
 * Delivers one notification: attempts until it is accepted or rejected, or until the deadline. A wait that the vendor
 * asks for and that would pass the deadline ends the delivery at once, and so does an endpoint that is known to be down.
 */
export function deliver(
  notification: Notification,
  to: Integration,
  deadline: Deadline,
  context: DeliverContext,
): Promise<Delivery> {
  const delivering: Delivering = {
    notification,
    to,
    deadline,
    context,
    judgedAt: context.now(),
    looks: 0,
    isHeldToEnd: false,
    prepared: to.notifier.prepare(notification, false),
    reduced: false,
    attempts: 0,
    mayHaveArrived: false,
    done: 0,
    refused: [],
    isOver: false,
    keyRefused: undefined,
    followUp: undefined,
    outcome: ACCEPTED,
  };
  if (deadline.signal.aborted) return Promise.resolve({ ...delivering, outcome: outOfTime(deadline) });
  // Most deliveries end here, before p-retry's machinery is set up.
  return attempt(delivering).then(() =>
    delivering.outcome.status === 'unavailable' ? persist(delivering) : delivering,
  );
}

/** An outcome that is worth another attempt, in the form that p-retry acts on. */
class Unavailable extends Error {}

/** Attempts it again and again, after one that came to nothing: that is p-retry's first. */
async function persist(delivering: Delivering): Promise<Delivery> {
  const { deadline, context } = delivering;
  const worthAnother = (): boolean => {
    const { outcome, isOver } = delivering;
    if (outcome.status !== 'unavailable' || isOver) return false;
    return (
      !deadline.signal.aborted && context.now() + (outcome.retryAfterMs ?? 0) + FIRST_WAIT_MS < deadline.at
    );
  };
  try {
    await pRetry(
      async (number) => {
        if (number > 1) await attempt(delivering);
        if (delivering.outcome.status === 'unavailable') throw new Unavailable();
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
  const { outcome, prepared, refused, done } = delivering;
  // What is left only adds to what was accepted: sent again as a whole, that would be said twice.
  if (
    outcome.status === 'unavailable' &&
    done > 0 &&
    prepared.requests.slice(done).every(({ isExtra }) => isExtra)
  ) {
    refused.push(outcome.detail);
    delivering.outcome = ACCEPTED;
  }
  return delivering;
}

function attempt(delivering: Delivering): Promise<void> {
  const { to, deadline, context } = delivering;
  const { place: who, rank, counters } = context;
  delivering.attempts++;
  return sendRest(delivering, { to, who, rank, deadline, counters });
}

/** Sends what is left to be sent, as far as it goes. */
function sendRest(delivering: Delivering, passing: Passing): Promise<void> {
  const request = delivering.prepared.requests[delivering.done];
  if (request === undefined) return Promise.resolve();
  const send = (mayStart: () => boolean) => insteadOf(delivering) ?? sendOnce(request, delivering, mayStart);
  return delivering.context.gate.pass(passing, send).then((found) => {
    if (found === LOOK_FIRST) return lookFirst(delivering, passing);
    if (found === GAVE_WAY) return giveUp(delivering, GAVE_WAY);
    return goesOn(found, request, delivering) ? sendRest(delivering, passing) : undefined;
  });
}

/** What the vendor may have taken already is sent to its end: else nobody would know how it stands there. */
function insteadOf(delivering: Delivering): Promise<Outcome> | undefined {
  const { context, judgedAt, isHeldToEnd, done, mayHaveArrived } = delivering;
  if (done > 0 || mayHaveArrived) return undefined;
  const { isOvertaken, way, now } = context;
  // Alertmanager's word on it counts: the end may be that of a peer that knows less.
  if (isOvertaken === undefined) return way?.give() ? Promise.resolve(GAVE_WAY) : undefined;
  const ageMs = now() - judgedAt;
  // The clock may have been set back.
  const hasWaited = ageMs > freshForMs(delivering) || ageMs < 0;
  return hasWaited || (way?.isAsked() && !isHeldToEnd) ? Promise.resolve(LOOK_FIRST) : undefined;
}

/** How long after it was looked at, or began, it may be sent without another look, in ms. */
function freshForMs({ looks, notification: { action } }: Delivering): number {
  if (looks === 0) return WAITED_MS;
  return looks < MAX_LOOKS || action === 'resolve' ? WAITED_AGAIN_MS : Number.POSITIVE_INFINITY;
}

/** It gives its turn to others, and takes another one when Alertmanager has been looked at. */
async function lookFirst(delivering: Delivering, passing: Passing): Promise<void> {
  const { isOvertaken, now, rank, way } = delivering.context;
  delivering.isHeldToEnd ||= way?.isAsked() === true;
  const looking = isOvertaken?.() ?? Promise.resolve(false);
  // Nothing is sent after the deadline anyhow.
  const isOver = await untilLate(looking, delivering.deadline.signal, () => false);
  delivering.judgedAt = now();
  delivering.looks++;
  // It has waited already: it goes before its equals.
  if (!isOver) return sendRest(delivering, { ...passing, rank: () => rank() - RANK.lookedAt });
  giveUp(delivering, way?.give() ? GAVE_WAY : OVERTAKEN);
}

function giveUp(delivering: Delivering, outcome: Outcome): void {
  delivering.isOver = true;
  delivering.outcome = outcome;
}

/** Whether there is more to be sent in this attempt, after what came of this request. */
function goesOn(found: Outcome, request: VendorRequest, delivering: Delivering): boolean {
  delivering.isOver = wasNotTried(found);
  const outcome = newest(found, delivering.outcome, delivering.attempts);
  delivering.outcome = outcome;
  const { notification, to, prepared, refused, done } = delivering;
  if (outcome.status === 'accepted') {
    delivering.done++;
  } else if (outcome.status === 'rejected' && outcome.tooLarge && !delivering.reduced) {
    delivering.reduced = true;
    delivering.prepared = to.notifier.prepare(notification, true);
    delivering.attempts++;
  } else if (mayFail(request, outcome, prepared.requests.slice(done + 1))) {
    refused.push(outcome.detail);
    delivering.outcome = ACCEPTED;
    delivering.done++;
  } else return false;
  return delivering.done < delivering.prepared.requests.length;
}

function sendOnce(request: VendorRequest, delivering: Delivering, mayStart: () => boolean): Promise<Outcome> {
  const { to, deadline, context } = delivering;
  const leftMs = deadline.at - context.now();
  const limits = { signal: deadline.signal, timeoutMs: Math.min(to.attemptTimeoutMs, leftMs), mayStart };
  return within(
    deadline.span?.begin(request.method, 'client'),
    () => exchange(request, to, limits, context),
    (ended) => endingOf(request, delivering.attempts, ended),
  ).then((exchanged) => learnFrom(exchanged, request, delivering, leftMs));
}

/** What came of one request, that was sent with so much time left, in ms. */
function learnFrom(
  { outcome, body = '', keyRefused }: Exchanged,
  request: VendorRequest,
  delivering: Delivering,
  leftMs: number,
): Outcome {
  const { to, notification, context } = delivering;
  const { counters } = context;
  if (keyRefused !== undefined) {
    delivering.keyRefused = keyRefused;
    counters.keysRefused.count++;
  }
  if (outcome.status === 'accepted' && !request.isExtra)
    delivering.followUp = to.notifier.followUp?.(notification.action, body);
  if (outcome.status !== 'unavailable' || !outcome.notSent) {
    counters.requests.count++;
    if (outcome.status !== 'accepted') counters.requestsFailed.count++;
    if (mayBeTaken(outcome) && !request.isExtra) delivering.mayHaveArrived = true;
  }
  const isCut =
    outcome.status === 'unavailable' &&
    outcome.reason === 'contextDeadlineExceeded' &&
    leftMs < Math.min(to.attemptTimeoutMs, TELLING_MS);
  return isCut ? { ...outcome, isCut } : outcome;
}

const ACCEPTED: Outcome = { status: 'accepted' };
const OVERTAKEN: Outcome = {
  status: 'unavailable',
  reason: 'doubted',
  detail: 'while it waited Alertmanager came to say otherwise: told again, it is looked at anew',
  notSent: true,
};

/** Nothing was sent. */
const LOOK_FIRST: Outcome = { status: 'unavailable', reason: 'other', detail: '', notSent: true };

const GAVE_WAY: Outcome = { status: 'unavailable', reason: 'other', detail: '', notSent: true };

/** Whether nothing was sent of it, for something newer is told in its place. */
export function gaveWay({ outcome }: Pick<Delivery, 'outcome'>): boolean {
  return outcome === GAVE_WAY;
}

/** Whether it was given up because Alertmanager says otherwise by now. */
export function wasOvertaken({ outcome }: Pick<Delivery, 'outcome'>): boolean {
  return outcome === OVERTAKEN;
}

/** Of a request that was sent: 429 says that it was not taken, an error or no answer at all says nothing. */
function mayBeTaken(outcome: Outcome): boolean {
  return outcome.status === 'unavailable' && outcome.reason !== 'rateLimited';
}

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
