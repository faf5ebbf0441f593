import { describe, expect, test } from '@jest/globals';
import type { Answer } from '../../src/notify/outcome.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, REJECTED, relayUnderTest, type SentEvent, UNAVAILABLE } from '../support/relay.ts';

const PD = "pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]";
const OG = "opsgenie_configs: [{ api_key: key, api_url: 'http://vendor.example/og', verify: false }]";
const THIRD = "pagerduty_configs: [{ routing_key: other, url: 'http://vendor.example/third' }]";
const ONE = `receivers: [{ name: pd, fallback: og, ${PD} }, { name: og, ${OG} }]`;
const TO_TWO = `receivers: [{ name: pd, fallback: two, ${PD} }, { name: two, ${OG}, ${THIRD} }]`;
const OF_TWO = `receivers: [{ name: pd, fallback: third, ${PD}, ${OG} }, { name: third, ${THIRD} }]`;

/** An alert by its letter; in small letters it fires, in capitals it has ended. */
function alert(letter: string, more: Partial<PostedAlert> = {}): PostedAlert {
  const name = letter.toLowerCase();
  return {
    status: letter === name ? 'firing' : 'resolved',
    fingerprint: name.repeat(16),
    labels: { alertname: name, service: 'shop' },
    startsAt: '2027-01-15T08:01:00Z',
    endsAt: letter === name ? '0001-01-01T00:00:00Z' : '2027-01-15T08:02:00Z',
    ...more,
  };
}

function calls(sent: readonly SentEvent[]): readonly string[] {
  return sent.map(({ url, body }) => {
    const vendor = new URL(url).pathname.split('/')[1];
    if (vendor !== 'og') return `${vendor} ${body.event_action}`;
    return url.includes('/close') ? 'og resolve' : 'og trigger';
  });
}

/** A relay, and what its vendors answer. Every step gives what was sent, sorted, and what was answered. */
function setUp(route: string, receivers: string) {
  const vendors: Record<string, Answer> = {};
  const t = relayUnderTest(
    `${route}\n${receivers}`,
    ({ url }) => vendors[new URL(url).pathname.split('/')[1] ?? ''] ?? ACCEPTED,
  );
  t.now += 120_000;
  t.sent();
  return {
    t,
    vendors,
    /** Each alert has a group of its own. */
    async tell(letter: string, more: Partial<PostedAlert> = {}) {
      const results = await t.tell([alert(letter, more)], { groupKey: letter.toLowerCase() });
      return [calls(t.sent()).toSorted(), results.map(({ outcome, reason }) => `${outcome} ${reason}`)];
    },
    async pass(minutes: number) {
      for (let minute = 0; minute < minutes; minute++) {
        t.now += 61_000;
        await t.relay.tend();
      }
      return calls(t.sent());
    },
    standIns: async () => Number(/^pagerelay_stand_ins (\d+)$/m.exec(await t.scrape())?.[1]),
  };
}

const BY_ALERT = "route: { receiver: pd, group_by: ['...'] }";
const BY_SERVICE = 'route: { receiver: pd, group_by: [service] }';

describe.each([
  ['rejects', REJECTED],
  ['cannot be reached', UNAVAILABLE],
])('where its receiver %s', (_what, answer) => {
  test('a fallback is told of each end in an incident by labels, and closes it with the last', async () => {
    const { vendors, tell, pass, standIns } = setUp(BY_SERVICE, ONE);
    vendors.pd = answer;
    await tell('a');
    await tell('b');
    expect(await tell('B')).toEqual([[], ['suppressed still_firing']]);
    expect((await tell('A'))[0]).toContain('og resolve');
    vendors.pd = ACCEPTED;
    await pass(3);
    expect(await standIns()).toBe(0);
  });

  test('a part of a fallback that could not be told of the end is told later', async () => {
    const { vendors, tell, pass, standIns } = setUp(BY_ALERT, TO_TWO);
    vendors.pd = answer;
    await tell('a');
    vendors.third = UNAVAILABLE;
    expect((await tell('A'))[1]).toEqual(['unavailable serverError']);
    vendors.pd = ACCEPTED;
    vendors.third = ACCEPTED;
    expect(await pass(3)).toContain('third resolve');
    expect(await standIns()).toBe(0);
  });
});

test("an end that its receiver rejects, which has the incident, is a dead letter and not the fallback's", async () => {
  const { t, vendors, tell } = setUp(BY_ALERT, ONE);
  await tell('a');
  vendors.pd = REJECTED;
  expect((await tell('A'))[1]).toEqual(['rejected clientError']);
  expect(t.records.deadLetters.size).toBe(1);
});

