import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { printProblem } from '../../src/config/problem.ts';
import { loadWebConfig } from '../../src/http/web-config.ts';
import { tlsFile } from '../support/tls.ts';

const HASH = '$2b$10$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';

/** The faults of a web config, each with its line and column. */
async function faultsOf(text: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-web-'));
  const file = join(folder, 'web.yaml');
  writeFileSync(file, text);
  writeFileSync(join(folder, 'token'), 'a-token');
  const loaded = await loadWebConfig(file, { now: Date.now });
  return 'length' in loaded ? loaded.map((problem) => printProblem(problem).slice(file.length + 1)) : [];
}

test.each([
  ['an empty file', ''],
  [
    "Prometheus's own example",
    `basic_auth_users:\n  alice: ${HASH.replace('$2b$', '$2y$')}\n  bob: ${HASH}\n`,
  ],
  [
    'every setting',
    `
tls_server_config:
  cert_file: ${tlsFile('server.pem')}
  key_file: ${tlsFile('server-key.pem')}
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ${tlsFile('ca.pem')}
  client_allowed_sans: [localhost]
  min_version: TLS12
  max_version: TLS13
basic_auth_users: { anna: ${HASH} }
scopes:
  ingest:
    basic_auth_users: [anna]
    bearer_token_files: [token]
    hmac: { secret_files: [token], header: X-Signature, timestamp_header: X-Time }
  metrics: { anonymous: true, health: false }
  admin: { bearer_token_files: [token] }
`,
  ],
])('%s is taken', async (_what, text) => {
  expect(await faultsOf(text)).toEqual([]);
});

test.each<readonly [string, readonly string[]]>([
  ['a: [', ['1:5: Flow sequence in block collection must be sufficiently indented and end with a ]']],
  ['basic_auth_user: {}', ['1:1: basic_auth_user: unknown field; did you mean basic_auth_users?']],
  [
    'basic_auth_users: { anna: hunter2 }',
    [
      '1:27: basic_auth_users.anna: must be a bcrypt hash with a cost of 4 to 14, as `htpasswd -nBC 10` writes it (got <secret>)',
    ],
  ],
  [
    `basic_auth_users: { anna: ${HASH.replace('$10$', '$31$')} }`,
    [
      '1:27: basic_auth_users.anna: must be a bcrypt hash with a cost of 4 to 14, as `htpasswd -nBC 10` writes it (got <secret>)',
    ],
  ],
  [
    'scopes:\n  ingest: { basic_auth_users: [otto] }\n  admin: { bearer_token_files: [nowhere/token] }',
    [
      '2:32: scopes.ingest.basic_auth_users[0]: there is no otto in basic_auth_users',
      expect.stringMatching(
        /^3:33: scopes.admin.bearer_token_files\[0\]: warning: bearer_token_files: \S+ cannot be read/,
      ),
    ] as readonly string[],
  ],
  [
    'scopes: { ingest: { anonymous: true }, admin: { anonymous: true, bearer_token_files: [token] } }',
    ['1:60: scopes.admin.anonymous: takes everybody: leave out the credentials beside it, or this'],
  ],
  [
    'scopes: { admin: { hmac: { secret_files: [token] } } }',
    ['1:20: scopes.admin.hmac: unknown field (known: anonymous, basic_auth_users, bearer_token_files)'],
  ],
  ['tls_server_config: { cert_file: a }', ['1:20: tls_server_config: key_file is missing']],
  [
    'tls_server_config: { cert_file: a, key_file: b }',
    [
      '1:33: tls_server_config.cert_file: cannot be read (ENOENT)',
      '1:46: tls_server_config.key_file: cannot be read (ENOENT)',
    ],
  ],
  [
    `tls_server_config: { cert_file: ${tlsFile('server.pem')}, key_file: ${tlsFile('client-key.pem')} }`,
    [expect.stringMatching(/key_file: is not the key of cert_file$/)] as unknown as readonly string[],
  ],
  [
    `tls_server_config:\n  cert_file: ${tlsFile('server-key.pem')}\n  key_file: ${tlsFile('server-key.pem')}`,
    ['2:14: tls_server_config.cert_file: holds no certificate in PEM'],
  ],
  [
    `tls_server_config:\n  cert_file: ${tlsFile('server.pem')}\n  key_file: ${tlsFile('server.pem')}`,
    ['3:13: tls_server_config.key_file: holds no private key in PEM that needs no passphrase'],
  ],
  [
    `
tls_server_config:
  cert_file: ${tlsFile('server.pem')}
  key_file: ${tlsFile('server-key.pem')}
  client_auth_type: VerifyClientCertIfGiven
  client_allowed_sans: [localhost]
  min_version: TLS13
  max_version: TLS12
`,
    [
      '5:21: tls_server_config.client_auth_type: VerifyClientCertIfGiven needs client_ca_file',
      '6:24: tls_server_config.client_allowed_sans: needs client_auth_type RequireAndVerifyClientCert',
      '8:16: tls_server_config.max_version: is older than min_version',
    ],
  ],
  [
    `
tls_server_config:
  cert_file: ${tlsFile('server.pem')}
  key_file: ${tlsFile('server-key.pem')}
  client_ca_file: ${tlsFile('ca.pem')}
  min_version: TLS10
`,
    ['6:16: tls_server_config.min_version: must be one of TLS12, TLS13 (got "TLS10")'],
  ],
])('%s is refused', async (text, faults) => {
  expect(await faultsOf(text)).toEqual(faults);
});

test('a file that is not there', async () => {
  const loaded = await loadWebConfig('/nowhere/web.yaml', { now: Date.now });
  expect('length' in loaded && loaded.map(printProblem)).toEqual([
    '/nowhere/web.yaml:1:1: the file cannot be read (ENOENT)',
  ]);
});

test.each([
  [
    'a scope has credentials, and webhooks have none',
    'scopes: { metrics: { bearer_token_files: [token] } }',
    ['nobody may post webhooks'],
  ],
  [
    'webhooks are for everybody',
    'scopes: { ingest: { anonymous: true }, metrics: { bearer_token_files: [token] } }',
    [],
  ],
  [
    'hashes cost more and less',
    `basic_auth_users: { a: $2b$04$${'a'.repeat(53)}, b: $2b$12$${'a'.repeat(53)} }`,
    ['hashes of different costs'],
  ],
  [
    'a token is not there yet',
    'scopes: { ingest: { bearer_token_files: [token, later] } }',
    ['later cannot be read (ENOENT)'],
  ],
])('it can be used, with a warning where %s', async (_what, text, warnings) => {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-web-'));
  writeFileSync(join(folder, 'token'), 'a-token');
  writeFileSync(join(folder, 'web.yaml'), text);
  const loaded = await loadWebConfig(join(folder, 'web.yaml'), { now: Date.now });
  if ('length' in loaded) throw new Error(JSON.stringify(loaded));
  expect(loaded.warnings.map(({ warning, message }) => [warning, message])).toEqual(
    warnings.map((message) => [true, expect.stringContaining(message)]),
  );
});
