import type { DeadLetters, Replayed } from './dead-letters.ts';

/** `unknown`: there is no dead letter of this id. */
export type ReplayResult = Replayed | { readonly status: 'unknown' };

/** Sends a dead letter once more. */
export type Replay = (id: string) => Promise<ReplayResult>;

/**
 * Replays, each letter one at a time. `deliver` sends a job as the config says now; it makes no dead letter of what is
 * rejected again, for that one is still there.
 */
export function createReplay<Job>(
  letters: Pick<DeadLetters<Job>, 'job' | 'replayed'>,
  deliver: (job: Job) => Promise<Replayed>,
): Replay {
  const underWay = new Set<string>();
  return async (id) => {
    const job = letters.job(id);
    if (job === undefined) return { status: 'unknown' };
    if (underWay.has(id)) return { status: 'refused', reason: 'it is being replayed already' };
    underWay.add(id);
    try {
      const outcome = await deliver(job);
      letters.replayed(id, outcome);
      return outcome;
    } finally {
      underWay.delete(id);
    }
  };
}
