import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Config } from '../../src/config/compile.ts';
import { load } from '../../src/config/load.ts';
import { groupIncidentKey } from '../../src/notification/incident-key.ts';
import type { HttpRequest } from '../../src/notify/http-request.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { explain } from '../../src/relay/explain.ts';
import { createRelay } from '../../src/relay/relay.ts';
import { createParseWebhook, type Webhook } from '../../src/webhook/webhook.ts';
import { recordsFor } from '../support/relay.ts';
import { runCommand } from '../support/terminal.ts';

const GROUP_KEY = groupIncidentKey('{}:{}');
const NOW = Date.parse('2026-11-23T10:00:00Z');

const CONFIG = `
route:
  receiver: platform
  routes:
    - matchers: [team="db"]
      receiver: db
      group_by: ['...']
    - matchers: [team="night"]
      receiver: platform
      mute_time_intervals: [always]
time_intervals:
  - name: always
    time_intervals: [{ times: [{ start_time: '00:00', end_time: '24:00' }] }]
receivers:
  - name: platform
    pagerduty_configs:
      - routing_key_env: PD_KEY
        enrich: false
        description: '{{ .CommonLabels.alertname }}: {{ len .Alerts }}'
        severity: whatever
        severity_map: { whatever: warning }
  - name: db
    opsgenie_configs:
      - api_key_env: OG_KEY
        enrich: false
        message: '{{ (index .Alerts 1).Status }}'
        update_alerts: true
  - name: nobody
`;

const ENV = { PD_KEY: '0123456789abcdef0123456789abcdef', OG_KEY: 'fedcba9876543210' };

function payload(...alerts: readonly object[]): string {
  return JSON.stringify({
    version: '4',
    groupKey: '{}:{}',
    receiver: 'pagerelay',
    status: 'firing',
    externalURL: 'http://alertmanager.example',
    groupLabels: {},
    alerts,
  });
}

const db = {
  status: 'firing',
  labels: { alertname: 'DiskFull', team: 'db' },
  annotations: { summary: 'Disk is full' },
  startsAt: '2026-11-23T09:59:00Z',
  fingerprint: '00000000000000db',
};
const web = {
  ...db,
  status: 'resolved',
  labels: { alertname: 'Slow', team: 'web' },
  fingerprint: '000000000000eb00',
};
const night = { ...db, labels: { alertname: 'Slow', team: 'night' }, fingerprint: '0000000000001234' };

function files(config: string, body: string): { readonly config: string; readonly payload: string } {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-explain-'));
  const paths = { config: join(folder, 'pagerelay.yaml'), payload: join(folder, 'webhook.json') };
  writeFileSync(paths.config, config);
  writeFileSync(paths.payload, body);
  return paths;
}

async function explained(body: string, ...flags: readonly string[]) {
  const paths = files(CONFIG, body);
  return runCommand(['explain', paths.config, '--payload', paths.payload, ...flags], { env: ENV, now: NOW });
}

