import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type Loaded, load } from '../../src/config/load.ts';
import { printProblem } from '../../src/config/problem.ts';
import { incident } from '../support/alerts.ts';

const ROOT = new URL('../../', import.meta.url);

function loadText(text: string, env: Readonly<Record<string, string>> = {}): Loaded {
  return load(text, 'pagerelay.yaml', { env, now: Date.now });
}

function printed({ problems }: Loaded): readonly string[] {
  return problems.map(printProblem);
}

describe('config.example.yaml', () => {
  const text = readFileSync(new URL('config.example.yaml', ROOT), 'utf8');
  const variables = [...text.matchAll(/_env: (\w+)/g)].map(([, name = '']) => name);

  test('loads without a problem once its environment variables are set', () => {
    const env = Object.fromEntries(variables.map((name) => [name, `value-of-${name}`]));
    const loaded = loadText(text, env);
    expect(printed(loaded)).toEqual([]);
    const integrations = [...(loaded.config?.receivers ?? [])].map(([name, receiver]) => [
      name,
      receiver.integrations.map((integration) => integration.name),
    ]);
    expect(integrations).toEqual([
      ['nobody', []],
      ['platform', ['pagerduty_configs[0]']],
      ['db', ['opsgenie_configs[0]']],
      ['db-critical', ['pagerduty_configs[0]', 'opsgenie_configs[0]']],
      ['shop', ['opsgenie_configs[0]']],
    ]);
  });

  test('names every variable that is missing, each in its own problem', () => {
    const missing = printed(loadText(text)).map(
      (line) => /environment variable (\w+) is not set/.exec(line)?.[1],
    );
    expect(new Set(missing)).toEqual(new Set(variables));
  });
});

// https://prometheus.io/docs/alerting/latest/configuration/ and Alertmanager's config/config.go.
const PASTED = `
route: { receiver: both }
receivers:
- name: both
  pagerduty_configs:
  - send_resolved: false
    routing_key: 0123456789abcdef0123456789abcdef
    url: https://events.eu.pagerduty.com/v2/enqueue
    client: Alertmanager
    client_url: https://alertmanager.example.com
    description: Something is wrong
    severity: critical
    source: prometheus
    class: deploy
    component: api
    group: production
    details: { cluster: eu-1, runbook: see the wiki }
    images:
    - { src: https://example.com/graph.png, alt: graph, href: https://example.com }
    links:
    - { href: https://example.com/manual, text: Manual }
    timeout: 10s
  - routing_key_file: /etc/alertmanager/key
  opsgenie_configs:
  - send_resolved: true
    api_key: 01234567-89ab-cdef-0123-456789abcdef
    api_url: https://api.eu.opsgenie.com/
    message: Something is wrong
    description: It really is
    source: prometheus
    details: { cluster: eu-1 }
    entity: api
    responders:
    - { name: Databases, type: team }
    - { name: 'Databases, Platform', type: teams }
    - { username: someone@example.com, type: user }
    - { id: 4513b7ea-3b91-438f-b7e4-e3e54af9147c, type: escalation }
    - { name: Nights, type: Schedule }
    actions: restart,drain
    tags: prometheus,db
    note: from Prometheus
    priority: P1
  - api_key_file: /etc/alertmanager/opsgenie
    api_url: https://api.atlassian.com/jsm/ops/integration/
`;

