import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { type AppUnderTestOptions, type Asked, ask, withApp } from '../support/app.ts';
import { webhookBody } from '../support/post.ts';

const hash = (password: string) => bcrypt.hashSync(password, 4);
const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const signed = (secret: string, body: string) => createHmac('sha256', secret).update(body).digest('hex');

const BODY = webhookBody([]);
const ALERT = webhookBody([{}]);
const posting = (headers: Readonly<Record<string, string>> = {}, body = ALERT): Asked => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body,
});

/** Who gets in where: the status of a webhook, of /metrics, of the API, of a reload and of health. */
async function everywhere(port: number | undefined, headers: Readonly<Record<string, string>> = {}) {
  const answers = [
    await ask(port, '/webhook', posting(headers)),
    await ask(port, '/metrics', { headers }),
    await ask(port, '/api/v1/decisions', { headers }),
    await ask(port, '/-/reload', { method: 'POST', headers }),
    await ask(port, '/-/healthy', { headers }),
  ];
  return answers.map(({ status }) => status);
}

const SCOPED: AppUnderTestOptions = {
  web: `
basic_auth_users:
  alertmanager: ${hash('for webhooks')}
  prometheus: ${hash('for metrics')}
scopes:
  ingest:
    basic_auth_users: [alertmanager]
    bearer_token_files: [ingest, ingest-next]
    hmac: { secret_files: [hmac, hmac-next] }
  metrics: { basic_auth_users: [prometheus] }
  admin: { bearer_token_files: [admin] }
`,
  files: {
    ingest: 'ingest-token-1\n',
    'ingest-next': 'ingest-token-2',
    hmac: 'hmac-secret-1',
    'hmac-next': 'hmac-secret-2',
    admin: 'admin-token',
  },
};

describe('without a web config', () => {
  test('everything is open', async () => {
    await withApp({}, async ({ ports: [port] }) => {
      expect(await everywhere(port)).toEqual([200, 200, 200, 200, 200]);
    });
  });
});

describe('with users only, as in Prometheus', () => {
  const web = `basic_auth_users: { 'anna': '${hash('right').replace('$2b$', '$2y$')}' }`;

  test('each of them may do everything, and nobody else anything but ask for health', async () => {
    await withApp({ web }, async ({ ports: [port], log }) => {
      expect(await everywhere(port)).toEqual([401, 401, 401, 401, 200]);
      expect(await everywhere(port, basic('anna', 'right'))).toEqual([200, 200, 200, 200, 200]);
      expect(await everywhere(port, basic('anna', 'wrong'))).toEqual([401, 401, 401, 401, 200]);
      expect((await ask(port, '/metrics', { headers: basic('otto', 'right') })).status).toBe(401);
      expect((await ask(port, '/metrics', { headers: bearer('right') })).status).toBe(401);
      expect((await ask(port, '/metrics')).headers['www-authenticate']).toBe('Basic realm="pagerelay"');
      expect(log()).toContain('"msg":"access refused","scope":"ingest","address":"127.0.0.1"');
      expect(log()).not.toContain('wrong"');
    });
  });

  test.each([
    ['/METRICS', 401],
    ['/metrics/', 401],
    ['//metrics', 401],
    ['/./metrics', 401],
    ['/Webhook', 401],
    ['/api/v1/../../metrics', 401],
    ['/-/Healthy', 200],
    ['/nothing', 401],
  ])('no way of writing a path leads past it: %s', async (path, status) => {
    await withApp({ web }, async ({ ports: [port] }) => {
      expect((await ask(port, path)).status).toBe(status);
    });
  });

  test.each(['Basic', 'Basic !!!', 'Basic OnJpZ2h0', 'Digest anna', 'Bearer', 'x', 'Basic YW5uYQ=='])(
    'a header that is none: %s',
    async (authorization) => {
      await withApp({ web }, async ({ ports: [port] }) => {
        expect((await ask(port, '/metrics', { headers: { authorization } })).status).toBe(401);
      });
    },
  );
});

