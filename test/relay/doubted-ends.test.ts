import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { Snapshot } from '../../src/alertmanager/snapshot.ts';
import { CONNECTIONS_PER_ORIGIN } from '../../src/notify/dispatchers.ts';
import type { Answer } from '../../src/notify/outcome.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, type AnswerRequest, LIMITED, relayUnderTest, webhookOf } from '../support/relay.ts';

// Ends that Alertmanager tells of while it has the alert, or another one of the incident, active.

const MINUTE = 60_000;
const GROUP = { groupKey: '{}:{}' };
const DOUBTED = ['resolve unavailable doubted'];
const alert = (letter: string, startsAt?: string): PostedAlert => ({
  fingerprint: letter.repeat(16),
  ...(startsAt === undefined ? {} : { startsAt }),
});
const ended = (one: PostedAlert, endsAt?: string): PostedAlert => ({
  ...one,
  status: 'resolved',
  ...(endsAt === undefined ? {} : { endsAt }),
});
const config = (groupBy: string, mute = '') => `
relay: { alertmanager_url: 'http://alertmanager' }
route: { receiver: pd, group_by: ${groupBy}, routes: [{ receiver: pd, group_by: ${groupBy}${mute} }] }
receivers:
  - name: pd
    pagerduty_configs: [{ routing_key: key }]
`;
/** The tests begin at eight. */
const mutedConfig = (groupBy: string) => `${config(groupBy, ', mute_time_intervals: [breakfast]')}
time_intervals:
  - { name: breakfast, time_intervals: [{ times: [{ start_time: '08:00', end_time: '09:00' }] }] }
`;
const EIGHT = '2027-01-15T08:00:00Z';

/** A relay, and an Alertmanager that has these alerts active. */
function setUp(text: string, answer: AnswerRequest = () => ACCEPTED) {
  const has: { active: readonly PostedAlert[]; silenced?: PostedAlert; isAway?: true } = { active: [] };
  const snapshot = (): Snapshot => {
    const { active } = has;
    const group = { webhook: webhookOf(active, GROUP), direct: [undefined], muted: new Set<string>() };
    return {
      takenAt: t.now,
      upSince: 0,
      groups: active.length === 0 ? [] : [group],
      state(fingerprint) {
        if (fingerprint === has.silenced?.fingerprint) return 'muted';
        return active.some((one) => one.fingerprint === fingerprint) ? 'active' : undefined;
      },
    };
  };
  const fresh = async () => (has.isAway ? undefined : snapshot());
  const t = relayUnderTest(text, answer, { fresh });
  const tell = async (alerts: readonly PostedAlert[], more = {}) =>
    (await t.tell(alerts, { ...GROUP, ...more })).map(({ action, outcome, reason }) => {
      return `${action} ${outcome} ${reason}`;
    });
  /** As told again and again until three seconds are over. */
  const insist = async (end: PostedAlert) => {
    expect(await tell([end])).toEqual(DOUBTED);
    t.now += 2_999;
    expect(await tell([end])).toEqual(DOUBTED);
    t.now++;
    return tell([end]);
  };
  const look = () => t.relay.reconcile(snapshot());
  const lookFor = async (minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) {
      t.now += MINUTE;
      await look();
      await t.relay.tend();
    }
  };
  return {
    t,
    has,
    tell,
    insist,
    look,
    lookFor,
    actions: () => t.sent().map(({ body }) => body.event_action),
  };
}

