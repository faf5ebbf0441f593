import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { describeWithAlertmanager, type FiringAlert, runAlertmanager } from '../support/alertmanager.ts';
import { startDaemon } from '../support/daemon.ts';
import { always, type Received, withVendor } from '../support/fake-vendor.ts';
import { imported } from '../support/import.ts';
import { freePort, type Running } from '../support/process.ts';

jest.setTimeout(240_000);

const KEY = '0123456789abcdef0123456789abcdef';
const API_KEY = '11111111-2222-3333-4444-555555555555';

/** Receivers in Alertmanager's own words. `VENDOR` stands for where this receiver's vendor is. */
const RECEIVERS: Readonly<Record<string, string>> = {
  'pagerduty-defaults': `
  pagerduty_configs:
  - { routing_key: ${KEY}, url: VENDOR }`,
  'pagerduty-description': `
  pagerduty_configs:
  - routing_key: ${KEY}
    url: VENDOR
    description: '[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}] {{ .GroupLabels.SortedPairs.Values | join " " }} {{ .CommonAnnotations.summary }}'`,
  'pagerduty-long-description': `
  pagerduty_configs:
  - { routing_key: ${KEY}, url: VENDOR, description: '{{ range .Alerts }}{{ .Annotations.essay }}{{ end }}' }`,
  'pagerduty-details': `
  pagerduty_configs:
  - routing_key: ${KEY}
    url: VENDOR
    details:
      firing: '{{ range .Alerts.Firing }}{{ .Labels.instance }};{{ end }}'
      number: 1.10
      answer: yes
      empty: ''
      list: '{{ .CommonLabels.SortedPairs.Names }}'
      json: '{"a": [1, 2]}'`,
  'pagerduty-images-and-links': `
  pagerduty_configs:
  - routing_key: ${KEY}
    url: VENDOR
    images:
    - { src: 'https://example.org/{{ .CommonLabels.cluster }}.png', alt: its graph, href: 'https://example.org/' }
    - { src: 'https://example.org/only.png' }
    - { src: '{{ .CommonLabels.nothing }}', alt: left out }
    - { alt: without a source }
    links:
    - { href: 'https://example.org/runbook/{{ .GroupLabels.alertname }}', text: 'Runbook of {{ .GroupLabels.alertname }}' }
    - { href: '{{ .CommonAnnotations.nothing }}', text: left out }`,
  'pagerduty-severity': `
  pagerduty_configs:
  - { routing_key: ${KEY}, url: VENDOR, severity: '{{ if .CommonLabels.severity }}{{ .CommonLabels.severity }}{{ else }}warning{{ end }}' }`,
  'pagerduty-fields': `
  pagerduty_configs:
  - routing_key: ${KEY}
    url: VENDOR
    class: '{{ .CommonLabels.class }}'
    component: '{{ .GroupLabels.alertname | toLower }}'
    group: '{{ .CommonLabels.cluster }}'
    severity: info`,
  'pagerduty-client': `
  pagerduty_configs:
  - { routing_key: ${KEY}, url: VENDOR, client: 'Alerts of {{ .Receiver }}', client_url: '{{ .ExternalURL }}/of/{{ .Receiver }}' }`,
  'pagerduty-source': `
  pagerduty_configs:
  - { routing_key: ${KEY}, url: VENDOR, source: '{{ .CommonLabels.job }}', client: somebody }`,
  'pagerduty.user template': `
  pagerduty_configs:
  - { routing_key: ${KEY}, url: VENDOR, description: '{{ template "our.title" . }}', details: { text: '{{ template "our.text" . }}' } }`,
  'pagerduty-key-file': `
  pagerduty_configs:
  - { routing_key_file: KEY_FILE, url: VENDOR }`,
  'pagerduty-without-resolve': `
  pagerduty_configs:
  - { routing_key: ${KEY}, url: VENDOR, send_resolved: no }`,
  'pagerduty-merge-keys': `
  pagerduty_configs:
  - &merged { routing_key: ${KEY}, url: VENDOR, severity: info, details: { a: 1 } }
  - { <<: *merged, routing_key: second, severity: warning, details: { b: 2 } }
  - { class: own, severity: critical, routing_key: third, <<: { class: merged, routing_key: fourth, url: VENDOR } }`,
  'opsgenie-defaults': `
  opsgenie_configs:
  - { api_key: ${API_KEY}, api_url: VENDOR }`,
  'opsgenie-texts': `
  opsgenie_configs:
  - api_key: ${API_KEY}
    api_url: VENDOR
    message: '{{ .CommonLabels.alertname }}: {{ range .Alerts }}{{ .Annotations.summary }}, {{ end }}'
    description: '{{ range .Alerts }}{{ .StartsAt.UTC.Format "15:04" }} {{ .Labels.instance }} since {{ .StartsAt.Unix }}{{ "\\n" }}{{ end }}'
    source: '{{ .ExternalURL }}'`,
  'opsgenie-long-message': `
  opsgenie_configs:
  - { api_key: ${API_KEY}, api_url: VENDOR, message: '{{ range .Alerts }}{{ .Annotations.essay }}{{ end }}', description: '' }`,
  'opsgenie.user template': `
  opsgenie_configs:
  - { api_key: ${API_KEY}, api_url: VENDOR, message: '{{ template "our.title" . }}', description: '{{ template "our.text" . }}' }`,
  'opsgenie-responders': `
  opsgenie_configs:
  - api_key: ${API_KEY}
    api_url: VENDOR
    responders:
    - { name: '{{ .CommonLabels.team }}', type: team }
    - { name: 'Databases,Platform', type: teams }
    - { name: '{{ .CommonLabels.teams }}', type: '{{ .CommonLabels.responder }}' }
    - { username: someone@example.org, type: user }
    - { id: 4513b7ea-3b91-438f-b7e4-e3e54af9147c, type: escalation }
    - { name: '{{ .CommonLabels.nothing }}', type: '{{ .CommonLabels.nothing }}' }`,
  'opsgenie-tags-and-actions': `
  opsgenie_configs:
  - { api_key: ${API_KEY}, api_url: VENDOR, tags: 'a,b,,{{ .CommonLabels.severity }},{{ .CommonLabels.nothing }}', actions: 'restart,{{ .CommonLabels.job }}' }`,
  'opsgenie-fields': `
  opsgenie_configs:
  - api_key: ${API_KEY}
    api_url: VENDOR
    note: 'Of {{ .Receiver }}: {{ .Status }}'
    entity: '{{ .CommonLabels.cluster }}'
    priority: '{{ if eq .CommonLabels.team "db" }}P1{{ else }}P4{{ end }}'`,
  'opsgenie-details': `
  opsgenie_configs:
  - { api_key: ${API_KEY}, api_url: VENDOR, details: { job: 'not {{ .CommonLabels.job }}', added: '{{ .Alerts | len }}', number: 007 } }`,
  'opsgenie-update-alerts': `
  opsgenie_configs:
  - { api_key: ${API_KEY}, api_url: VENDOR, update_alerts: true }`,
  'opsgenie-key-file': `
  opsgenie_configs:
  - { api_key_file: KEY_FILE, api_url: VENDOR }`,
  'opsgenie-without-resolve': `
  opsgenie_configs:
  - { api_key: ${API_KEY}, api_url: VENDOR, send_resolved: off }`,
  'both and several': `
  pagerduty_configs:
  - { routing_key: ${KEY}, url: VENDOR }
  - { routing_key: ${KEY.toUpperCase()}, url: VENDOR, description: second }
  opsgenie_configs:
  - { api_key: ${API_KEY}, api_url: VENDOR }`,
};
const names = Object.keys(RECEIVERS);

