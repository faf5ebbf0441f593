import type { Integration } from '../config/compile-receiver.ts';
import type { Outcome } from '../notify/notifier.ts';
import { abortReason } from '../notify/send.ts';
import type { Breakers, Entry } from './breaker.ts';
import type { Counters } from './counters.ts';
import type { Deadline } from './deadline.ts';
import type { Pacing, Refused } from './pacing.ts';
import { untilLate } from './until-late.ts';

/**
 * Who goes first where requests have to wait: triggers by severity (0 to 3), then resolves, then what nobody waits for.
 * What is only repeated goes that much after its equals, what has waited and was looked at that much before them.
 */
export const RANK = { repeat: 0.25, lookedAt: 0.2, resolve: 4, housekeeping: 5 } as const;

/** A request that wants to go out. */
export interface Passing {
  readonly to: Integration;
  /** The incident that it is of, at its account (`Job.place`), if any: one that fails says nothing of others. */
  readonly who?: string;
  /** Asked only where it has to wait. */
  readonly rank: () => number;
  readonly deadline: Deadline;
  readonly counters: Pick<Counters, 'rateLimitedSeconds'>;
}

/** `mayStart` tells whether the request may still be written; where it may not, it waits its turn once more. */
type Send = (mayStart: () => boolean) => Promise<Outcome>;

/** The one way out: every request passes the pace of its credential and the breaker of its endpoint. */
export interface Gate {
  /** Sends when it may, within the deadline; the outcome of that, or why nothing was sent. */
  pass(passing: Passing, send: Send): Promise<Outcome>;
  /** Whether a request of this one would be refused at this moment. */
  isClosed(to: Integration, who: string): boolean;
}

export function createGate(pacing: Pacing, breakers: Breakers, now: () => number): Gate {
  // Nothing is awaited where nothing has to be: this is done for every event.
  function pass(passing: Passing, send: Send): Promise<Outcome> {
    const { to, rank, deadline } = passing;
    const entered = pacing.enter(to.target, rank, deadline);
    if (entered instanceof Promise) return passLater(entered, passing, send);
    return entered === undefined ? passBreaker(passing, send) : Promise.resolve(entered);
  }

  function passLater(entering: Promise<Refused | undefined>, passing: Passing, send: Send): Promise<Outcome> {
    const since = now();
    const isLimited = pacing.isLimited(passing.to.target);
    return entering.then((refused) => {
      if (isLimited) passing.counters.rateLimitedSeconds.count += (now() - since) / 1000;
      return refused ?? passBreaker(passing, send);
    });
  }

  function passBreaker(passing: Passing, send: Send): Promise<Outcome> {
    const asked = breakers.enter(passing.to.endpoint, passing.who);
    if (asked instanceof Promise) return passAfterProbe(asked, passing, send);
    if (typeof asked !== 'object') return sendThrough(asked, passing, send);
    pacing.leave(passing.to.target, undefined);
    return Promise.resolve(asked);
  }

  async function passAfterProbe(asked: Promise<Entry>, passing: Passing, send: Send): Promise<Outcome> {
    const { target, endpoint } = passing.to;
    const { signal } = passing.deadline;
    const late = (): Refused => ({ ...NEVER_SENT, reason: abortReason(signal) });
    const entry = await untilLate(asked, signal, late);
    if (typeof entry === 'object') {
      pacing.leave(target, undefined);
      // Who gave up may still be asked to be the next probe.
      void asked.then((late) => {
        if (late === 'probe') breakers.leave(endpoint, passing.who, late, NEVER_SENT);
      });
      return entry;
    }
    if (pacing.pausedUntil(target) <= now()) return sendThrough(entry, passing, send);
    // The probe that it waited for was told to wait: so is this one.
    breakers.leave(endpoint, passing.who, entry, NEVER_SENT);
    pacing.leave(target, undefined);
    return pass(passing, send);
  }

  /** Sends. Where its credential is paused before its next request is written, it waits its turn once more. */
  async function sendThrough(entry: Exclude<Entry, Refused>, passing: Passing, send: Send): Promise<Outcome> {
    const { target, endpoint } = passing.to;
    let outcome: Outcome = NEVER_SENT;
    let isHeldUp = false;
    const mayStart = () => {
      isHeldUp = pacing.pausedUntil(target) > now();
      return !isHeldUp;
    };
    try {
      outcome = await send(mayStart);
    } finally {
      if (isHeldUp) outcome = NEVER_SENT;
      breakers.leave(endpoint, passing.who, entry, outcome);
      pacing.leave(target, outcome);
    }
    return isHeldUp ? pass(passing, send) : outcome;
  }

  return {
    pass,
    isClosed: ({ target, endpoint }, who) =>
      pacing.pausedUntil(target) > now() || breakers.isOpen(endpoint, who),
  };
}

const NEVER_SENT: Refused = {
  status: 'unavailable',
  reason: 'other',
  detail: 'it was never sent',
  notSent: true,
};
