import type { Outcome } from '../notify/notifier.ts';
import { abortReason } from '../notify/send.ts';
import type { Signal } from '../notify/signal.ts';
import type { Deadline } from './deadline.ts';
import type { Stall } from './stall.ts';

/**
 * When requests may go out with each credential. A rate limit pauses the credential that met it, and no other; after the
 * pause one request goes first, and only when it is taken do more follow.
 */
export interface Pacing {
  /**
   * Asks for a place among the requests of a credential: at once where nothing holds it up, which is the usual case, else
   * in turn, the lowest rank first. Every `undefined` (go) must be given back by `leave`.
   */
  enter(
    target: string,
    rank: () => number,
    deadline: Deadline,
  ): Refused | undefined | Promise<Refused | undefined>;
  /** What came of the request; undefined where none was made. */
  leave(target: string, outcome: Outcome | undefined): void;
  /** Holds everything back until then, in ms since the epoch. A pause that lasts longer stays. */
  pause(target: string, until: number): void;
  /** Until when a credential is paused, in ms since the epoch; 0 where it is not. */
  pausedUntil(target: string): number;
  /** Whether a rate limit holds a credential up now: a pause, the narrow way out of one, or an empty bucket. */
  isLimited(target: string): boolean;
  /** Requests that wait for their turn, over all credentials. */
  readonly waiting: number;
}

/** Why no request goes out. */
export type Refused = Extract<Outcome, { status: 'unavailable' }>;

/** A token bucket: so many requests a minute on average, and so many at once. */
export interface RateLimit {
  readonly perMinute: number;
  readonly burst: number;
}

export interface PacingOptions {
  /** In ms since the epoch. */
  readonly now: () => number;
  readonly stall: Stall;
  /** Requests of one credential at the same time, at most. */
  readonly widthOf: (target: string) => number;
  /** The limit that the config sets for a credential. */
  readonly limitOf: (target: string) => RateLimit | undefined;
  /** Told of each pause that a vendor asked for. */
  onPause?(target: string, until: number): void;
}

/**
 * Without a `Retry-After` the pause after a 429 doubles from the first to the longest, in ms: PagerDuty advises to back off
 * for "a few minutes" (https://developer.pagerduty.com/docs/events-api-v2/overview/).
 */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 180_000;

interface Waiting {
  readonly rank: number;
  readonly deadline: Deadline;
  go(refused: Refused | undefined): void;
}

interface Lane {
  pausedUntil: number;
  /** How long that was from when it was set, in ms; 0 once it is over. */
  pauseMs: number;
  /** Pauses in a row for which the vendor gave no time. */
  strikes: number;
  inFlight: number;
  /** How many may be under way as far as pauses go: one after a pause, twice as many after each that was taken. */
  width: number;
  tokens: number;
  refilledAt: number;
  /** Sorted: who goes next is last. */
  readonly queue: Waiting[];
  /** Whether it goes on when what has come was read. */
  isReading: boolean;
  timer: NodeJS.Timeout | undefined;
}

