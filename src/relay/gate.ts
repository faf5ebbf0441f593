import type { ConfiguredIntegration } from '../config/compile-receiver.ts';
import type { Outcome } from '../notify/notifier.ts';
import { abortReason } from '../notify/send.ts';
import type { Breakers, Entry } from './breaker.ts';
import type { Counters } from './counters.ts';
import type { Deadline } from './deadline.ts';
import type { Pacing, Refused } from './pacing.ts';

/** Who goes first where requests have to wait: triggers by severity (0 to 3), then resolves, then what nobody waits for. */
export const RANK = { resolve: 4, housekeeping: 5 } as const;

/** A request that wants to go out. */
export interface Passing {
  readonly to: ConfiguredIntegration;
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
  /** Whether a request would be refused at this moment. */
  isClosed(to: ConfiguredIntegration): boolean;
}

export function createGate(pacing: Pacing, breakers: Breakers, now: () => number): Gate {
  const gate: Gate = {
    async pass(passing, send) {
      const { to, rank, deadline, counters } = passing;
      const { target, vendor } = to;
      const place = pacing.enter(target, rank, deadline);
      let refused = place;
      if (place instanceof Promise) {
        const since = now();
        refused = await place;
        counters.rateLimitedSeconds.count += (now() - since) / 1000;
      }
      if (refused !== undefined) return refused as Outcome;
      const asked = breakers.enter(vendor.address);
      // Nothing is awaited where nothing has to be: this is done for every event.
      const entry = asked instanceof Promise ? await untilLate(asked, deadline.signal) : asked;
      if (typeof entry === 'object') {
        pacing.leave(target, undefined);
        return entry;
      }
      if (asked instanceof Promise && pacing.pausedUntil(target) > now()) {
        // The probe that it waited for was told to wait: so is this one.
        breakers.leave(vendor.address, entry, NEVER_SENT);
        pacing.leave(target, undefined);
        return gate.pass(passing, send);
      }
      return (await sendThrough(to, entry, send)) ?? gate.pass(passing, send);
    },
    isClosed: ({ target, vendor }) => pacing.pausedUntil(target) > now() || breakers.isOpen(vendor.address),
  };
  return gate;

  /** What came of it; undefined where its credential was paused before anything was written. */
  async function sendThrough(
    { target, vendor }: ConfiguredIntegration,
    entry: Exclude<Entry, Refused>,
    send: Send,
  ): Promise<Outcome | undefined> {
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
      breakers.leave(vendor.address, entry, outcome);
      pacing.leave(target, outcome);
    }
    return isHeldUp ? undefined : outcome;
  }
}

/** What comes of waiting for a probe. Who gave up has nothing to give back: only a probe has (breaker.ts). */
async function untilLate(asked: Promise<Entry>, signal: AbortSignal): Promise<Entry> {
  let giveUp = () => {};
  const late = new Promise<Entry>((resolve) => {
    giveUp = () => resolve({ ...NEVER_SENT, reason: abortReason(signal) });
    signal.addEventListener('abort', giveUp);
  });
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([asked, late]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

const NEVER_SENT: Refused = {
  status: 'unavailable',
  reason: 'other',
  detail: 'it was never sent',
  notSent: true,
};
