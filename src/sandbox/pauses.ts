/**
 * What is sent while the answer with Retry-After is still on its way cannot know of it: requests whose head arrives up
 * to this long after that answer are under way, not early. Long enough for a busy machine, far shorter than the least
 * Retry-After of one second.
 */
const UNDER_WAY_MS = 100;

/** Both sides' clocks and timers round to the millisecond: so much before the end is not early. */
const ROUNDING_MS = 2;

/** The accounts that have been told to wait. */
export interface Pauses {
  /**
   * A Retry-After was written and its answer has been sent now. `until`: ms since 1970 at which it is over. Gives what takes
   * it back.
   */
  start(account: string, until: number): () => void;
  /** The pause in which something was sent that arrived at this time, ms since 1970, though its sender had been told to wait. */
  ignoredBy(account: string, arrivedAt: number): Pause | undefined;
  clear(): void;
}

/** From when to when, in ms since 1970, nothing is to be sent. */
export interface Pause {
  readonly toldAt: number;
  readonly until: number;
}

export function createPauses(now: () => number): Pauses {
  const accounts = new Map<string, readonly Pause[]>();
  return {
    start(account, until) {
      const toldAt = now();
      const running = (accounts.get(account) ?? []).filter((pause) => toldAt < pause.until);
      // What began before and ends after it says all that this one would.
      if (running.some((pause) => pause.toldAt <= toldAt && until <= pause.until)) return () => {};
      const started = { toldAt, until };
      accounts.set(account, [...running, started]);
      return () => {
        const left = accounts.get(account)?.filter((pause) => pause !== started) ?? [];
        accounts.set(account, left);
      };
    },
    ignoredBy(account, arrivedAt) {
      const pauses = accounts.get(account) ?? [];
      return pauses.find(
        ({ toldAt, until }) => toldAt + UNDER_WAY_MS < arrivedAt && arrivedAt < until - ROUNDING_MS,
      );
    },
    clear() {
      accounts.clear();
    },
  };
}
