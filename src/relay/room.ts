import type { Job } from './jobs.ts';
import type { State } from './state.ts';

/**
 * Room for what is in flight (`relay.max_in_flight`). Of several credentials, and of several addresses, one that has half of it gets
 * no more: a vendor that is slow, or down, leaves room for the others.
 */
export interface Room {
  /** Gives those for which there is room; it is theirs until they `leave`. */
  enter(jobs: readonly Job[]): readonly Job[];
  leave(jobs: readonly Job[]): void;
  readonly inFlight: number;
}

export function createRoom(state: State): Room {
  /** By credential (`Integration.target`), and by address. */
  const own = new Map<string, number>();
  const addressedTo = new Map<string, number>();
  let inFlight = 0;

  function add(jobs: readonly Job[], by: 1 | -1): void {
    inFlight += by * jobs.length;
    for (const { integration } of jobs) {
      count(own, integration.target, by);
      count(addressedTo, integration.notifier.address, by);
    }
  }

  return {
    enter(jobs) {
      const { maxInFlight } = state.config.relay;
      const has = (of: ReadonlyMap<string, number>, what: string) => (of.get(what) ?? 0) >= maxInFlight / 2;
      const isFull = ({ integration: { target, notifier } }: Job) =>
        (state.accounts > 1 && has(own, target)) ||
        (state.addresses > 1 && has(addressedTo, notifier.address));
      const taken = jobs.some(isFull) ? jobs.filter((job) => !isFull(job)) : jobs;
      // What is too much for the bound by itself is taken when it is alone: later it would be no less.
      if (inFlight > 0 && inFlight + taken.length > maxInFlight) return [];
      add(taken, 1);
      return taken;
    },
    leave: (jobs) => add(jobs, -1),
    get inFlight() {
      return inFlight;
    },
  };
}

function count(of: Map<string, number>, what: string, by: 1 | -1): void {
  const left = (of.get(what) ?? 0) + by;
  if (left > 0) of.set(what, left);
  else of.delete(what);
}
