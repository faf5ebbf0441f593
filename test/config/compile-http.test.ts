import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { load } from '../../src/config/load.ts';
import { printProblem } from '../../src/config/problem.ts';
import { entry, loadEntry, settingsOf } from '../support/http-config.ts';
import { tlsText } from '../support/tls.ts';

const URL_ = 'https://vendor.test/';

describe('an http_config that asks for nothing beyond what is done anyway is none:', () => {
  test.each([
    {},
    { follow_redirects: false, enable_http2: true },
    { enable_http2: false },
    { proxy_from_environment: true },
    { proxy_from_environment: false, no_proxy: '', proxy_connect_header: {} },
    { tls_config: {} },
    { tls_config: { insecure_skip_verify: false } },
    { http_headers: {} },
    { http_headers: { 'X-Team': {} } },
  ])('%j', (http) => {
    expect(entry(URL_, http).http).toBeUndefined();
  });
});

describe('global.http_config', () => {
  const global = { proxy_url: 'http://proxy.test', follow_redirects: true };

  test('holds for an entry that has none', () => {
    expect(settingsOf(entry(URL_, undefined, { global })).followRedirects).toBe(true);
  });

  test.each([[{}], [{ enable_http2: true }]])('is replaced as a whole by %j', (own) => {
    expect(entry(URL_, own, { global }).http).toBeUndefined();
  });

  test('is replaced as a whole by one with other settings', () => {
    const own = settingsOf(entry(URL_, { bearer_token: 'a-token' }, { global }));
    expect([own.transport, own.followRedirects, own.auth?.kind]).toEqual([undefined, false, 'authorization']);
  });
});

describe('what tells one http_config from another', () => {
  const idOf = (http: Readonly<Record<string, unknown>>, env = {}) =>
    settingsOf(entry(URL_, http, { env })).id;
  const base = { tls_config: { server_name: 'a.test' }, basic_auth: { username: 'u', password: 'p' } };

  test('is the same for the same settings', () => {
    expect(idOf(base)).toBe(idOf(structuredClone(base)));
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['a TLS setting', { ...base, tls_config: { server_name: 'b.test' } }],
    ['a password', { ...base, basic_auth: { username: 'u', password: 'q' } }],
    ['a password of a proxy', { ...base, proxy_url: 'http://u:p@proxy.test' }],
    ['another password of a proxy', { ...base, proxy_url: 'http://u:q@proxy.test' }],
    ['redirects', { ...base, follow_redirects: true }],
  ])('differs by %s', (_which, other) => {
    expect(idOf(other)).not.toBe(idOf(base));
  });

  test('differs by the value of a variable', () => {
    const http = { authorization: { credentials_env: 'TOKEN' } };
    expect(idOf(http, { TOKEN: 'one' })).not.toBe(idOf(http, { TOKEN: 'two' }));
  });
});

// https://prometheus.io/docs/alerting/latest/configuration/#http_config
const PASTED = `
global:
  http_config:
    follow_redirects: true
    enable_http2: true
    tls_config: { insecure_skip_verify: false }
route: { receiver: both }
receivers:
- name: both
  pagerduty_configs:
  - routing_key: 0123456789abcdef0123456789abcdef
    http_config:
      basic_auth: { username: 1234, password_file: /etc/password }
      tls_config:
        ca_file: /etc/ca.pem
        cert_file: /etc/cert.pem
        key_file: /etc/key.pem
        server_name: vendor.test
        insecure_skip_verify: true
        min_version: TLS12
        max_version: TLS13
      proxy_url: http://user:password@proxy.example.com:3128
      no_proxy: 10.0.0.0/8,example.com
      proxy_connect_header: { Proxy-Authorization: [Basic abc], X-Team: [a, b] }
      follow_redirects: false
      enable_http2: false
      http_headers: { X-Team: { values: [db], secrets: [a-secret], files: [/etc/header] } }
  - routing_key: 0123456789abcdef0123456789abcdef
    http_config:
      authorization: { type: Token, credentials_file: /etc/token }
      proxy_from_environment: true
  opsgenie_configs:
  - api_key: 01234567-89ab-cdef-0123-456789abcdef
    http_config:
      oauth2:
        client_id: relay
        client_secret_file: /etc/secret
        token_url: https://login.example.com/token?tenant=1
        scopes: [a, b]
        endpoint_params: { audience: x, grant_type: password }
        tls_config: { ca_file: /etc/ca.pem }
        proxy_url: https://proxy.example.com
        no_proxy: example.com
`;

test("everything of Alertmanager's http_config can be pasted", () => {
  const { config, problems } = load(PASTED, 'pasted.yaml', { env: {}, now: Date.now });
  expect(problems.filter(({ warning }) => !warning).map(printProblem)).toEqual([]);
  const both = config?.receivers.get('both')?.integrations.map(({ http }) => http?.auth?.kind);
  expect(both).toEqual(['basic', 'authorization', 'oauth2']);
});

test('a certificate and key that do not belong together are refused when they stand in the config', () => {
  const tls_config = { cert: tlsText('client.pem'), key: tlsText('stranger-key.pem') };
  const { config, problems } = loadEntry(URL_, { tls_config });
  expect(config).toBeUndefined();
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^no certificate with its private key \(\w+KEY_VALUES_MISMATCH\)$/),
  ]);
});

test.each(['authorization', 'Host', 'CONTENT-TYPE', 'user-agent', 'Connection', 'Accept-Encoding', 'expect'])(
  'http_headers cannot set %s, in any case',
  (name) => {
    const { config, problems } = loadEntry(URL_, { http_headers: { [name]: { values: ['x'] } } });
    expect(config).toBeUndefined();
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(new RegExp(`^setting header "${name}" is not allowed$`, 'i')),
    ]);
  },
);

test('the schema of the docs knows http_config for every integration, globally, for Alertmanager and for traces', () => {
  const text = readFileSync(new URL('../../docs/pagerelay.schema.json', import.meta.url), 'utf8');
  expect(text.match(/"\$ref": "#\/\$defs\/http_config"/g)).toHaveLength(5);
});

test('files are found from the folder of the config, as in Alertmanager', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-http-'));
  writeFileSync(join(folder, 'password'), 'from-the-file\n');
  const text = JSON.stringify({
    route: { receiver: 'team' },
    receivers: [
      {
        name: 'team',
        pagerduty_configs: [
          { routing_key: 'key', http_config: { basic_auth: { username: 'u', password_file: 'password' } } },
        ],
      },
    ],
  });
  const { config } = load(text, join(folder, 'pagerelay.yaml'), { env: {}, now: Date.now });
  const auth = config?.receivers.get('team')?.integrations[0]?.http?.auth;
  if (auth?.kind !== 'basic') throw new Error('no basic_auth');
  const read = await auth.password?.read();
  expect(read instanceof Error ? read.message : read?.reveal()).toBe('from-the-file');
});
