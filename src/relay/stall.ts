import { afterReading } from './event-loop.ts';

/**
 * Tells when one round of the event loop takes so long that answers of vendors may lie unread, and what one of them asks
 * for cannot be known. A round counts from when it is first asked, or from a beat before it: a timer's, while it is asked.
 */
export interface Stall {
  isLong(): boolean;
  /** Calls back when what had come by now was read. */
  afterReading(callback: () => void): void;
}

/** So long may a round take, in ms: far less than the shortest wait that a vendor asks for, which is a second. */
const LONG_MS = 25;
const BEAT_MS = 10;
/** It beats on so often when it is not asked: what is under way is answered meanwhile. */
const QUIET_BEATS = 10;

export function createStall(now: () => number): Stall {
  let roundStartedAt: number | undefined;
  let beatAt: number | undefined;
  let beatsLeft = 0;

  /** What comes before it was asked is not of the round as it knows it: to parse what Alertmanager has, say. */
  function beat(): void {
    beatAt = undefined;
    if (beatsLeft === 0) return;
    beatsLeft--;
    beatAt = now();
    setTimeout(beat, BEAT_MS).unref();
  }

  return {
    isLong() {
      const at = now();
      beatsLeft = QUIET_BEATS;
      if (beatAt === undefined) beat();
      if (roundStartedAt === undefined) {
        roundStartedAt = at;
        setImmediate(() => {
          roundStartedAt = undefined;
        });
      }
      return at - roundStartedAt > LONG_MS || at - (beatAt ?? at) > BEAT_MS + LONG_MS;
    },
    afterReading,
  };
}
