import { createFaults, type Faults } from './faults.ts';
import { createIncidents, type Incidents, type SandboxVendor } from './incidents.ts';

/** Invalid requests, and answers to status requests, that are kept. */
const MAX_INVALID = 100;
const MAX_STATUSES = 10_000;

export interface Counts {
  accepted: number;
  /** Refused for what they held. */
  invalid: number;
  /** Hit by an injected fault. */
  faulted: number;
  /** Made before a Retry-After of the same credential was over. */
  early: number;
}

export interface State {
  readonly now: () => number;
  readonly incidents: Incidents;
  readonly faults: Faults;
  readonly counts: Counts;
  readonly invalid: { readonly vendor: SandboxVendor; readonly errors: unknown }[];
  /** Until when each account has been told to wait. */
  readonly pausedUntil: Map<string, number>;
  /** Bytes of each request's body. */
  readonly sizes: WeakMap<object, number>;
  /** What became of Opsgenie's asynchronous requests, by id. */
  readonly statuses: Map<string, object>;
  refused(vendor: SandboxVendor, errors: unknown): void;
  processed(requestId: string, status: object): void;
  clear(): void;
}

/** Everything that the sandbox remembers. */
export function createState(now: () => number): State {
  const state: State = {
    now,
    incidents: createIncidents(now),
    faults: createFaults(now),
    counts: { accepted: 0, invalid: 0, faulted: 0, early: 0 },
    invalid: [],
    pausedUntil: new Map(),
    statuses: new Map(),
    sizes: new WeakMap(),
    refused(vendor, errors) {
      state.counts.invalid++;
      if (state.invalid.length < MAX_INVALID) state.invalid.push({ vendor, errors });
    },
    processed(requestId, status) {
      state.statuses.set(requestId, status);
      if (state.statuses.size > MAX_STATUSES)
        state.statuses.delete(String(state.statuses.keys().next().value));
    },
    clear() {
      state.incidents.clear();
      state.faults.clear();
      state.pausedUntil.clear();
      state.statuses.clear();
      state.invalid.length = 0;
      Object.assign(state.counts, { accepted: 0, invalid: 0, faulted: 0, early: 0 });
    },
  };
  return state;
}