const TEMPLATES = `
{{ define "our.title" }}{{ .Status | title }}: {{ .CommonLabels.alertname }} in {{ or .CommonLabels.cluster "no cluster" }}{{ end }}
{{ define "our.text" }}{{ range .Alerts -}}
* {{ .Labels.instance }} <{{ .GeneratorURL }}> {{ reReplaceAll "[aeiou]" "_" .Annotations.summary }}
{{ range (.Labels.Remove (stringSlice "alertname" "to")).SortedPairs }}{{ .Name | toUpper }}={{ .Value }} {{ end }}
{{ end }}{{ template "__text_alert_list" .Alerts.Firing }}{{ end }}
`;

function alertmanagerYml(vendorUrl: string, folder: string): string {
  const texts = names.map((name, i) =>
    `- name: ${name}${RECEIVERS[name]}`
      .replaceAll('VENDOR', `${vendorUrl}${i}/`)
      .replaceAll('KEY_FILE', join(folder, 'key')),
  );
  return `
templates: [${folder}/*.tmpl]
route:
  receiver: nobody
  group_by: [alertname, to]
  group_wait: 2s
  group_interval: 2s
  routes:
${names.map((name, i) => `  - { matchers: ['to="${i}"'], receiver: ${name} }`).join('\n')}
receivers:
- name: nobody
${texts.join('\n')}
`;
}

const LONG = 'Où est le café <&> "près" d’ici? 日本 🔥 '.repeat(40);

type Alert = Omit<FiringAlert, 'startsAt'>;

/** One alert of this receiver's group. What the alerts of a group have in common differs from group to group. */
function alertOf(to: number, instance: string, alertname = 'Down'): Alert {
  const common = {
    alertname,
    to: String(to),
    job: 'node "x" <y> & z\\',
    cluster: 'eu-1',
    team: to % 2 === 0 ? 'db' : 'web',
  };
  return {
    labels: {
      ...common,
      severity: to % 3 === 0 ? 'critical' : 'warning',
      instance,
      teams: 'one,two',
      responder: 'teams',
    },
    annotations: {
      summary: `${instance} is "down" & <out>\nof reach`,
      essay: names[to]?.includes('long') ? `${instance} ${LONG}` : 'short',
      runbook_url: 'https://example.org/r',
    },
    generatorURL: `http://prometheus.example.org/graph?g0.expr=up%7Binstance%3D%22${instance}%22%7D&g0.tab=1`,
  };
}

