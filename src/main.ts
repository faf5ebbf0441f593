#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import type { Terminal } from './cli/terminal.ts';

// Left to itself V8 lets the heap grow to several times what lives in it, for it knows of no limit but the machine's
// (docs/performance.md has what that costs). It is read at every collection.
setFlagsFromString('--heap-growing-percent=20');
// What a webhook holds often outlives two collections of the young generation, and V8 takes that for a reason to allocate
// more of the same kind as if it were there to stay: dead, it keeps all alive that it leads to (docs/adr/0022-young-objects.md).
setFlagsFromString('--no-allocation-site-pretenuring');
// What lives in the young generation is too little for several threads, which cost more than they copy; and the code of the
// two quicker compilers soon lies beside that of the optimizing one (docs/adr/0018-memory.md).
setFlagsFromString('--no-parallel-scavenge');
setFlagsFromString('--no-sparkplug');
setFlagsFromString('--no-maglev');

/**
 * SIGTERM and SIGINT are heard from the first moment and never let go of: as PID 1 of a container a signal without a handler
 * is not heard at all, and one that comes while its handler is exchanged is lost. Nobody waiting for it means to end.
 */
function createSignals(): Terminal['onSignal'] {
  const callbacks = new Map<NodeJS.Signals, Set<(signal: NodeJS.Signals) => void>>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      const waiting = [...(callbacks.get(signal) ?? [])];
      if (waiting.length === 0) process.exit(0);
      for (const callback of waiting) callback(signal);
    });
  }
  return (signals, callback) => {
    for (const signal of signals) {
      if (signal === 'SIGTERM' || signal === 'SIGINT') {
        const own = callbacks.get(signal) ?? new Set();
        callbacks.set(signal, own.add(callback));
      } else process.on(signal, callback);
    }
    return () => {
      for (const signal of signals) {
        callbacks.get(signal)?.delete(callback);
        process.off(signal, callback);
      }
    };
  };
}

const terminal: Terminal = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: Date.now,
  onSignal: createSignals(),
};

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
// Loaded only now: it takes half a second, in which a signal must not be lost.
const { run } = await import('./cli/program.ts');

process.exit(await run(process.argv.slice(2), version, terminal));
