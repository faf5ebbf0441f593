import { describe, expect, test } from '@jest/globals';
import type { Snapshot } from '../../src/alertmanager/snapshot.ts';
import { MINUTE, WATCHED } from '../support/looks.ts';
import type { PostedAlert } from '../support/post.ts';
import {
  ACCEPTED,
  configOf,
  REJECTED,
  type RelayUnderTest,
  relayUnderTest,
  UNAVAILABLE,
  webhookOf,
} from '../support/relay.ts';

const config = (more = '') => `
${WATCHED}
${more}
route:
  receiver: a
  group_by: ['...']
  on_muted: resolve
  routes: [{ receiver: b, matchers: ['to = b'] }]
receivers:
  - name: a
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/a' }]
  - name: b
    pagerduty_configs: [{ routing_key: key, url: 'http://other.example/b' }]
`;

const alert = (number: number, more: Partial<PostedAlert> = {}, to = 'a'): PostedAlert => ({
  labels: { alertname: `A${number}`, to },
  fingerprint: number.toString(16).padStart(16, '0'),
  startsAt: '2027-01-15T07:00:00Z',
  ...more,
});

/** What Alertmanager has: these alerts, all of them muted. */
function muted(takenAt: number, alerts: readonly PostedAlert[]): Snapshot {
  const fingerprints = new Set(alerts.map(({ fingerprint = '' }) => fingerprint));
  return {
    takenAt,
    upSince: 0,
    groups: [{ webhook: webhookOf(alerts), direct: [undefined], muted: fingerprints }],
    state: (fingerprint) => (fingerprints.has(fingerprint) ? 'muted' : undefined),
  };
}

test('what the vendor rejects is told again after a quarter of an hour, and is one dead letter until then', async () => {
  let answer = ACCEPTED;
  const t = relayUnderTest(config(), () => answer);
  await t.tell([alert(1)]);
  t.sent();
  answer = REJECTED;
  const lookFor = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) {
      t.now += MINUTE;
      await t.relay.reconcile(muted(t.now, []));
    }
    return t.sent().length;
  };
  expect(await lookFor(10)).toBe(1);
  const [letter] = t.records.deadLetters.list(10);
  expect(await lookFor(10)).toBe(0);
  expect(t.records.deadLetters.list(10)).toEqual([letter]);
  expect(await lookFor(10)).toBe(1);
  t.relay.use(configOf(config()));
  expect(await lookFor(1)).toBe(1);
  answer = ACCEPTED;
  expect(await lookFor(10)).toBe(0);
  expect(await lookFor(10)).toBe(1);
  expect(await lookFor(60)).toBe(0);
});

test('thousands that cannot be done now hold up no other', async () => {
  let down = ACCEPTED;
  const t = relayUnderTest(config(), ({ url }) => (url.includes('other') ? ACCEPTED : down));
  const many = Array.from({ length: 2_500 }, (_, i) => alert(i));
  await t.tell(many);
  await t.tell([alert(5_000, {}, 'b')]);
  t.sent();
  down = { ...UNAVAILABLE, status: 429, headers: { 'retry-after': '3600' } };
  for (let minute = 0; minute < 12; minute++) {
    t.now += MINUTE;
    await t.relay.reconcile(muted(t.now, many));
  }
  expect(t.sent().filter(({ url }) => url.includes('other'))).toHaveLength(1);
}, 60_000);

test('what Alertmanager still has is not forgotten for what is over', async () => {
  const t = relayUnderTest(config('dedup: { max_entries: 5 }'));
  const open = alert(1, {}, 'b');
  await t.tell([open]);
  const look = async (alerts: readonly PostedAlert[]) => {
    t.now += MINUTE;
    const snapshot = muted(t.now, alerts);
    await t.relay.reconcile({
      ...snapshot,
      groups: snapshot.groups.map((group) => ({ ...group, muted: new Set() })),
    });
  };
  for (let i = 10; i < 30; i++) {
    await t.tell([alert(i)]);
    await t.tell([alert(i, { status: 'resolved' })]);
    await look([open]);
  }
  t.sent();
  for (let minute = 0; minute < 8; minute++) await look([]);
  expect(t.sent().map(({ url, body }) => [url, body.event_action])).toEqual([
    ['http://other.example/b', 'resolve'],
  ]);
});

describe('where as many incidents are remembered as may be', () => {
  const LIMIT = 'dedup: { max_entries: 5, ttl: 1h }';
  const look = async (t: RelayUnderTest, alerts: readonly PostedAlert[]) => {
    t.now += MINUTE;
    const { groups, ...snapshot } = muted(t.now, alerts);
    await t.relay.reconcile({ ...snapshot, groups: groups.map((group) => ({ ...group, muted: new Set() })) });
  };
  const adopted = async (t: RelayUnderTest) =>
    /reconciled_incidents_total{what="adopted"} (\d+)/.exec(await t.scrape())?.[1];

  test.each([
    ['closed', 0],
    ['closed, and of a time that is over', 60],
  ])('one that another replica opened is taken in if any of them is %s', async (_what, minutes) => {
    const t = relayUnderTest(config(LIMIT));
    for (let i = 10; i < 20; i++) {
      await t.tell([alert(i)]);
      await t.tell([alert(i, { status: 'resolved' })]);
    }
    t.now += minutes * MINUTE;
    await look(t, [alert(1)]);
    expect(await adopted(t)).toBe('1');
    t.sent();
    for (let minute = 0; minute < 8; minute++) await look(t, []);
    expect(t.sent().map(({ body }) => body.event_action)).toEqual(['resolve']);
  });

  test('what may have to be opened again is not forgotten for it', async () => {
    const t = relayUnderTest(config(LIMIT));
    const silenced = Array.from({ length: 5 }, (_, i) => alert(i + 10));
    await t.tell(silenced);
    t.now += MINUTE;
    await t.relay.reconcile(muted(t.now, silenced));
    t.sent();
    await look(t, [alert(1), ...silenced]);
    expect(t.sent().map(({ body }) => body.event_action)).toEqual(Array(5).fill('trigger'));
    expect(await adopted(t)).toBe('0');
  });

  test('none is taken in while all of them are open: none of those is forgotten for it', async () => {
    const t = relayUnderTest(config(LIMIT));
    const open = Array.from({ length: 5 }, (_, i) => alert(i + 10));
    await t.tell(open);
    for (let minute = 0; minute < 3; minute++) await look(t, [alert(1), ...open]);
    expect(await adopted(t)).toBe('0');
    expect(await t.scrape()).toContain('dedup_evictions_total{open="true"} 0');
  });
});
