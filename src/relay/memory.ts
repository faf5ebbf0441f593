import { LRUCache } from 'lru-cache';
import { actionOf, type Kept, pack, unpack } from './packed.ts';
import type { Remembered } from './remembered.ts';

/**
 * Accepted incidents, least recently used forgotten first. Losing it can repeat, but lose no page; with it goes what alone knows
 * of an end that nobody tells again (docs/adr/0017-doubts.md).
 */
export interface Memory {
  /** What is used is kept for another `dedup.ttl`: what Alertmanager still has, or tells again, is not forgotten. */
  get(place: string): Remembered | undefined;
  /** The same, but the incident does not count as used. */
  peek(place: string): Remembered | undefined;
  set(place: string, remembered: Remembered): void;
  /** The least recently used first. */
  places(): Iterable<string>;
  readonly size: number;
  /** Whether another incident can be remembered without one being forgotten for it that is open, or may have to be opened again. */
  hasRoom(): boolean;
  /** Forgets what nobody has used for `dedup.ttl`: else it takes room until it is the least recently used. */
  forgetOld(): void;
}

export interface MemoryOptions {
  readonly maxEntries: number;
  readonly ttlMs: number;
  readonly now: () => number;
  /** Told when an incident is forgotten to make room: what was accepted of it last. */
  onEvict(action: Remembered['action']): void;
}

export function createMemory({ maxEntries, ttlMs, now, onEvict }: MemoryOptions): Memory {
  const cache = new LRUCache<string, Kept>({
    max: maxEntries,
    ttl: ttlMs,
    updateAgeOnGet: true,
    ttlResolution: 0,
    perf: { now },
    dispose: (kept, _place, why) => {
      if (why === 'evict') onEvict(actionOf(kept));
    },
  });
  const opened = (kept: Kept | undefined) => (kept === undefined ? undefined : unpack(kept));
  return {
    get: (place) => opened(cache.get(place)),
    peek: (place) => opened(cache.peek(place)),
    set: (place, remembered) => {
      cache.set(place, pack(remembered));
    },
    places: () => cache.rkeys(),
    get size() {
      return cache.size;
    },
    hasRoom() {
      if (cache.size < maxEntries) return true;
      const [oldest = ''] = cache.rkeys();
      const known = opened(cache.peek(oldest));
      return known === undefined || (known.action === 'resolve' && known.reopenFrom === undefined);
    },
    forgetOld: () => {
      cache.purgeStale();
    },
  };
}
