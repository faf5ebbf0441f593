import { describe, expect, test } from '@jest/globals';
import type { Outcome } from '../../src/notify/notifier.ts';
import { CREDENTIAL } from '../support/deliveries.ts';
import { always, closedUrl, type Received, type Script } from '../support/fake-vendor.ts';
import {
  attempt,
  attemptOnce,
  type ClientOptions,
  type EntryOptions,
  entry,
  settingsOf,
  withClient,
} from '../support/http-config.ts';
import { type Listening, withHttp, withHttps, withProxy } from '../support/servers.ts';
import { tlsFile } from '../support/tls.ts';

const ACCEPTED = { status: 'accepted' };

/** A server of tokens that gives token-0, token-1 … */
function tokens(fields: object = { expires_in: 3600 }): Script {
  return (response, _request, index) => {
    const body = { access_token: `token-${index}`, token_type: 'Bearer', ...fields };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };
}

interface Scene {
  readonly vendor: Listening;
  readonly tokenServer: Listening;
  readonly oauth2: Readonly<Record<string, unknown>>;
  /** One attempt; all over one client. */
  send(limits?: { timeoutMs?: number; signal?: AbortSignal }): Promise<Outcome>;
  /** The Authorization headers that the vendor got. */
  authorizations(): readonly (string | undefined)[];
}

interface SceneOptions extends ClientOptions, EntryOptions {
  readonly oauth2?: Readonly<Record<string, unknown>>;
}

/** A vendor, a server of tokens, and an entry that sends to the one with tokens of the other. */
function withTokens<T>(
  tokenScript: Script,
  vendorScript: Script,
  use: (scene: Scene) => Promise<T>,
  { oauth2: more = {}, ...options }: SceneOptions = {},
): Promise<T> {
  return withHttp(vendorScript, (vendor) =>
    withHttp(tokenScript, (tokenServer) =>
      withClient(options, (http) => {
        const token_url = `${tokenServer.url}token?tenant=1`;
        const oauth2 = { client_id: 'relay', client_secret: 'client-secret', token_url, ...more };
        const to = entry(vendor.url, { oauth2 }, options);
        http.retain([settingsOf(to)]);
        return use({
          vendor,
          tokenServer,
          oauth2,
          send: (limits) => attempt(http, to, limits),
          authorizations: () => vendor.requests.map(({ headers }) => headers.authorization),
        });
      }),
    ),
  );
}

const form = ({ body }: Received) => Object.fromEntries(new URLSearchParams(body));

describe('a token', () => {
  test('is fetched with client credentials', async () => {
    const oauth2 = {
      client_id: 'relay:1',
      client_secret: 'ä+b c',
      scopes: ['events', 'alerts'],
      endpoint_params: { audience: 'https://vendor.test', __proto__: undefined },
    };
    await withTokens(
      tokens(),
      always(202),
      async ({ send, authorizations, tokenServer }) => {
        expect(await send()).toEqual(ACCEPTED);
        expect(authorizations()).toEqual(['Bearer token-0']);
        const [request] = tokenServer.requests;
        expect(request).toMatchObject({ method: 'POST', url: '/token?tenant=1' });
        expect(request?.headers).toMatchObject({
          // RFC 6749 2.3.1: name and secret are written as in a form.
          authorization: `Basic ${btoa('relay%3A1:%C3%A4%2Bb+c')}`,
          'content-type': 'application/x-www-form-urlencoded',
          'user-agent': 'pagerelay/test',
        });
        expect(request && form(request)).toEqual({
          grant_type: 'client_credentials',
          scope: 'events alerts',
          audience: 'https://vendor.test',
        });
      },
      { oauth2 },
    );
  });

  test('is kept until ten seconds before it expires', async () => {
    let now = 1_000_000;
    await withTokens(
      tokens({ expires_in: 60 }),
      always(202),
      async ({ send, authorizations }) => {
        for (const later of [0, 49_999, 1, 49_999]) {
          now += later;
          await send();
        }
        expect(authorizations()).toEqual([0, 0, 1, 1].map((i) => `Bearer token-${i}`));
      },
      { now: () => now },
    );
  });

  test.each([
    ['no expires_in', {}, 1],
    ['expires_in 0', { expires_in: 0 }, 1],
    ['expires_in as text', { expires_in: '3600' }, 1],
    ['an expires_in that is none', { expires_in: 'soon' }, 1],
    ['an expires_in that is over at once', { expires_in: 5 }, 2],
    ['a negative expires_in', { expires_in: -1 }, 2],
  ])('with %s is fetched %#', async (_which, fields, fetches) => {
    await withTokens(tokens(fields), always(202), async ({ send, tokenServer }) => {
      expect([await send(), await send()]).toEqual([ACCEPTED, ACCEPTED]);
      expect(tokenServer.requests).toHaveLength(fetches);
    });
  });

  test.each([
    ['bearer', 'Bearer token-0'],
    ['MAC', 'MAC token-0'],
    [undefined, 'Bearer token-0'],
  ])('of type %s', async (token_type, expected) => {
    await withTokens(tokens({ token_type }), always(202), async ({ send, authorizations }) => {
      await send();
      expect(authorizations()).toEqual([expected]);
    });
  });

  test('is fetched once for all who want one', async () => {
    const slow: Script = (...args) => void setTimeout(() => tokens()(...args), 100);
    await withTokens(slow, always(202), async ({ send, tokenServer, vendor }) => {
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => send()));
      expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['accepted']));
      expect([tokenServer.requests.length, vendor.requests.length]).toEqual([1, 20]);
    });
  });

  test('takes the place of the key of Opsgenie, as in Alertmanager', async () => {
    await withTokens(
      tokens(),
      always(202),
      async ({ send, authorizations }) => {
        await send();
        expect(authorizations()).toEqual(['Bearer token-0']);
      },
      { vendor: 'opsgenie' },
    );
  });

  // golang.org/x/oauth2 tries the header first, and remembers what worked.
  test('is asked for with name and secret in the body where the header is refused, then always', async () => {
    const script: Script = (response, request, index) =>
      request.headers.authorization === undefined
        ? tokens({ expires_in: 1 })(response, request, index)
        : always(401)(response, request, index);
    await withTokens(script, always(202), async ({ send, tokenServer }) => {
      expect([await send(), await send()]).toEqual([ACCEPTED, ACCEPTED]);
      const [first, ...others] = tokenServer.requests.map(form);
      expect(first).toEqual({ grant_type: 'client_credentials' });
      const inBody = {
        grant_type: 'client_credentials',
        client_id: 'relay',
        client_secret: 'client-secret',
      };
      expect(others).toEqual([inBody, inBody]);
    });
  });
});

