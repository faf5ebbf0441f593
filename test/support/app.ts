import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { type App, type AppOptions, createApp } from '../../src/app.ts';
import { printProblem } from '../../src/config/problem.ts';
import { createLogger } from '../../src/observe/log.ts';

export interface AppUnderTest {
  readonly app: App;
  readonly folder: string;
  /** Of webhooks first, then of operators where that is another one. */
  readonly ports: readonly number[];
  /** Writes a file beside the config. */
  write(name: string, text: string): void;
  /** Its log lines so far. */
  log(): string;
}

/** A config that sends nothing anywhere. */
export const IDLE =
  'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\nrelay: { drain_timeout: 0s }\n';

export interface AppUnderTestOptions {
  readonly config?: string;
  /** The text of the web config, if any. */
  readonly web?: string;
  /** Written beside the config, by their names. */
  readonly files?: Readonly<Record<string, string>>;
  readonly app?: Partial<AppOptions>;
}

/** Runs `use` beside the daemon, put together in this process and listening. */
export async function withApp<T>(
  { config = IDLE, web, files = {}, app: own = {} }: AppUnderTestOptions,
  use: (under: AppUnderTest) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-app-'));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write('pagerelay.yaml', config);
  if (web !== undefined) write('web.yaml', web);
  for (const [name, text] of Object.entries(files)) write(name, text);
  const lines: string[] = [];
  const log = createLogger({
    level: 'debug',
    format: 'json',
    write: (line) => lines.push(line),
    now: Date.now,
  });
  const app = await createApp({
    configFile: join(folder, 'pagerelay.yaml'),
    webConfigFile: web === undefined ? undefined : join(folder, 'web.yaml'),
    listen: { host: '127.0.0.1', port: 0 },
    maxConnections: 512,
    reloadEveryMs: 0,
    version: '1.2.3',
    env: {},
    log,
    setLogLevel: (level = 'debug') => log.setLevel(level),
    now: Date.now,
    ...own,
  });
  if ('length' in app) throw new Error(app.map(printProblem).join('\n'));
  try {
    const ports = (await app.start()).map(({ port }) => port);
    return await use({ app, folder, ports, write, log: () => lines.join('') });
  } finally {
    await app.stop({ drain: false });
  }
}

export interface Asked {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** By HTTPS, with these settings of a connection. */
  readonly tls?: Readonly<Record<string, unknown>>;
}

/** One request over a connection of its own. */
export async function ask(
  port: number | undefined,
  path: string,
  { method = 'GET', headers = {}, body = '', tls }: Asked = {},
) {
  const origin = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const pool = new Pool(origin, { connections: 1, ...(tls === undefined ? {} : { connect: tls }) });
  try {
    const answer = await pool.request({ method, path, headers, ...(method === 'POST' ? { body } : {}) });
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  } finally {
    await pool.destroy();
  }
}
