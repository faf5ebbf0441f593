/** The vendors that the sandbox stands for. */
export const SANDBOX_VENDORS = ['pagerduty', 'opsgenie', 'jsm'] as const;
export type SandboxVendor = (typeof SANDBOX_VENDORS)[number];

export interface HistoryEntry {
  readonly at: string;
  readonly action: string;
  readonly summary?: string;
}

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
  /** What the last trigger or create said, without the credential. */
  event: unknown;
  readonly history: HistoryEntry[];
}

/** Kept at most; the oldest resolved ones go first. */
const MAX_INCIDENTS = 100_000;
const MAX_HISTORY = 1_000;

export interface Incidents {
  /** Opens an incident, or adds to the open one of this key. True when it was opened. */
  trigger(vendor: SandboxVendor, credential: string, key: string, summary: string, event: unknown): boolean;
  /** Ends the open incident of this key. False when there is none. */
  resolve(vendor: SandboxVendor, credential: string, key: string): boolean;
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
    resolve(vendor, credential, key) {
      const incident = open.get(place(vendor, credential, key));
      if (incident === undefined) return false;
      incident.status = 'resolved';
      record(incident, { action: 'resolve' });
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
