import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { lintSecrets } from '../../src/config/lint-secrets.ts';
import { load } from '../../src/config/load.ts';
import { printPath } from '../../src/config/problem.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pagerelay-secrets-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function secret(name: string, mode: number, content = 'a-key\n'): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  await chmod(file, mode);
  return file;
}

/** What is said of the files of a config, without the folder's name. */
async function lint(entry: object, global: object = {}): Promise<readonly string[]> {
  const receivers = [
    { name: 'a', pagerduty_configs: [{ routing_key: 'k', ...entry }] },
    { name: 'b', opsgenie_configs: [{ api_key: 'k' }] },
  ];
  const file = { global, route: { receiver: 'a' }, receivers };
  const { origin } = load(JSON.stringify(file), 'pagerelay.yaml', { env: {}, now: Date.now });
  const faults = await lintSecrets(origin?.secretFiles ?? []);
  expect(faults.every(({ warning }) => warning)).toBe(true);
  return faults.map(({ path, message }) => `${printPath(path)}: ${message}`.replaceAll(folder, ''));
}

/** An entry whose one secret is this file's. */
const keyFrom = (file: string) => ({ routing_key: undefined, routing_key_file: file });
const PLACE = 'receivers[0].pagerduty_configs[0].routing_key_file';

describe('a secret file', () => {
  test.each([0o600, 0o400, 0o440, 0o640])('with mode %o is as it should be', async (mode) => {
    expect(await lint(keyFrom(await secret('key', mode)))).toEqual([]);
  });

  test.each([
    [0o644, 'everybody on this machine can read /key (mode 0644)'],
    [0o604, 'everybody on this machine can read /key (mode 0604)'],
    [0o660, 'others can change /key (mode 0660)'],
    [0o666, 'others can change /key (mode 0666)'],
    [0o602, 'others can change /key (mode 0602)'],
  ])('with mode %o is open to others', async (mode, message) => {
    expect(await lint(keyFrom(await secret('key', mode)))).toEqual([
      expect.stringContaining(`${PLACE}: ${message}`),
    ]);
  });

  test('is missing, empty, a folder, or holds what no key has', async () => {
    await mkdir(join(folder, 'keys'));
    expect([
      ...(await lint(keyFrom(join(folder, 'none')))),
      ...(await lint(keyFrom(await secret('empty', 0o600, ' \n')))),
      ...(await lint(keyFrom(join(folder, 'keys')))),
      ...(await lint(keyFrom(await secret('two', 0o600, 'a key')))),
    ]).toEqual([
      `${PLACE}: routing_key_file: /none cannot be read (ENOENT)`,
      `${PLACE}: routing_key_file: /empty is empty`,
      `${PLACE}: routing_key_file: /keys is no file with a key`,
      `${PLACE}: routing_key_file: /two holds white space or characters that no key has`,
    ]);
  });

  test('is not named where it may be the key itself', async () => {
    expect(await lint(keyFrom('0123456789abcdef'))).toEqual([
      `${PLACE}: routing_key_file: the file cannot be read (ENOENT)`,
    ]);
  });
});

test('every file of a config is looked at', async () => {
  const none = (name: string) => join(folder, name);
  const http = {
    basic_auth: { username_file: none('1'), password_file: none('2') },
    tls_config: { ca_file: none('3'), cert_file: none('4'), key_file: none('5') },
    http_headers: { 'X-Team': { files: [none('6')] } },
  };
  const entry = {
    routing_key_by: { label: 'team', keys: { db: { file: none('7') }, web: { key: 'k' } } },
    http_config: { oauth2: { client_id: 'i', client_secret_file: none('8'), token_url: 'https://t' } },
  };
  const places = (await lint(entry, { http_config: http })).map((line) => line.split(': ')[0]);
  expect(new Set(places)).toEqual(
    new Set([
      'global.http_config.basic_auth.username_file',
      'global.http_config.basic_auth.password_file',
      'global.http_config.tls_config.ca_file',
      'global.http_config.tls_config.cert_file',
      'global.http_config.tls_config.key_file',
      'global.http_config.http_headers.X-Team.files[0]',
      'receivers[0].pagerduty_configs[0].routing_key_by.keys.db.file',
      'receivers[0].pagerduty_configs[0].http_config.oauth2.client_secret_file',
    ]),
  );
});

test('certificates and names are for everybody to read, but not to change', async () => {
  const open = { tls_config: { ca_file: await secret('ca', 0o644) } };
  expect(await lint({ http_config: open })).toEqual([]);
  await chmod(join(folder, 'ca'), 0o666);
  expect(await lint({ http_config: open })).toEqual([expect.stringContaining('others can change /ca')]);
});

test('a file of global that several receivers use is told of once', async () => {
  const receivers = ['a', 'b'].map((name) => ({ name, opsgenie_configs: [{}] }));
  const global = { opsgenie_api_key_file: await secret('key', 0o644) };
  const text = JSON.stringify({ global, route: { receiver: 'a' }, receivers });
  const { origin } = load(text, 'pagerelay.yaml', { env: {}, now: Date.now });
  expect(origin?.secretFiles).toHaveLength(2);
  expect(await lintSecrets(origin?.secretFiles ?? [])).toHaveLength(1);
});
