import { isRecord } from './record.ts';

/** The vendors that the sandbox stands for. */
export const SANDBOX_VENDORS = ['pagerduty', 'opsgenie', 'jsm'] as const;
export type SandboxVendor = (typeof SANDBOX_VENDORS)[number];

export interface HistoryEntry {
  readonly at: string;
  readonly action: 'trigger' | 'resolve' | 'update';
  /** Of a trigger. */
  readonly summary?: string;
  /** What an update changed. */
  readonly changes?: Changes;
  /** Left on a resolve. */
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
  /** Triggers or creates that it took, the first included. */
  count: number;
  /** What the last trigger or create said, without the credential, and what was updated since. */
  event: Changes;
  readonly history: HistoryEntry[];
}

/** Kept at most; the oldest resolved ones go first. */
const MAX_INCIDENTS = 100_000;
const MAX_HISTORY = 1_000;

export interface Incidents {
  /** Opens an incident, or adds to the open one of this key. True when it was opened. */
  trigger(vendor: SandboxVendor, credential: string, key: string, summary: string, event: Changes): boolean;
  /** Changes what the open incident of this key says; details are added to those it has. False when there is none. */
  update(vendor: SandboxVendor, credential: string, key: string, changes: Changes): boolean;
  /** Ends the open incident of this key. False when there is none. */
  resolve(vendor: SandboxVendor, credential: string, key: string, note?: string): boolean;
  all(): readonly SandboxIncident[];
  clear(): void;
}

export function createIncidents(now: () => number): Incidents {
  const open = new Map<string, SandboxIncident>();
  let incidents: SandboxIncident[] = [];
  let nextId = 1;
  const place = (vendor: SandboxVendor, credential: string, key: string) =>
    `${vendor}\n${credential}\n${key}`;
  const record = (incident: SandboxIncident, entry: Omit<HistoryEntry, 'at'>) => {
    if (incident.history.length >= MAX_HISTORY) incident.history.splice(1, 1);
    incident.history.push({ at: new Date(now()).toISOString(), ...entry });
  };
  return {
    trigger(vendor, credential, key, summary, event) {
      const known = open.get(place(vendor, credential, key));
      if (known !== undefined) {
        known.count++;
        known.event = event;
        record(known, { action: 'trigger', summary });
        return false;
      }
      const account = credential.slice(-4);
      const id = nextId++;
      const incident: SandboxIncident = {
        id,
        vendor,
        account,
        key,
        status: 'open',
        count: 1,
        event,
        history: [],
      };
      record(incident, { action: 'trigger', summary });
      open.set(place(vendor, credential, key), incident);
      incidents.push(incident);
      if (incidents.length > MAX_INCIDENTS) {
        const oldest = incidents.findIndex(({ status }) => status === 'resolved');
        incidents.splice(Math.max(0, oldest), 1);
      }
      return true;
    },
    update(vendor, credential, key, changes) {
      const incident = open.get(place(vendor, credential, key));
      if (incident === undefined) return false;
      const { details } = incident.event;
      const added = isRecord(changes.details)
        ? { details: { ...(isRecord(details) ? details : {}), ...changes.details } }
        : {};
      incident.event = { ...incident.event, ...changes, ...added };
      record(incident, { action: 'update', changes });
      return true;
    },
    resolve(vendor, credential, key, note) {
      const incident = open.get(place(vendor, credential, key));
      if (incident === undefined) return false;
      incident.status = 'resolved';
      record(incident, { action: 'resolve', ...(note === undefined ? {} : { note }) });
      open.delete(place(vendor, credential, key));
      return true;
    },
    all: () => incidents,
    clear() {
      open.clear();
      incidents = [];
    },
  };
}