describe.each([
  ['an incident of its own', "['...']"],
  ['the incident of its group', '[]'],
])('the end of an alert that has begun again since, in %s', (_what, groupBy) => {
  const FIRST = alert('a', '2026-01-01T00:00:00Z');
  const SECOND = alert('a', '2026-01-01T00:02:00Z');
  const END_OF_FIRST = ended(FIRST, '2026-01-01T00:01:00Z');
  const END_OF_SECOND = ended(SECOND, '2026-01-01T00:03:00Z');

  test.each(['here', 'by another replica'])(
    'is taken, so that Alertmanager goes on to what fires now; its incident, opened %s, goes on',
    async (where) => {
      const { has, tell, insist, actions } = setUp(config(groupBy));
      has.active = [FIRST];
      if (where === 'here') await tell([FIRST]);
      has.active = [SECOND];
      expect(await insist(END_OF_FIRST)).toEqual(['resolve suppressed stale']);
      expect(await tell([SECOND])).toEqual(['trigger accepted changed']);
      expect(await tell([END_OF_FIRST])).toEqual(['resolve suppressed stale']);
      has.active = [];
      expect(await tell([END_OF_SECOND])).toEqual(['resolve accepted resolved']);
      expect(actions().slice(-2)).toEqual(['trigger', 'resolve']);
    },
  );

  test.each(['open', 'closed', 'unknown'])(
    'leaves nothing open where that is over before anybody was told of it (the incident was %s)',
    async (was) => {
      const { has, tell, insist, lookFor, actions } = setUp(config(groupBy));
      const earlier = alert('a', '2025-12-31T23:00:00Z');
      has.active = [FIRST];
      if (was !== 'unknown') await tell([was === 'open' ? FIRST : earlier]);
      has.active = [];
      if (was === 'closed') await tell([ended(earlier, '2025-12-31T23:01:00Z')]);
      has.active = [SECOND];
      await insist(END_OF_FIRST);
      has.active = [];
      actions();
      await lookFor(8);
      expect(actions()).toEqual(['resolve']);
    },
  );

  test.each(['open', 'unknown'])(
    'is sent at a stop where that is over before anybody was told of it, for who comes after knows nothing (the incident was %s)',
    async (was) => {
      const { t, has, tell, insist, actions } = setUp(config(groupBy));
      has.active = [FIRST];
      if (was === 'open') await tell([FIRST]);
      has.active = [SECOND];
      await insist(END_OF_FIRST);
      has.active = [];
      t.now += MINUTE;
      await t.relay.tend();
      actions();
      await t.relay.tend({ isLast: true });
      expect(actions()).toEqual(['resolve']);
    },
  );

  test.each(['it is still active', 'it was told'])('is not sent at a stop where %s', async (how) => {
    const { t, has, tell, insist, actions } = setUp(config(groupBy));
    has.active = [FIRST];
    await tell([FIRST]);
    has.active = [SECOND];
    await insist(END_OF_FIRST);
    if (how === 'it was told') {
      await tell([SECOND]);
      has.active = [];
    }
    t.now += 1_000;
    actions();
    await t.relay.tend({ isLast: true });
    expect(actions()).toEqual([]);
    expect(t.relay.unsentResolves()).toEqual([]);
  });

  test.each([
    ['silenced', 0],
    ['not to be looked at', 1],
  ])('is not sent at a stop where it is %s: it may fire still', async (how, unsent) => {
    const { t, has, tell, insist, actions } = setUp(config(groupBy));
    has.active = [FIRST];
    await tell([FIRST]);
    has.active = [SECOND];
    await insist(END_OF_FIRST);
    t.now += 1_000;
    has.active = [];
    if (how === 'silenced') has.silenced = SECOND;
    else has.isAway = true;
    actions();
    await t.relay.tend({ isLast: true });
    expect(actions()).toEqual([]);
    expect(t.relay.unsentResolves()).toHaveLength(unsent);
  });

  test('is kept for a stop no longer than its incident is open', async () => {
    const { t, has, tell, insist } = setUp(config(groupBy));
    has.active = [FIRST];
    await tell([FIRST]);
    has.active = [SECOND];
    await insist(END_OF_FIRST);
    expect(t.relay.unsentResolves()).toHaveLength(1);
    await tell([SECOND]);
    expect(t.relay.unsentResolves()).toEqual([]);
  });

  test('is doubted for three seconds, whatever other end was doubted before', async () => {
    const { t, has, tell } = setUp(config(groupBy));
    has.active = [FIRST];
    await tell([FIRST]);
    has.active = [SECOND];
    expect(await tell([END_OF_FIRST])).toEqual(DOUBTED);
    t.now += 40_000;
    has.active = [alert('a', '2026-01-01T00:04:00Z')];
    expect(await tell([END_OF_SECOND])).toEqual(DOUBTED);
  });

  test('is to be told again where a peer may only not have heard of it', async () => {
    const { has, tell } = setUp(config(groupBy));
    has.active = [FIRST];
    await tell([FIRST]);
    expect(await tell([END_OF_FIRST])).toEqual(DOUBTED);
  });

  test('is to be told again where a peer has the same from another Prometheus, which saw it later', async () => {
    const { has, tell, actions } = setUp(config(groupBy));
    has.active = [FIRST];
    await tell([FIRST]);
    has.active = [alert('a', '2026-01-01T00:00:05Z')];
    expect(await tell([END_OF_FIRST])).toEqual(DOUBTED);
    has.active = [];
    await tell([END_OF_FIRST]);
    expect(actions()).toEqual(['trigger', 'resolve']);
  });

  test('is to be told again where it has no start', async () => {
    const { has, tell } = setUp(config(groupBy));
    has.active = [FIRST];
    await tell([FIRST]);
    const end = ended(alert('a', '0001-01-01T00:00:00Z'), '2026-01-01T00:01:00Z');
    expect(await tell([end])).toEqual(DOUBTED);
  });

  test('is to be told again where its start, which Alertmanager made up, lies ahead', async () => {
    const { t, has, tell, actions } = setUp(config(groupBy));
    const at = (ms: number) => new Date(t.now + ms).toISOString();
    const first = alert('a', at(5 * MINUTE));
    has.active = [first];
    await tell([first]);
    t.now += MINUTE;
    const end = ended(alert('a', at(0)), at(0));
    expect(await tell([end])).toEqual(DOUBTED);
    has.active = [];
    await tell([end]);
    expect(actions()).toEqual(['trigger', 'resolve']);
  });

  test.each([
    ['a process that died since', 0],
    ['another replica that died later', 10],
  ])('leaves it to be held for a muted route that was held by %s', async (_who, minutes) => {
    for (const was of ['unknown', 'closed']) {
      const { t, has, tell, insist, look, lookFor, actions } = setUp(mutedConfig(groupBy));
      if (minutes > 0) await look();
      const earlier = alert('a', '2027-01-15T07:00:00Z');
      if (was === 'closed') await tell([ended(earlier, '2027-01-15T07:30:00Z')]);
      actions();
      t.now += 10 * MINUTE;
      if (minutes > 0) await look();
      has.active = [alert('a', '2027-01-15T08:05:00Z')];
      await insist(ended(alert('a', EIGHT), '2027-01-15T08:03:00Z'));
      await lookFor(70);
      expect([was, actions()]).toEqual([was, ['trigger']]);
    }
  });
});