describe('a 401 of the vendor', () => {
  test('has a new token fetched, once', async () => {
    const script: Script = (response, request, index) =>
      always(request.headers.authorization === 'Bearer token-0' && index > 0 ? 401 : 202)(
        response,
        request,
        index,
      );
    await withTokens(tokens(), script, async ({ send, authorizations }) => {
      expect([await send(), await send(), await send()]).toEqual([ACCEPTED, ACCEPTED, ACCEPTED]);
      expect(authorizations()).toEqual([0, 0, 1, 1].map((i) => `Bearer token-${i}`));
    });
  });

  test('is worth another attempt when no new token is given', async () => {
    const giving: Script = (...args) => (args[2] === 0 ? tokens() : always(503))(...args);
    const taking: Script = (...args) => always(args[2] === 0 ? 202 : 401)(...args);
    await withTokens(giving, taking, async ({ send, vendor }) => {
      expect(await send()).toEqual(ACCEPTED);
      const detail = 'http_config.oauth2.token_url answered 503';
      expect(await send()).toEqual({ status: 'unavailable', reason: 'network', detail });
      expect(vendor.requests).toHaveLength(2);
    });
  });

  test('for a token that is new is final', async () => {
    await withTokens(tokens(), always(401), async ({ send, vendor }) => {
      const rejected = { status: 'rejected', reason: 'authError', detail: 'status 401' };
      expect(await send()).toEqual(rejected);
      expect(vendor.requests).toHaveLength(1);
      expect(await send()).toEqual(rejected);
      expect(vendor.requests).toHaveLength(3);
    });
  });
});

