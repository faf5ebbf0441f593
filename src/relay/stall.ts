import { afterReading } from './event-loop.ts';

/**
 * Tells when one round of the event loop takes so long that answers of vendors may lie unread, and what one of them asks
 * for cannot be known. A round counts from when it is first asked.
 */
export interface Stall {
  isLong(): boolean;
  /** Calls back when what had come by now was read. */
  afterReading(callback: () => void): void;
}

/** So long may a round take, in ms: far less than the shortest wait that a vendor asks for, which is a second. */
const LONG_MS = 25;

export function createStall(now: () => number): Stall {
  let roundStartedAt: number | undefined;
  return {
    isLong() {
      if (roundStartedAt === undefined) {
        roundStartedAt = now();
        setImmediate(() => {
          roundStartedAt = undefined;
        });
      }
      return now() - roundStartedAt > LONG_MS;
    },
    afterReading,
  };
}
