/**
 * Ends that a vendor has accepted twice and not done. What is known of them is that the incident is open (verification.ts): without
 * this, reconciliation would tell of the end again at each look, and each would be a dead letter.
 */
export interface FailedEnds {
  add(place: string): void;
  /** A page was accepted there. */
  drop(place: string): void;
  /** Whether one failed there less than an hour ago. */
  has(place: string): boolean;
}

const RESTS_MS = 60 * 60_000;
/** With more, the oldest are told again sooner. */
const MAX_FAILED_ENDS = 10_000;

/** `now`: in ms since the epoch. */
export function createFailedEnds(now: () => number): FailedEnds {
  /** Since when, in ms since the epoch; the oldest first. */
  const failed = new Map<string, number>();
  return {
    add(place) {
      failed.delete(place);
      failed.set(place, now());
      if (failed.size <= MAX_FAILED_ENDS) return;
      for (const oldest of failed.keys()) return void failed.delete(oldest);
    },
    drop: (place) => void failed.delete(place),
    has(place) {
      const since = failed.get(place);
      if (since === undefined) return false;
      if (now() >= since && now() - since < RESTS_MS) return true;
      failed.delete(place);
      return false;
    },
  };
}
