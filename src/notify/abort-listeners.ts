/** Calls back when a signal aborts: many callbacks, one listener at the signal, whose own list is slow to search. */
export interface AbortListeners {
  add(signal: AbortSignal, callback: () => void): void;
  remove(signal: AbortSignal, callback: () => void): void;
}

export function createAbortListeners(): AbortListeners {
  const callbacks = new WeakMap<AbortSignal, Set<() => void>>();
  return {
    add(signal, callback) {
      const known = callbacks.get(signal);
      if (known !== undefined) {
        known.add(callback);
        return;
      }
      const own = new Set([callback]);
      callbacks.set(signal, own);
      signal.addEventListener('abort', () => {
        for (const each of own) each();
      });
    },
    remove(signal, callback) {
      callbacks.get(signal)?.delete(callback);
    },
  };
}
