/**
 * Ends that a vendor has accepted twice and not done. What is known of them is that the incident is open (verification.ts): without
 * this, reconciliation would tell of the end again at each look, and each would be a dead letter.
 */
export interface FailedEnds {
  /** `stamp`: what is remembered of it from then on (remembered.ts). */
  add(place: string, stamp: string): void;
  /** Whether one failed there less than an hour ago, and nothing was accepted since. */
  has(place: string, stamp: string): boolean;
}

const RESTS_MS = 60 * 60_000;
/** With more, the oldest are told again sooner. */
const MAX_FAILED_ENDS = 10_000;

/** `now`: in ms since the epoch. */
export function createFailedEnds(now: () => number): FailedEnds {
  /** `since`: in ms since the epoch; the oldest first. */
  const failed = new Map<string, { readonly since: number; readonly stamp: string }>();
  return {
    add(place, stamp) {
      failed.delete(place);
      failed.set(place, { since: now(), stamp });
      if (failed.size <= MAX_FAILED_ENDS) return;
      for (const oldest of failed.keys()) return void failed.delete(oldest);
    },
    has(place, stamp) {
      const known = failed.get(place);
      if (known === undefined) return false;
      const ageMs = now() - known.since;
      if (ageMs >= 0 && ageMs < RESTS_MS && known.stamp === stamp) return true;
      failed.delete(place);
      return false;
    },
  };
}
