import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Fault, type Path, type Problem, printPath } from '../config/problem.ts';
import { CREDENTIAL, fileSecret } from '../config/secret-source.ts';
import { readSource, type Source } from '../config/source.ts';
import { createCheck } from '../config/validate.ts';
import type { SecretSource } from '../notification/secret.ts';
import { costOf } from './passwords.ts';
import { type ServerTls, serverTls } from './server-tls.ts';
import { type WebConfigFile, webConfigSchema } from './web-config-schema.ts';

/** What a request is for. */
const SCOPES = ['ingest', 'metrics', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** What lets a request into a scope: any one of these. */
export interface Ways {
  /** Without any credential. */
  readonly anonymous: boolean;
  /** Names and bcrypt hashes. */
  readonly users: ReadonlyMap<string, string>;
  readonly tokens: readonly SecretSource[];
  readonly signature?: SignatureRules;
}

/** A signature of the body. Header names are in lower case. */
export interface SignatureRules {
  readonly secrets: readonly SecretSource[];
  readonly header: string;
  readonly timestampHeader?: string;
}

/** The file of `--web.config.file`, ready to use. */
export interface WebConfig {
  readonly tls?: ServerTls;
  readonly scopes: Readonly<Record<Scope, Ways>>;
  /** Whether health and readiness belong to `metrics`; else they are for everybody. */
  readonly protectsHealth: boolean;
  /** What it was made of, besides itself: certificates and keys. */
  readonly files: readonly string[];
  /** What is doubtful in it. */
  readonly warnings: readonly Problem[];
}

const OPEN: Ways = { anonymous: true, users: new Map(), tokens: [] };

/** Without a file: as Prometheus, open to all who can connect. */
export const OPEN_TO_ALL: WebConfig = {
  scopes: { ingest: OPEN, metrics: OPEN, admin: OPEN },
  protectsHealth: false,
  files: [],
  warnings: [],
};

const check = (source: Source) =>
  createCheck<WebConfigFile>(webConfigSchema, new Set(['basic_auth_users']), source.plainText);

/**
 * Reads the file of `--web.config.file` and what it names; its paths begin where it is. Every fault is reported at once,
 * with its place, and no hash, key or token with it.
 */
export async function loadWebConfig(
  file: string,
  { now }: { readonly now: () => number },
): Promise<WebConfig | readonly Problem[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (typeof text !== 'string')
    return [problemAt(file, { line: 1, column: 1 }, `the file cannot be read (${text.code})`)];
  const source = readSource(text);
  if ('length' in source) return source.map(({ message, ...at }) => problemAt(file, at, message));
  const checked = check(source)(source.value ?? {});
  const faults: Fault[] = 'length' in checked ? [...checked] : [];
  const config = 'length' in checked ? undefined : await compile(checked, dirname(file), now, faults);
  const problems = faults
    .map(({ path, message, atKey, warning = false }) => ({
      ...problemAt(file, source.locate(path, atKey), message, path),
      warning,
    }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
  if (config === undefined || faults.some(({ warning }) => !warning)) return problems;
  return { ...config, warnings: problems };
}

/** Whether there is any way into a scope. */
export function hasWay({ anonymous, users, tokens, signature }: Ways): boolean {
  return anonymous || users.size > 0 || tokens.length > 0 || signature !== undefined;
}

function problemAt(
  file: string,
  { line, column }: { readonly line: number; readonly column: number },
  message: string,
  path: Path = [],
): Problem {
  return { file, line, column, path: printPath(path), message, warning: false };
}

async function compile(
  { tls_server_config, basic_auth_users, scopes }: WebConfigFile,
  folder: string,
  now: () => number,
  faults: Fault[],
): Promise<Omit<WebConfig, 'warnings'>> {
  const users = new Map(Object.entries(basic_auth_users));
  const isRestricted = users.size > 0 || SCOPES.some((name) => hasCredentials(scopes[name] ?? {}));
  const waysOf = async (name: Scope): Promise<Ways> => {
    const given: ScopeSettings = scopes[name] ?? {};
    if (!hasCredentials(given)) {
      return given.anonymous === true || !isRestricted ? OPEN : { anonymous: false, users, tokens: [] };
    }
    return waysFrom(given, name, { users, folder, now }, faults);
  };
  const [ingest, metrics, admin] = await Promise.all([waysOf('ingest'), waysOf('metrics'), waysOf('admin')]);
  if (!hasCredentials(scopes.ingest ?? {}) && !hasWay(ingest)) {
    const message =
      'nobody may post webhooks: other scopes have credentials and ingest has none; name some, or say anonymous: true';
    faults.push({ path: ['scopes', 'ingest'], message, warning: true });
  }
  const costs = new Set(Array.from(users.values(), costOf));
  if (costs.size > 1) {
    const message =
      'hashes of different costs: by the time that a wrong password takes, users can be told apart';
    faults.push({ path: ['basic_auth_users'], message, warning: true });
  }
  const tls =
    tls_server_config === undefined ? undefined : await serverTls(tls_server_config, folder, faults);
  return {
    scopes: { ingest, metrics, admin },
    protectsHealth: scopes.metrics?.health ?? false,
    files: tls?.files ?? [],
    ...(tls === undefined ? {} : { tls }),
  };
}

interface ScopeSettings {
  readonly anonymous?: boolean;
  readonly basic_auth_users?: readonly string[];
  readonly bearer_token_files?: readonly string[];
  readonly hmac?: {
    readonly secret_files: readonly string[];
    readonly header: string;
    readonly timestamp_header?: string;
  };
}

function hasCredentials({ basic_auth_users, bearer_token_files, hmac }: ScopeSettings): boolean {
  return (basic_auth_users ?? bearer_token_files ?? hmac) !== undefined;
}

interface Known {
  readonly users: ReadonlyMap<string, string>;
  readonly folder: string;
  readonly now: () => number;
}

async function waysFrom(
  { anonymous, basic_auth_users = [], bearer_token_files = [], hmac }: ScopeSettings,
  scope: Scope,
  { users, folder, now }: Known,
  faults: Fault[],
): Promise<Ways> {
  const path = ['scopes', scope];
  if (anonymous) {
    const message = 'takes everybody: leave out the credentials beside it, or this';
    faults.push({ path: [...path, 'anonymous'], message });
  }
  const own = new Map<string, string>();
  for (const [i, name] of basic_auth_users.entries()) {
    const hash = users.get(name);
    if (hash !== undefined) own.set(name, hash);
    else
      faults.push({
        path: [...path, 'basic_auth_users', i],
        message: `there is no ${name} in basic_auth_users`,
      });
  }
  const secrets = (files: readonly string[], at: Path) =>
    Promise.all(
      files.map(async (file, i) => {
        const source = fileSecret(String(at.at(-1)), resolve(folder, file), { now, env: {} }, CREDENTIAL);
        const value = await source.read();
        // It may come with another Secret, a little later; until then nobody gets in with it.
        if (value instanceof Error) faults.push({ path: [...at, i], message: value.message, warning: true });
        return source;
      }),
    );
  return {
    anonymous: false,
    users: own,
    tokens: await secrets(bearer_token_files, [...path, 'bearer_token_files']),
    ...(hmac === undefined
      ? {}
      : {
          signature: {
            secrets: await secrets(hmac.secret_files, [...path, 'hmac', 'secret_files']),
            header: hmac.header.toLowerCase(),
            ...(hmac.timestamp_header === undefined
              ? {}
              : { timestampHeader: hmac.timestamp_header.toLowerCase() }),
          },
        }),
  };
}
