import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { always } from '../support/fake-vendor.ts';
import { attempt, attemptOnce, entry, settingsOf, withClient } from '../support/http-config.ts';
import { withHttps } from '../support/servers.ts';
import { tlsFile, tlsText } from '../support/tls.ts';

const ACCEPTED = { status: 'accepted' };
const refused = (detail: unknown) => ({ status: 'unavailable', reason: 'network', detail });
const unusable = (detail: unknown) => ({ status: 'unavailable', reason: 'other', detail, notSent: true });

const CA = { ca_file: tlsFile('ca.pem') };
const CLIENT = { cert_file: tlsFile('client.pem'), key_file: tlsFile('client-key.pem') };
const STRANGER = { cert_file: tlsFile('stranger.pem'), key_file: tlsFile('stranger-key.pem') };
const WANTS_CLIENT: ServerOptions = { requestCert: true, rejectUnauthorized: true, ca: tlsText('ca.pem') };

/** One attempt at a server with these options, by an entry with this `tls_config`. */
function attemptAt(options: ServerOptions, tls: object | undefined, env: Record<string, string> = {}) {
  return withHttps(always(202), options, ({ url }) =>
    attemptOnce(entry(url, tls === undefined ? undefined : { tls_config: tls }, { env })),
  );
}

describe('the certificate of a server', () => {
  test.each([
    ['of an authority in ca_file', CA, ACCEPTED],
    ['of an authority in ca', { ca: tlsText('ca.pem') }, ACCEPTED],
    ['of a bundle', { ca: `${tlsText('other-ca.pem')}\n${tlsText('ca.pem')}` }, ACCEPTED],
    ['of no authority that is known', undefined, refused('UNABLE_TO_VERIFY_LEAF_SIGNATURE')],
    [
      'of another authority',
      { ca_file: tlsFile('other-ca.pem') },
      refused('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    ],
    ['of anybody with insecure_skip_verify', { insecure_skip_verify: true }, ACCEPTED],
    [
      'with another name than server_name',
      { ...CA, server_name: 'x.test' },
      refused('ERR_TLS_CERT_ALTNAME_INVALID'),
    ],
    ['with the name of server_name', { ...CA, server_name: 'vendor.test' }, ACCEPTED],
  ])('%s', async (_which, tls, expected) => {
    expect(await attemptAt({}, tls)).toEqual(expected);
  });

  test('server_name is what the server is asked for', async () => {
    const asked: string[] = [];
    const SNICallback: ServerOptions['SNICallback'] = (name, done) => {
      asked.push(name);
      done(null);
    };
    await attemptAt({ SNICallback }, { ...CA, server_name: 'vendor.test' });
    expect(asked).toEqual(['vendor.test']);
  });
});

describe('a server that wants a certificate', () => {
  test.each([
    ['gets that of cert_file and key_file', CLIENT, ACCEPTED],
    ['gets that of cert and key', { cert: tlsText('client.pem'), key: tlsText('client-key.pem') }, ACCEPTED],
    ['gets that of cert and key_env', { cert: tlsText('client.pem'), key_env: 'CLIENT_KEY' }, ACCEPTED],
    ['refuses one that it does not trust', STRANGER, refused(expect.stringMatching(/^\w+$/))],
    ['refuses to go without', {}, refused(expect.stringMatching(/^\w+$/))],
  ])('%s', async (_what, tls, expected) => {
    const env = { CLIENT_KEY: tlsText('client-key.pem') };
    expect(await attemptAt(WANTS_CLIENT, { ...CA, ...tls }, env)).toEqual(expected);
  });
});

describe('the version of TLS', () => {
  test.each([
    ['min_version above what the server has', { min_version: 'TLS13' }, { maxVersion: 'TLSv1.2' }, undefined],
    ['max_version below what the server has', { max_version: 'TLS12' }, { minVersion: 'TLSv1.3' }, undefined],
    ['max_version', { max_version: 'TLS12' }, {}, 'TLSv1.2'],
    ['min_version', { min_version: 'TLS13' }, {}, 'TLSv1.3'],
    ['neither, and a server of old', {}, { maxVersion: 'TLSv1.1' }, undefined],
    [
      'an old min_version, and a server of old',
      { min_version: 'TLS10' },
      { maxVersion: 'TLSv1.1' },
      'TLSv1.1',
    ],
    ['an old min_version, and a new server', { min_version: 'TLS10' }, {}, 'TLSv1.3'],
  ] as [string, object, ServerOptions, string | undefined][])('%s', async (_which, tls, server, expected) => {
    const old: ServerOptions =
      server.maxVersion === 'TLSv1.1' ? { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } : {};
    let version: string | null | undefined;
    const outcome = await withHttps(
      (response) => {
        version = (response.socket as TLSSocket).getProtocol();
        response.writeHead(202).end();
      },
      { ...server, ...old },
      ({ url }) => attemptOnce(entry(url, { tls_config: { ...CA, ...tls } })),
    );
    expect([version, outcome.status]).toEqual([
      expected,
      expected === undefined ? 'unavailable' : 'accepted',
    ]);
  });
});

describe('files', () => {
  let folder = '';
  let now = 0;
  const file = (name: string) => join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pagerelay-tls-'));
    now = 1_000_000;
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('that change are read again, with new connections; those that do not change keep theirs', async () => {
    await copyFile(tlsFile('ca.pem'), file('ca.pem'));
    await copyFile(tlsFile('stranger.pem'), file('cert.pem'));
    await copyFile(tlsFile('stranger-key.pem'), file('key.pem'));
    const tls = { ca_file: file('ca.pem'), cert_file: file('cert.pem'), key_file: file('key.pem') };
    await withHttps(always(202), WANTS_CLIENT, async ({ url, connections }) => {
      const to = entry(url, { tls_config: tls }, { now: () => now });
      await withClient({}, async (http) => {
        http.retain([settingsOf(to)]);
        const statuses = [(await attempt(http, to)).status];
        await copyFile(tlsFile('client.pem'), file('cert.pem'));
        await copyFile(tlsFile('client-key.pem'), file('key.pem'));
        now += 1000;
        const before = connections.length;
        statuses.push((await attempt(http, to)).status);
        now += 1000;
        statuses.push((await attempt(http, to)).status);
        expect(statuses).toEqual(['unavailable', 'accepted', 'accepted']);
        expect(connections.length - before).toBe(1);
        await copyFile(tlsFile('other-ca.pem'), file('ca.pem'));
        now += 1000;
        expect((await attempt(http, to)).status).toBe('unavailable');
      });
    });
  });

  test.each([
    ['ca_file', 'http_config.tls_config.ca_file: FOLDER/none.pem cannot be read (ENOENT)'],
    ['cert_file', 'http_config.tls_config.cert_file: FOLDER/none.pem cannot be read (ENOENT)'],
    ['key_file', 'http_config.tls_config.key_file: FOLDER/none.pem cannot be read (ENOENT)'],
  ])('that are missing: %s is named, and nothing is sent', async (setting, detail) => {
    const tls = { ...CA, ...CLIENT, [setting]: file('none.pem') };
    await withHttps(always(202), {}, async ({ url, connections }) => {
      expect(await attemptOnce(entry(url, { tls_config: tls }))).toEqual(
        unusable(detail.replace('FOLDER', folder)),
      );
      expect(connections).toHaveLength(0);
    });
  });

  test.each([
    ['ca_file', 'http_config.tls_config.ca_file: holds no certificate'],
    [
      'cert_file',
      expect.stringMatching(
        /^http_config\.tls_config\.cert_file, http_config\.tls_config\.key_file: no certificate with its private key \(ERR_\w+\)$/,
      ),
    ],
    [
      'key_file',
      expect.stringMatching(
        /^http_config\.tls_config\.cert_file, http_config\.tls_config\.key_file: no certificate with its private key \(ERR_\w+\)$/,
      ),
    ],
  ])('that hold something else: %s is named, and its text is not shown', async (setting, detail) => {
    await writeFile(file('odd.pem'), 'something-else');
    const tls = { ...CA, ...CLIENT, [setting]: file('odd.pem') };
    const outcome = await attemptOnce(entry('https://127.0.0.1:1/', { tls_config: tls }));
    expect(outcome).toEqual(unusable(detail));
    expect(JSON.stringify(outcome)).not.toContain('something-else');
  });

  test('a key that is not that of the certificate', async () => {
    const tls = { ...CA, ...CLIENT, key_file: tlsFile('stranger-key.pem') };
    expect(await attemptOnce(entry('https://127.0.0.1:1/', { tls_config: tls }))).toEqual(
      unusable(expect.stringContaining('KEY_VALUES_MISMATCH')),
    );
  });

  test('an error lasts only while the file is missing', async () => {
    await withHttps(always(202), {}, async ({ url }) => {
      const to = entry(url, { tls_config: { ca_file: file('ca.pem') } });
      await withClient({}, async (http) => {
        const before = await attempt(http, to);
        await copyFile(tlsFile('ca.pem'), file('ca.pem'));
        expect([before.status, (await attempt(http, to)).status]).toEqual(['unavailable', 'accepted']);
      });
    });
  });
});