test.each(["['...']", '[]'])(
  'of what was closed here, and fires again where another replica is told, opens nothing anew (group_by: %s)',
  async (groupBy) => {
    const { t, has, tell, insist, lookFor, actions } = setUp(config(groupBy));
    const at = (ms: number) => new Date(t.now + ms).toISOString();
    const earlier = alert('a', at(-10 * MINUTE));
    has.active = [earlier];
    await tell([earlier]);
    has.active = [];
    await tell([ended(earlier, at(0))]);
    expect(actions()).toEqual(['trigger', 'resolve']);
    t.now += 10 * MINUTE;
    has.active = [alert('a', at(-MINUTE))];
    const end = ended(alert('a', at(-3 * MINUTE)), at(-2 * MINUTE));
    expect(await insist(end)).toEqual(['resolve suppressed stale']);
    await lookFor(10);
    expect(actions()).toEqual([]);
  },
);

test.each(["['...']", '[]'])(
  'of what another sender insisted on leaves it to Alertmanager once that has it (group_by: %s)',
  async (groupBy) => {
    const { t, has, tell, insist, lookFor, actions } = setUp(config(groupBy));
    const at = (ms: number) => new Date(t.now + ms).toISOString();
    const first = alert('a', at(-MINUTE));
    for (let i = 0; i < 5; i++) {
      await tell([first]);
      t.now += MINUTE / 2;
    }
    expect(actions()).toEqual(['trigger']);
    has.active = [alert('a', at(-5_000))];
    expect(await insist(ended(first, at(-20_000)))).toEqual(['resolve suppressed stale']);
    has.active = [];
    await lookFor(10);
    expect(actions()).toEqual(['resolve']);
  },
);

