import type { Action, Alert, Incident } from '../notification/notification.ts';
import { ownCopy } from '../notification/text.ts';
import type { Reason } from '../notify/notifier.ts';
import { MAX_DETAIL } from '../notify/outcome.ts';
import type { Mutable } from './mutable.ts';
import type { Result } from './report.ts';

/** Why a notification came up. */
export type TriggeredBy = 'webhook' | 'reconcile' | 'held' | 'handback' | 'replay' | 'verification';

/** What was decided of one notification, and how it ended. Nothing of it is kept but short texts and numbers. */
export interface Decided {
  /** In ms since the epoch. */
  readonly at: number;
  readonly receiver: string;
  readonly integration: string;
  readonly incident: Pick<Incident, 'key' | 'alerts' | 'groupKey' | 'sender'>;
  readonly action: Action;
  readonly decision: 'forward' | 'suppress';
  /** Why it was forwarded or suppressed. */
  readonly reason: string;
  readonly outcome: Result['outcome'];
  /** Why it was not accepted. */
  readonly failure?: Reason | undefined;
  /** The vendor's words, without credentials. */
  readonly detail?: string | undefined;
  readonly attempts?: number | undefined;
  readonly durationMs?: number | undefined;
  /** The receiver in whose stead it was sent. */
  readonly fallbackFor?: string | undefined;
  readonly triggeredBy?: TriggeredBy | undefined;
}

/** The same as it is shown. */
export interface ShownDecision {
  /** RFC 3339. */
  readonly at: string;
  readonly receiver: string;
  readonly integration: string;
  readonly incident_key: string;
  /** Of the first 20 alerts. */
  readonly fingerprints: readonly string[];
  /** How many there were. */
  readonly alerts: number;
  readonly group_key: string;
  readonly sender: string;
  readonly action: Action;
  readonly decision: 'forward' | 'suppress';
  readonly reason: string;
  readonly outcome: Result['outcome'];
  readonly failure?: Reason | undefined;
  readonly detail?: string | undefined;
  readonly attempts?: number | undefined;
  readonly duration_ms?: number | undefined;
  readonly fallback_for?: string | undefined;
  readonly triggered_by?: TriggeredBy | undefined;
}

/** All that are given must hold, exactly. */
export interface DecisionFilter {
  readonly fingerprint?: string | undefined;
  readonly incidentKey?: string | undefined;
  readonly receiver?: string | undefined;
}

/** The last decisions, in memory. */
export interface Decisions {
  /** Takes the place of the oldest when there is no room. It is called for every notification, so it does next to nothing. */
  record(decided: Decided): void;
  /** Those that match, at most `limit`, newest first. */
  query(filter: DecisionFilter, limit: number): readonly ShownDecision[];
  /** From now on; the newest of what is there stay. */
  resize(capacity: number): void;
  readonly size: number;
}

/** Of so many alerts an answer names the fingerprints. */
export const MAX_FINGERPRINTS = 20;
/** In characters. No vendor takes longer keys. */
const MAX_KEY = 512;
const MAX_GROUP_KEY = 200;
const MAX_SENDER = 100;
/** A hash or a fingerprint is not longer: most keys need no copy. */
const HASH_LENGTH = 64;

/** One decision as it is kept, about 400 bytes with its texts. Most incidents are of one alert: that needs no list. */
interface Entry extends Mutable<Omit<Decided, 'incident'>> {
  key: string;
  groupKey: string;
  sender: string;
  alerts: number;
  fingerprint: string;
  otherFingerprints: readonly string[] | undefined;
}

