import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { eventually, freePort, type Running, start } from './process.ts';
import { describeWith } from './program.ts';

const PROGRAM = 'redis-server';

/** Tests that need a real Redis. */
export function describeWithRedis(name: string, tests: () => void): void {
  describeWith(PROGRAM, name, tests);
}

export interface Redis extends Running {
  readonly url: string;
  readonly port: number;
}

/** Starts a real Redis that keeps nothing on disk. */
export async function startRedis({ port = 0, password = '' } = {}): Promise<Redis> {
  const own = port === 0 ? await freePort() : port;
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-redis-'));
  const secured = password === '' ? [] : ['--requirepass', password];
  const settings = ['--port', String(own), '--bind', '127.0.0.1', '--save', '', '--dir', folder, ...secured];
  const running = start(PROGRAM, settings);
  await eventually(
    'Redis listens',
    () => running.output().includes('Ready to accept connections') || undefined,
  );
  const user = password === '' ? '' : `:${password}@`;
  return { ...running, port: own, url: `redis://${user}127.0.0.1:${own}` };
}

/** Runs one command there. */
export async function askRedis({ url }: Redis, ...command: readonly string[]): Promise<unknown> {
  const client = createClient({ url });
  await client.connect();
  try {
    return await client.sendCommand([...command]);
  } finally {
    await client.close();
  }
}
