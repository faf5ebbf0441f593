import { describe, expect, test } from '@jest/globals';
import { pagerDutyErrors } from '../../src/sandbox/pagerduty-errors.ts';
import { anAlert, aResolve, aTrigger, bareIncident } from '../support/notifications.ts';
import { KEY, notifierOf, sent } from '../support/payloads.ts';

const pagerduty = (settings: Readonly<Record<string, unknown>> = {}, global = {}) =>
  notifierOf('pagerduty_configs', { routing_key: KEY, ...settings }, global);

const LINKS = [
  { text: 'Graph', href: 'http://prometheus.example.com/graph?g0.expr=up' },
  {
    text: 'Silence',
    href: `http://alertmanager.example.com/#/silences/new?filter=${encodeURIComponent(
      '{alertname="DiskFull",instance="db-1:9100",severity="critical"}',
    )}`,
  },
];

const PAYLOAD = {
  summary: 'Disk of db-1 is full',
  source: 'db-1:9100',
  severity: 'critical',
  timestamp: '2026-11-02T08:30:00.000Z',
  custom_details: {
    num_firing: 1,
    num_resolved: 0,
    labels: { alertname: 'DiskFull', instance: 'db-1:9100', severity: 'critical' },
    annotations: { summary: 'Disk of db-1 is full' },
  },
};

const EVENT = {
  routing_key: KEY,
  event_action: 'trigger',
  dedup_key: '0123456789abcdef',
  client: 'pagerelay',
  client_url: 'http://alertmanager.example.com/#/alerts?receiver=pagerelay',
  payload: PAYLOAD,
  links: LINKS,
};

const resolved = anAlert({ status: 'resolved', endsAt: '2026-11-02T09:00:00Z' });
const second = anAlert({
  labels: { alertname: 'DiskFull', instance: 'db-2:9100', severity: 'warning' },
  annotations: { summary: 'Disk of db-2 is full', runbook_url: 'https://wiki.example.com/disk' },
  startsAt: '2026-11-02T08:00:00Z',
  startsAtMs: Date.parse('2026-11-02T08:00:00Z'),
  fingerprint: 'fedcba9876543210',
});

function listed({ labels, annotations, startsAt, generatorURL, fingerprint }: ReturnType<typeof anAlert>) {
  return { labels, annotations, startsAt, generatorURL, fingerprint };
}

describe('the whole event', () => {
  test.each([
    ['of a trigger', pagerduty(), aTrigger(), EVENT],
    [
      'of a resolve, with the payload as Alertmanager sends it',
      pagerduty(),
      aResolve({ alerts: [resolved] }),
      {
        ...EVENT,
        event_action: 'resolve',
        payload: {
          ...PAYLOAD,
          custom_details: { ...PAYLOAD.custom_details, num_firing: 0, num_resolved: 1 },
        },
      },
    ],
    [
      'of an alert of which nothing is known',
      pagerduty(),
      { action: 'trigger' as const, incident: bareIncident() },
      {
        routing_key: KEY,
        event_action: 'trigger',
        dedup_key: '0123456789abcdef',
        client: 'pagerelay',
        payload: {
          summary: 'Alert 0123456789abcdef',
          source: 'pagerelay',
          severity: 'error',
          custom_details: { num_firing: 1, num_resolved: 0, labels: {}, annotations: {} },
        },
      },
    ],
    [
      'of several alerts, of which some were cut from the webhook',
      pagerduty(),
      aTrigger({ alerts: [resolved, second], truncatedAlerts: 7 }),
      {
        ...EVENT,
        payload: {
          // The labels that both have name the incident; the worst that still fires is its severity.
          summary: 'DiskFull',
          source: 'pagerelay',
          severity: 'warning',
          timestamp: '2026-11-02T08:00:00.000Z',
          custom_details: {
            truncated_alerts: 7,
            num_firing: 1,
            num_resolved: 1,
            labels: { alertname: 'DiskFull' },
            annotations: {},
            firing: [listed(second)],
            resolved: [listed(resolved)],
          },
        },
        links: [
          LINKS[0],
          {
            text: 'Silence',
            href: `http://alertmanager.example.com/#/silences/new?filter=${encodeURIComponent('{alertname="DiskFull"}')}`,
          },
        ],
      },
    ],
    [
      'with every setting',
      pagerduty({
        client: 'Prometheus',
        client_url: 'https://prometheus.example.com',
        description: 'Something is wrong',
        severity: 'page',
        severity_map: { page: 'warning' },
        source: 'eu-1',
        class: 'disk',
        component: 'database',
        group: 'production',
        details: { team: 'db', num_firing: 'many' },
        links: [{ href: 'https://example.com/manual', text: 'Manual' }, { href: 'https://example.com/x' }],
        images: [{ src: 'https://example.com/graph.png', alt: 'graph', href: 'https://example.com' }],
      }),
      aTrigger(),
      {
        ...EVENT,
        client: 'Prometheus',
        client_url: 'https://prometheus.example.com',
        payload: {
          summary: 'Something is wrong',
          source: 'eu-1',
          severity: 'warning',
          timestamp: '2026-11-02T08:30:00.000Z',
          class: 'disk',
          component: 'database',
          group: 'production',
          custom_details: { ...PAYLOAD.custom_details, team: 'db', num_firing: 'many' },
        },
        links: [
          { href: 'https://example.com/manual', text: 'Manual' },
          { href: 'https://example.com/x', text: 'https://example.com/x' },
          ...LINKS,
        ],
        images: [{ src: 'https://example.com/graph.png', alt: 'graph', href: 'https://example.com' }],
      },
    ],
  ])('%s', (_what, vendor, notification, event) => {
    const { body, cuts, unknownSeverity } = sent(vendor, notification);
    expect(body).toEqual(event);
    expect({ cuts, unknownSeverity, errors: pagerDutyErrors(body) }).toEqual({
      cuts: [],
      unknownSeverity: false,
      errors: [],
    });
  });
});

