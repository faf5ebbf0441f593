// A process under measurement: what it has used of the processor and of memory, from /proc.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../tools/node-flags.mjs';

const TICKS_PER_SECOND = 100;

/** A module of this folder that sends its port when it listens; with the flags that pagerelay has, too. */
export async function start(module, ...args) {
  const forked = fork(new URL(module, import.meta.url), args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: nodeFlags,
  });
  const [{ port }] = await once(forked, 'message');
  return child(forked, `http://127.0.0.1:${port}`);
}

/** The built daemon as its image runs it, with its default settings; its log goes to /dev/null. `flags` are Node's. */
export async function startPagerelay(configFile, port, flags = []) {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const args = [
    ...nodeFlags,
    ...flags,
    main,
    'serve',
    `--config.file=${configFile}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const spawned = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const origin = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 100; i++) {
    const ready = await fetch(`${origin}/-/ready`).catch(() => undefined);
    if (ready?.ok) return child(spawned, origin);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  spawned.kill('SIGKILL');
  throw new Error('pagerelay did not start');
}

/** What a process has used so far. */
export function measured(pid, origin) {
  const status = (name) => {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]) / 1024;
  };
  return {
    origin,
    /** Seconds of processor time, user and system. */
    cpuSeconds() {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    },
    rssMiB: () => status('VmRSS'),
    peakRssMiB: () => status('VmHWM'),
  };
}

function child(process, origin) {
  return {
    ...measured(process.pid, origin),
    stop: (signal = 'SIGKILL') => end(process, signal),
  };
}

/** Ends a process, unless it has ended. */
export async function end(process, signal) {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const exited = once(process, 'exit');
  process.kill(signal);
  await exited;
}