describe("a receivers: block of alertmanager.yml's", () => {
  test('loads with all plain fields of pagerduty_configs and opsgenie_configs', () => {
    const loaded = loadText(PASTED);
    expect(printed(loaded)).toEqual([]);
    const [...receivers] = loaded.config?.receivers.values() ?? [];
    expect(
      receivers.map(({ integrations }) =>
        integrations.map(({ name, sendsResolved, attemptTimeoutMs, notifier }) => [
          name,
          sendsResolved(incident()),
          attemptTimeoutMs,
          notifier.credential.name,
        ]),
      ),
    ).toEqual([
      [
        ['pagerduty_configs[0]', false, 10_000, 'routing_key'],
        ['pagerduty_configs[1]', true, 4000, 'routing_key_file'],
        ['opsgenie_configs[0]', true, 4000, 'api_key'],
        ['opsgenie_configs[1]', true, 4000, 'api_key_file'],
      ],
    ]);
  });

  // Alertmanager checks the types of responders in any case (notify/opsgenie/opsgenie.go, config_test.go).
  test.each(['team', 'Team', 'TEAM', 'TEAMS', 'User', 'ESCALATION', 'Schedule'])(
    'responders of type %s',
    (type) => {
      const { config, problems } = loadText(PASTED.replace('type: team }', `type: ${type} }`));
      expect(config).toBeDefined();
      // A user by name is doubtful, for Opsgenie.
      expect(problems.map(({ message }) => message)).toEqual(
        type === 'User' ? [expect.stringContaining('by username or id')] : [],
      );
    },
  );

  // Opsgenie answers 422 "id or name should be provided"; Alertmanager refuses it when it loads.
  test('a responder without id, name and username is refused', () => {
    const loaded = loadText(PASTED.replace('{ name: Databases, type: team }', '{ type: team }'));
    expect(loaded.problems.map(({ path }) => path)).toEqual([
      'receivers[0].opsgenie_configs[0].responders[0]',
    ]);
  });

  // Alertmanager takes keys as templates: sent as plain text, every event would be refused.
  test.each([
    ['routing_key: 0123456789abcdef0123456789abcdef', 'routing_key', 'pagerduty'],
    ['api_key: 01234567-89ab-cdef-0123-456789abcdef', 'api_key', 'opsgenie'],
  ])('a template in the place of %s is refused, and not shown', (line, setting, type) => {
    const loaded = loadText(PASTED.replace(line, `${setting}: '{{ .CommonLabels.hidden }}'`));
    expect(loaded.problems.map(({ path }) => path)).toEqual([`receivers[0].${type}_configs[0].${setting}`]);
    expect(printed(loaded).join()).not.toContain('hidden');
  });
});

test('what a file leaves out has the documented default', () => {
  const { config } = loadText('{ route: { receiver: nobody }, receivers: [{ name: nobody }] }');
  expect(config).toEqual({
    templates: [],
    relay: {
      deliveryTimeoutMs: 9000,
      maxBodyBytes: 16_777_216,
      maxAlerts: 20_000,
      maxInFlight: 50_000,
      maxDecisions: 10_000,
      maxDeadLetters: 1000,
      drainTimeoutMs: 5000,
      shutdownTimeoutMs: 15_000,
    },
    dedup: { maxEntries: 100_000, ttlMs: 86_400_000 },
    route: {
      receiver: 'nobody',
      matchers: [],
      continue: false,
      groupBy: { granularity: 'group' },
      dedup: {
        windowMs: 3_600_000,
        resendOn: new Set(['severity', 'summary', 'alerts']),
        repeats: 'forward',
        holdResolveMs: 0,
      },
      onMuted: 'keep',
      muteTimes: [],
      activeTimes: [],
      routes: [],
    },
    receivers: new Map([['nobody', { name: 'nobody', integrations: [] }]]),
    rateLimits: new Map(),
  });
});

test('a child route inherits what it does not say, field by field', () => {
  const { config } = loadText(`
route:
  receiver: a
  group_by: [service]
  dedup: { window: 5m, resend_on: [labels], repeats: drop }
  routes:
  - matchers: [team="db"]
    dedup: { window: 0s, hold_resolve: 1m }
    on_muted: resolve
    routes:
    - match: { severity: page }
      continue: true
      receiver: b
      group_by: []
      dedup: { resend_on: [], repeats: forward, hold_resolve: 2m }
receivers: [{ name: a }, { name: b }]
`);
  const byLabels = { granularity: 'labels', names: ['service'] };
  const labels = new Set(['labels']);
  const always = { muteTimes: [], activeTimes: [] };
  const matcher = (name: string, value: string) => expect.objectContaining({ name, operator: '=', value });
  expect(config?.route).toEqual({
    receiver: 'a',
    matchers: [],
    continue: false,
    groupBy: byLabels,
    dedup: { windowMs: 300_000, resendOn: labels, repeats: 'drop', holdResolveMs: 0 },
    onMuted: 'keep',
    ...always,
    routes: [
      {
        receiver: 'a',
        matchers: [matcher('team', 'db')],
        continue: false,
        groupBy: byLabels,
        dedup: { windowMs: 0, resendOn: labels, repeats: 'drop', holdResolveMs: 60_000 },
        onMuted: 'resolve',
        ...always,
        routes: [
          {
            receiver: 'b',
            matchers: [matcher('severity', 'page')],
            continue: true,
            groupBy: { granularity: 'group' },
            dedup: { windowMs: 0, resendOn: new Set(), repeats: 'forward', holdResolveMs: 120_000 },
            onMuted: 'resolve',
            ...always,
            routes: [],
          },
        ],
      },
    ],
  });
});

