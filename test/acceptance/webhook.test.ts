import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  configFor,
  type Daemon,
  OPSGENIE_KEY,
  PAGERDUTY_KEY,
  type Sandbox,
  startDaemon,
  startSandbox,
} from '../support/daemon.ts';
import { type PostedAlert, post, webhookBody } from '../support/post.ts';
import { eventually } from '../support/process.ts';

jest.setTimeout(60_000);

const PER_ALERT = "  group_by: ['...']";

let sandbox: Sandbox;
let daemon: Daemon;

beforeAll(async () => {
  sandbox = await startSandbox();
  daemon = await startDaemon(configFor(sandbox.url, { route: PER_ALERT }));
});
afterAll(async () => {
  expect(daemon.output()).not.toContain(PAGERDUTY_KEY);
  expect(daemon.output()).not.toContain(OPSGENIE_KEY);
  await daemon.kill();
  await sandbox.kill();
});
afterEach(() => sandbox.clear());

let nextFingerprint = 1;
const fingerprint = () => (nextFingerprint++).toString(16).padStart(16, '0');

async function isServing(): Promise<void> {
  const answer = await post(daemon.url, webhookBody([{ fingerprint: fingerprint() }]));
  expect(answer.status).toBe(200);
}

describe('the reply', () => {
  const alert: PostedAlert = { fingerprint: fingerprint(), annotations: { summary: 'it broke' } };

  test('says per notification what became of it', async () => {
    expect(await post(daemon.url, webhookBody([alert]))).toEqual({
      status: 200,
      notifications: [
        {
          receiver: 'both',
          integration: 'pagerduty_configs[0]',
          incident_key: alert.fingerprint,
          action: 'trigger',
          outcome: 'accepted',
          reason: 'first',
        },
        {
          receiver: 'both',
          integration: 'opsgenie_configs[0]',
          incident_key: alert.fingerprint,
          action: 'trigger',
          outcome: 'accepted',
          reason: 'first',
        },
      ],
    });
  });

  test('is 200 for no alerts at all', async () => {
    expect(await post(daemon.url, webhookBody([]))).toEqual({ status: 200, notifications: [] });
  });

  test('goes straight to the receiver that the path names; an unknown one is 404', async () => {
    const { status, notifications } = await post(daemon.url, webhookBody([{}]), '/webhook/jsm');
    expect([status, notifications.map(({ receiver }) => receiver)]).toEqual([200, ['jsm']]);
    expect(await post(daemon.url, webhookBody([{}]), '/webhook/nobody')).toMatchObject({
      status: 404,
      error: 'there is no receiver "nobody"',
    });
    expect((await post(daemon.url, webhookBody([{}]), '/webhook/%ff')).status).toBe(404);
  });

  test('of twins that come at once is shared: each vendor is asked once', async () => {
    await sandbox.fault({ latency_ms: 300 });
    const body = webhookBody([{ fingerprint: fingerprint() }]);
    const answers = await Promise.all([
      post(daemon.url, body),
      post(daemon.url, body),
      post(daemon.url, body),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await sandbox.state()).incidents.map(({ count }) => count)).toEqual([1, 1]);
  });

  test('a resolve that comes while its trigger is under way does not overtake it', async () => {
    await sandbox.fault({ latency_ms: 500, rate: 0.5 });
    const key = fingerprint();
    const firing = post(daemon.url, webhookBody([{ fingerprint: key }]));
    await sleep(50);
    const ending = post(daemon.url, webhookBody([{ fingerprint: key, status: 'resolved' }]));
    expect([(await firing).status, (await ending).status]).toEqual([200, 200]);
    expect((await sandbox.state()).incidents.map(({ status }) => status)).toEqual(['resolved', 'resolved']);
  });
});

