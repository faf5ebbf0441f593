import { describe, expect, test } from '@jest/globals';
import { createParseWebhook } from '../../src/webhook/webhook.ts';
import { webhookReader } from '../support/webhook-body.ts';

const read = webhookReader(createParseWebhook());

// The payload of Alertmanager 0.34 (template/template.go, notify/webhook/webhook.go), and a field that does not exist yet.
const FULL = {
  receiver: 'pager\\.relay',
  status: 'firing',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'DiskFull', instance: 'db-1:9100' },
      annotations: { summary: 'Disk is full' },
      startsAt: '2026-01-02T03:04:05.678901234Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus/graph?g0.expr=x',
      fingerprint: '0123456789abcdef',
      notYetInvented: { deep: [1, 2, 3] },
    },
    {
      status: 'resolved',
      labels: { alertname: 'DiskFull', instance: 'db-2:9100' },
      annotations: {},
      startsAt: '2026-01-02T05:04:05+02:00',
      endsAt: '2026-01-02T04:04:05Z',
      generatorURL: '',
      fingerprint: 'fedcba9876543210',
    },
  ],
  notification_reason: 'new alerts added',
  groupLabels: { alertname: 'DiskFull' },
  commonLabels: { alertname: 'DiskFull' },
  commonAnnotations: {},
  routeLabels: { team: 'db' },
  externalURL: 'http://alertmanager:9093',
  version: '4',
  groupKey: '{}/{team="db"}:{alertname="DiskFull"}',
  truncatedAlerts: 3,
  alsoNotYetInvented: null,
};

describe('a webhook', () => {
  test('of Alertmanager 0.34 is read, whatever else it holds', () => {
    expect(read(FULL)).toEqual({
      receiver: 'pager\\.relay',
      groupKey: '{}/{team="db"}:{alertname="DiskFull"}',
      groupLabels: { alertname: 'DiskFull' },
      routeLabels: { team: 'db' },
      externalURL: 'http://alertmanager:9093',
      truncatedAlerts: 3,
      notificationReason: 'new alerts added',
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'DiskFull', instance: 'db-1:9100' },
          annotations: { summary: 'Disk is full' },
          startsAt: '2026-01-02T03:04:05.678901234Z',
          startsAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: 'http://prometheus/graph?g0.expr=x',
          fingerprint: '0123456789abcdef',
        },
        {
          status: 'resolved',
          labels: { alertname: 'DiskFull', instance: 'db-2:9100' },
          annotations: {},
          startsAt: '2026-01-02T05:04:05+02:00',
          startsAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
          endsAt: '2026-01-02T04:04:05Z',
          generatorURL: '',
          fingerprint: 'fedcba9876543210',
        },
      ],
    });
  });

  test('with only what is needed is read', () => {
    expect(read({ version: '4', groupKey: 'k', alerts: [{ status: 'firing', labels: {} }] })).toEqual({
      receiver: '',
      groupKey: 'k',
      groupLabels: {},
      routeLabels: {},
      externalURL: '',
      truncatedAlerts: 0,
      notificationReason: '',
      alerts: [
        {
          status: 'firing',
          labels: {},
          annotations: {},
          startsAt: '',
          startsAtMs: 0,
          endsAt: '',
          generatorURL: '',
          fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
        },
      ],
    });
  });

  test("of Grafana (version 1, with numbers, values and addresses of its own) is read as Alertmanager's", () => {
    const grafana = {
      ...FULL,
      version: '1',
      orgId: 1,
      title: '[FIRING:1] DiskFull',
      state: 'alerting',
      message: '**Firing**',
      alerts: FULL.alerts.map((alert) => ({
        ...alert,
        values: { A: 1.5, B: null },
        valueString: '[ var=A ]',
        silenceURL: 'https://grafana/alerting/silence/new',
        dashboardURL: '',
        panelURL: '',
        imageURL: '',
      })),
    };
    expect(read(grafana)).toEqual(read(FULL));
  });

  test('with null for annotations and group labels is read as without any', () => {
    const alerts = [
      { status: 'firing', labels: { a: '1' }, annotations: null, fingerprint: '0123456789abcdef' },
    ];
    expect(read({ version: '4', groupKey: 'k', groupLabels: null, alerts })).toEqual(
      read({
        version: '4',
        groupKey: 'k',
        groupLabels: {},
        alerts: alerts.map((alert) => ({ ...alert, annotations: {} })),
      }),
    );
  });

  test('without alerts is read as one that says nothing', () => {
    expect(read({ version: '4', groupKey: 'k', alerts: [] })).toMatchObject({ alerts: [] });
  });
});
