import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { printProblem } from '../../src/config/problem.ts';
import { always, type Script } from '../support/fake-vendor.ts';
import {
  attempt,
  entry,
  type HttpConfigText,
  loadEntry,
  settingsOf,
  withClient,
} from '../support/http-config.ts';
import { type Listening, withHttp, withHttps, withProxy } from '../support/servers.ts';
import { tlsFile, tlsText } from '../support/tls.ts';

const SECRET = 'N0bodyMayEverSeeThis';
const ENCODED = Buffer.from(`relay:${SECRET}`).toString('base64');
const HIDDEN = [SECRET, ENCODED, tlsText('client-key.pem').split('\n')[1] ?? ''];

const show = (value: unknown) =>
  `${inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true })}\n${JSON.stringify(value)}`;

/** Answers with everything that it was sent, in all the places that a vendor has. */
function echo(status: number): Script {
  return (response, { headers, body }) => {
    const request = `${JSON.stringify(headers)} ${body}`;
    response
      .writeHead(status, { 'X-Echo': encodeURI(request).slice(0, 4000), Location: encodeURI(request) })
      .end(JSON.stringify({ message: request, errors: [request] }));
  };
}

/** Everything that comes of one attempt by an entry with this `http_config`, and of the client that made it. */
async function everythingShown(url: string, http: HttpConfigText): Promise<string> {
  const to = entry(url, http, { env: { SECRET } });
  return withClient({}, async (client) => {
    client.retain([settingsOf(to)]);
    const outcome = await attempt(client, to, { timeoutMs: 1000 });
    return [show(outcome), show(to), show(client)].join('\n');
  });
}

const AUTHENTICATIONS: readonly [string, HttpConfigText][] = [
  ['basic_auth', { basic_auth: { username: 'relay', password: SECRET } }],
  ['password_env', { basic_auth: { username: 'relay', password_env: 'SECRET' } }],
  ['authorization', { authorization: { credentials: SECRET } }],
  ['bearer_token', { bearer_token: SECRET }],
  ['http_headers, values', { http_headers: { 'X-Key': { values: [SECRET] } } }],
  ['http_headers, secrets', { http_headers: { 'X-Key': { secrets: [SECRET] } } }],
  ['http_headers, envs', { http_headers: { 'X-Key': { envs: ['SECRET'] } } }],
];

describe.each(AUTHENTICATIONS)('the secret of %s is shown nowhere', (_which, http) => {
  test.each([202, 302, 307, 400, 401, 500])('when a %i echoes the request', async (status) => {
    await withHttp(echo(status), async ({ url, requests }) => {
      const shown = await everythingShown(url, { ...http, follow_redirects: true });
      // The vendor did get it.
      expect(JSON.stringify(requests[0]?.headers)).toMatch(new RegExp(`${SECRET}|${ENCODED}`));
      for (const hidden of HIDDEN) expect(shown).not.toContain(hidden);
      if (status === 400) expect(shown).toContain('<secret>');
    });
  });
});

test('of two secrets that begin alike none is shown in part', async () => {
  const http = { http_headers: { 'X-A': { secrets: ['begin'] }, 'X-B': { secrets: ['beginning-of-all'] } } };
  await withHttp(echo(400), async ({ url }) => {
    expect(await everythingShown(url, http)).not.toContain('ning-of-all');
  });
});

describe('the secrets of oauth2 are shown nowhere', () => {
  const oauth2Of = ({ url }: Listening) => ({
    oauth2: {
      client_id: 'relay',
      client_secret: SECRET,
      token_url: url,
      endpoint_params: { assertion: SECRET },
    },
  });

  test.each([200, 302, 400, 401, 500])(
    'when a %i of the server of tokens echoes the request',
    async (status) => {
      await withHttp(echo(status), async (tokens) => {
        const shown = await everythingShown('http://127.0.0.1:1/', oauth2Of(tokens));
        expect(tokens.requests[0]?.body).toContain(SECRET);
        for (const hidden of HIDDEN) expect(shown).not.toContain(hidden);
      });
    },
  );

  test('when the vendor echoes the token', async () => {
    await withHttp(always(200, {}, `{"access_token":"${SECRET}"}`), (tokens) =>
      withHttp(echo(400), async ({ url, requests }) => {
        const shown = await everythingShown(url, oauth2Of(tokens));
        expect(requests[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
        expect(shown).not.toContain(SECRET);
      }),
    );
  });
});

test('the password of a proxy, its headers and a private key are shown nowhere', async () => {
  await withProxy({ status: 407 }, async ({ url, asked }) => {
    const shown = await everythingShown('https://vendor.test/', {
      proxy_url: url.replace('//', `//relay:${SECRET}@`),
      proxy_connect_header: { 'X-Key': [SECRET] },
      tls_config: { cert: tlsText('client.pem'), key: tlsText('client-key.pem') },
    });
    expect(asked[0]?.headers).toMatchObject({ 'x-key': SECRET, 'proxy-authorization': `Basic ${ENCODED}` });
    for (const hidden of HIDDEN) expect(shown).not.toContain(hidden);
  });
  await withHttps(always(202), { requestCert: true, ca: tlsText('ca.pem') }, async ({ url }) => {
    const tls_config = {
      ca_file: tlsFile('ca.pem'),
      cert_file: tlsFile('client.pem'),
      key_file: tlsFile('client-key.pem'),
    };
    const shown = await everythingShown(url, { tls_config });
    for (const hidden of HIDDEN) expect(shown).not.toContain(hidden);
  });
});

test.each<[string, HttpConfigText]>([
  ['a password with control characters', { basic_auth: { password: `${SECRET}\u0007` } }],
  ['a password of a wrong type', { basic_auth: { password: [SECRET] } }],
  ['a token that no header can have', { authorization: { credentials: `${SECRET}\n` } }],
  ['a header that none can be', { http_headers: { 'X-Key': { secrets: [`${SECRET}\n`] } } }],
  ['a header that is no list', { http_headers: { 'X-Key': { secrets: SECRET } } }],
  ['a proxy of another scheme', { proxy_url: `socks5://relay:${SECRET}@proxy.test` }],
  ['a proxy with a broken escape', { proxy_url: `http://relay:%zz${SECRET}@proxy.test` }],
  [
    'a header for the proxy that is no list',
    { proxy_url: 'http://p.test', proxy_connect_header: { A: SECRET } },
  ],
  [
    'a header for the proxy that none can be',
    { proxy_url: 'http://p.test', proxy_connect_header: { A: [`${SECRET}\n`] } },
  ],
  ['a key that is none', { tls_config: { cert: tlsText('client.pem'), key: SECRET } }],
  ['a secret in the place of its variable', { basic_auth: { password_env: SECRET } }],
  [
    'a parameter of a wrong type',
    { oauth2: { client_id: 'a', token_url: 'http://b.test', endpoint_params: { a: [SECRET] } } },
  ],
])('a config with %s is refused without showing it', (_which, http) => {
  const { config, problems } = loadEntry('https://vendor.test/', http);
  expect(config).toBeUndefined();
  expect(problems.map(printProblem).join('\n')).not.toContain(SECRET);
});
