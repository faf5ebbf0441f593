import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CREDENTIAL } from '../support/deliveries.ts';
import { always } from '../support/fake-vendor.ts';
import { attempt, attemptOnce, type EntryOptions, entry, withClient } from '../support/http-config.ts';
import { withHttp } from '../support/servers.ts';

let folder = '';
const file = (name: string) => join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pagerelay-auth-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The headers that one attempt of an entry with this `http_config` has. */
async function headersOf(http: object, options: EntryOptions = {}) {
  return withHttp(always(202), async ({ url, requests }) => {
    const outcome = await attemptOnce(entry(url, { ...http }, options));
    expect(outcome).toEqual({ status: 'accepted' });
    return requests[0]?.headers ?? {};
  });
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('the Authorization header of requests that have none of their own', () => {
  test.each([
    ['basic_auth', { basic_auth: { username: 'relay', password: 'pass word' } }, basic('relay:pass word')],
    ['beyond ASCII', { basic_auth: { username: 'relais', password: 'größe' } }, basic('relais:größe')],
    ['a user alone', { basic_auth: { username: 'relay' } }, basic('relay:')],
    ['a password alone', { basic_auth: { password: 'secret' } }, basic(':secret')],
    [
      'a password in a variable',
      { basic_auth: { username: 'u', password_env: 'SECRET' } },
      basic('u:from-env'),
    ],
    ['authorization', { authorization: { credentials: 'a-token' } }, 'Bearer a-token'],
    ['its type', { authorization: { type: ' Token ', credentials: 'token=x y' } }, 'Token token=x y'],
    ['an empty type', { authorization: { type: '', credentials: 'x' } }, 'Bearer x'],
    ['credentials in a variable', { authorization: { credentials_env: 'SECRET' } }, 'Bearer from-env'],
    ['bearer_token', { bearer_token: 'old-form' }, 'Bearer old-form'],
  ])('%s', async (_which, http, expected) => {
    const { authorization } = await headersOf(http, { env: { SECRET: ' from-env\n' } });
    expect(authorization).toBe(expected);
  });

  test('is made of files, trimmed', async () => {
    await writeFile(file('user'), 'relay\n');
    await writeFile(file('secret'), ' p4ss word\r\n');
    const basic_auth = { username_file: file('user'), password_file: file('secret') };
    expect((await headersOf({ basic_auth })).authorization).toBe(basic('relay:p4ss word'));
    const authorization = { credentials_file: file('secret') };
    expect((await headersOf({ authorization })).authorization).toBe('Bearer p4ss word');
    expect((await headersOf({ bearer_token_file: file('secret') })).authorization).toBe('Bearer p4ss word');
  });
});

// prometheus/common's client leaves an Authorization header alone that the request has.
test.each([
  ['basic_auth', { basic_auth: { username: 'relay', password: 'secret' } }],
  ['authorization', { authorization: { credentials: 'secret' } }],
  ['bearer_token', { bearer_token: 'secret' }],
])('%s leaves the Authorization header of Opsgenie alone', async (_which, http) => {
  const { authorization } = await headersOf(http, { vendor: 'opsgenie' });
  expect(authorization).toBe(`GenieKey ${CREDENTIAL}`);
});

describe('http_headers', () => {
  test('values, secrets, files and variables are sent in this order', async () => {
    await writeFile(file('header'), 'three\n');
    const http_headers = {
      'X-Team': { envs: ['FOUR'], files: [file('header')], secrets: ['two'], values: ['one', '1 + 1'] },
      'x-single': { values: ['with spaces\tand a tab'] },
      __proto__: { values: ['x'] },
    };
    const headers = await headersOf({ http_headers }, { env: { FOUR: 'four' } });
    expect(headers['x-team']).toBe('one, 1 + 1, two, three, four');
    expect(headers['x-single']).toBe('with spaces\tand a tab');
    expect(headers['content-type']).toBe('application/json');
    expect(headers['user-agent']).toBe('pagerelay/test');
  });

  test('files are read again when they have changed', async () => {
    await writeFile(file('header'), 'first');
    let now = 1_000_000;
    await withHttp(always(202), async ({ url, requests }) => {
      const to = entry(url, { http_headers: { 'X-Key': { files: [file('header')] } } }, { now: () => now });
      await withClient({}, async (http) => {
        await attempt(http, to);
        await writeFile(file('header'), 'second');
        now += 1000;
        await attempt(http, to);
      });
      expect(requests.map(({ headers }) => headers['x-key'])).toEqual(['first', 'second']);
    });
  });
});

describe('a file that cannot be used makes the attempt unavailable, and nothing is sent', () => {
  test.each([
    ['basic_auth', { basic_auth: { username_file: 'FILE' } }, 'http_config.basic_auth.username_file'],
    ['basic_auth', { basic_auth: { password_file: 'FILE' } }, 'http_config.basic_auth.password_file'],
    [
      'authorization',
      { authorization: { credentials_file: 'FILE' } },
      'http_config.authorization.credentials_file',
    ],
    ['bearer_token_file', { bearer_token_file: 'FILE' }, 'http_config.bearer_token_file'],
    [
      'http_headers',
      { http_headers: { 'X-A': { files: ['FILE'] } } },
      'http_config.http_headers.X-A.files[0]',
    ],
  ])('%s: %j', async (_which, http, name) => {
    const config = JSON.parse(JSON.stringify(http).replace('FILE', file('secret')));
    await withHttp(always(202), async ({ url, connections }) => {
      const missing = await attemptOnce(entry(url, config));
      await writeFile(file('secret'), 'two\nlines');
      const odd = await attemptOnce(entry(url, config));
      expect([missing, odd]).toEqual([
        {
          status: 'unavailable',
          reason: 'other',
          detail: `${name}: ${file('secret')} cannot be read (ENOENT)`,
          notSent: true,
        },
        {
          status: 'unavailable',
          reason: 'other',
          detail: expect.stringMatching(/^http_config\..*: \S+ holds (control )?characters/),
          notSent: true,
        },
      ]);
      expect(JSON.stringify(odd)).not.toContain('lines');
      expect(connections).toHaveLength(0);
    });
  });
});