describe('without a token the attempt is unavailable, and the vendor is sent nothing:', () => {
  const AT = 'http_config.oauth2.token_url';

  test.each<[string, Script, string, string]>([
    [
      '401',
      always(401, {}, '{"error":"invalid_client"}'),
      'authError',
      `${AT} answered 401 (invalid_client)`,
    ],
    ['400 with a text', always(400, {}, '{"error":"client-secret"}'), 'authError', `${AT} answered 400`],
    ['403 without JSON', always(403, {}, 'client-secret'), 'authError', `${AT} answered 403`],
    ['a redirect', always(307, { Location: '/' }), 'authError', `${AT} answered 307`],
    ['500', always(500), 'network', `${AT} answered 500`],
    ['429', always(429), 'network', `${AT} answered 429`],
    [
      '200 without a token',
      always(200, {}, '{"token_type":"Bearer"}'),
      'authError',
      `${AT} answered 200 without a token that can be used`,
    ],
    [
      'a token that no header can have',
      always(200, {}, '{"access_token":"a\\nb"}'),
      'authError',
      `${AT} answered 200 without a token that can be used`,
    ],
    [
      'a token that is no text',
      always(200, {}, '{"access_token":{"a":1}}'),
      'authError',
      `${AT} answered 200 without a token that can be used`,
    ],
    ['null', always(200, {}, 'null'), 'authError', `${AT} answered 200 without a token that can be used`],
    ['a broken connection', (response) => response.socket?.destroy(), 'network', `${AT}: UND_ERR_SOCKET`],
  ])('%s', async (_what, script, reason, detail) => {
    await withTokens(script, always(202), async ({ send, vendor }) => {
      expect(await send()).toEqual({ status: 'unavailable', reason, detail, notSent: true });
      expect(vendor.requests).toHaveLength(0);
    });
  });

  test('a server that is not there', async () => {
    const oauth2 = { client_id: 'relay', client_secret: 'x', token_url: await closedUrl() };
    expect(await attemptOnce(entry('http://127.0.0.1:1/', { oauth2 }))).toEqual({
      status: 'unavailable',
      reason: 'network',
      detail: `${AT}: ECONNREFUSED`,
      notSent: true,
    });
  });

  test('a secret that cannot be read', async () => {
    const oauth2 = { client_id: 'relay', client_secret_file: '/none/here', token_url: await closedUrl() };
    expect(await attemptOnce(entry('http://127.0.0.1:1/', { oauth2 }))).toEqual({
      status: 'unavailable',
      reason: 'other',
      detail: 'http_config.oauth2.client_secret_file: /none/here cannot be read (ENOENT)',
      notSent: true,
    });
  });

  test('the next attempt asks again', async () => {
    const script: Script = (response, request, index) =>
      index === 0 ? always(503)(response, request, index) : tokens()(response, request, index);
    await withTokens(script, always(202), async ({ send }) => {
      expect([(await send()).status, (await send()).status]).toEqual(['unavailable', 'accepted']);
    });
  });
});

describe('a server of tokens that hangs', () => {
  const late = (reason: string) => ({
    status: 'unavailable',
    reason,
    detail: 'http_config.oauth2.token_url: no token in time',
    notSent: true,
  });

  test('holds an attempt no longer than its time, and who comes later has the token', async () => {
    const slow: Script = (...args) => void setTimeout(() => tokens()(...args), 1_500);
    await withTokens(slow, always(202), async ({ send, tokenServer }) => {
      const startedAt = performance.now();
      expect(await send({ timeoutMs: 150 })).toEqual(late('contextDeadlineExceeded'));
      expect(performance.now() - startedAt).toBeLessThan(1_400);
      expect(await send()).toEqual(ACCEPTED);
      expect(tokenServer.requests).toHaveLength(1);
    });
  });

  test('is not waited for when the attempt is aborted, or was before', async () => {
    await withTokens(
      () => {},
      always(202),
      async ({ send }) => {
        const stopping = new AbortController();
        setTimeout(() => stopping.abort(), 50);
        const startedAt = performance.now();
        expect(await send({ signal: stopping.signal })).toEqual(late('contextCanceled'));
        expect(await send({ signal: stopping.signal })).toEqual(late('contextCanceled'));
        expect(performance.now() - startedAt).toBeLessThan(1000);
      },
    );
  });

  test('does not keep the client from being closed', async () => {
    const startedAt = performance.now();
    await withTokens(
      () => {},
      always(202),
      async ({ send }) => {
        await send({ timeoutMs: 50 });
      },
    );
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});

// As in Alertmanager: what stands beside oauth2 is for the vendor alone.
test('token_url has the proxy and TLS settings of oauth2, not those beside it', async () => {
  const tls_config = { ca_file: tlsFile('ca.pem') };
  await withHttps(always(202), {}, (vendor) =>
    withHttps(tokens(), {}, (tokenServer) =>
      withProxy({ port: tokenServer.port }, async (proxy) => {
        const oauth2 = {
          client_id: 'relay',
          client_secret: 'x',
          token_url: 'https://vendor.test/token',
          proxy_url: proxy.url,
        };
        const without = { oauth2, tls_config };
        expect(await attemptOnce(entry(vendor.url, without))).toEqual({
          status: 'unavailable',
          reason: 'network',
          detail: 'http_config.oauth2.token_url: UNABLE_TO_VERIFY_LEAF_SIGNATURE',
          notSent: true,
        });
        const complete = { oauth2: { ...oauth2, tls_config }, tls_config };
        expect(await attemptOnce(entry(vendor.url, complete))).toEqual(ACCEPTED);
        expect(proxy.asked.map(({ target }) => target)).toEqual(['vendor.test:443', 'vendor.test:443']);
        expect(vendor.requests[0]?.headers.authorization).toBe('Bearer token-0');
        expect(JSON.stringify(tokenServer.requests)).not.toContain(CREDENTIAL);
      }),
    ),
  );
});