describe('explain', () => {
  test('tells the way, the decision and the requests of each alert', async () => {
    const { code, stdout, stderr } = await explained(payload(db, web));
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('message: warning: fails for an alert'),
    });
    expect(stdout).toBe(`alert 1: firing {alertname="DiskFull", team="db"} fingerprint 00000000000000db
  default-route  yes
    {team="db"}  yes → receiver db
    (1 more not tried)

alert 2: resolved {alertname="Slow", team="web"} fingerprint 000000000000eb00
  default-route  yes → receiver platform
    {team="db"}  no: team="db" does not hold, it is "web"
    {team="night"}  no: team="night" does not hold, it is "web"

notification 1: trigger to db, opsgenie_configs[0]
  incident key  00000000000000db (one for an alert)
  alerts        00000000000000db
  credential    api_key_env
  decision      forward: first
  template of message failed: template: :1:4: executing "" at <index .Alerts 1>: error calling index: reflect: slice index out of range
  POST https://api.opsgenie.com/v2/alerts
    Content-Type: application/json
    Authorization: GenieKey <secret>
    {
      "alias": "00000000000000db",
      "message": "Disk is full",
      "details": {
        "alertname": "DiskFull",
        "team": "db"
      },
      "source": "pagerelay"
    }
  PUT https://api.opsgenie.com/v2/alerts/00000000000000db/message?identifierType=alias
    Content-Type: application/json
    Authorization: GenieKey <secret>
    {
      "message": "Disk is full"
    }

notification 2: resolve to platform, pagerduty_configs[0]
  incident key  ${GROUP_KEY} (one for a group)
  alerts        000000000000eb00
  credential    routing_key_env
  decision      forward: resolved
  POST https://events.pagerduty.com/v2/enqueue
    Content-Type: application/json
    {
      "routing_key": "<secret>",
      "event_action": "resolve",
      "dedup_key": "${GROUP_KEY}",
      "client": "pagerelay",
      "client_url": "http://alertmanager.example/#/alerts?receiver=pagerelay",
      "payload": {
        "summary": "Slow: 1",
        "source": "pagerelay",
        "severity": "warning",
        "custom_details": {}
      }
    }
`);
  });

  test('gives the same as data', async () => {
    const { stdout } = await explained(payload(db), '--output=json');
    const { alerts, notifications } = JSON.parse(stdout);
    expect(alerts[0]).toMatchObject({
      fingerprint: '00000000000000db',
      route: {
        route: 'default-route',
        matches: true,
        taken: false,
        tried: [{ route: '{team="db"}', receiver: 'db', matches: true, taken: true, tried: [] }],
      },
    });
    expect(notifications).toHaveLength(1);
    expect(notifications[0]).toMatchObject({
      receiver: 'db',
      integration: 'opsgenie_configs[0]',
      incident_key: '00000000000000db',
      incident_per: 'alert',
      alerts: ['00000000000000db'],
      action: 'trigger',
      decision: 'forward',
      reason: 'first',
      template_failures: [{ setting: 'message', message: expect.stringContaining('index .Alerts 1') }],
      requests: [{ method: 'POST' }, { method: 'PUT' }],
    });
  });

  test('says by which interval a route is muted, and that nothing is sent', async () => {
    const { stdout } = await explained(payload(night));
    expect(stdout).toContain('  decision      suppress: mute_time_interval (always)\n');
    expect(stdout).not.toContain('POST');
  });

  test('goes straight to a receiver', async () => {
    const { stdout } = await explained(payload(web), '--receiver=db');
    expect(stdout).toContain('notification 1: resolve to db, opsgenie_configs[0]');
    expect(stdout).not.toContain('default-route');
    expect(await explained(payload(web), '--receiver=dbs')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no receiver dbs (there are: platform, db, nobody)'),
    });
    expect((await explained(payload(web), '--receiver=nobody')).stdout).toContain('Nothing is sent');
  });

  test.each([
    ['no JSON', '{', 'the body is not valid JSON'],
    ['no webhook', '{"a":1}', 'version is missing'],
  ])('a payload that is %s', async (_what, body, message) => {
    const { code, stdout, stderr } = await explained(body);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });

  test('a payload that is not there', async () => {
    const paths = files(CONFIG, '');
    const { code, stderr } = await runCommand(['explain', paths.config, '--payload', `${paths.payload}x`], {
      env: ENV,
    });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('cannot be read (ENOENT)') });
  });

  test('no payload is wrong usage', async () => {
    expect((await runCommand(['explain', 'pagerelay.yaml'])).code).toBe(2);
  });

  test('tells which credential it is, and what http_config adds', async () => {
    const config = `
route: { receiver: a, group_by: ['...'] }
receivers:
  - name: a
    pagerduty_configs:
      - routing_key_env: PD_KEY
        routing_key_by: { label: team, keys: { db: { env: OG_KEY } } }
        url: http://events.example/v2/enqueue?token=a-token
        http_config: { basic_auth: { username: u, password: p }, http_headers: { X-Team: { secrets: [s] } } }
`;
    const paths = files(config, payload(db, web));
    const { stdout, stderr } = await runCommand(['explain', paths.config, '--payload', paths.payload], {
      env: ENV,
    });
    expect(stdout).toContain('  credential    routing_key_by.keys.db.env\n  http_config   basic, headers\n');
    expect(stdout).toContain('  credential    routing_key_env\n');
    expect(stdout).toContain(`  POST http://events.example/v2/enqueue?<secret>
    Authorization: Basic <secret>
    Content-Type: application/json
    X-Team: <secret>
`);
    expect(stdout + stderr).not.toContain('a-token');
  });

  test('shows no key', async () => {
    for (const output of ['text', 'json']) {
      const { stdout, stderr } = await explained(payload(db, web, night), `--output=${output}`);
      for (const key of Object.values(ENV)) expect(stdout + stderr).not.toContain(key);
    }
  });
});

test('what explain shows is what the relay sends', async () => {
  const { config } = load(CONFIG, 'test.yaml', { env: ENV, now: () => NOW }) as { config: Config };
  const webhook = createParseWebhook()(Buffer.from(payload(db, web, night)), 100) as Webhook;
  const sent: HttpRequest[] = [];
  const metrics = createMetrics();
  const relay = createRelay({
    ...recordsFor(metrics),
    config,
    http: {
      async send(request) {
        sent.push(request);
        return { status: 202, headers: {}, body: '' };
      },
      retain() {},
      close: async () => {},
    },
    metrics,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    now: () => NOW,
    stopping: new AbortController().signal,
  });
  await relay.relay(webhook, { arrivedAt: NOW });
  const withoutKeys = (text: string) =>
    Object.values(ENV).reduce((shown, key) => shown.replaceAll(key, '<secret>'), text);
  const expected = explain(webhook, config, NOW).notifications.flatMap(({ requests }) => requests);
  expect(expected).toHaveLength(3);
  expect(
    sent.map(({ method, url, headers, body }) => ({
      method,
      url,
      headers: JSON.parse(withoutKeys(JSON.stringify(headers))),
      body: JSON.parse(withoutKeys(String(body))),
    })),
  ).toEqual(expect.arrayContaining([...expected]));
  expect(sent).toHaveLength(expected.length);
});