describe('with scopes', () => {
  test('credentials are for their scope; for another they are answered 403', async () => {
    await withApp(SCOPED, async ({ ports: [port] }) => {
      expect(await everywhere(port, basic('alertmanager', 'for webhooks'))).toEqual([
        200, 403, 403, 403, 200,
      ]);
      expect(await everywhere(port, basic('prometheus', 'for metrics'))).toEqual([403, 200, 403, 403, 200]);
      expect(await everywhere(port, bearer('ingest-token-1'))).toEqual([200, 403, 403, 403, 200]);
      expect(await everywhere(port, bearer('ingest-token-2'))).toEqual([200, 403, 403, 403, 200]);
      expect(await everywhere(port, bearer('admin-token'))).toEqual([403, 403, 200, 200, 200]);
      expect(await everywhere(port, bearer('admin-token-2'))).toEqual([401, 401, 401, 401, 200]);
    });
  });

  test('a rotated token is taken within a second of its file having it, the old one no longer', async () => {
    await withApp(SCOPED, async ({ ports: [port], write }) => {
      write('ingest', 'ingest-token-3');
      await sleep(1_100);
      expect((await ask(port, '/webhook', posting(bearer('ingest-token-3')))).status).toBe(200);
      expect((await ask(port, '/webhook', posting(bearer('ingest-token-1')))).status).toBe(401);
      expect((await ask(port, '/webhook', posting(bearer('ingest-token-2')))).status).toBe(200);
    });
  });

  test('while a file of tokens cannot be read an unknown token is answered 503, so that it comes again', async () => {
    await withApp(SCOPED, async ({ ports: [port], write, log }) => {
      write('ingest', '');
      await sleep(1_100);
      expect((await ask(port, '/webhook', posting(bearer('ingest-token-1')))).status).toBe(503);
      expect((await ask(port, '/webhook', posting(bearer('ingest-token-2')))).status).toBe(200);
      expect((await ask(port, '/webhook', posting(bearer('ingest-token-1')))).status).toBe(503);
      expect(log().match(/credentials cannot be read/g)).toHaveLength(1);
      const { text } = await ask(port, '/metrics', { headers: basic('prometheus', 'for metrics') });
      expect(text).toContain('pagerelay_access_undecided_total{scope="ingest"} 2');
      write('ingest', 'ingest-token-1');
      expect((await ask(port, '/webhook', posting(bearer('ingest-token-1')))).status).toBe(200);
      expect(log()).toContain('credentials can be read again');
    });
  });

  test('a signature by either secret is enough, of this very body only', async () => {
    await withApp(SCOPED, async ({ ports: [port] }) => {
      const header = 'x-grafana-alerting-signature';
      const status = async (signature: string, path = '/webhook', method: 'GET' | 'POST' = 'POST') =>
        (await ask(port, path, { ...posting({ [header]: signature }), method })).status;
      expect(await status(signed('hmac-secret-1', ALERT))).toBe(200);
      expect(await status(signed('hmac-secret-2', ALERT))).toBe(200);
      expect(await status(signed('hmac-secret-1', ALERT).toUpperCase())).toBe(200);
      expect(await status(signed('another', ALERT))).toBe(401);
      expect(await status(signed('hmac-secret-1', BODY))).toBe(401);
      expect(await status('')).toBe(401);
      expect(await status('zz')).toBe(401);
      expect(await status(signed('hmac-secret-1', ''), '/metrics', 'GET')).toBe(401);
      expect(await status(signed('hmac-secret-1', ''), '/api/v1/decisions', 'GET')).toBe(401);
    });
  });

  test('with a time it is good for five minutes', async () => {
    const web = `
scopes:
  ingest: { hmac: { secret_files: [hmac], header: X-Signature, timestamp_header: X-Time } }
  metrics: { anonymous: true }
`;
    await withApp({ web, files: { hmac: 'hmac-secret' } }, async ({ ports: [port] }) => {
      const at = async (time: string) => {
        const headers = { 'x-time': time, 'x-signature': signed('hmac-secret', `${time}:${ALERT}`) };
        return (await ask(port, '/webhook', posting(headers))).status;
      };
      const now = Math.round(Date.now() / 1000);
      expect(await at(String(now))).toBe(200);
      expect(await at(String(now - 290))).toBe(200);
      expect(await at(String(now - 310))).toBe(401);
      expect(await at(String(now + 310))).toBe(401);
      expect(await at('now')).toBe(401);
      const unsigned = { 'x-signature': signed('hmac-secret', ALERT) };
      expect((await ask(port, '/webhook', posting(unsigned))).status).toBe(401);
      // Nobody has been named for admin, and it is not for everybody.
      const admin = await ask(port, '/api/v1/decisions');
      expect([admin.status, admin.text]).toEqual([403, expect.stringContaining('scopes.admin')]);
      expect((await ask(port, '/metrics')).status).toBe(200);
    });
  });

  test('health takes the credentials of metrics where that is asked for', async () => {
    const web = `basic_auth_users: { anna: ${hash('right')} }\nscopes: { metrics: { health: true } }`;
    await withApp({ web }, async ({ ports: [port] }) => {
      expect((await ask(port, '/-/ready')).status).toBe(401);
      expect((await ask(port, '/-/ready', { headers: basic('anna', 'right') })).status).toBe(200);
    });
  });

  test('the refused are counted by scope', async () => {
    await withApp(SCOPED, async ({ ports: [port] }) => {
      await ask(port, '/webhook', posting());
      await ask(port, '/-/reload', { method: 'POST' });
      const { text } = await ask(port, '/metrics', { headers: basic('prometheus', 'for metrics') });
      expect(text).toContain('pagerelay_access_refused_total{scope="ingest"} 1');
      expect(text).toContain('pagerelay_access_refused_total{scope="admin"} 1');
      expect(text).toContain('pagerelay_access_refused_total{scope="metrics"} 0');
      expect(text).toContain('pagerelay_webhook_requests_total{code="401"} 1');
    });
  });
});

