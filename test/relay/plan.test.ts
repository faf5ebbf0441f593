import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { groupIncidentKey, labelsIncidentKey } from '../../src/notification/incident-key.ts';
import type { Labels } from '../../src/notification/notification.ts';
import { type Planned, plan } from '../../src/relay/plan.ts';
import { alert, webhook } from '../support/alerts.ts';
import { routeTree, type WrittenRoute } from '../support/routes.ts';

const DB1 = alert({
  labels: { alertname: 'DiskFull', job: 'db', instance: 'db-1' },
  annotations: { summary: 'Disk is full', value: '97' },
  fingerprint: '1111111111111111',
});
const DB2 = alert({
  status: 'resolved',
  labels: { alertname: 'DiskFull', job: 'db', instance: 'db-2' },
  annotations: { summary: 'Disk is full', value: '12' },
  fingerprint: '2222222222222222',
});
const WEB = alert({
  labels: { alertname: 'DiskFull', job: 'web', instance: 'web-1' },
  fingerprint: '3333333333333333',
});
const GROUP_KEY = '{}:{alertname="DiskFull"}';
const HOOK = webhook({
  alerts: [DB1, DB2, WEB],
  groupKey: GROUP_KEY,
  groupLabels: { alertname: 'DiskFull' },
  truncatedAlerts: 2,
});
/** What every incident takes over from the webhook. */
const SAID = {
  groupKey: GROUP_KEY,
  externalURL: 'http://alertmanager.example',
  sender: 'pagerelay',
  truncatedAlerts: 2,
  notificationReason: 'first notification',
  routeLabels: {},
};
/** No route of these has times. */
const NEVER_MUTED = { routes: expect.any(Set) };

/** Receiver, key and fingerprints: who hears of what, and under which name. */
function outline(planned: readonly Planned[]): readonly unknown[] {
  return planned.map(({ receiver, incident }) => [
    receiver,
    incident.key,
    incident.alerts.map((a) => a.fingerprint),
  ]);
}

const toPlan = (root: WrittenRoute) => plan(HOOK, routeTree(root));

