import type { Action, Alert, Incident } from '../notification/notification.ts';
import { ownCopy } from '../notification/text.ts';
import type { Outcome, Reason } from '../notify/notifier.ts';
import type { Metrics } from '../observe/metrics.ts';

/** A notification that a vendor rejected for good, and that no fallback took. */
export interface DeadLetter {
  /** Not used again, also by other replicas and after a restart. */
  readonly id: string;
  /** When it was rejected, in ms since the epoch. */
  readonly at: number;
  readonly receiver: string;
  readonly integration: string;
  readonly incident: Incident;
  readonly action: Action;
  readonly reason: Reason;
  /** The vendor's words, without credentials. */
  readonly detail: string;
  /** How often it was sent again since. */
  readonly replays: number;
}

export interface Rejected<Job> extends Pick<DeadLetter, Described> {
  /** What a replay needs. One that holds a config keeps it in memory also after a reload. */
  readonly job: Job;
}
type Described = 'receiver' | 'integration' | 'incident' | 'action' | 'reason' | 'detail';

/** How a replay ended. `refused`: it was not sent, for a reason that people can read. */
export type Replayed = Outcome | { readonly status: 'refused'; readonly reason: string };

/**
 * The last dead letters, in memory, one per incident and integration: to replay what is no longer so would open an
 * incident that is over, or close one that is not.
 */
export interface DeadLetters<Job> {
  /** Takes the place of an older one of the same incident. When there is no room, the oldest go. */
  add(rejected: Rejected<Job>): DeadLetter;
  /** At most `limit`, newest first. */
  list(limit: number): readonly DeadLetter[];
  get(id: string): DeadLetter | undefined;
  job(id: string): Job | undefined;
  /** How a replay ended. Accepted, the letter is gone; else it stays, with the new reason when it was rejected again. */
  replayed(id: string, outcome: Replayed): void;
  /** Whether there was one. */
  remove(id: string): boolean;
  /** Drops what is no longer so, because a later notification of the same incident was accepted there. */
  supersede(receiver: string, integration: string, incidentKey: string): void;
  /** From now on; the newest of what is there stay. */
  resize(capacity: number): void;
  readonly size: number;
}

export interface DeadLettersOptions {
  readonly capacity: number;
  readonly metrics: Pick<Metrics, 'dead_letters' | 'dead_letters_total' | 'dead_letters_dropped_total'>;
  /** In ms since the epoch. */
  readonly now: () => number;
  /** Beyond this much the oldest go, however few there are; a single one is kept whatever its size. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 64 * 1024 * 1024;
/** As much as an outcome has (notify/outcome.ts). */
const MAX_DETAIL = 300;

interface Entry<Job> {
  readonly letter: DeadLetter;
  readonly job: Job;
  readonly place: string;
  readonly bytes: number;
}

export function createDeadLetters<Job>(options: DeadLettersOptions): DeadLetters<Job> {
  const { metrics, now, maxBytes = MAX_BYTES } = options;
  const prefix = now().toString(36);
  /** By id, the oldest first. */
  const entries = new Map<string, Entry<Job>>();
  const places = new Map<string, string>();
  let room = options.capacity;
  let bytes = 0;
  let added = 0;

  function remove(id: string | undefined): boolean {
    const entry = id === undefined ? undefined : entries.get(id);
    if (entry === undefined) return false;
    entries.delete(entry.letter.id);
    places.delete(entry.place);
    bytes -= entry.bytes;
    metrics.dead_letters.set(entries.size);
    return true;
  }

  function makeRoom(): void {
    while (entries.size > room || (bytes > maxBytes && entries.size > 1)) {
      const [oldest] = entries.keys();
      remove(oldest);
      metrics.dead_letters_dropped_total.inc();
    }
  }

  return {
    add({ job, detail, ...rejected }) {
      const { receiver, integration, incident } = rejected;
      const place = placeOf(receiver, integration, incident.key);
      remove(places.get(place));
      const id = `${prefix}-${++added}`;
      const letter = { ...rejected, id, at: now(), detail: ownCopy(detail, MAX_DETAIL), replays: 0 };
      const size = bytesOf(incident.alerts);
      entries.set(id, { letter, job, place, bytes: size });
      places.set(place, id);
      bytes += size;
      metrics.dead_letters_total.inc({ receiver, integration });
      metrics.dead_letters.set(entries.size);
      makeRoom();
      return letter;
    },
    list: (limit) => {
      const newestFirst = [...entries.values()].reverse().slice(0, limit);
      return newestFirst.map(({ letter }) => letter);
    },
    get: (id) => entries.get(id)?.letter,
    job: (id) => entries.get(id)?.job,
    replayed(id, outcome) {
      const entry = entries.get(id);
      if (entry === undefined || outcome.status === 'refused') return;
      if (outcome.status === 'accepted') {
        remove(id);
        return;
      }
      const { letter } = entry;
      const why =
        outcome.status === 'rejected'
          ? { reason: outcome.reason, detail: ownCopy(outcome.detail, MAX_DETAIL) }
          : {};
      entries.set(id, { ...entry, letter: { ...letter, ...why, replays: letter.replays + 1 } });
    },
    remove,
    supersede(receiver, integration, incidentKey) {
      // Nearly always there is none: this is asked at every acceptance.
      if (entries.size > 0) remove(places.get(placeOf(receiver, integration, incidentKey)));
    },
    resize(capacity) {
      room = capacity;
      makeRoom();
    },
    get size() {
      return entries.size;
    },
  };
}

function placeOf(...names: readonly [receiver: string, integration: string, incidentKey: string]): string {
  return JSON.stringify(names);
}

/** About what the alerts take in memory: their objects, and texts of two bytes per character. */
function bytesOf(alerts: readonly Alert[]): number {
  let bytes = 0;
  for (const { labels, annotations, generatorURL } of alerts) {
    bytes += 400 + 2 * generatorURL.length;
    for (const texts of [labels, annotations]) {
      for (const [name, value] of Object.entries(texts)) bytes += 80 + 2 * (name.length + value.length);
    }
  }
  return bytes;
}
