import { createFaults, type Faults } from './faults.ts';
import { createIncidents, type Incidents, type SandboxVendor } from './incidents.ts';
import { createPauses, type Pause, type Pauses } from './pauses.ts';
import { createWhenUnread, type WhenUnread } from './unread.ts';

/** Invalid requests that are kept, and early ones. */
const MAX_KEPT = 100;
/** Of the last asynchronous requests, at least half as many are kept. */
const MAX_STATUSES = 100_000;

export interface Counts {
  accepted: number;
  /** Refused for what they held. */
  invalid: number;
  /** Hit by an injected fault. */
  faulted: number;
  /** Sent although their caller had been told to wait, with this credential, by a Retry-After that was not over. */
  early: number;
  /** The same, whichever caller was told. */
  early_any: number;
}

/** A request that was sent in a pause, to whom and when, in ms since 1970. */
export interface EarlyRequest extends Pause {
  readonly account: string;
  readonly arrivedAt: number;
}

/** What became of an asynchronous request, and from when on it is known, in ms since 1970. */
export interface ProcessedRequest {
  readonly status: Readonly<Record<string, unknown>>;
  readonly knownFrom: number;
}

export interface State {
  readonly now: () => number;
  readonly incidents: Incidents;
  readonly faults: Faults;
  readonly counts: Counts;
  readonly invalid: { readonly vendor: SandboxVendor; readonly errors: unknown }[];
  readonly early: EarlyRequest[];
  readonly pauses: Pauses;
  readonly whenUnread: WhenUnread;
  /** When each request's head arrived, in ms since 1970. */
  readonly arrivals: WeakMap<object, number>;
  /** Bytes of each request's body. */
  readonly sizes: WeakMap<object, number>;
  refused(vendor: SandboxVendor, errors: unknown): void;
  cameEarly(request: EarlyRequest): void;
  processed(requestId: string, request: ProcessedRequest): void;
  /** What became of one of Opsgenie's asynchronous requests. Undefined when that is not known, or not yet. */
  statusOf(requestId: string): ProcessedRequest['status'] | undefined;
  clear(): void;
}

/** Everything that the sandbox remembers. */
export function createState(now: () => number): State {
  let requests = new Map<string, ProcessedRequest>();
  let olderRequests = new Map<string, ProcessedRequest>();
  const state: State = {
    now,
    incidents: createIncidents(now),
    faults: createFaults(now),
    counts: { accepted: 0, invalid: 0, faulted: 0, early: 0, early_any: 0 },
    invalid: [],
    early: [],
    pauses: createPauses(now),
    whenUnread: createWhenUnread(),
    arrivals: new WeakMap(),
    sizes: new WeakMap(),
    refused(vendor, errors) {
      state.counts.invalid++;
      if (state.invalid.length < MAX_KEPT) state.invalid.push({ vendor, errors });
    },
    cameEarly(request) {
      state.counts.early++;
      if (state.early.length < MAX_KEPT) state.early.push(request);
    },
    processed(requestId, request) {
      if (requests.size >= MAX_STATUSES / 2) {
        olderRequests = requests;
        requests = new Map();
      }
      requests.set(requestId, request);
    },
    statusOf(requestId) {
      const request = requests.get(requestId) ?? olderRequests.get(requestId);
      return request === undefined || now() < request.knownFrom ? undefined : request.status;
    },
    clear() {
      state.incidents.clear();
      state.faults.clear();
      state.pauses.clear();
      requests.clear();
      olderRequests.clear();
      state.invalid.length = 0;
      state.early.length = 0;
      Object.assign(state.counts, { accepted: 0, invalid: 0, faulted: 0, early: 0, early_any: 0 });
    },
  };
  return state;
}