test.each([
  ['', 5_000],
  [', though the clock was set back meanwhile', -5_000],
])(
  'that is behind many others of its webhook is held against what Alertmanager has at its turn%s',
  async (_how, ms) => {
    const waiting: (() => void)[] = [];
    const answer = () => new Promise<Answer>((resolve) => waiting.push(() => resolve(ACCEPTED)));
    let isHeldUp = false;
    const { t, has, tell } = setUp(config("['...']"), () => (isHeldUp ? answer() : ACCEPTED));
    const all = Array.from({ length: CONNECTIONS_PER_ORIGIN + 6 }, (_, i) => ({
      fingerprint: (i + 1).toString(16).padStart(16, '0'),
      labels: { alertname: `${i}` },
    }));
    has.active = all.map((one) => ({ ...one, startsAt: '2027-01-15T07:00:00Z' }));
    await tell(has.active);
    const ends = has.active.map((one) => ended(one, '2027-01-15T07:30:00Z'));
    has.active = [];
    isHeldUp = true;
    const telling = tell(ends);
    while (waiting.length < CONNECTIONS_PER_ORIGIN) await new Promise((resolve) => setImmediate(resolve));
    t.now += ms;
    has.active = all.map((one) => ({ ...one, startsAt: '2027-01-15T07:59:30Z' }));
    isHeldUp = false;
    for (const go of waiting) go();
    expect((await telling).slice(-6)).toEqual(Array(6).fill(DOUBTED[0]));
  },
);

test('that could not be held against Alertmanager at first is when it has waited', async () => {
  let isLimited = false;
  const { t, has, tell, actions } = setUp(config("['...']"), () => {
    if (!isLimited) return ACCEPTED;
    isLimited = false;
    return { ...LIMITED, headers: { 'retry-after': '1' } };
  });
  const first = alert('a', '2027-01-15T07:00:00Z');
  has.active = [first, alert('b')];
  await tell(has.active);
  actions();
  has.isAway = true;
  isLimited = true;
  const other = tell([ended(alert('b'))]);
  await sleep(20);
  const telling = tell([ended(first, '2027-01-15T07:30:00Z')]);
  await sleep(20);
  delete has.isAway;
  has.active = [alert('a', '2027-01-15T07:59:30Z')];
  t.now += 1_001;
  expect(await telling).toEqual(DOUBTED);
  expect(await other).toEqual(['resolve accepted resolved']);
  expect(actions()).toEqual(['resolve', 'resolve']);
});

test('that waited is held against a look of less than a second ago, however long that took', async () => {
  let looks = 0;
  const fresh = async (): Promise<Snapshot> => {
    looks++;
    // It rests before it looks, and that takes a while, too.
    t.now += 1_000;
    const takenAt = t.now;
    t.now += 200;
    return { takenAt, upSince: 0, groups: [], state: () => undefined };
  };
  const answer = async () => {
    t.now += 2;
    return ACCEPTED;
  };
  const t = relayUnderTest(config("['...']"), answer, { fresh });
  const ends = Array.from({ length: 10 * CONNECTIONS_PER_ORIGIN }, (_, i) =>
    ended({ fingerprint: (i + 1).toString(16).padStart(16, '0'), startsAt: '2027-01-15T07:00:00Z' }),
  );
  await t.tell(ends);
  expect(looks).toBe(2);
});

test('of one of a group leaves the others held that a muted route keeps back', async () => {
  const { t, has, tell, lookFor, actions } = setUp(mutedConfig('[]'));
  const [a, b] = [alert('a', EIGHT), alert('b', '2027-01-15T08:00:30Z')];
  has.active = [a, b];
  await tell([a, b]);
  t.now += 2 * MINUTE;
  has.active = [b];
  await tell([ended(a, '2027-01-15T08:01:00Z')]);
  await lookFor(70);
  expect(actions()).toEqual(['trigger']);
});

test('of all of a group, by a lagging peer that had to cut it, is not that of what another one has active', async () => {
  const { has, tell, lookFor, actions } = setUp(config('[]'));
  const [a, b, c] = [alert('a'), alert('b'), alert('c')];
  has.active = [a, b];
  await tell([a, b]);
  has.active = [c];
  const cut = { truncatedAlerts: 1, notification_reason: 'all alerts resolved' };
  expect(await tell([ended(a)], cut)).toEqual(['resolve suppressed still_firing']);
  has.active = [];
  await lookFor(20);
  expect(actions()).toEqual(['trigger', 'resolve']);
});

test('does not put off the page of what was closed as gone and is active again', async () => {
  const { t, has, tell, insist, lookFor, actions } = setUp(config("['...']"));
  const at = (ms: number) => new Date(t.now + ms).toISOString();
  const first = alert('a', at(-MINUTE));
  has.active = [first];
  await tell([first]);
  has.active = [];
  await lookFor(8);
  expect(actions()).toEqual(['trigger', 'resolve']);
  has.active = [alert('a', at(0))];
  await insist(ended(first, at(-5 * MINUTE)));
  await lookFor(1);
  expect(actions()).toEqual(['trigger']);
});
