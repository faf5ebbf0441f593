import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import {
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

const TEMPLATES = `
{{ define "title" }}{{ .CommonLabels.alertname }} on {{ .CommonLabels.instance }} [{{ .Status | toUpper }}]{{ end }}
{{ define "list" }}{{ range .Alerts }}- {{ .Labels.instance }}: {{ .Annotations.summary }}
{{ end }}{{ end }}
{{ define "__subject" }}{{ template "title" . }}{{ end }}
`;
const WEB_KEY = 'PagerDutyKey00000000000000000web';

const configOf = (sandboxUrl: string) => `
templates: ['*.tmpl']
global:
  pagerduty_url: ${sandboxUrl}/v2/enqueue
  opsgenie_api_url: ${sandboxUrl}/
  opsgenie_api_key: ${OPSGENIE_KEY}
route: { receiver: both }
receivers:
  - name: both
    pagerduty_configs:
      - routing_key: ${PAGERDUTY_KEY}
        routing_key_by: { label: team, keys: { web: { key: ${WEB_KEY} } } }
        dedup_key: 'pd/{{ .CommonLabels.cluster }}/{{ .CommonLabels.alertname }}'
        description: '{{ template "title" . }}'
        severity: '{{ .CommonLabels.severity }}'
        severity_map: { page: critical }
        details: { list: '{{ template "list" . }}', labels: '{{ .CommonLabels | toJson }}' }
        links: [{ href: '{{ .CommonAnnotations.wiki }}', text: 'Wiki of {{ .CommonLabels.team }}' }]
    opsgenie_configs:
      - alias: 'og/{{ .CommonLabels.cluster }}/{{ .CommonLabels.alertname }}'
        message: '{{ template "opsgenie.default.message" . }}'
        description: '{{ template "list" . }}'
        priority: '{{ if eq .CommonLabels.severity "page" }}P1{{ else }}P4{{ end }}'
        tags: '{{ .CommonLabels.SortedPairs.Values | join "," }}'
        responders: [{ type: '{{ "Team" }}', name: '{{ .CommonLabels.team | title }}' }]
        visible_to: [{ type: team, name: everyone }]
        update_alerts: true
        close_note: 'over: {{ len .Alerts.Resolved }}'
        close_details: { status: '{{ .Status }}' }
`;

let sandbox: Sandbox;
let daemon: Daemon;

beforeAll(async () => {
  sandbox = await startSandbox();
  daemon = await startDaemon(configOf(sandbox.url), { files: { 'pages.tmpl': TEMPLATES } });
});
afterAll(async () => {
  for (const key of [PAGERDUTY_KEY, WEB_KEY, OPSGENIE_KEY]) expect(daemon.output()).not.toContain(key);
  await daemon.kill();
  await sandbox.kill();
});
afterEach(() => sandbox.clear());

const alert = (status: 'firing' | 'resolved', labels: PostedAlert['labels'] = {}): PostedAlert => ({
  status,
  labels: { alertname: 'DiskFull', cluster: 'eu', instance: 'db-1', severity: 'page', team: 'db', ...labels },
  annotations: { summary: 'It is full', wiki: 'https://wiki.example.com/disk' },
});

async function incidents(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { incidents: all, requests, invalid } = await sandbox.state();
  expect({ refused: requests.invalid, invalid }).toEqual({ refused: 0, invalid: [] });
  return all as never;
}

const template = (text: string) => writeFileSync(join(dirname(daemon.configFile), 'pages.tmpl'), text);
const reload = async () => {
  const answer = await fetch(`${daemon.url}/-/reload`, { method: 'POST' });
  return { status: answer.status, text: await answer.text() };
};

test('both vendors get what the templates of settings and files say, from firing to resolved', async () => {
  expect((await post(daemon.url, webhookBody([alert('firing')]))).status).toBe(200);
  const [pagerduty, opsgenie] = await incidents();
  expect(pagerduty).toMatchObject({
    vendor: 'pagerduty',
    account: '0001',
    key: 'pd/eu/DiskFull',
    status: 'open',
    event: {
      payload: {
        summary: 'DiskFull on db-1 [FIRING]',
        severity: 'critical',
        custom_details: {
          list: '- db-1: It is full\n',
          labels: { alertname: 'DiskFull', cluster: 'eu', instance: 'db-1', severity: 'page', team: 'db' },
        },
      },
      links: expect.arrayContaining([{ href: 'https://wiki.example.com/disk', text: 'Wiki of db' }]),
    },
  });
  expect(opsgenie).toMatchObject({
    vendor: 'opsgenie',
    key: 'og/eu/DiskFull',
    status: 'open',
    count: 1,
    event: {
      message: 'DiskFull on db-1 [FIRING]',
      description: '- db-1: It is full\n',
      priority: 'P1',
      tags: ['DiskFull', 'eu', 'db-1', 'page', 'db'],
      responders: [{ type: 'team', name: 'Db' }],
      visibleTo: [{ type: 'team', name: 'everyone' }],
    },
    history: [
      { action: 'trigger', summary: 'DiskFull on db-1 [FIRING]' },
      { action: 'update', changes: { message: 'DiskFull on db-1 [FIRING]' } },
      { action: 'update', changes: { description: '- db-1: It is full\n' } },
    ],
  });
  expect((await post(daemon.url, webhookBody([alert('resolved')]))).status).toBe(200);
  expect(await incidents()).toMatchObject([
    { status: 'resolved', event: { payload: { severity: 'critical' } } },
    {
      status: 'resolved',
      event: { details: { team: 'db', status: 'resolved' } },
      history: expect.arrayContaining([expect.objectContaining({ action: 'resolve', note: 'over: 1' })]),
    },
  ]);
});

test('a group is told to the account of each alert, and closed there', async () => {
  const db = { cluster: 'split' };
  const web = { ...db, team: 'web', instance: 'web-1' };
  await post(daemon.url, webhookBody([alert('firing', db), alert('firing', web)]));
  await post(daemon.url, webhookBody([alert('firing', db), alert('resolved', web)]));
  const states = (await incidents())
    .filter(({ vendor }) => vendor === 'pagerduty')
    .map(({ account, status }) => `${account} ${status}`);
  expect(states).toEqual(['0001 open', '0web resolved']);
});

test('a template that fails is counted and logged; its field has the default', async () => {
  template(TEMPLATES.replace('{{ define "title" }}', '{{ define "title" }}{{ index .Alerts 5 }}'));
  expect(await reload()).toMatchObject({ status: 200 });
  expect((await post(daemon.url, webhookBody([alert('firing', { cluster: 'us' })]))).status).toBe(200);
  const [pagerduty, opsgenie] = await incidents();
  expect(pagerduty).toMatchObject({ event: { payload: { summary: 'It is full' } } });
  expect(opsgenie).toMatchObject({ event: { message: 'It is full', description: '- db-1: It is full\n' } });
  const failed = await eventually('both are logged', () => {
    const lines = daemon.logs().filter(({ msg }) => msg === 'template failed');
    return lines.length < 2 ? undefined : lines;
  });
  expect(failed).toMatchObject([
    {
      level: 'error',
      setting: 'description',
      detail: expect.stringMatching(/^template: pages\.tmpl:2:\d+: executing "title" at <index \.Alerts 5>:/),
    },
    { setting: 'message' },
  ]);
  const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
  for (const integration of ['pagerduty_configs[0]', 'opsgenie_configs[0]']) {
    expect(metrics).toContain(
      `pagerelay_template_failures_total{receiver="both",integration="${integration}"} 1`,
    );
  }
});

test('a file that changed is used after a reload, and a broken one is refused with its place', async () => {
  template(TEMPLATES.replace(' on ', ' AT '));
  expect(await reload()).toMatchObject({ status: 200 });
  template(`${TEMPLATES}{{ define "new" }}\n  {{ kaput }}{{ end }}`);
  const { status, text } = await reload();
  expect(status).toBe(500);
  const place = `${join(dirname(daemon.configFile), 'pages.tmpl')}:7:6: template: pages.tmpl:7: function "kaput" not defined`;
  expect(text).toContain(place);
  await eventually('it is logged', () =>
    daemon.logs().find(({ msg, problems }) => msg === 'config refused' && String(problems).includes(place)),
  );
  const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
  expect(metrics).toMatch(/^pagerelay_config_last_reload_successful 0$/m);
  expect((await post(daemon.url, webhookBody([alert('firing', { cluster: 'ap' })]))).status).toBe(200);
  expect(await incidents()).toMatchObject([
    { event: { payload: { summary: 'DiskFull AT db-1 [FIRING]' } } },
    { event: { message: 'DiskFull AT db-1 [FIRING]' } },
  ]);
});
