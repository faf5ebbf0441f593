import type { Writable } from 'node:stream';

export interface Batched {
  write(text: string): void;
  /** Writes what is left, now. */
  flush(): void;
}

/**
 * Writes what comes within one turn of the event loop in one go: a system call per log line costs more than the line.
 * Nothing is kept beyond that turn.
 */
export function batched(target: Writable): Batched {
  let pending = '';
  const flush = () => {
    if (pending === '') return;
    const text = pending;
    pending = '';
    target.write(text);
  };
  return {
    write(text) {
      if (pending === '') setImmediate(flush);
      pending += text;
    },
    flush,
  };
}
