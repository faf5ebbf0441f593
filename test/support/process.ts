import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Running {
  readonly pid: number;
  /** Everything that it has written so far, to both streams. */
  output(): string;
  signal(signal: NodeJS.Signals): void;
  /** The exit code, or the signal's name, once it has ended. */
  readonly ended: Promise<number | string>;
  /** Ends it by force, if it still runs. */
  kill(): Promise<void>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Signals go to what it has started, too. */
  readonly asGroup?: boolean;
}

/** Starts a program of the test's own. It must be killed by the test. */
export function start(
  command: string,
  args: readonly string[],
  { env, cwd, asGroup = false }: StartOptions = {},
): Running {
  const child: ChildProcess = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: asGroup,
    env: { PATH: process.env.PATH ?? '', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const pid = child.pid ?? 0;
  const signalIt = (signal: NodeJS.Signals) => (asGroup ? process.kill(-pid, signal) : child.kill(signal));
  return {
    pid,
    output: () => output,
    signal: signalIt,
    ended,
    async kill() {
      if (child.exitCode === null && child.signalCode === null) signalIt('SIGKILL');
      await ended;
    },
  };
}

/** Waits until `probe` gives something, asking again and again; fails with `what` after `ms`. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  ms = 15_000,
): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms} ms`);
    await sleep(50);
  }
}

/** A TCP port on loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
