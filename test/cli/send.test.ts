import { describe, expect, test } from '@jest/globals';
import { fingerprint } from '../../src/webhook/fingerprint.ts';
import {
  always,
  closedUrl,
  dripping,
  type Script,
  withTcpServer,
  withVendor,
} from '../support/fake-vendor.ts';
import { runCommand } from '../support/terminal.ts';

const NOW = Date.parse('2026-11-06T12:00:00Z');
const NONE = JSON.stringify({ notifications: [] });

const send = (...args: readonly string[]) => runCommand(['send', ...args], { now: NOW });

/** Sends to a server that answers like this; what came out, with the server's address as RELAY, and what went in. */
function sentTo(script: Script, ...args: readonly string[]) {
  return withVendor(script, async ({ url, requests }) => {
    const { code, stdout, stderr } = await send(`--url=${url}webhook`, ...args);
    return { code, stdout, stderr: stderr.replaceAll(url, 'RELAY/'), requests };
  });
}

async function bodyOf(...args: readonly string[]) {
  const { code, requests } = await sentTo(always(200, {}, NONE), ...args);
  expect([code, requests.length]).toEqual([0, 1]);
  return JSON.parse(requests[0]?.body ?? '');
}

describe('what send posts', () => {
  test('is a firing alert that began now, called PagerelayTest, as JSON', async () => {
    const { requests } = await sentTo(always(200, {}, NONE));
    expect(requests).toMatchObject([
      {
        method: 'POST',
        url: '/webhook',
        headers: { 'content-type': 'application/json', 'x-pagerelay-test': 'true' },
      },
    ]);
    expect(JSON.parse(requests[0]?.body ?? '')).toMatchObject({
      version: '4',
      status: 'firing',
      groupKey: '{}:{alertname="PagerelayTest"}',
      alerts: [{ labels: { alertname: 'PagerelayTest' }, startsAt: '2026-11-06T12:00:00.000Z' }],
    });
  });

  test('has the labels and annotations that are asked for', async () => {
    const labels = { alertname: 'Own', team: 'a=b' };
    expect(
      await bodyOf('team=a=b', 'alertname=Own', '--annotation=summary="a test"', '--annotation', 'note='),
    ).toMatchObject({
      alerts: [{ labels, annotations: { summary: 'a test', note: '' }, fingerprint: fingerprint(labels) }],
    });
  });

  test('with --status=resolved ends now what the same labels began', async () => {
    const firing = await bodyOf('team=db', 'env=x');
    const resolved = await bodyOf('env=x', '--status=resolved', 'team=db');
    expect(resolved).toMatchObject({
      status: 'resolved',
      alerts: [{ status: 'resolved', endsAt: '2026-11-06T12:00:00.000Z' }],
    });
    expect(resolved.groupKey).toBe(firing.groupKey);
    expect(resolved.alerts[0].fingerprint).toBe(firing.alerts[0].fingerprint);
  });

  test('has the headers that are asked for, with all that stands behind the first colon', async () => {
    const { requests } = await sentTo(
      always(200, {}, NONE),
      '--header=Authorization: Basic a:b',
      '--header',
      'X-Scope:  team ',
    );
    expect(requests[0]?.headers).toMatchObject({ authorization: 'Basic a:b', 'x-scope': 'team' });
  });
});