describe('plan', () => {
  test('per alert: one incident each, named by the fingerprint', () => {
    const root = routeTree({ receiver: 'ops', group_by: ['...'] });
    expect(plan(HOOK, root)).toEqual(
      [DB1, DB2, WEB].map((one) => ({
        receiver: 'ops',
        rules: root.dedup,
        ...NEVER_MUTED,
        incident: {
          ...SAID,
          key: one.fingerprint,
          granularity: 'alert',
          alerts: [one],
          groupLabels: { alertname: 'DiskFull' },
          commonLabels: one.labels,
          commonAnnotations: one.annotations,
        },
      })),
    );
  });

  test('by labels: one incident per values, with what its own alerts have in common', () => {
    const root = routeTree({ receiver: 'ops', group_by: ['job', 'absent'] });
    expect(plan(HOOK, root)).toEqual([
      {
        receiver: 'ops',
        rules: root.dedup,
        ...NEVER_MUTED,
        incident: {
          ...SAID,
          key: labelsIncidentKey({ job: 'db' }, ['job']),
          granularity: 'labels',
          alerts: [DB1, DB2],
          groupLabels: { job: 'db' },
          commonLabels: { alertname: 'DiskFull', job: 'db' },
          commonAnnotations: { summary: 'Disk is full' },
        },
      },
      {
        receiver: 'ops',
        rules: root.dedup,
        ...NEVER_MUTED,
        incident: {
          ...SAID,
          key: labelsIncidentKey({ job: 'web' }, ['job']),
          granularity: 'labels',
          alerts: [WEB],
          groupLabels: { job: 'web' },
          commonLabels: WEB.labels,
          commonAnnotations: {},
        },
      },
    ]);
  });

  test('the whole group: one incident, named by the groupKey', () => {
    const root = routeTree({ receiver: 'ops' });
    expect(plan(HOOK, root)).toEqual([
      {
        receiver: 'ops',
        rules: root.dedup,
        ...NEVER_MUTED,
        incident: {
          ...SAID,
          key: groupIncidentKey(GROUP_KEY),
          granularity: 'group',
          alerts: [DB1, DB2, WEB],
          groupLabels: { alertname: 'DiskFull' },
          commonLabels: { alertname: 'DiskFull' },
          commonAnnotations: {},
        },
      },
    ]);
  });

  test('of a group, an incident holds only the alerts that its route takes', () => {
    const planned = toPlan({ receiver: 'ops', routes: [{ matchers: ['job=db'], receiver: 'dba' }] });
    expect(outline(planned)).toEqual([
      ['dba', groupIncidentKey(GROUP_KEY), [DB1.fingerprint, DB2.fingerprint]],
      ['ops', groupIncidentKey(GROUP_KEY), [WEB.fingerprint]],
    ]);
    expect(planned.map(({ incident }) => incident.commonLabels)).toEqual([
      { alertname: 'DiskFull', job: 'db' },
      WEB.labels,
    ]);
  });

  test('an alert that continues is told to both receivers, each under its own rules and granularity', () => {
    const planned = toPlan({
      receiver: 'ops',
      routes: [
        {
          matchers: ['job=web'],
          receiver: 'audit',
          group_by: ['...'],
          dedup: { window: '5m' },
          continue: true,
        },
        { matchers: ['job=web'], receiver: 'web', group_by: ['job'] },
        { receiver: 'rest' },
      ],
    });
    expect(outline(planned)).toEqual([
      ['rest', groupIncidentKey(GROUP_KEY), [DB1.fingerprint, DB2.fingerprint]],
      ['audit', WEB.fingerprint, [WEB.fingerprint]],
      ['web', labelsIncidentKey({ job: 'web' }, ['job']), [WEB.fingerprint]],
    ]);
    expect(planned.map(({ rules }) => rules.windowMs)).toEqual([3_600_000, 300_000, 3_600_000]);
  });

  // Two notifications under one key could contradict each other: one says firing, the other resolved.
  test('two routes to one receiver under one key are one incident', () => {
    const planned = toPlan({
      receiver: 'ops',
      routes: [
        { matchers: ['instance=db-1'], receiver: 'dba', group_by: ['job'] },
        { matchers: ['instance=db-2'], receiver: 'dba', group_by: ['absent', 'job'] },
      ],
    });
    expect(outline(planned)).toEqual([
      ['dba', labelsIncidentKey({ job: 'db' }, ['job']), [DB1.fingerprint, DB2.fingerprint]],
      ['ops', groupIncidentKey(GROUP_KEY), [WEB.fingerprint]],
    ]);
  });

  test('an alert that reaches one receiver twice under one key is in the incident once', () => {
    const planned = toPlan({
      receiver: 'ops',
      routes: [
        { matchers: ['job=~"db|web"'], receiver: 'dba', continue: true },
        { matchers: ['alertname=DiskFull'], receiver: 'dba' },
      ],
    });
    expect(outline(planned)).toEqual([
      ['dba', groupIncidentKey(GROUP_KEY), [DB1.fingerprint, DB2.fingerprint, WEB.fingerprint]],
    ]);
  });

  test('an alert that reaches one receiver twice under two keys is two incidents', () => {
    const planned = toPlan({
      receiver: 'ops',
      routes: [
        { matchers: ['job=web'], receiver: 'web', group_by: ['...'], continue: true },
        { matchers: ['job=web'], receiver: 'web', group_by: ['job'] },
      ],
    });
    expect(outline(planned).slice(1)).toEqual([
      ['web', WEB.fingerprint, [WEB.fingerprint]],
      ['web', labelsIncidentKey({ job: 'web' }, ['job']), [WEB.fingerprint]],
    ]);
  });

  test('labels with names that every object has group as any other', () => {
    const labels = JSON.parse('{"__proto__":"x","constructor":"y"}') as Labels;
    const [first] = plan(
      webhook({ alerts: [alert({ labels })] }),
      routeTree({ receiver: 'ops', group_by: ['__proto__', 'constructor', 'toString'] }),
    );
    expect(Object.entries(first?.incident.groupLabels ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  test('a webhook without alerts means nothing to anybody', () => {
    expect(plan(webhook({ alerts: [] }), routeTree({ receiver: 'ops' }))).toEqual([]);
  });
});

describe('plan, whatever the alerts', () => {
  const alerts = fc.array(
    fc
      .record({ job: fc.constantFrom('', 'a', 'b'), team: fc.constantFrom('', 'x', 'y') })
      .map((labels) => ({ labels, fingerprint: labelsIncidentKey(labels, ['job', 'team']).slice(0, 16) })),
    { maxLength: 12 },
  );
  const root = routeTree({
    receiver: 'ops',
    routes: [
      { matchers: ['job=a'], receiver: 'one', group_by: ['...'], continue: true },
      { matchers: ['job=~"a|b"'], receiver: 'two', group_by: ['team'], continue: true },
      { matchers: ['team=x'], receiver: 'two', group_by: ['job', 'team'] },
    ],
  });

  test('every alert reaches somebody, no incident is empty, and no receiver hears of one key twice', () => {
    fc.assert(
      fc.property(alerts, (given) => {
        const sent = given.map((one) => alert(one));
        const planned = plan(webhook({ alerts: sent }), root);
        expect(new Set(planned.flatMap(({ incident }) => incident.alerts))).toEqual(new Set(sent));
        expect(planned.every(({ incident }) => incident.alerts.length > 0)).toBe(true);
        const places = planned.map(({ receiver, incident }) => `${receiver} ${incident.key}`);
        expect(new Set(places).size).toBe(places.length);
      }),
    );
  });
});