const everywhere = (...args: readonly [instance: string, alertname?: string]) =>
  names.map((_, to) => alertOf(to, ...args));
const [web1, web2, web3, alone] = [
  everywhere('web-1'),
  everywhere('web-2'),
  everywhere('web-3'),
  everywhere('one', 'Alone'),
];

/**
 * What is fired or ended, step by step; after each it is waited until all is said. But for the first, which waits for its
 * group, one alert of a group at a time: Alertmanager can send between two.
 */
const STEPS: readonly { readonly fire: readonly Alert[]; readonly end: readonly Alert[] }[] = [
  { fire: [...web1, ...web2, ...alone], end: [] },
  { fire: [], end: [...web1, ...alone] },
  { fire: web3, end: [] },
  { fire: [], end: web2 },
  { fire: [], end: web3 },
];

/** Whether it tells something; pagerelay asks Opsgenie as well what became of its requests. */
function tells({ method }: Received): boolean {
  return method !== 'GET';
}

/** What a vendor got, in a form that can be compared and sorted; without what names the sender's software. */
function told({ method, url, headers, body }: Received): string {
  const { 'content-type': contentType, authorization } = headers;
  return JSON.stringify(
    { request: `${method} ${url}`, contentType, authorization, body: sorted(JSON.parse(body)) },
    null,
    1,
  );
}

/** With the names of every object in order; Go sorts some. Empty texts of images and links may be left out as well. */
function sorted(value: unknown, parent = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => sorted(item, parent));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([, item]) => !(['images', 'links'].includes(parent) && item === ''))
    .map(([name, item]): [string, unknown] => [name, sorted(item, name)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Both have said all that they have to say; where one says less than the other, not before a minute has passed. */
async function quiet(...vendors: readonly { readonly requests: readonly Received[] }[]): Promise<void> {
  const counts = () => vendors.map(({ requests }) => requests.filter(tells).length);
  const deadline = Date.now() + 60_000;
  let before: readonly number[] = [];
  do {
    before = counts();
    await sleep(4000);
  } while (before.join() !== counts().join() || (new Set(before).size > 1 && Date.now() < deadline));
}

describeWithAlertmanager('the vendors are told the same', () => {
  let byAlertmanager: readonly string[];
  let byPagerelay: readonly string[];

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pagerelay-parity-'));
    writeFileSync(join(folder, 'our.tmpl'), TEMPLATES);
    writeFileSync(join(folder, 'key'), KEY);
    const started: Running[] = [];
    const accept = always(202, { 'Content-Type': 'application/json' }, '{"result":"ok","requestId":"1"}');
    const args = ['--web.external-url=http://alertmanager.example.org/am', '--web.route-prefix=/'];
    await withVendor(accept, (ofAlertmanager) =>
      withVendor(accept, async (ofPagerelay) => {
        const port = await freePort();
        const relayUrl = `http://127.0.0.1:${port}`;
        const { config, alertmanager, carried, notes } = imported(alertmanagerYml(ofPagerelay.url, folder), {
          version: [0, 25],
          relayUrl,
        });
        expect(notes).toEqual([]);
        expect(carried).toHaveLength(names.length + 4);
        expect(alertmanager).not.toMatch(/pagerduty_configs|opsgenie_configs/);
        try {
          started.push(await startDaemon(config, { port }));
          const both = [
            await runAlertmanager(alertmanagerYml(ofAlertmanager.url, folder), args),
            await runAlertmanager(alertmanager, args),
          ];
          started.push(...both);
          const startsAt = new Map<Alert, string>();
          for (const { fire, end } of STEPS) {
            const now = new Date().toISOString();
            for (const alert of fire) startsAt.set(alert, now);
            const started = (alert: Alert) => ({ ...alert, startsAt: startsAt.get(alert) ?? now });
            const alerts = [
              ...end.map((alert) => ({ ...started(alert), endsAt: now })),
              ...fire.map(started),
            ];
            await Promise.all(both.map((each) => each.fire(...alerts)));
            await quiet(ofAlertmanager, ofPagerelay);
          }
        } finally {
          await Promise.all(started.map((running) => running.kill()));
        }
        byAlertmanager = ofAlertmanager.requests.filter(tells).map(told);
        byPagerelay = ofPagerelay.requests.filter(tells).map(told);
      }),
    );
  });

  describe.each(names.map((name, i) => [name, i] as const))('of %s', (_name, i) => {
    const of = (all: readonly string[]) =>
      all.filter((text) => new RegExp(`"request": "\\w+ /${i}/`).test(text)).sort();

    test('in every request', () => {
      expect(of(byAlertmanager).length).toBeGreaterThanOrEqual(3);
      expect(of(byPagerelay)).toEqual(of(byAlertmanager));
    });
  });
});