/** Entries are made once and written over: what lives as long as a full ring costs the garbage collector most when it is made anew. */
export function createDecisions(capacity: number): Decisions {
  let entries: Entry[] = [];
  let room = capacity;
  /** Where the next one goes. */
  let next = 0;

  function* newestFirst(): Generator<Entry> {
    const { length } = entries;
    for (let back = 1; back <= length; back++) {
      const entry = entries[(next - back + length) % length];
      if (entry !== undefined) yield entry;
    }
  }

  return {
    record(decided) {
      let entry = entries[next];
      if (entry === undefined) {
        entry = emptyEntry();
        entries.push(entry);
      }
      write(entry, decided);
      next = next + 1 === room ? 0 : next + 1;
    },
    query(filter, limit) {
      const matches = matcherOf(filter);
      const shown: ShownDecision[] = [];
      for (const entry of newestFirst()) {
        if (shown.length === limit) break;
        if (matches(entry)) shown.push(show(entry));
      }
      return shown;
    },
    resize(newCapacity) {
      entries = [...newestFirst()].slice(0, newCapacity).reverse();
      room = newCapacity;
      next = entries.length % room;
    },
    get size() {
      return entries.length;
    },
  };
}

function emptyEntry(): Entry {
  return {
    at: 0,
    receiver: '',
    integration: '',
    key: '',
    groupKey: '',
    sender: '',
    alerts: 0,
    fingerprint: '',
    otherFingerprints: undefined,
    action: 'trigger',
    decision: 'forward',
    reason: '',
    outcome: 'accepted',
    failure: undefined,
    detail: undefined,
    attempts: undefined,
    durationMs: undefined,
    fallbackFor: undefined,
    triggeredBy: undefined,
  };
}

function write(entry: Entry, decided: Decided): void {
  const { key, groupKey, sender, alerts } = decided.incident;
  entry.at = decided.at;
  entry.receiver = decided.receiver;
  entry.integration = decided.integration;
  entry.key = key.length <= HASH_LENGTH ? key : ownCopy(key, MAX_KEY);
  entry.groupKey = groupKey.length <= MAX_GROUP_KEY ? groupKey : ownCopy(groupKey, MAX_GROUP_KEY);
  entry.sender = sender.length <= MAX_SENDER ? sender : ownCopy(sender, MAX_SENDER);
  entry.alerts = alerts.length;
  entry.fingerprint = alerts[0]?.fingerprint ?? '';
  entry.otherFingerprints = alerts.length > 1 ? fingerprintsOf(alerts.slice(1, MAX_FINGERPRINTS)) : undefined;
  entry.action = decided.action;
  entry.decision = decided.decision;
  entry.reason = decided.reason;
  entry.outcome = decided.outcome;
  entry.failure = decided.failure;
  entry.detail = decided.detail === undefined ? undefined : ownCopy(decided.detail, MAX_DETAIL);
  entry.attempts = decided.attempts;
  entry.durationMs = decided.durationMs;
  entry.fallbackFor = decided.fallbackFor;
  entry.triggeredBy = decided.triggeredBy;
}

function matcherOf({ fingerprint, incidentKey, receiver }: DecisionFilter): (entry: Entry) => boolean {
  const key = incidentKey === undefined ? undefined : ownCopy(incidentKey, MAX_KEY);
  return (entry) =>
    (receiver === undefined || entry.receiver === receiver) &&
    (key === undefined || entry.key === key) &&
    (fingerprint === undefined ||
      entry.fingerprint === fingerprint ||
      entry.otherFingerprints?.includes(fingerprint) === true);
}

function fingerprintsOf(alerts: readonly Alert[]): readonly string[] {
  return alerts.map(({ fingerprint }) => fingerprint);
}

function show(entry: Entry): ShownDecision {
  return {
    at: new Date(entry.at).toISOString(),
    receiver: entry.receiver,
    integration: entry.integration,
    incident_key: entry.key,
    fingerprints: [entry.fingerprint, ...(entry.otherFingerprints ?? [])],
    alerts: entry.alerts,
    group_key: entry.groupKey,
    sender: entry.sender,
    action: entry.action,
    decision: entry.decision,
    reason: entry.reason,
    outcome: entry.outcome,
    failure: entry.failure,
    detail: entry.detail,
    attempts: entry.attempts,
    duration_ms: entry.durationMs,
    fallback_for: entry.fallbackFor,
    triggered_by: entry.triggeredBy,
  };
}
