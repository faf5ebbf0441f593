import { setMaxListeners } from 'node:events';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { HttpClient } from '../../src/notify/http-client.ts';
import type { Logger } from '../../src/observe/log.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { createRelay } from '../../src/relay/relay.ts';
import type { PostedAlert } from '../support/post.ts';
import {
  ACCEPTED,
  configOf,
  LIMITED,
  recordsFor,
  relayUnderTest,
  tell,
  vendorOf,
  webhookOf,
} from '../support/relay.ts';

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const RECEIVERS = `
receivers:
  - name: pd
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
  - name: other
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/other' }]
`;
const PER_ALERT = `route: { receiver: pd, group_by: ['...'] }${RECEIVERS}`;

const alerts = (count: number, alert: PostedAlert = {}) =>
  Array.from({ length: count }, (_, i) => ({ ...alert, fingerprint: i.toString(16).padStart(16, '0') }));

describe('the relay', () => {
  const stopping = new AbortController();
  // As the app's own: each relay of these tests listens.
  setMaxListeners(0, stopping.signal);
  const metrics = createMetrics();
  let now = 1_800_000_000_000;
  afterEach(() => {
    now += 1;
  });

  const relayOf = (config: string, http: HttpClient) =>
    createRelay({
      ...recordsFor(metrics),
      config: configOf(config),
      http,
      metrics,
      log: SILENT,
      now: () => now,
      stopping: stopping.signal,
    });

  test('sends the most severe first where there are more than connections', async () => {
    const { http, sent, events } = vendorOf(async () => ACCEPTED);
    const mild = alerts(70, { labels: { severity: 'info' } });
    const severe = { fingerprint: 'ffffffffffffffff', labels: { severity: 'critical' } };
    await tell(relayOf(PER_ALERT, http), webhookOf([...mild, severe]), now);
    expect(sent).toHaveLength(71);
    expect(events()[0]?.dedup_key).toBe('ffffffffffffffff');
  });

  test('never has more requests under way than its part of the connections to the origin', async () => {
    let underWay = 0;
    let most = 0;
    const { http } = vendorOf(async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 1));
      underWay--;
      return ACCEPTED;
    });
    await tell(relayOf(PER_ALERT, http), webhookOf(alerts(300)), now);
    // Two receivers go there.
    expect(most).toBe(32);
  });

  test('refuses what is over max_in_flight with 503, and takes it later; a webhook too large by itself it takes alone', async () => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const { http } = vendorOf(() => ended.then(() => ACCEPTED));
    const relay = relayOf(`relay: { max_in_flight: 2 }\n${PER_ALERT}`, http);
    const alone = tell(relay, webhookOf(alerts(3)), now);
    const other = webhookOf([{ fingerprint: 'ffffffffffffffff' }]);
    expect(await tell(relay, other, now)).toEqual([
      {
        receiver: 'pd',
        integration: 'pagerduty_configs[0]',
        incident_key: 'ffffffffffffffff',
        action: 'trigger',
        outcome: 'unavailable',
        reason: 'atBound',
        detail: 'too many notifications are in flight (relay.max_in_flight)',
      },
    ]);
    end();
    expect((await alone).map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'accepted']);
    expect((await tell(relay, other, now)).map(({ outcome }) => outcome)).toEqual(['accepted']);
  });

  test('what is under way while the config is replaced ends as it began; what comes next takes the new one', async () => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const { http, sent } = vendorOf(() => ended.then(() => ACCEPTED));
    const relay = relayOf(PER_ALERT, http);
    const before = tell(relay, webhookOf(alerts(1)), now);
    relay.use(configOf(`route: { receiver: other, group_by: ['...'] }${RECEIVERS}`));
    const after = tell(relay, webhookOf(alerts(1)), now);
    end();
    expect((await before).map(({ receiver }) => receiver)).toEqual(['pd']);
    expect((await after).map(({ receiver }) => receiver)).toEqual(['other']);
    expect(sent.map(({ url }) => url)).toEqual(['http://vendor.example/pd', 'http://vendor.example/other']);
  });

  test('remembers only what was accepted', async () => {
    let status = 500;
    const { http, sent } = vendorOf(async () => ({ status, headers: { 'retry-after': '60' }, body: '' }));
    const relay = relayOf(PER_ALERT, http);
    const outcomes = async () => (await tell(relay, webhookOf(alerts(1)), now)).map(({ outcome }) => outcome);
    expect(await outcomes()).toEqual(['unavailable']);
    now += 61_000;
    status = 400;
    expect(await outcomes()).toEqual(['rejected']);
    status = 202;
    expect(await outcomes()).toEqual(['accepted']);
    expect(await outcomes()).toEqual(['suppressed']);
    expect(sent).toHaveLength(3);
  });

  test('forgets the least recently used incident at its bound, which is counted, and can only repeat', async () => {
    const { http } = vendorOf(async () => ACCEPTED);
    const own = createMetrics();
    const config = configOf(`dedup: { max_entries: 2 }\n${PER_ALERT}`);
    const options = { config, http, metrics: own, log: SILENT, now: () => now, stopping: stopping.signal };
    const relay = createRelay({ ...recordsFor(own), ...options });
    await tell(relay, webhookOf(alerts(3)), now);
    expect((await tell(relay, webhookOf(alerts(1)), now)).map(({ reason }) => reason)).toEqual(['first']);
    relay.observe();
    const { text } = await own.scrape();
    expect(text).toContain('pagerelay_dedup_evictions_total{open="true"} 2');
    expect(text).toContain('pagerelay_dedup_entries 2');
  });

  test('what was counted before a reload is not lost by it', async () => {
    const own = createMetrics();
    const { http } = vendorOf(async () => ACCEPTED);
    const options = {
      config: configOf(PER_ALERT),
      http,
      metrics: own,
      log: SILENT,
      now: () => now,
      stopping: stopping.signal,
    };
    const relay = createRelay({ ...recordsFor(own), ...options });
    await tell(relay, webhookOf(alerts(2)), now);
    relay.use(configOf(PER_ALERT));
    relay.observe();
    const line =
      'pagerelay_notifications_total{receiver="pd",integration="pagerduty_configs[0]",action="trigger"} 2';
    expect((await own.scrape()).text).toContain(line);
  });

  test('receivers that share an account share its incidents: neither closes what the other holds open', async () => {
    const config = `
route:
  receiver: pd
  group_by: [service]
  routes:
    - { matchers: [severity="critical"], receiver: crit }
    - { matchers: [severity="twice"], receiver: pd, continue: true }
    - { matchers: [severity="twice"], receiver: crit }
receivers:
  - { name: pd, pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }] }
  - { name: crit, pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }] }
`;
    const { http, sent, events } = vendorOf(async () => ACCEPTED);
    const relay = relayOf(config, http);
    const mild = { fingerprint: '000000000000000a', labels: { severity: 'warning' } };
    const severe = { fingerprint: '000000000000000b', labels: { severity: 'critical' } };
    await tell(relay, webhookOf([mild, severe]), now);
    expect(sent).toHaveLength(1);
    const results = await tell(relay, webhookOf([{ ...mild, status: 'resolved' }, severe]), now);
    expect(results.map(({ action }) => action)).toEqual(['trigger']);
    await tell(relay, webhookOf([{ ...severe, status: 'resolved' }]), now);
    expect(events().at(-1)).toMatchObject({ event_action: 'resolve' });
    await tell(
      relay,
      webhookOf([{ fingerprint: '000000000000000c', labels: { severity: 'twice', service: 'x' } }]),
      now,
    );
    expect(events().filter(({ dedup_key: key }) => key === events().at(-1)?.dedup_key)).toHaveLength(1);
  });

  test('a reload that changes the account tells the new one what fires', async () => {
    const { http, sent } = vendorOf(async () => ACCEPTED);
    const relay = relayOf(PER_ALERT, http);
    await tell(relay, webhookOf(alerts(1)), now);
    relay.use(configOf(PER_ALERT.replaceAll('routing_key: key', 'routing_key: other')));
    expect((await tell(relay, webhookOf(alerts(1)), now)).map(({ reason }) => reason)).toEqual(['first']);
    expect(sent.map(({ body }) => (JSON.parse(String(body)) as { routing_key: string }).routing_key)).toEqual(
      ['key', 'other'],
    );
  });

  test('an end that the vendor rejects is known all the same: the incident closes with the next', async () => {
    let status = 202;
    const { http, events } = vendorOf(async () => ({ status, headers: {}, body: '' }));
    const relay = relayOf(`route: { receiver: pd, group_by: [service] }${RECEIVERS}`, http);
    const [a, b] = alerts(2);
    await tell(relay, webhookOf([a ?? {}]), now);
    status = 403;
    await tell(relay, webhookOf([{ ...a, status: 'resolved' }, b ?? {}]), now);
    status = 202;
    await tell(relay, webhookOf([{ ...b, status: 'resolved' }]), now);
    expect(events().at(-1)).toMatchObject({ event_action: 'resolve' });
  });

  test('straight to a receiver, incidents have the keys that the route to it gives them', async () => {
    const config = `
route:
  receiver: pd
  group_by: ['...']
  routes: [{ matchers: [team="shop"], receiver: other, group_by: [service] }]
${RECEIVERS}`;
    const { http } = vendorOf(async () => ACCEPTED);
    const shop = webhookOf([{ labels: { team: 'shop', service: 'cart' }, fingerprint: '000000000000000a' }]);
    const [through] = await tell(relayOf(config, http), shop, now);
    const [straight] = await tell(relayOf(config, http), shop, now, 'other');
    expect(straight).toEqual(through);
    const elsewhere = webhookOf([{ labels: { service: 'cart' } }]);
    expect(
      (await tell(relayOf(config, http), elsewhere, now, 'other')).map(({ receiver }) => receiver),
    ).toEqual(['other']);
    expect(await relayOf(config, http).relay(shop, { arrivedAt: now, receiver: 'nobody' })).toBe(
      'no such receiver',
    );
  });

  test('what comes to its turn after the deadline is not prepared and not sent', async () => {
    const { http, sent } = vendorOf(async () => ACCEPTED);
    const results = await tell(relayOf(PER_ALERT, http), webhookOf(alerts(200)), now - 60_000);
    expect(new Set(results.map(({ outcome, reason }) => `${outcome} ${reason}`))).toEqual(
      new Set(['unavailable contextDeadlineExceeded']),
    );
    expect(sent).toEqual([]);
  });
});

test('what was never told goes before what is only repeated, where a vendor takes less at a time than there is', async () => {
  let left = 0;
  const answer = () => (left-- > 0 ? ACCEPTED : { ...LIMITED, headers: { 'retry-after': '60' } });
  const t = relayUnderTest(
    `
relay: { delivery_timeout: 1s }
route: { receiver: pd, group_by: ['...'], dedup: { window: 0s } }
receivers: [{ name: pd, pagerduty_configs: [{ routing_key: key }] }]
`,
    answer,
  );
  const alerts = [...'abcdef'].map((letter) => ({ fingerprint: letter.repeat(16) }));
  const told = new Set<unknown>();
  for (let round = 0; round < 4; round++) {
    left = 3;
    const outcomes = (await t.tell(alerts)).map(({ outcome }) => outcome);
    t.sent().forEach(({ body }, i) => {
      if (i < 3) told.add(body.dedup_key);
    });
    expect(outcomes).toContain('unavailable');
    t.now += 61_000;
  }
  expect(told.size).toBe(6);
});