describe('relay.alertmanager_url', () => {
  const withRelay = (relay: object) =>
    loadText(JSON.stringify({ relay, route: { receiver: 'a' }, receivers: [{ name: 'a' }] }));
  const alertmanagerOf = (relay: object) => withRelay(relay).config?.relay.alertmanager;

  test('is one address or a list of them', () => {
    const timing = { intervalMs: 30_000, afterMs: 360_000 };
    expect(alertmanagerOf({ alertmanager_url: 'http://am:9093/prefix' })).toEqual({
      urls: ['http://am:9093/prefix'],
      ...timing,
    });
    const peers = ['http://am-0:9093', 'https://am-1:9093'];
    expect(alertmanagerOf({ alertmanager_url: peers })).toEqual({ urls: peers, ...timing });
  });

  test('comes with how it is asked, and how often', () => {
    const asked = alertmanagerOf({
      alertmanager_url: 'http://am:9093',
      alertmanager_http_config: { basic_auth: { username: 'relay', password: 'hidden' } },
      reconcile_interval: '10s',
      reconcile_after: '2h',
    });
    expect(asked).toMatchObject({
      intervalMs: 10_000,
      afterMs: 7_200_000,
      http: { auth: { kind: 'basic' } },
    });
    expect(
      alertmanagerOf({ alertmanager_url: 'http://am', alertmanager_http_config: {} }),
    ).not.toHaveProperty('http');
  });
});

test.each([
  ['its own before the global one', '{ api_key: own-key }', 'own-key'],
  ['the global one when it has none', '{ source: x }', 'global-key'],
  ['its own from the environment, trimmed', '{ api_key_env: KEY }', 'env-key'],
])('an integration uses %s', async (_which, settings, expected) => {
  const text = `{ global: { opsgenie_api_key: global-key }, route: { receiver: a },
    receivers: [{ name: a, opsgenie_configs: [${settings}] }] }`;
  const { config } = loadText(text, { KEY: ' env-key\n' });
  const secret = await config?.receivers.get('a')?.integrations[0]?.notifier.credential.read();
  expect(secret instanceof Error ? secret : secret?.reveal()).toBe(expected);
});

test('a section with nothing behind it is no setting, as in Alertmanager', () => {
  const text = `
global:
relay:
route: { receiver: a, routes: , group_by: , matchers: }
receivers: [{ name: a, pagerduty_configs: , opsgenie_configs: [{ api_key: k, update_alerts: false, tags: }] }]`;
  expect(loadText(text).problems).toEqual([]);
});

test('names without a value are empty texts among labels and details, and no settings elsewhere', () => {
  const { config, problems } = loadText(`
route:
  receiver: team
  group_by:
  routes:
    - match: { team: db, env: ~ }
      receiver: team
receivers:
  - name: team
    opsgenie_configs:
      - api_key: 01234567-89ab-cdef-0123-456789abcdef
        message: ~
        details: { cluster: }
`);
  expect(problems).toEqual([]);
  const [route] = config?.route.routes ?? [];
  expect(route?.matchers.map(({ name, value }) => [name, value])).toEqual([
    ['team', 'db'],
    ['env', ''],
  ]);
});

test('numbers in details keep the digits that were written', () => {
  const { config } = loadText(`
route: { receiver: team }
receivers:
  - name: team
    pagerduty_configs:
      - routing_key: k
        enrich: false
        details: { ver: 1.10, zip: 01234, big: 123456789012345678901, hex: 0x1F, count: 5, in: [{ a: 2.50 }] }
`);
  const [integration] = config?.receivers.get('team')?.integrations ?? [];
  const [request] =
    integration?.notifier.prepare({ action: 'trigger', incident: incident() }, false).requests ?? [];
  expect(JSON.parse(String(request?.body('k'))).payload.custom_details).toEqual({
    ver: '1.10',
    zip: '01234',
    big: '123456789012345678901',
    hex: '0x1F',
    count: 5,
    in: [{ a: '2.50' }],
  });
});