test.each([
  [
    'its own url',
    { url: 'https://events.eu.pagerduty.com/v2/enqueue' },
    {},
    'https://events.eu.pagerduty.com/v2/enqueue',
  ],
  [
    'the global one',
    {},
    { pagerduty_url: 'http://127.0.0.1:9097/v2/enqueue' },
    'http://127.0.0.1:9097/v2/enqueue',
  ],
  [
    'its own before the global one',
    { url: 'https://a.example.com/x' },
    { pagerduty_url: 'https://b.example.com/x' },
    'https://a.example.com/x',
  ],
  ["else PagerDuty's", {}, {}, 'https://events.pagerduty.com/v2/enqueue'],
])('events go to %s', (_which, settings, global, url) => {
  expect(sent(pagerduty(settings, global), aTrigger()).url).toBe(url);
});

describe('severity', () => {
  const withLabels = (...severities: readonly string[]) =>
    aTrigger({ alerts: severities.map((severity) => anAlert({ labels: { alertname: 'A', severity } })) });
  const map = { severity_map: { page: 'critical', ticket: 'info', warning: 'error' } };
  test.each([
    ['critical', {}, ['critical'], 'critical', false],
    ['error', {}, ['error'], 'error', false],
    ['warning', {}, ['warning'], 'warning', false],
    ['info', {}, ['info'], 'info', false],
    ['in capitals, with blanks', {}, [' Warning '], 'warning', false],
    ['unknown', {}, ['page'], 'error', true],
    ['none', {}, ['none'], 'error', true],
    ['missing', {}, [''], 'error', false],
    ['mapped', map, ['page'], 'critical', false],
    ['mapped before the enum', map, ['warning'], 'error', false],
    ['not in the map, but in the enum', map, ['critical'], 'critical', false],
    ['the worst of several', {}, ['info', 'warning', 'info'], 'warning', false],
    ['an unknown one among milder ones', {}, ['info', 'P7'], 'error', true],
    ['configured', { severity: 'info' }, ['critical'], 'info', false],
    ['configured through the map', { ...map, severity: 'ticket' }, ['critical'], 'info', false],
    ['a name that every object has', map, ['constructor'], 'error', true],
  ])('%s', (_what, settings, severities, severity, unknownSeverity) => {
    const result = sent(pagerduty(settings), withLabels(...severities));
    expect(result).toEqual(
      expect.objectContaining({
        unknownSeverity,
        body: expect.objectContaining({ payload: expect.objectContaining({ severity }) }),
      }),
    );
  });

  test('resolved alerts do not count while others fire', () => {
    const gone = anAlert({ status: 'resolved', labels: { severity: 'critical' } });
    const notification = aTrigger({ alerts: [gone, anAlert({ labels: { severity: 'info' } })] });
    expect(sent(pagerduty(), notification).body.payload).toEqual(
      expect.objectContaining({ severity: 'info' }),
    );
  });
});

describe('links and images', () => {
  test.each([
    ['javascript:alert(1)', false],
    ['//example.com', false],
    ['/relative', false],
    ['https://', false],
    ['https://exa mple.com', false],
    ['https://example.com/"><script>', false],
    ['ftp://example.com', false],
    [`https://example.com/${'x'.repeat(2029)}`, false],
    [`https://example.com/${'x'.repeat(2028)}`, true],
    ['http://example.com', true],
    ['HTTPS://example.com/a?b=c#d', true],
  ])('%s from an annotation is linked: %s', (href, linked) => {
    const annotations = { summary: 's', runbook_url: href, dashboard_url: href };
    const { body } = sent(pagerduty(), aTrigger({ alerts: [anAlert({ annotations })] }));
    const expected = [
      { text: 'Runbook', href },
      { text: 'Dashboard', href },
    ];
    expect(body.links).toEqual([...(linked ? expected : []), ...LINKS]);
    expect(pagerDutyErrors(body)).toEqual([]);
  });

  // "Must be served via HTTPS": developer.pagerduty.com, Trigger Events.
  test('only pictures that come by https are attached, however it is written', () => {
    const srcs = ['http://a.example/1.png', '', 'data:image/png;base64,AA', 'https://a.example/2.png'];
    const capital = 'HTTPS://a.example/3.png';
    const images = [...srcs, capital].map((src) => ({ src }));
    const { body } = sent(pagerduty({ images, links: [{ href: '' }, { href: 'mailto:a@b.c' }] }), aTrigger());
    expect(pagerDutyErrors(body)).toEqual([]);
    expect(body.images).toContainEqual({ src: 'https://a.example/2.png' });
    expect(JSON.stringify(body.images)).not.toMatch(/1\.png|data:/);
    expect(body.links).toEqual(LINKS);
  });
});
