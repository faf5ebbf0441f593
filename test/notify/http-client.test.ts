import { describe, expect, test } from '@jest/globals';
import { compileHttpOf } from '../../src/config/compile-http.ts';
import type { Integration } from '../../src/config/compile-receiver.ts';
import type { Fault } from '../../src/config/problem.ts';
import type { HttpClient } from '../../src/notify/http-client.ts';
import type { HttpConfig } from '../../src/notify/http-config.ts';
import { always, type Script } from '../support/fake-vendor.ts';
import { attempt, entry, withClient } from '../support/http-config.ts';
import { eventually } from '../support/process.ts';
import { type Listening, withHttp, withHttps } from '../support/servers.ts';
import { tlsFile } from '../support/tls.ts';

const TRUSTING = { tls_config: { ca_file: tlsFile('ca.pem') } };
const open = ({ connections }: Listening) => connections.filter(({ destroyed }) => !destroyed).length;

/** What a reload does, without reading a whole file: the entry with this `http_config` from then on. */
function reload(http: HttpClient, to: Integration, config: HttpConfig): Integration {
  const faults: Fault[] = [];
  const compiled = compileHttpOf({ http_config: config }, [], '.', { env: {}, now: Date.now }, faults);
  const settings = compiled?.settings;
  if (settings === undefined) throw new Error(JSON.stringify(faults));
  http.retain([settings]);
  return { ...to, http: settings };
}

describe('the connections of an http_config', () => {
  test('are kept over a reload that changes nothing', async () => {
    await withHttps(always(202), {}, (vendor) =>
      withClient({}, async (http) => {
        const to = entry(vendor.url);
        await attempt(http, reload(http, to, TRUSTING));
        for (let i = 0; i < 20; i++) await attempt(http, reload(http, to, TRUSTING));
        expect(vendor.connections.length).toBeLessThan(5);
      }),
    );
  });

  test('are closed by a reload that does away with it', async () => {
    await withHttps(always(202), {}, (vendor) =>
      withClient({}, async (http) => {
        const to = entry(vendor.url);
        await attempt(http, reload(http, to, TRUSTING));
        expect(open(vendor)).toBe(1);
        http.retain([]);
        await eventually('all are closed', () => open(vendor) === 0 || undefined);
      }),
    );
  });

  test('are closed when what is under way over them has ended, and not before', async () => {
    let answer: (() => void) | undefined;
    const waiting: Script = (...args) => {
      answer = () => always(202)(...args);
    };
    await withHttps(waiting, {}, (vendor) =>
      withClient({}, async (http) => {
        const to = entry(vendor.url);
        const sending = attempt(http, reload(http, to, TRUSTING));
        await eventually('the request is there', () => answer);
        http.retain([]);
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(open(vendor)).toBe(1);
        answer?.();
        expect(await sending).toEqual({ status: 'accepted' });
        await eventually('all are closed', () => open(vendor) === 0 || undefined);
      }),
    );
  });

  test('are closed after an attempt that began under an older config', async () => {
    await withHttps(always(202), {}, (vendor) =>
      withClient({}, async (http) => {
        const to = entry(vendor.url);
        const old = reload(http, to, TRUSTING);
        http.retain([]);
        expect(await attempt(http, old)).toEqual({ status: 'accepted' });
        await eventually('all are closed', () => open(vendor) === 0 || undefined);
      }),
    );
  });

  test('do not add up over 1000 reloads, tokens and their connections included', async () => {
    const tokens = always(200, {}, '{"access_token":"token"}');
    await withHttp(tokens, (tokenServer) =>
      withHttps(always(202), {}, (vendor) =>
        withClient({}, async (http) => {
          const to = entry(vendor.url);
          for (let i = 0; i < 1000; i++) {
            const oauth2 = {
              client_id: `relay-${i}`,
              client_secret: 'x',
              token_url: tokenServer.url,
              tls_config: { server_name: `s${i}.test` },
            };
            const now = reload(http, to, { ...TRUSTING, oauth2 });
            if (i % 10 === 0) expect(await attempt(http, now)).toEqual({ status: 'accepted' });
          }
          await eventually(
            'only the last are open',
            () => (open(vendor) <= 1 && open(tokenServer) <= 1) || undefined,
          );
          expect([vendor.connections.length, tokenServer.connections.length]).toEqual([100, 100]);
        }),
      ),
    );
  });

  test('are all closed with the client', async () => {
    await withHttps(always(202), {}, async (vendor) => {
      await withClient({}, async (http) => {
        const to = entry(vendor.url);
        await attempt(http, reload(http, to, TRUSTING));
      });
      await eventually('all are closed', () => open(vendor) === 0 || undefined);
    });
  });
});

test('without settings of its own an http_config shares the connections of all', async () => {
  await withHttp(always(202), (vendor) =>
    withClient({}, async (http) => {
      const to = entry(vendor.url);
      for (let i = 0; i < 10; i++) {
        await attempt(http, to);
        await attempt(http, reload(http, to, { basic_auth: { username: `user-${i}` } }));
      }
      expect(vendor.connections.length).toBeLessThan(5);
    }),
  );
});

test.each([
  ['of all', {}],
  ['of its own', { ...TRUSTING, bearer_token: 'token' }],
])(
  'what may not start once its connection is there is not written, over connections %s',
  async (_of, config) => {
    await withHttps(always(202), {}, (vendor) =>
      withClient({}, async (http) => {
        const to = reload(http, entry(vendor.url), { ...TRUSTING, ...config });
        let mayStart = true;
        const sending = attempt(http, to, { mayStart: () => mayStart });
        mayStart = false;
        expect(await sending).toMatchObject({ status: 'unavailable', notSent: true });
        mayStart = true;
        expect(await attempt(http, to, { mayStart: () => mayStart })).toEqual({ status: 'accepted' });
        expect(vendor.requests).toHaveLength(1);
        // Nor does each lose a connection that others can use.
        const connections = vendor.connections.length;
        for (let i = 0; i < 3; i++) {
          expect(await attempt(http, to, { mayStart: () => false })).toMatchObject({ notSent: true });
          expect(await attempt(http, to)).toEqual({ status: 'accepted' });
        }
        expect(vendor.connections.length).toBeLessThan(connections + 2);
      }),
    );
  },
);

test.each([
  ['of all', { bearer_token: 'token' }],
  ['of its own', TRUSTING],
])('what was aborted before it began is not sent, over connections %s', async (_of, config) => {
  await withHttp(always(202), (vendor) =>
    withClient({}, async (http) => {
      const to = reload(http, entry(vendor.url), config);
      const signal = AbortSignal.abort(new Error('stopping'));
      expect(await attempt(http, to, { signal })).toMatchObject({ status: 'unavailable', notSent: true });
      expect(vendor.connections).toHaveLength(0);
    }),
  );
});
