import { describe, expect, test } from '@jest/globals';
import { always } from '../support/fake-vendor.ts';
import { attempt, attemptOnce, entry, settingsOf, withClient } from '../support/http-config.ts';
import { withHttp, withHttps, withProxy } from '../support/servers.ts';
import { tlsFile } from '../support/tls.ts';

const ACCEPTED = { status: 'accepted' };

/** A name that only the proxy of the test can reach. */
const VENDOR = 'https://vendor.test/';
const TRUSTING = { tls_config: { ca_file: tlsFile('ca.pem') } };

describe('proxy_url', () => {
  test('the vendor is reached through it, by CONNECT and with its certificate checked', async () => {
    await withHttps(always(202), {}, ({ port, requests }) =>
      withProxy({ port }, async ({ url, asked }) => {
        const outcome = await attemptOnce(entry(VENDOR, { ...TRUSTING, proxy_url: url }));
        expect(outcome).toEqual(ACCEPTED);
        expect(asked.map(({ target }) => target)).toEqual(['vendor.test:443']);
        expect(requests.map(({ headers }) => headers.host)).toEqual(['vendor.test']);
        const other = { tls_config: { ca_file: tlsFile('other-ca.pem') }, proxy_url: url };
        expect(await attemptOnce(entry(VENDOR, other))).toEqual({
          status: 'unavailable',
          reason: 'network',
          detail: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        });
      }),
    );
  });

  test('also over plain HTTP, and on this host', async () => {
    await withHttp(always(202), ({ url: vendor, port }) =>
      withProxy({ port }, async ({ url, asked }) => {
        expect(await attemptOnce(entry(vendor, { proxy_url: url }))).toEqual(ACCEPTED);
        expect(await attemptOnce(entry('http://vendor.test/', { proxy_url: url }))).toEqual(ACCEPTED);
        expect(asked.map(({ target }) => target)).toEqual([`127.0.0.1:${port}`, 'vendor.test:80']);
      }),
    );
  });

  test('its user and password, and proxy_connect_header, go to it and not to the vendor', async () => {
    await withHttps(always(202), {}, ({ port, requests }) =>
      withProxy({ port }, async ({ url, asked }) => {
        const proxy_url = url.replace('//', '//user:p%40ss@');
        const connect = { 'X-Team': ['db', 'ops'], 'X-Token': ['t0ken'] };
        const to = entry(VENDOR, { ...TRUSTING, proxy_url, proxy_connect_header: connect });
        expect(await attemptOnce(to)).toEqual(ACCEPTED);
        expect(asked[0]?.headers).toMatchObject({
          'proxy-authorization': `Basic ${btoa('user:p@ss')}`,
          'x-team': 'db, ops',
          'x-token': 't0ken',
        });
        expect(JSON.stringify(requests)).not.toMatch(/proxy-authorization|x-team|t0ken/i);
      }),
    );
  });

  test('what is in no_proxy is reached without it', async () => {
    await withHttps(always(202), {}, ({ url: vendor, port }) =>
      withProxy({ port }, async ({ url, asked }) => {
        const http = { ...TRUSTING, proxy_url: url, no_proxy: '127.0.0.0/8, example.com' };
        expect(await attemptOnce(entry(vendor, http))).toEqual(ACCEPTED);
        expect(asked).toEqual([]);
        expect(await attemptOnce(entry(VENDOR, http))).toEqual(ACCEPTED);
        expect(asked).toHaveLength(1);
      }),
    );
  });

  test('comes before that of the environment', async () => {
    await withHttps(always(202), {}, ({ port }) =>
      withProxy('nowhere', (environment) =>
        withProxy({ port }, async ({ url, asked }) => {
          const env = { https_proxy: environment.url, no_proxy: '*' };
          expect(await attemptOnce(entry(VENDOR, { ...TRUSTING, proxy_url: url }), { env })).toEqual(
            ACCEPTED,
          );
          expect([asked.length, environment.asked.length]).toEqual([1, 0]);
        }),
      ),
    );
  });
});

describe('the proxy of the environment', () => {
  test.each([
    ['without an http_config', undefined],
    ['with one that says nothing of it', { ...TRUSTING }],
    ['with proxy_from_environment', { ...TRUSTING, proxy_from_environment: true }],
    ['with proxy_from_environment: false', { ...TRUSTING, proxy_from_environment: false }],
  ])('%s', async (_when, http) => {
    await withHttp(always(202), ({ port }) =>
      withProxy({ port }, async ({ url, asked }) => {
        const to = entry('http://vendor.test/', http);
        expect(await attemptOnce(to, { env: { http_proxy: url } })).toEqual(ACCEPTED);
        expect(asked.map(({ target }) => target)).toEqual(['vendor.test:80']);
      }),
    );
  });

  test('gets proxy_connect_header', async () => {
    await withHttp(always(202), ({ port }) =>
      withProxy({ port }, async ({ url, asked }) => {
        const http = { proxy_from_environment: true, proxy_connect_header: { 'X-Team': ['db'] } };
        expect(await attemptOnce(entry('http://vendor.test/', http), { env: { HTTP_PROXY: url } })).toEqual(
          ACCEPTED,
        );
        expect(asked[0]?.headers['x-team']).toBe('db');
      }),
    );
  });

  test('is not for this host, nor for what NO_PROXY names', async () => {
    await withHttp(always(202), ({ url: vendor, port }) =>
      withProxy({ port }, async ({ url, asked }) => {
        const env = { HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: 'vendor.test' };
        expect(await attemptOnce(entry(vendor), { env })).toEqual(ACCEPTED);
        const named = await attemptOnce(entry('http://vendor.test/'), { env });
        expect([named.status, asked.length]).toEqual(['unavailable', 0]);
      }),
    );
  });
});

describe('a proxy that', () => {
  test.each([407, 403, 502])('answers %i is told of', async (status) => {
    await withProxy({ status }, async ({ url }) => {
      expect(await attemptOnce(entry(VENDOR, { proxy_url: url }))).toEqual({
        status: 'unavailable',
        reason: 'network',
        detail: `PROXY_ANSWERED_${status}`,
      });
    });
  });

  test('answers nothing holds an attempt no longer than its time, nor the client when it is closed', async () => {
    await withProxy('nowhere', async ({ url }) => {
      const startedAt = performance.now();
      const outcome = await attemptOnce(entry(VENDOR, { proxy_url: url }), { timeoutMs: 200 });
      expect(outcome).toEqual({
        status: 'unavailable',
        reason: 'contextDeadlineExceeded',
        detail: 'ETIMEDOUT',
      });
      expect(performance.now() - startedAt).toBeLessThan(2000);
    });
  });

  test('is not there is a network failure', async () => {
    const closed = await withProxy('nowhere', async ({ url }) => url);
    expect(await attemptOnce(entry(VENDOR, { proxy_url: closed }))).toEqual({
      status: 'unavailable',
      reason: 'network',
      detail: 'ECONNREFUSED',
    });
  });
});

test('connections through a proxy are kept', async () => {
  await withHttps(always(202), {}, ({ port }) =>
    withProxy({ port }, async ({ url, asked }) => {
      const to = entry(VENDOR, { ...TRUSTING, proxy_url: url });
      await withClient({}, async (http) => {
        http.retain([settingsOf(to)]);
        for (let i = 0; i < 10; i++) expect(await attempt(http, to)).toEqual(ACCEPTED);
      });
      // A second one is opened when the first answer is still being taken in.
      expect(asked.length).toBeLessThan(5);
    }),
  );
});
