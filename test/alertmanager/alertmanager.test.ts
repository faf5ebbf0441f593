import { describe, expect, jest, test } from '@jest/globals';
import { createAlertmanager } from '../../src/alertmanager/alertmanager.ts';
import { load } from '../../src/config/load.ts';
import { createHttpClient } from '../../src/notify/http-client.ts';
import { type FakePeer, listed, withPeers } from '../support/fake-alertmanager.ts';
import { closedUrl } from '../support/fake-vendor.ts';
import { lookAt, snapshotOf } from '../support/snapshots.ts';

jest.setTimeout(30_000);

const NOW = Date.parse('2026-11-01T12:00:00Z');
const upSince = (seconds: number) => ({ uptime: new Date(NOW - seconds * 1000).toISOString() });

describe('which peers are believed', () => {
  const states = (peer: FakePeer, settleMs = 360_000) =>
    withPeers([peer], async (urls, asked) => {
      const { believed, peers } = await lookAt(urls, { settleMs, now: () => NOW });
      return { believed, state: peers[0]?.state, detail: peers[0]?.detail, asked: asked[0]?.length };
    });
  const answering = (path: string, status: number, body: string): FakePeer => ({
    instead(response, { url }) {
      if (!url.endsWith(path)) return false;
      response.writeHead(status, { Location: 'http://127.0.0.1:1/' }).end(body);
      return true;
    },
  });

  test('one that has been up for long enough, in a cluster or alone', async () => {
    const believed = { believed: true, state: 'believed', detail: '', asked: 2 };
    const alerts = [listed('1')];
    expect(await states({ alerts })).toEqual(believed);
    expect(await states({ alerts, status: { cluster: { status: 'disabled' } } })).toEqual(believed);
    expect(await states({ alerts, status: upSince(360) })).toEqual(believed);
  });

  test('one without alerts only if it has had some since it started', async () => {
    const empty = {
      ...{ believed: false, state: 'empty', asked: 3 },
      detail: 'it has no alert, and its metrics do not say that it was told of any since it started',
    };
    expect(await states({ received: 0 })).toEqual(empty);
    expect(await states(answering('/metrics', 404, ''))).toEqual(empty);
    for (const received of [1, 10, 0.5, 1e21]) {
      expect(await states({ received })).toMatchObject({ believed: true, state: 'believed', asked: 3 });
    }
  });

  test('not one that has just started, whatever it has: it is not even asked for alerts', async () => {
    expect(await states({ status: upSince(359.5), alerts: [listed('1')] })).toEqual({
      ...{ believed: false, state: 'young', asked: 1 },
      detail: 'it has been up for 5m59s, and is believed after 6m',
    });
    // Its clock is ahead of ours.
    expect(await states({ status: upSince(-60) })).toMatchObject({
      detail: 'it has been up for 0s, and is believed after 6m',
    });
  });

  test('not one that settles', async () => {
    expect(await states({ status: { cluster: { status: 'settling' } } })).toEqual({
      ...{ believed: false, state: 'settling', asked: 1 },
      detail: 'it has not yet settled with its cluster',
    });
  });

  test.each([
    ['/status', 503, '', 'it answers with status 503'],
    ['/status', 302, '', 'it answers with status 302'],
    ['/status', 200, '<html>', 'status: the answer is not JSON, or not all of it came'],
    ['/status', 200, '{}', "status: not as in API v2: the answer must have required property 'uptime'"],
    ['/alerts', 401, '', 'it answers with status 401'],
    ['/alerts', 200, '', 'alerts: the answer is not JSON, or not all of it came'],
    ['/alerts', 200, '[{"labels":{}', 'alerts: the answer is not JSON, or not all of it came'],
    ['/alerts', 200, 'null', 'alerts: not as in API v2: the answer must be array'],
    ['/alerts', 200, '[{}]', "alerts: not as in API v2: /0 must have required property 'labels'"],
    [
      '/alerts',
      200,
      '[{"labels":{"a":1},"fingerprint":"","status":{"state":""}}]',
      'alerts: not as in API v2: /0/labels/a must be string',
    ],
  ])('not one that answers %s with %i %s', async (path, status, body, detail) => {
    const asked = path === '/status' ? 1 : 2;
    expect(await states(answering(path, status, body))).toEqual({
      ...{ believed: false, state: 'unreadable', detail, asked },
    });
  });

  test('not one whose status makes no sense', async () => {
    expect(await states({ status: { uptime: 'yesterday' } })).toMatchObject({
      ...{ state: 'unreadable', detail: 'status: uptime is no time' },
    });
    expect(await states({ status: { cluster: { status: 'sick' } } })).toMatchObject({
      ...{ state: 'unreadable', detail: 'status: its cluster is "sick"' },
    });
  });

  test('not one with more alerts than are read', async () => {
    const chunk = JSON.stringify(listed('1', { annotations: { text: 'x'.repeat(1024 * 1024) } }));
    const endless: FakePeer = {
      instead(response, { url }) {
        if (!url.endsWith('/alerts')) return false;
        response.write(`[${chunk}`);
        const more = () => {
          while (!response.destroyed && response.write(`,${chunk}`));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
        return true;
      },
    };
    expect(await states(endless)).toEqual({
      ...{ believed: false, state: 'unreadable', asked: 2 },
      detail: 'alerts: the answer is not JSON, or not all of it came',
    });
  });

  test('not one that hangs, nor one whose answer drips: each is given up in time', async () => {
    const hung: FakePeer = { instead: () => true };
    const dripping: FakePeer = {
      instead(response, { url }) {
        if (!url.endsWith('/alerts')) return false;
        response.write('[');
        const timer = setInterval(() => response.write(' '), 100);
        response.on('close', () => clearInterval(timer));
        return true;
      },
    };
    const looked = await withPeers([hung, dripping, { alerts: [listed('1')] }], (urls) => lookAt(urls));
    expect(looked).toMatchObject({
      believed: true,
      peers: [
        { state: 'unreachable', detail: 'timeout: ETIMEDOUT' },
        { state: 'unreadable', detail: 'alerts: the answer is not JSON, or not all of it came' },
        { state: 'believed', detail: '' },
      ],
    });
  });

  test('not one that cannot be reached; it is named without its query', async () => {
    const url = await closedUrl();
    expect(await lookAt([`${url}am/?secret=1`])).toEqual({
      believed: false,
      peers: [{ url: `${url}am`, state: 'unreachable', detail: 'network: ECONNREFUSED' }],
    });
  });

  test('none when the look is aborted', async () => {
    const aborted = new AbortController();
    const abort = () => {
      aborted.abort();
      return true;
    };
    const looked = await withPeers([{ instead: abort }], (urls) => lookAt(urls, { signal: aborted.signal }));
    expect(looked).toMatchObject({
      ...{ believed: false, peers: [{ state: 'unreachable', detail: 'canceled: ERR_CANCELED' }] },
    });
  });

  test('under a path prefix each is asked there', async () => {
    await withPeers([{}], async ([url = ''], asked) => {
      await lookAt([`${url}team/am/?tenant=a`]);
      const paths = ['/api/v2/status', '/api/v2/alerts', '/metrics'];
      expect(asked[0]).toEqual(paths.map((path) => `/team/am${path}?tenant=a`));
    });
  });
});

test('peers are asked with the credentials of alertmanager_http_config', async () => {
  const headers: (string | undefined)[] = [];
  const peer: FakePeer = {
    instead(_response, request) {
      headers.push(request.headers.authorization);
      return false;
    },
  };
  await withPeers([peer], async (urls) => {
    const relay = {
      alertmanager_url: urls,
      alertmanager_http_config: { basic_auth: { username: 'relay', password: 'hidden' } },
    };
    const file = { relay, route: { receiver: 'a' }, receivers: [{ name: 'a' }] };
    const { config } = load(JSON.stringify(file), 'test.yaml', { env: {}, now: Date.now });
    const { http } = config?.relay.alertmanager ?? {};
    if (http === undefined) throw new Error('no http settings');
    expect((await lookAt(urls, { httpSettings: http })).believed).toBe(true);
    expect(headers).toEqual(Array(3).fill(`Basic ${btoa('relay:hidden')}`));
  });
});

describe('what peers say together', () => {
  const silenced = { status: { state: 'suppressed', silencedBy: ['a'], inhibitedBy: [] } };

  test('an alert is there when any believed peer has it, and muted when it is at all that do', async () => {
    const peers: readonly FakePeer[] = [
      { alerts: [listed('1'), listed('2', silenced), listed('3', silenced)] },
      { alerts: [listed('1', silenced), listed('2', silenced), listed('4')] },
      { alerts: [listed('5')], status: { cluster: { status: 'settling' } } },
    ];
    await withPeers(peers, async (urls) => {
      const { state, groups } = await snapshotOf(urls);
      const states = ['1', '2', '3', '4', '5'].map((id) => state(id.padStart(16, '0')));
      expect(states).toEqual(['active', 'muted', 'muted', 'active', undefined]);
      expect(groups.map(({ webhook }) => webhook.alerts.length)).toEqual([4]);
      expect([...(groups[0]?.muted ?? [])].map(Number)).toEqual([2, 3]);
    });
  });

  test('an alert fires since the later of two starts, unless that lies ahead', async () => {
    const startsAt = (hour: number) => ({ startsAt: `2026-11-01T0${hour}:00:00.000Z` });
    const peers: readonly FakePeer[] = [
      { alerts: [1, 2, 1, 9].map((hour, i) => listed(String(i), startsAt(hour))) },
      { alerts: [2, 1, 9, 1].map((hour, i) => listed(String(i), startsAt(hour))) },
    ];
    await withPeers(peers, async (urls) => {
      const { groups } = await snapshotOf(urls, { now: () => Date.parse('2026-11-01T05:00:00Z') });
      const starts = groups[0]?.webhook.alerts.map((alert) => alert.startsAt);
      expect(starts?.toSorted()).toEqual([1, 1, 2, 2].map((hour) => startsAt(hour).startsAt));
    });
  });

  test('they have been up since the one did that has been for longest, of those that are believed', async () => {
    const peers: readonly FakePeer[] = [
      { alerts: [listed('1')], status: upSince(600) },
      { alerts: [listed('1')], status: upSince(900), config: '[' },
      { alerts: [listed('1')], status: { ...upSince(1200), cluster: { status: 'settling' } } },
    ];
    await withPeers(peers, async (urls) => {
      expect((await snapshotOf(urls, { now: () => NOW })).upSince).toBe(NOW - 900_000);
    });
  });

  test.each([
    ['suppressed', { state: 'suppressed' }, 'muted'],
    ['silenced', { state: 'active', silencedBy: ['a'] }, 'muted'],
    ['inhibited', { state: 'active', inhibitedBy: ['a'] }, 'muted'],
    ['time-muted', { state: 'active', mutedBy: ['night'] }, 'muted'],
    ['not processed yet', { state: 'unprocessed', silencedBy: null, inhibitedBy: [] }, 'active'],
  ])('one that is %s', async (_how, status, expected) => {
    await withPeers([{ alerts: [listed('1', { status })] }], async (urls) => {
      expect((await snapshotOf(urls)).state('0000000000000001')).toBe(expected);
    });
  });

  test('an alert that is listed fires, though its end has passed', async () => {
    const over = listed('1', { endsAt: '2020-01-01T00:00:00Z', annotations: null });
    await withPeers([{ alerts: [over] }], async (urls) => {
      const { groups, takenAt } = await snapshotOf(urls, { now: () => NOW });
      expect(takenAt).toBe(NOW);
      expect(groups).toEqual([
        {
          webhook: {
            receiver: 'web\\.hook',
            groupKey: '{}:{alertname="Cpu"}',
            groupLabels: { alertname: 'Cpu' },
            routeLabels: {},
            externalURL: '',
            truncatedAlerts: 0,
            notificationReason: '',
            alerts: [
              {
                status: 'firing',
                labels: { alertname: 'Cpu', id: '1' },
                annotations: {},
                startsAt: '2026-11-01T00:00:00.123Z',
                startsAtMs: Date.parse('2026-11-01T00:00:00.123Z'),
                endsAt: '0001-01-01T00:00:00Z',
                generatorURL: '',
                fingerprint: '0000000000000001',
              },
            ],
          },
          direct: [undefined],
          muted: new Set(),
        },
      ]);
    });
  });

  test('labels may be called like what every object has', async () => {
    const labels = JSON.parse('{ "__proto__": "a", "constructor": "b", "half": "\\ud83d" }');
    const config =
      "{ route: { receiver: web.hook, group_by: ['...'] }, receivers: [ { name: web.hook, webhook_configs: [ {} ] } ] }";
    await withPeers([{ config, alerts: [listed('1', { labels })] }], async (urls) => {
      const { groups } = await snapshotOf(urls);
      expect(groups[0]?.webhook.groupKey).toBe('{}:{__proto__="a", constructor="b", half="\ufffd"}');
    });
  });

  test('thousands of alerts are put into their groups', async () => {
    const ids = Array.from({ length: 10_000 }, (_, i) => i.toString(16));
    const alerts = ids.map((id, i) => listed(id, { labels: { alertname: `Cpu${i % 10}`, id } }));
    await withPeers([{ alerts }, { alerts }], async (urls) => {
      const { groups } = await snapshotOf(urls);
      expect(groups.map(({ webhook }) => webhook.alerts.length)).toEqual(Array(10).fill(1000));
    });
  });

  test('a config that is not understood leaves receivers and alerts, without a group key', async () => {
    const config = 'route: { receiver: a, matchers: [ a ] }\nreceivers: [ { name: a } ]';
    const routed = listed('2', { receivers: [{ name: 'web.hook' }, { name: 'web.hook' }, { name: 'b' }] });
    await withPeers([{ config, alerts: [listed('1'), routed] }], async (urls) => {
      const looked = await lookAt(urls);
      expect(looked.peers[0]).toMatchObject({
        state: 'believed',
        detail: expect.stringContaining('its config is not understood: route.matchers[0]: end of input'),
      });
      const { groups } = await snapshotOf(urls);
      expect(
        groups.map(({ webhook, direct }) => [
          webhook.receiver,
          webhook.groupKey,
          webhook.alerts.length,
          direct,
        ]),
      ).toEqual([
        ['web\\.hook', '', 2, [undefined]],
        ['b', '', 1, [undefined]],
      ]);
      const told = await snapshotOf(urls, { receivers: new Map([['b', ['platform', 'db']]]) });
      expect(told.groups.map(({ webhook, direct }) => [webhook.receiver, direct])).toEqual([
        ['b', ['platform', 'db']],
      ]);
    });
  });

  test.each([
    ['an alias to nothing', 'a: *nothing'],
    ['nesting without end', `route: ${'{routes: ['.repeat(20_000)}${']}'.repeat(20_000)}`],
  ])('a config with %s is not understood', async (_what, config) => {
    await withPeers([{ config, alerts: [listed('1')] }], async (urls) => {
      const { believed, peers } = await lookAt(urls);
      expect(believed).toBe(true);
      expect(peers[0]?.detail).toMatch(/^its config is not understood: /);
    });
  });

  test('where one of two configs is understood, that one tells the groups', async () => {
    const peers = [{ config: '[', alerts: [listed('1')] }, { alerts: [listed('1')] }];
    await withPeers(peers, async (urls) => {
      const { groups } = await snapshotOf(urls);
      expect(groups.map(({ webhook }) => webhook.groupKey)).toEqual(['{}:{alertname="Cpu"}']);
    });
  });

  test('where Alertmanager says other receivers than its config, nothing is said of the group', async () => {
    const config = `
route: { receiver: web.hook }
receivers:
- { name: web.hook, webhook_configs: [ { url: 'http://relay/webhook' } ] }
- { name: other, webhook_configs: [ { url: 'http://relay/webhook/other' } ] }
- { name: mail }
`;
    const routed = listed('2', { receivers: [{ name: 'other' }, { name: 'mail' }] });
    await withPeers([{ config, alerts: [listed('1'), routed] }], async (urls) => {
      const { groups } = await snapshotOf(urls);
      expect(groups.map(({ webhook, direct }) => [webhook.receiver, webhook.groupKey, direct])).toEqual([
        ['web\\.hook', '{}:{}', [undefined]],
        ['other', '', ['other']],
      ]);
    });
  });

  test('a config that changes is read anew', async () => {
    const peer: { config: string; alerts: readonly object[] } = { config: '', alerts: [listed('1')] };
    const http = createHttpClient({ userAgent: 'pagerelay/test', env: {}, now: Date.now });
    const showing: FakePeer = {
      instead(response, { url }) {
        if (!url.endsWith('/status')) return false;
        const status = { uptime: '2026-01-01T00:00:00Z', cluster: { status: 'ready' } };
        response.end(JSON.stringify({ ...status, config: { original: peer.config } }));
        return true;
      },
      alerts: peer.alerts,
    };
    await withPeers([showing], async (urls) => {
      const alertmanager = createAlertmanager({ urls, http, settleMs: 0, now: Date.now });
      const keys: (string | undefined)[] = [];
      for (const groupBy of ['alertname', 'alertname', 'id']) {
        peer.config = `{ route: { receiver: web.hook, group_by: [${groupBy}] }, receivers: [ { name: web.hook, webhook_configs: [ {} ] } ] }`;
        const looked = await alertmanager.look(new AbortController().signal);
        keys.push(looked.believed ? looked.snapshot.groups[0]?.webhook.groupKey : undefined);
      }
      expect(keys).toEqual(['{}:{alertname="Cpu"}', '{}:{alertname="Cpu"}', '{}:{id="1"}']);
    });
    await http.close();
  });
});
