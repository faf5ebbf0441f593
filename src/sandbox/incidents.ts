import { isDeepStrictEqual } from 'node:util';
import { isRecord } from './record.ts';

/** The vendors that the sandbox stands for. */
export const SANDBOX_VENDORS = ['pagerduty', 'opsgenie', 'jsm'] as const;
export type SandboxVendor = (typeof SANDBOX_VENDORS)[number];

export interface HistoryEntry {
  readonly at: string;
  readonly action: 'trigger' | 'acknowledge' | 'resolve' | 'update';
  /** Of a trigger. */
  readonly summary?: string;
  /** Of a trigger that says the same as the one before it. */
  readonly unchanged?: true;
  /** What an update changed. */
  readonly changes?: Changes;
  /** Left on an acknowledgement or a resolve. */
  readonly note?: string;
}

/** New values for parts of what an alert says. */
export type Changes = Readonly<Record<string, unknown>>;

export interface SandboxIncident {
  readonly id: number;
  readonly vendor: SandboxVendor;
  /** Last four characters of the credential: incidents under different ones never meet. */
  readonly account: string;
  /** PagerDuty's `dedup_key`, Opsgenie's `alias`. */
  readonly key: string;
  status: 'open' | 'resolved';
  /** Whether somebody has taken it on. Neither a further trigger nor the resolve takes that back. */
  acknowledged: boolean;
  /** Triggers or creates that it took, the first included. */
  count: number;
  /** What the last trigger or create said, without the credential, and what was updated since. */
  event: Changes;
  readonly history: HistoryEntry[];
}

/** Kept at most. One more, and a tenth is forgotten at once, so that the bound costs nothing per incident. */
const MAX_INCIDENTS = 100_000;
const MAX_HISTORY = 1_000;

export interface Incidents {
  /** Opens an incident, or adds to the open one of this key. */
  trigger(
    vendor: SandboxVendor,
    credential: string,
    key: string,
    summary: string,
    event: Changes,
  ): SandboxIncident;
  /** The open incident of this key, as are those that the next three change and answer. */
  open(vendor: SandboxVendor, credential: string, key: string): SandboxIncident | undefined;
  /** Changes what it says; details are added to those it has. */
  update(
    vendor: SandboxVendor,
    credential: string,
    key: string,
    changes: Changes,
  ): SandboxIncident | undefined;
  /** Marks it as taken on. */
  acknowledge(
    vendor: SandboxVendor,
    credential: string,
    key: string,
    note?: string,
  ): SandboxIncident | undefined;
  /** Ends it. */
  resolve(vendor: SandboxVendor, credential: string, key: string, note?: string): SandboxIncident | undefined;
  /** The incident of this number, unless it is another vendor's or, when one is named, another credential's. */
  byId(id: number, vendor: SandboxVendor, credential?: string): SandboxIncident | undefined;
  /** A vendor's incidents, of all credentials when none is named, the oldest first. */
  of(vendor: SandboxVendor, credential?: string): readonly SandboxIncident[];
  /** All incidents, the oldest first. */
  all(): readonly SandboxIncident[];
  clear(): void;
}

interface Kept {
  readonly incident: SandboxIncident;
  readonly credential: string;
}

export function createIncidents(now: () => number): Incidents {
  const open = new Map<string, SandboxIncident>();
  const kept = new Map<number, Kept>();
  let nextId = 1;
  const place = (vendor: SandboxVendor, credential: string, key: string) =>
    `${vendor}\n${credential}\n${key}`;
  const record = (incident: SandboxIncident, entry: Omit<HistoryEntry, 'at'>) => {
    if (incident.history.length >= MAX_HISTORY) incident.history.splice(1, 1);
    incident.history.push({ at: new Date(now()).toISOString(), ...entry });
  };
  /** The oldest resolved ones go first, then the oldest. */
  const forgetSome = () => {
    const resolvedFirst = [...kept.values()].sort(
      (a, b) => Number(a.incident.status === 'open') - Number(b.incident.status === 'open'),
    );
    for (const { incident, credential } of resolvedFirst.slice(0, MAX_INCIDENTS / 10)) {
      kept.delete(incident.id);
      if (incident.status === 'open') open.delete(place(incident.vendor, credential, incident.key));
    }
  };
  const openOf = (vendor: SandboxVendor, credential: string, key: string) =>
    open.get(place(vendor, credential, key));
  return {
    trigger(vendor, credential, key, summary, event) {
      const known = openOf(vendor, credential, key);
      if (known !== undefined) {
        known.count++;
        const unchanged = isDeepStrictEqual(known.event, event);
        known.event = event;
        record(known, { action: 'trigger', summary, ...(unchanged ? { unchanged } : {}) });
        return known;
      }
      const incident: SandboxIncident = {
        id: nextId++,
        vendor,
        account: credential.slice(-4),
        key,
        status: 'open',
        acknowledged: false,
        count: 1,
        event,
        history: [],
      };
      record(incident, { action: 'trigger', summary });
      open.set(place(vendor, credential, key), incident);
      kept.set(incident.id, { incident, credential });
      if (kept.size > MAX_INCIDENTS) forgetSome();
      return incident;
    },
    open: openOf,
    update(vendor, credential, key, changes) {
      const incident = openOf(vendor, credential, key);
      if (incident === undefined) return undefined;
      const { details } = incident.event;
      const added = isRecord(changes.details)
        ? { details: { ...(isRecord(details) ? details : {}), ...changes.details } }
        : {};
      incident.event = { ...incident.event, ...changes, ...added };
      record(incident, { action: 'update', changes });
      return incident;
    },
    acknowledge(vendor, credential, key, note) {
      const incident = openOf(vendor, credential, key);
      if (incident === undefined) return undefined;
      incident.acknowledged = true;
      record(incident, { action: 'acknowledge', ...(note === undefined ? {} : { note }) });
      return incident;
    },
    resolve(vendor, credential, key, note) {
      const incident = openOf(vendor, credential, key);
      if (incident === undefined) return undefined;
      incident.status = 'resolved';
      record(incident, { action: 'resolve', ...(note === undefined ? {} : { note }) });
      open.delete(place(vendor, credential, key));
      return incident;
    },
    byId(id, vendor, credential) {
      const found = kept.get(id);
      const isTheirs = credential === undefined || found?.credential === credential;
      return isTheirs && found?.incident.vendor === vendor ? found.incident : undefined;
    },
    of(vendor, credential) {
      const found: SandboxIncident[] = [];
      for (const entry of kept.values()) {
        if (entry.incident.vendor !== vendor) continue;
        if (credential === undefined || entry.credential === credential) found.push(entry.incident);
      }
      return found;
    },
    all: () => [...kept.values()].map(({ incident }) => incident),
    clear() {
      open.clear();
      kept.clear();
    },
  };
}
