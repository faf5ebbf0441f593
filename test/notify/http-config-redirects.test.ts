import { describe, expect, test } from '@jest/globals';
import type { Outcome } from '../../src/notify/notifier.ts';
import { always, type Script } from '../support/fake-vendor.ts';
import { attempt, attemptOnce, entry, settingsOf, withClient } from '../support/http-config.ts';
import { withHttp, withHttps, withProxy } from '../support/servers.ts';
import { tlsFile } from '../support/tls.ts';

const FOLLOW = { follow_redirects: true };
const ACCEPTED = { status: 'accepted' };
const rejected = (detail: string) => ({ status: 'rejected', reason: 'other', detail });

/** Redirects `/` with this status, and accepts whatever comes elsewhere. */
const redirecting =
  (status: number, location: string): Script =>
  (response, request, index) =>
    request.url === '/'
      ? always(status, { Location: location })(response, request, index)
      : always(202)(response, request, index);

describe('a redirect on the same host', () => {
  test.each([
    [307, '/elsewhere?x=1#part', '/elsewhere?x=1'],
    [308, '/elsewhere', '/elsewhere'],
    [307, 'elsewhere', '/elsewhere'],
    [308, 'SELFelsewhere', '/elsewhere'],
  ])('%i to %s is followed with method, headers and body', async (status, location, path) => {
    let url = '';
    const script: Script = (...args) => redirecting(status, location.replace('SELF', url))(...args);
    await withHttp(script, async (vendor) => {
      ({ url } = vendor);
      const http = { ...FOLLOW, basic_auth: { username: 'relay', password: 'x' } };
      expect(await attemptOnce(entry(url, http))).toEqual(ACCEPTED);
      const [first, second] = vendor.requests;
      expect(second).toMatchObject({ method: 'POST', url: path, body: first?.body });
      expect(second?.headers).toEqual(first?.headers);
    });
  });

  test.each([301, 302, 303])('%i is not followed: it would be a GET', async (status) => {
    await withHttp(redirecting(status, '/elsewhere'), async ({ url, requests }) => {
      expect(await attemptOnce(entry(url, FOLLOW))).toEqual(
        rejected(`status ${status}: not followed: it would turn the request into a GET`),
      );
      expect(requests).toHaveLength(1);
    });
  });

  test('is followed five times, and not six', async () => {
    const script =
      (redirects: number): Script =>
      (...args) =>
        args[2] < redirects ? always(307, { Location: `/${args[2]}` })(...args) : always(202)(...args);
    const outcomes: Outcome[] = [];
    for (const redirects of [5, 6]) {
      await withHttp(script(redirects), async ({ url, requests }) => {
        outcomes.push(await attemptOnce(entry(url, FOLLOW)));
        expect(requests).toHaveLength(6);
      });
    }
    expect(outcomes).toEqual([ACCEPTED, rejected('status 307: not followed: there were 5 before it')]);
  });

  test('takes no longer than the attempt', async () => {
    const script: Script = (...args) =>
      void setTimeout(() => always(307, { Location: '/again' })(...args), 60);
    await withHttp(script, async ({ url }) => {
      const outcome = await attemptOnce(entry(url, FOLLOW), { timeoutMs: 150 });
      expect(outcome).toEqual({
        status: 'unavailable',
        reason: 'contextDeadlineExceeded',
        detail: 'ETIMEDOUT',
      });
    });
  });

  test('is followed with a new token after a 401', async () => {
    let count = 0;
    const script: Script = (response, request, index) => {
      if (request.url === '/token')
        always(200, {}, `{"access_token":"t${count++}"}`)(response, request, index);
      else if (request.url === '/') always(307, { Location: '/moved' })(response, request, index);
      else always(request.headers.authorization === 'Bearer t1' ? 202 : 401)(response, request, index);
    };
    await withHttp(script, async ({ url }) => {
      const oauth2 = { client_id: 'relay', client_secret: 'x', token_url: `${url}token` };
      const to = entry(url, { ...FOLLOW, oauth2 });
      await withClient({}, async (http) => {
        http.retain([settingsOf(to)]);
        expect(await attempt(http, to)).toMatchObject({ status: 'rejected', reason: 'authError' });
        expect(await attempt(http, to)).toEqual(ACCEPTED);
      });
    });
  });
});

describe('to another place', () => {
  test('of the same host by https it is followed', async () => {
    await withHttps(always(202), {}, (secure) =>
      withHttp(always(308, { Location: 'https://vendor.test/' }), (plain) =>
        withProxy({ port: { 80: plain.port, 443: secure.port } }, async ({ url }) => {
          const tls_config = { ca_file: tlsFile('ca.pem') };
          const to = entry('http://vendor.test/', { ...FOLLOW, tls_config, proxy_url: url });
          expect(await attemptOnce(to)).toEqual(ACCEPTED);
          expect([plain.requests.length, secure.requests.length]).toEqual([1, 1]);
        }),
      ),
    );
  });

  const ELSEWHERE = 'status 307: not followed: another host would get the credential';
  const NOWHERE = 'status 307: not followed: it leads to no address';

  test('another port of the same host is not followed, by https neither, nor from https to http', async () => {
    await withHttp(always(202), (other) =>
      withHttp(always(307, { Location: other.url }), (plain) =>
        withHttps(always(307, { Location: other.url }), {}, async (secure) => {
          const trusting = { ...FOLLOW, tls_config: { ca_file: tlsFile('ca.pem') } };
          expect(await attemptOnce(entry(plain.url, FOLLOW))).toEqual(rejected(ELSEWHERE));
          expect(await attemptOnce(entry(secure.url, trusting))).toEqual(rejected(ELSEWHERE));
          expect(other.connections).toHaveLength(0);
        }),
      ),
    );
  });

  test.each([
    ['http://localhost/', ELSEWHERE],
    ['//vendor.test/', ELSEWHERE],
    ['https://127.0.0.1:1/', ELSEWHERE],
    ['https://127.0.0.1.vendor.test/', ELSEWHERE],
    ['SCHEME//user:password@HOST/', ELSEWHERE],
    ['file:///etc/passwd', ELSEWHERE],
    ['javascript:1', ELSEWHERE],
    ['http://[', NOWHERE],
    [undefined, NOWHERE],
  ])('%s is not followed', async (location, detail) => {
    const script: Script = (response, request) => {
      const absolute = location?.replace('SCHEME', 'http:').replace('HOST', request.headers.host ?? '');
      response.writeHead(307, absolute === undefined ? {} : { Location: absolute }).end();
    };
    await withHttp(script, async ({ url, requests }) => {
      expect(await attemptOnce(entry(url, FOLLOW))).toEqual(rejected(detail));
      expect(requests).toHaveLength(1);
    });
  });
});

describe('without follow_redirects: true', () => {
  test.each([
    ['no http_config', undefined],
    ['none set', { basic_auth: { username: 'relay' } }],
    ['false', { follow_redirects: false }],
    ['false beside others', { follow_redirects: false, basic_auth: { username: 'relay' } }],
  ])('%s: no redirect is followed', async (_which, http) => {
    for (const status of [301, 302, 303, 307, 308]) {
      await withHttp(redirecting(status, '/elsewhere'), async ({ url, requests }) => {
        expect(await attemptOnce(entry(url, http))).toEqual(rejected(`status ${status}`));
        expect(requests).toHaveLength(1);
      });
    }
  });
});
