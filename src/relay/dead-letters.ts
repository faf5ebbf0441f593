import type { Action, Alert, Incident } from '../notification/notification.ts';
import { ownCopy } from '../notification/text.ts';
import type { Outcome, Reason } from '../notify/notifier.ts';
import { MAX_DETAIL } from '../notify/outcome.ts';
import type { Metrics } from '../observe/metrics.ts';
import { endedBy, type Occurrence } from './ended-by.ts';

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
  /** The account and the incident (place.ts). */
  readonly place: string;
  /** What a replay needs. One that holds a config keeps it in memory also after a reload. */
  readonly job: Job;
}
type Described = 'receiver' | 'integration' | 'incident' | 'action' | 'reason' | 'detail';

/** How a replay ended. `refused`: it was not sent, for a reason that people can read. */
export type Replayed = Outcome | { readonly status: 'refused'; readonly reason: string };

/**
 * The last dead letters, in memory, one per place: to replay what is no longer so would open an incident that is over, or
 * close one that is not.
 */
export interface DeadLetters<Job> {
  /** It stands instead of what was rejected at the same place before. When there is no room, the oldest go. */
  add(rejected: Rejected<Job>): DeadLetter;
  /** At most `limit`, newest first. */
  list(limit: number): readonly DeadLetter[];
  get(id: string): DeadLetter | undefined;
  job(id: string): Job | undefined;
  /** How a replay ended. Accepted, the letter is gone; else it stays, with the new reason when it was rejected again. */
  replayed(id: string, outcome: Replayed): void;
  /** Whether there was one. */
  remove(id: string): boolean;
  /** Drops what is no longer so, because something later was accepted at this place, whoever sent it. */
  supersede(place: string): void;
  /** These alerts of a place have ended: a page of which none is left is dropped. */
  end(place: string, alerts: readonly Occurrence[]): void;
  /**
   * From a reload on: where each job goes now, that of what was under way too; what goes nowhere any more (undefined) stays
   * where it was.
   */
  move(placeOf: (job: Job) => string | undefined): void;
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

interface Entry<Job> {
  readonly letter: DeadLetter;
  readonly job: Job;
  readonly place: string;
  /** Those of its alerts that fire as far as is known; none of an end. */
  readonly firing: readonly Alert[];
  readonly bytes: number;
}

export function createDeadLetters<Job>(options: DeadLettersOptions): DeadLetters<Job> {
  const { metrics, now, maxBytes = MAX_BYTES } = options;
  const prefix = now().toString(36);
  /** By id, the oldest first. */
  const entries = new Map<string, Entry<Job>>();
  /** By place; several where a reload has made one account of two. */
  const idsAt = new Map<string, Set<string>>();
  let room = options.capacity;
  let bytes = 0;
  let added = 0;
  let placeNow: (job: Job) => string | undefined = () => undefined;

  function keep(entry: Entry<Job>): void {
    const { letter, place } = entry;
    entries.set(letter.id, entry);
    idsAt.set(place, (idsAt.get(place) ?? new Set()).add(letter.id));
  }

  function remove(id: string): boolean {
    const entry = entries.get(id);
    if (entry === undefined) return false;
    entries.delete(id);
    const ids = idsAt.get(entry.place);
    ids?.delete(id);
    if (ids?.size === 0) idsAt.delete(entry.place);
    bytes -= entry.bytes;
    metrics.dead_letters.set(entries.size);
    return true;
  }

  function removeAt(place: string): void {
    for (const id of idsAt.get(place) ?? []) remove(id);
  }

  function makeRoom(): void {
    while (entries.size > room || (bytes > maxBytes && entries.size > 1)) {
      const [oldest = ''] = entries.keys();
      remove(oldest);
      metrics.dead_letters_dropped_total.inc();
    }
  }

  return {
    add({ job, place: placeThen, detail, ...rejected }) {
      const { receiver, integration, incident } = rejected;
      const place = placeNow(job) ?? placeThen;
      removeAt(place);
      const id = `${prefix}-${++added}`;
      const letter = { ...rejected, id, at: now(), detail: ownCopy(detail, MAX_DETAIL), replays: 0 };
      const size = bytesOf(incident.alerts);
      const firing = incident.alerts.filter(({ status }) => status === 'firing');
      keep({ letter, job, place, firing, bytes: size });
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
    supersede: removeAt,
    end(place, alerts) {
      const ids = idsAt.get(place);
      if (ids === undefined) return;
      const hasEnded = endedBy(alerts);
      for (const id of ids) {
        const entry = entries.get(id);
        if (entry === undefined || entry.firing.length === 0) continue;
        const firing = entry.firing.filter((alert) => !hasEnded(alert));
        if (firing.length === 0) remove(id);
        else entries.set(id, { ...entry, firing });
      }
    },
    move(placeOf) {
      placeNow = placeOf;
      idsAt.clear();
      for (const entry of entries.values()) keep({ ...entry, place: placeOf(entry.job) ?? entry.place });
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