describe('an alert that a vendor would refuse is sent in a valid form', () => {
  test.each<[string, PostedAlert]>([
    ['severity page', { labels: { severity: 'page' } }],
    ['a summary of 3,000 characters', { annotations: { summary: 'x'.repeat(3000) } }],
    [
      'an emoji where the summary is cut',
      { annotations: { summary: `${'x'.repeat(128)}😀😀${'y'.repeat(893)}😀😀` } },
    ],
    ['annotations of 600 KB', { annotations: { description: 'd'.repeat(600_000), summary: 's' } }],
    [
      '600 KB in 10,000 labels',
      { labels: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`l${i}`, 'v'.repeat(50)])) },
    ],
    ['a label name of 600 KB', { labels: { ['n'.repeat(600_000)]: 'v' } }],
    ['empty labels', { labels: { alertname: '', severity: '' } }],
    ['blank annotations', { annotations: { summary: '  \n ', description: '\n' } }],
    [
      'labels named like parts of every object',
      { labels: JSON.parse('{"__proto__":"x","constructor":"y"}') },
    ],
    ['control characters', { annotations: { summary: '\u0000\u0007\u001b[31m' } }],
    ['a start in no calendar', { startsAt: '+275760-09-13T00:00:00Z' }],
    ['a start that is no time', { startsAt: 'yesterday' }],
    ['a runbook that is no address', { annotations: { runbook_url: 'javascript:alert(1)' } }],
  ])('%s', async (_what, alert) => {
    const { status } = await post(daemon.url, webhookBody([{ ...alert, fingerprint: fingerprint() }]));
    const { incidents, requests, invalid } = await sandbox.state();
    expect({ status, invalid, opened: incidents.length, refused: requests.invalid }).toEqual({
      status: 200,
      invalid: [],
      opened: 2,
      refused: 0,
    });
  });

  test('half an emoji, which only an escape can bring in', async () => {
    const body = webhookBody([{ fingerprint: fingerprint(), annotations: { summary: 'HALF' } }]);
    expect((await post(daemon.url, body.replace('HALF', '\\ud83d broken'))).status).toBe(200);
    expect((await sandbox.state()).incidents.map(({ history }) => history[0]?.summary)).toEqual([
      '\ufffd broken',
      '\ufffd broken',
    ]);
  });
});