export function createPacing({ now, stall, widthOf, limitOf, onPause }: PacingOptions): Pacing {
  const lanes = new Map<string, Lane>();
  let waiting = 0;

  const laneOf = (target: string): Lane => {
    let lane = lanes.get(target);
    if (lane === undefined) {
      const tokens = limitOf(target)?.burst ?? 0;
      lane = {
        pausedUntil: 0,
        pauseMs: 0,
        strikes: 0,
        inFlight: 0,
        width: Number.POSITIVE_INFINITY,
        tokens,
        refilledAt: now(),
        queue: [],
        isReading: false,
        timer: undefined,
      };
      lanes.set(target, lane);
    }
    return lane;
  };

  /** Where the clock was set back a pause begins anew, so that nothing goes out early; one that is over stays so. */
  const pausedUntil = (lane: Lane): number => {
    const at = now();
    if (lane.pausedUntil <= at) lane.pauseMs = 0;
    lane.pausedUntil = Math.min(lane.pausedUntil, at + lane.pauseMs);
    return lane.pausedUntil;
  };

  /** In how many ms the next request may go out as far as time is concerned. */
  const waitOf = (lane: Lane, limit: RateLimit | undefined): number => {
    const at = now();
    const pause = Math.max(0, pausedUntil(lane) - at);
    if (limit === undefined) return pause;
    const earned = ((at - lane.refilledAt) * limit.perMinute) / 60_000;
    lane.tokens = Math.min(limit.burst, lane.tokens + Math.max(0, earned));
    lane.refilledAt = at;
    return lane.tokens >= 1
      ? pause
      : Math.max(pause, Math.ceil(((1 - lane.tokens) * 60_000) / limit.perMinute));
  };

  const hasRoom = (target: string, lane: Lane) => lane.inFlight < Math.min(lane.width, widthOf(target));

  const isLimited = (target: string, lane: Lane) =>
    lane.width < widthOf(target) || waitOf(lane, limitOf(target)) > 0;

  const start = (lane: Lane, limit: RateLimit | undefined) => {
    lane.inFlight++;
    if (limit !== undefined) lane.tokens--;
  };

  const readFirst = (target: string, lane: Lane) => {
    if (lane.isReading) return;
    lane.isReading = true;
    stall.afterReading(() => {
      lane.isReading = false;
      drain(target, lane, true);
    });
  };

  /**
   * Lets go whoever may, and comes back when time alone holds up the next. `hasRead`: what had come was read, and the round
   * may last however long.
   */
  const drain = (target: string, lane: Lane, hasRead = false) => {
    if (lane.isReading && !hasRead) return;
    const limit = limitOf(target);
    while (lane.queue.length > 0 && hasRoom(target, lane)) {
      if (!hasRead && stall.isLong()) return readFirst(target, lane);
      const waitMs = waitOf(lane, limit);
      if (waitMs > 0) {
        clearTimeout(lane.timer);
        lane.timer = setTimeout(() => drain(target, lane), waitMs);
        lane.timer.unref();
        return;
      }
      start(lane, limit);
      lane.queue.pop()?.go(undefined);
    }
  };

  const queueUp = (target: string, lane: Lane, rank: number, deadline: Deadline) =>
    new Promise<Refused | undefined>((resolve) => {
      const { signal } = deadline;
      const giveUp = () => {
        lane.queue.splice(lane.queue.indexOf(entry), 1);
        const left = pausedUntil(lane) - now();
        entry.go(isLimited(target, lane) ? rateLimited(left > 0 ? left : undefined) : outOfTurn(signal));
      };
      const entry: Waiting = {
        rank,
        deadline,
        go(refused) {
          waiting--;
          signal.removeEventListener('abort', giveUp);
          resolve(refused);
        },
      };
      waiting++;
      signal.addEventListener('abort', giveUp);
      lane.queue.splice(placeFor(entry, lane.queue), 0, entry);
      drain(target, lane);
    });

  const pause = (target: string, until: number) => {
    const lane = laneOf(target);
    if (until <= pausedUntil(lane)) return;
    lane.pausedUntil = until;
    lane.pauseMs = until - now();
    lane.width = 1;
    // Those who cannot go in time are told now: their fallback, or Alertmanager, takes over.
    for (const entry of lane.queue.filter(({ deadline }) => deadline.at <= until)) {
      lane.queue.splice(lane.queue.indexOf(entry), 1);
      entry.go(rateLimited(until - now()));
    }
    drain(target, lane);
  };

  return {
    enter(target, rank, deadline) {
      const lane = laneOf(target);
      const limit = limitOf(target);
      // What was looked at again on its way may be late: nobody would tell it so in the queue.
      if (deadline.signal.aborted) return outOfTurn(deadline.signal);
      if (pausedUntil(lane) >= deadline.at) return rateLimited(pausedUntil(lane) - now());
      if (lane.queue.length === 0 && hasRoom(target, lane) && waitOf(lane, limit) === 0 && !stall.isLong()) {
        start(lane, limit);
        return undefined;
      }
      return queueUp(target, lane, rank(), deadline);
    },
    leave(target, outcome) {
      const lane = laneOf(target);
      lane.inFlight--;
      const limit = limitOf(target);
      if (limit !== undefined && !wasSent(outcome)) lane.tokens = Math.min(limit.burst, lane.tokens + 1);
      const wait = askedToWait(outcome, lane);
      if (wait !== undefined) {
        const until = now() + wait;
        if (until > pausedUntil(lane)) onPause?.(target, until);
        pause(target, until);
      } else if (outcome !== undefined && outcome.status !== 'unavailable' && now() >= pausedUntil(lane)) {
        // What was sent before a pause says nothing of what may be sent after it.
        lane.strikes = 0;
        lane.width = Math.min(widthOf(target), lane.width * 2);
      }
      drain(target, lane);
    },
    pause,
    pausedUntil(target) {
      const lane = lanes.get(target);
      return lane === undefined ? 0 : pausedUntil(lane);
    },
    isLimited: (target) => isLimited(target, laneOf(target)),
    get waiting() {
      return waiting;
    },
  };

  /** For how long the vendor wants nothing more, in ms; undefined where it does not say so. */
  function askedToWait(outcome: Outcome | undefined, lane: Lane): number | undefined {
    if (outcome?.status !== 'unavailable') return undefined;
    const { reason, retryAfterMs } = outcome;
    // Told to come at once and then refused again, it would go on without end.
    const isUntimed = retryAfterMs === undefined || retryAfterMs === 0;
    if (!isUntimed || reason !== 'rateLimited') return retryAfterMs;
    const asked = Math.min(FIRST_PAUSE_MS * 2 ** lane.strikes, LONGEST_PAUSE_MS);
    // Those that were under way together are told the same thing once.
    if (now() >= pausedUntil(lane)) lane.strikes++;
    return asked;
  }
}

function wasSent(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && (outcome.status !== 'unavailable' || outcome.notSent !== true);
}

/** Too many others went first. */
function outOfTurn(signal: Signal): Refused {
  const detail = 'there was no time left when its turn would have come';
  return { status: 'unavailable', reason: abortReason(signal), detail, notSent: true };
}

function rateLimited(retryAfterMs: number | undefined): Refused {
  return {
    status: 'unavailable',
    reason: 'rateLimited',
    detail: 'this credential is over its rate limit',
    notSent: true,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** The queue is sorted the other way round; of equals the one that came first goes first. */
function placeFor({ rank }: Waiting, queue: readonly Waiting[]): number {
  let [low, high] = [0, queue.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((queue[middle]?.rank ?? 0) > rank) low = middle + 1;
    else high = middle;
  }
  return low;
}
