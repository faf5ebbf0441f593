// The programs of a storm: started, asked whether they are ready, and ended by their pid.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../tools/node-flags.mjs';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** A program whose output goes to a file of the folder. */
export function run(folder, name, command, args) {
  const log = openSync(join(folder, `${name}.log`), 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log], cwd: folder });
  closeSync(log);
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  return {
    name,
    /** The most memory that it has had, in MiB; 0 when it is over. */
    peakRssMiB() {
      if (isOver()) return 0;
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    },
    async kill() {
      if (isOver()) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

export const pagerelay = (folder, name, ...args) =>
  run(folder, name, process.execPath, [...nodeFlags, MAIN, ...args]);

/** Waits until the address answers 2xx with a body that passes. */
export async function ready(url, passes = () => true, forMs = 60_000) {
  const until = Date.now() + forMs;
  while (Date.now() < until) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok && passes(await answer.text())) return;
    await sleep(100);
  }
  throw new Error(`not ready within ${forMs} ms: ${url}`);
}

/** A port on loopback that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** A file of this content in a new folder of its own. */
export function fileIn(folder, name, content) {
  const file = join(mkdtempSync(join(folder, `${name}-`)), name);
  writeFileSync(file, content);
  return file;
}
