#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { Terminal } from './cli/terminal.ts';

// Until a command takes the signals over, they end the process: as PID 1 of a container it would not hear them at all.
const endEarly = () => process.exit(0);
process.on('SIGTERM', endEarly).on('SIGINT', endEarly);

const terminal: Terminal = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: Date.now,
  onSignal(signals, callback) {
    for (const signal of signals) process.off(signal, endEarly).on(signal, callback);
    return () => {
      for (const signal of signals) process.off(signal, callback);
    };
  },
};

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
// Loaded only now: it takes half a second, in which a signal must not be lost.
const { run } = await import('./cli/program.ts');

process.exit(await run(process.argv.slice(2), version, terminal));