describe('who guesses', () => {
  const web = `basic_auth_users: { anna: '${hash('right')}', otto: '${hash('also right')}' }`;

  test('gets no more tries after ten, and what was right before passes all the same', async () => {
    await withApp({ web }, async ({ ports: [port], log }) => {
      const status = async (user: string, password: string) =>
        (await ask(port, '/webhook', posting(basic(user, password)))).status;
      expect(await status('anna', 'right')).toBe(200);
      for (let i = 0; i < 10; i++) expect(await status('anna', `wrong ${i}`)).toBe(401);
      expect(await status('anna', 'wrong')).toBe(503);
      // Not found out: Alertmanager sends it again.
      expect(await status('otto', 'also right')).toBe(503);
      expect(await status('anna', 'right')).toBe(200);
      const { headers } = await ask(port, '/metrics', { headers: basic('anna', 'x') });
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(log().match(/access refused/g)).toHaveLength(10);
    });
  });

  test('tokens is slowed down as well, and what was right before passes all the same', async () => {
    await withApp(SCOPED, async ({ ports: [port] }) => {
      const status = async (token: string) => (await ask(port, '/webhook', posting(bearer(token)))).status;
      expect(await status('ingest-token-1')).toBe(200);
      for (let i = 0; i < 10; i++) expect(await status(`guess ${i}`.replace(' ', '-'))).toBe(401);
      expect(await status('guess')).toBe(503);
      expect(await status('ingest-token-2')).toBe(503);
      expect(await status('ingest-token-1')).toBe(200);
    });
  });

  test('a hundred at once neither hold up webhooks nor end in anything but 401 and 503', async () => {
    await withApp({ web }, async ({ ports: [port] }) => {
      expect((await ask(port, '/webhook', posting(basic('anna', 'right')))).status).toBe(200);
      const guesses = Array.from({ length: 100 }, (_, i) =>
        ask(port, '/metrics', { headers: basic('anna', `guess ${i}`) }),
      );
      expect((await ask(port, '/webhook', posting(basic('anna', 'right')))).status).toBe(200);
      const statuses = new Set((await Promise.all(guesses)).map(({ status }) => status));
      expect(statuses).toEqual(new Set([401, 503]));
    });
  });
});

describe('two addresses', () => {
  test('webhooks at one, metrics and all that is for operators at the other, health at both', async () => {
    const app = { listenForOperators: { host: '127.0.0.1', port: 0 } };
    await withApp({ app }, async ({ ports: [webhooks, operators] }) => {
      expect(await everywhere(webhooks)).toEqual([200, 404, 404, 404, 200]);
      expect(await everywhere(operators)).toEqual([404, 200, 200, 200, 200]);
    });
  });
});
