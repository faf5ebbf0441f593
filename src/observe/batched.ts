import { Writable } from 'node:stream';

/** Writes what comes within one turn of the event loop in one go: a system call per log line costs more than the line. */
export interface Batched extends Writable {
  /** Writes what is left, now. */
  flush(): void;
}

/** `target` behind a buffer that never outlives the turn in which it was filled. */
export function batched(target: Writable): Batched {
  let pending = '';
  const flush = () => {
    if (pending === '') return;
    const text = pending;
    pending = '';
    target.write(text);
  };
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      if (pending === '') setImmediate(flush);
      pending += String(chunk);
      done();
    },
  });
  return Object.assign(stream, { flush });
}