test('the same when it was owed first', async () => {
  const { t, vendors, tell, pass } = setUp(BY_ALERT, ONE);
  await tell('a');
  vendors.pd = UNAVAILABLE;
  expect((await tell('A'))[1]).toEqual(['accepted fallback']);
  vendors.pd = REJECTED;
  await pass(2);
  expect(t.records.deadLetters.size).toBe(1);
});

test('what neither takes leaves nothing behind', async () => {
  const { vendors, tell, pass, standIns } = setUp(BY_ALERT, ONE);
  vendors.pd = REJECTED;
  vendors.og = REJECTED;
  for (const letter of 'aAbBcC') await tell(letter);
  await pass(3);
  expect(await standIns()).toBe(0);
});

test.each([
  ['pd', 'og'],
  ['og', 'pd'],
])(
  'two integrations that share a stand-in: it stays until both have the incident, %s first',
  async (first, last) => {
    const { vendors, tell, pass, standIns } = setUp(BY_ALERT, OF_TWO);
    vendors.pd = UNAVAILABLE;
    vendors.og = UNAVAILABLE;
    expect((await tell('a'))[1]).toEqual(['accepted fallback', 'accepted fallback']);
    vendors[first] = ACCEPTED;
    expect(await pass(2)).not.toContain('third resolve');
    vendors[last] = ACCEPTED;
    expect(await pass(2)).toContain('third resolve');
    expect(await standIns()).toBe(0);
  },
);

test('a repetition of what its receiver has takes nothing back of what it could not be told', async () => {
  const { vendors, tell, pass, standIns } = setUp(BY_SERVICE, ONE);
  await tell('a');
  vendors.pd = UNAVAILABLE;
  await tell('b', { labels: { alertname: 'b', service: 'shop', severity: 'critical' } });
  expect(await tell('a')).toEqual([[], ['suppressed duplicate']]);
  vendors.pd = ACCEPTED;
  expect(await pass(3)).toEqual(['pd trigger', 'og resolve']);
  expect(await standIns()).toBe(0);
});

test('a trigger that reaches neither does not take the place of what the fallback has', async () => {
  const { vendors, tell, pass, standIns } = setUp(BY_SERVICE, ONE);
  vendors.pd = UNAVAILABLE;
  await tell('a');
  vendors.og = UNAVAILABLE;
  expect((await tell('b'))[1]).toEqual(['unavailable rateLimited']);
  await tell('B');
  vendors.pd = ACCEPTED;
  vendors.og = ACCEPTED;
  expect(await pass(5)).toEqual(['pd trigger', 'og resolve']);
  expect(await standIns()).toBe(0);
});

test('what a mute holds back takes nothing back from the fallback', async () => {
  const { t, vendors, tell, pass, standIns } = setUp(
    `time_intervals: [{ name: n, time_intervals: [{ times: [{ start_time: '08:05', end_time: '09:00' }] }] }]
route: { receiver: pd, routes: [{ receiver: pd, group_by: ['...'], mute_time_intervals: [n] }] }`,
    ONE,
  );
  vendors.pd = UNAVAILABLE;
  await tell('a');
  t.now += 300_000;
  expect(await tell('a')).toEqual([[], ['suppressed mute_time_interval']]);
  expect(await pass(2)).toEqual([]);
  expect(await standIns()).toBe(1);
});

test('a resolve that is kept back does not end the stand-in either', async () => {
  const { vendors, tell, pass, standIns } = setUp(
    "route: { receiver: pd, group_by: ['...'], dedup: { hold_resolve: 2m } }",
    ONE,
  );
  vendors.pd = UNAVAILABLE;
  await tell('a');
  expect(await tell('A')).toEqual([[], ['suppressed hold_resolve']]);
  expect(await pass(3)).toContain('og resolve');
  vendors.pd = ACCEPTED;
  await pass(3);
  expect(await standIns()).toBe(0);
});

describe.each(["['...']", '[service]', '[]'])(
  'an end of what its receiver may have taken (by %s)',
  (groupBy) => {
    test('is told when its receiver can be reached, though an earlier one was told', async () => {
      const { vendors, tell, pass } = setUp(`route: { receiver: pd, group_by: ${groupBy} }`, ONE);
      await tell('a');
      await tell('A');
      await pass(20);
      const again = { startsAt: '2027-01-15T08:20:00Z', endsAt: '2027-01-15T08:24:00Z' };
      vendors.pd = UNAVAILABLE;
      expect((await tell('a', { ...again, endsAt: '0001-01-01T00:00:00Z' }))[0]).toContain('og trigger');
      await pass(1);
      expect((await tell('A', again))[0]).toContain('og resolve');
      vendors.pd = ACCEPTED;
      expect(await pass(2)).toEqual(['pd resolve']);
    });
  },
);