describe('what send prints', () => {
  const notifications = [
    {
      receiver: 'db',
      integration: 'opsgenie_configs[0]',
      incident_key: '5ed8f6982038cff6',
      action: 'trigger',
      outcome: 'accepted',
      reason: 'first',
    },
    {
      receiver: 'platform',
      integration: 'pagerduty_configs[0]',
      incident_key: '5ed8f6982038cff6',
      action: 'trigger',
      outcome: 'rejected',
      reason: 'authError',
      detail: 'HTTP 403: no such key',
    },
  ];
  const table = [
    'receiver  integration           incident key      action   outcome   reason',
    'db        opsgenie_configs[0]   5ed8f6982038cff6  trigger  accepted  first',
    'platform  pagerduty_configs[0]  5ed8f6982038cff6  trigger  rejected  authError: HTTP 403: no such key',
    '',
  ].join('\n');
  const body = JSON.stringify({ notifications });

  test.each([
    [200, 0, ''],
    [503, 1, 'RELAY/webhook answered 503: not everything was delivered\n'],
    [422, 1, 'RELAY/webhook answered 422: not everything was delivered\n'],
  ])('of a %i is a line per notification', async (status, code, stderr) => {
    expect(await sentTo(always(status, {}, body))).toMatchObject({ code, stdout: table, stderr });
  });

  test.each([
    [200, 0],
    [503, 1],
  ])('of a %i with --output=json is the answer as it is', async (status, code) => {
    expect(await sentTo(always(status, {}, body), '--output=json')).toMatchObject({
      code,
      stdout: `${body}\n`,
    });
  });

  test('of no notification says so', async () => {
    expect(await sentTo(always(200, {}, NONE))).toMatchObject({
      code: 0,
      stdout: 'nothing to send: no integration takes this alert\n',
      stderr: '',
    });
  });

  test('of a refusal is the reason', async () => {
    const refusal = JSON.stringify({ error: 'not an Alertmanager webhook: version is missing' });
    expect(await sentTo(always(400, {}, refusal))).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'RELAY/webhook answered 400: not an Alertmanager webhook: version is missing\n',
    });
  });

  test.each<[string, number, string]>([
    ['a page of something else', 200, '<html>'],
    ['JSON of something else', 200, '{"status":"success"}'],
    ['JSON that is no map', 200, 'null'],
    ['nothing', 204, ''],
    ['a fault of a proxy', 502, 'Bad Gateway'],
    ['a redirect, which is not followed', 307, ''],
  ])('of %s is a question', async (_what, status, text) => {
    const { code, stdout, stderr, requests } = await sentTo(always(status, { Location: '/elsewhere' }, text));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      `RELAY/webhook answered ${status}, but not as pagerelay does: is this its webhook?\n`,
    );
    expect(requests).toHaveLength(1);
  });

  test('has no control characters of the answer in it, and nothing but its texts', async () => {
    const odd = { receiver: 'a\u001b[2Jb\n', integration: 7, reason: '\u009bx', __proto__: null };
    const text = JSON.stringify({ notifications: [odd, null, 'x', ['y']] });
    const { stdout } = await sentTo(always(200, {}, text));
    expect(stdout.split('\n')[1]).toMatch(/^a\ufffd\[2Jb\ufffd +\ufffdx$/);
    expect((await sentTo(always(400, {}, '{"error":"\\u001b[2J"}'))).stderr).toContain('400: \ufffd[2J\n');
  });

  test('of an endless answer is about its beginning', async () => {
    const endless: Script = (response) => {
      const more = () => {
        while (response.write('x'.repeat(65_536)));
        response.once('drain', more);
      };
      more();
    };
    const { code, stdout } = await sentTo(endless, '--output=json');
    expect([code, stdout.length]).toEqual([1, 1_048_577]);
  });
});

describe('a relay that does not answer', () => {
  test('since nothing listens there', async () => {
    const url = await closedUrl();
    expect(await send(`--url=${url}webhook?token=hidden`)).toEqual({
      code: 1,
      stdout: '',
      stderr: `cannot reach ${url}webhook (ECONNREFUSED): nothing listens there; pagerelay serve starts the relay\n`,
    });
  });

  test.each<[string, Script]>([
    ['at all', () => {}],
    ['to the end', dripping(200)],
  ])('%s is waited for as long as --timeout says', async (_how, script) => {
    expect(await sentTo(script, '--timeout=300ms')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'RELAY/webhook has not answered within 300 ms\n',
    });
  });

  test('but hangs up', async () => {
    await withTcpServer(
      (socket) => socket.on('data', () => socket.destroy()),
      async (url) => {
        expect(await send(`--url=${url}webhook`)).toEqual({
          code: 1,
          stdout: '',
          stderr: expect.stringMatching(/^cannot reach http:\S+webhook \(\w+\)\n$/),
        });
      },
    );
  });
});

describe('wrong usage of send', () => {
  test.each([
    [['--url=ftp://127.0.0.1/webhook'], '--url must be an http or https address'],
    [['--url=127.0.0.1:9096'], '--url must be an http or https address'],
    [['--url='], '--url must be an http or https address'],
    [['--url=http://someone:s3cret@127.0.0.1:1/'], '--url must not hold a user or password'],
    [['--url=http://someone:s3cret@127.0.0.1:x/'], '--url must be an http or https address'],
    [['--header=s3cret'], "--header must be 'Name: value'"],
    [['--header=: s3cret'], "--header must be 'Name: value'"],
    [['--header=A B: s3cret'], "--header must be 'Name: value'"],
    [['--header=A: s3cret\nB: c'], "--header must be 'Name: value'"],
    [['--header=A: s3cret→'], "--header must be 'Name: value'"],
    [['team'], 'cannot read "team"'],
    [['alertname='], 'an alert needs a label'],
    [['--annotation=summary'], '--annotation: cannot read "summary"'],
    [['--status=muted'], 'Allowed choices are firing, resolved.'],
    [['--timeout=0s'], 'It must be a duration, as 30s, of at most 1h.'],
    [['--timeout=2h'], 'It must be a duration, as 30s, of at most 1h.'],
    [['--timeout=soon'], 'It must be a duration, as 30s, of at most 1h.'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await send(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('s3cret');
  });
});
