import type { Remembered } from '../../src/relay/remembered.ts';
import type { SharedStore } from '../../src/relay/shared-store.ts';

/** What replicas share, as texts, as in Redis; each calls it for a store of its own. Without the locks: tests take turns. */
export function sharedMemory(): () => SharedStore {
  const known = new Map<string, string>();
  return () => ({
    async take(place) {
      const text = known.get(place);
      const before = text === undefined ? undefined : (JSON.parse(text) as Remembered);
      return {
        known: before,
        release(remembered, isNew) {
          if (remembered !== undefined && (isNew || before === undefined))
            known.set(place, JSON.stringify(remembered));
        },
      };
    },
    pause() {},
  });
}
