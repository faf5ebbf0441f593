import type { Job } from './jobs.ts';
import type { State } from './state.ts';

/**
 * Room for what is in flight (`relay.max_in_flight`). Where there are several credentials, one that has half of it gets no more: a
 * vendor that is slow, or down, leaves room for the others.
 */
export interface Room {
  /** Gives those for which there is room; it is theirs until they `leave`. */
  enter(jobs: readonly Job[]): readonly Job[];
  leave(jobs: readonly Job[]): void;
  readonly inFlight: number;
}

export function createRoom(state: State): Room {
  /** By credential (`Integration.target`). */
  const own = new Map<string, number>();
  let inFlight = 0;

  function add(jobs: readonly Job[], by: 1 | -1): void {
    inFlight += by * jobs.length;
    for (const { integration } of jobs) {
      const { target } = integration;
      const left = (own.get(target) ?? 0) + by;
      if (left > 0) own.set(target, left);
      else own.delete(target);
    }
  }

  return {
    enter(jobs) {
      const { maxInFlight } = state.config.relay;
      // What is too much for the bound by itself is taken when it is alone: later it would be no less.
      if (inFlight > 0 && inFlight + jobs.length > maxInFlight) return [];
      const share = state.accounts > 1 ? maxInFlight / 2 : maxInFlight;
      const isFull = ({ integration }: Job) => (own.get(integration.target) ?? 0) >= share;
      const taken = jobs.some(isFull) ? jobs.filter((job) => !isFull(job)) : jobs;
      add(taken, 1);
      return taken;
    },
    leave: (jobs) => add(jobs, -1),
    get inFlight() {
      return inFlight;
    },
  };
}