describe('a body that is no webhook', () => {
  const alerts = webhookBody([{}]);
  test.each<[string, string | Uint8Array, number, string]>([
    ['empty', '', 400, 'not an Alertmanager webhook: the body is empty'],
    ['cut short', alerts.slice(0, -20), 400, 'not an Alertmanager webhook: the body is not valid JSON'],
    [
      'not UTF-8',
      Buffer.from([0x7b, 0xff, 0x7d]),
      400,
      'not an Alertmanager webhook: the body is not valid UTF-8',
    ],
    ['an empty object', '{}', 400, 'not an Alertmanager webhook: version is missing'],
    ['null', 'null', 400, 'not an Alertmanager webhook: the body must be object'],
    [
      'alerts that are no list',
      '{"version":"4","groupKey":"g","alerts":{}}',
      400,
      'not an Alertmanager webhook: alerts must be array',
    ],
    [
      'a label that is a number',
      alerts.replace('"critical"', '7'),
      400,
      'not an Alertmanager webhook: alerts[0].labels.severity must be string',
    ],
    [
      'deeply nested',
      `{"version":"4","groupKey":"g","alerts":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
      400,
      'not an Alertmanager webhook: alerts[0] must be object',
    ],
    [
      '100,000 alerts',
      `{"version":"4","groupKey":"g","alerts":[${'{},'.repeat(99_999)}{}]}`,
      413,
      '100000 alerts are more than relay.max_alerts allows (20000)',
    ],
    [
      '17 MiB',
      'x'.repeat(17 * 1024 * 1024),
      413,
      'the body is larger than relay.max_body_bytes allows (16777216)',
    ],
  ])('%s', async (_what, body, status, error) => {
    expect(await post(daemon.url, body)).toEqual({ status, notifications: [], error });
    await isServing();
  });

  test.each([
    ['text/plain', {}],
    ['application/x-www-form-urlencoded', {}],
    ['application/json', { 'Content-Encoding': 'gzip' }],
  ])('sent as %s %j', async (type, headers) => {
    const answer = await fetch(`${daemon.url}/webhook`, {
      method: 'POST',
      headers: { 'Content-Type': type, ...headers },
      body: alerts,
    });
    expect(answer.status).toBe(415);
  });

  test('fetched instead of posted', async () => {
    expect((await fetch(`${daemon.url}/webhook`)).status).toBe(405);
  });

  test('10 MiB of a real webhook are taken', async () => {
    const body = webhookBody([
      { fingerprint: fingerprint(), annotations: { description: 'd'.repeat(10_000_000) } },
    ]);
    expect((await post(daemon.url, body)).status).toBe(200);
  });

  /** Writes raw text to the daemon and waits until it closes the connection. What it said. */
  function raw(text: string): Promise<string> {
    const { hostname, port } = new URL(daemon.url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname);
      let said = '';
      socket.setTimeout(25_000, () => socket.destroy(new Error('the connection was left open')));
      socket.on('data', (chunk) => {
        said += chunk.toString();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(said));
      socket.write(text);
    });
  }
  const HEAD = 'POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

  test.each([
    ['chunked and never finished', `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{"ver\r\n`],
    ['shorter than its length says', `${HEAD}Content-Length: 1000\r\n\r\n{"version"`],
    ['headers that never end', 'POST /webhook HTTP/1.1\r\nHost: x\r\nX-Slow: '],
  ])('%s: the connection is closed', async (_what, text) => {
    const said = await raw(text);
    expect(said).toMatch(/^HTTP\/1\.1 408 /);
    await isServing();
  });

  test.each([
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n'],
    ['a chunk size that is no number', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
    ['two different lengths', `${HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}{}{}`],
    ['headers without bound', `POST /webhook HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
  ])('%s: refused at once', async (_what, text) => {
    expect(await raw(text)).toMatch(/^HTTP\/1\.1 4\d\d /);
    await isServing();
  });

  test('is counted', async () => {
    const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
    for (const code of ['400', '404', '405', '413', '415', '499']) {
      expect(metrics).toMatch(new RegExp(`^pagerelay_webhook_requests_total\\{code="${code}"\\} [1-9]`, 'm'));
    }
  });
});

test('10,000 alerts in one webhook open 10,000 incidents', async () => {
  const alerts = Array.from({ length: 10_000 }, () => ({ fingerprint: fingerprint() }));
  const body = webhookBody(alerts);
  // On a slow machine it takes more than one webhook's time. What was accepted is then not sent again; of what was under
  // way when the time was over, at most one per connection, nobody can know.
  let status = 503;
  let late = -1;
  for (; late < 5 && status === 503; late++)
    status = (await post(daemon.url, body, '/webhook/pagerduty')).status;
  expect(status).toBe(200);
  const { incidents } = await sandbox.state();
  expect(incidents.length).toBe(10_000);
  const repeated = incidents.filter(({ count }) => count > 1).length;
  expect(repeated).toBeLessThanOrEqual(64 * late);
});

describe('the reply when vendors fail', () => {
  let daemon: Daemon;
  // What one of these tests lets a daemon learn of a vendor, it goes by in the next; they come last, for the other daemon
  // learns it too where it follows up what it has sent.
  beforeEach(async () => {
    daemon = await startDaemon(configFor(sandbox.url, { route: PER_ALERT }));
  });
  afterEach(() => daemon.kill());

  test('is 503 while a vendor is down, and then only the rest is sent', async () => {
    const body = webhookBody([{ fingerprint: fingerprint() }]);
    await sandbox.fault({ vendor: 'opsgenie', status: 503 });
    const first = await post(daemon.url, body);
    expect([first.status, first.notifications.map(({ outcome }) => outcome)]).toEqual([
      503,
      ['accepted', 'unavailable'],
    ]);
    await sandbox.mend();
    const second = await eventually('it is tried again', async () => {
      const answer = await post(daemon.url, body);
      return answer.status === 200 ? answer : undefined;
    });
    expect(second.notifications.map(({ outcome }) => outcome)).toEqual(['suppressed', 'accepted']);
  });

  test('is 503, never 429, when a vendor is over its limit for longer than there is time', async () => {
    await sandbox.fault({ status: 429, retry_after: 60 });
    const startedAt = Date.now();
    const { status, notifications } = await post(daemon.url, webhookBody([{ fingerprint: fingerprint() }]));
    expect([status, notifications[0]?.reason]).toEqual([503, 'rateLimited']);
    // Waiting would be in vain, so it does not.
    expect(Date.now() - startedAt).toBeLessThan(5000);
  });

  test('is 200 when one vendor accepts and the other never will, and the log says which', async () => {
    await sandbox.fault({ vendor: 'opsgenie', status: 401 });
    const key = fingerprint();
    const { status, notifications } = await post(daemon.url, webhookBody([{ fingerprint: key }]));
    expect([status, notifications.map(({ outcome, reason }) => `${outcome} ${reason}`)]).toEqual([
      200,
      ['accepted first', 'rejected authError'],
    ]);
    const line = await eventually('it is logged', () =>
      daemon.logs().find(({ level, incident_key }) => level === 'error' && incident_key === key),
    );
    expect(line).toMatchObject({ msg: 'notification rejected', receiver: 'both', fingerprints: [key] });
  });

  test('is 422 when nothing is accepted and nothing ever will be', async () => {
    await sandbox.fault({ status: 401 });
    expect((await post(daemon.url, webhookBody([{ fingerprint: fingerprint() }]))).status).toBe(422);
  });

  test('comes inside ten seconds from vendors that never answer', async () => {
    await sandbox.fault({ hang: true });
    const startedAt = Date.now();
    const { status } = await post(daemon.url, webhookBody([{ fingerprint: fingerprint() }]));
    expect(status).toBe(503);
    expect(Date.now() - startedAt).toBeLessThan(9_900);
  });
});
