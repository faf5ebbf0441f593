import { describe, expect, test } from '@jest/globals';
import { MINUTE } from '../support/looks.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, type RelayUnderTest, relayUnderTest, UNAVAILABLE } from '../support/relay.ts';

const HOUR = 60 * MINUTE;

const CONFIG = (more = '') => `
route: { receiver: pd${more} }
receivers: [{ name: pd, pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }] }]
`;
const PER_ALERT = CONFIG(", group_by: ['...']");
const PER_GROUP = CONFIG();
const BY_LABELS = CONFIG(', group_by: [alertname]');
const REPEAT = { notification_reason: 'repeat interval elapsed' };
const FIRST = { notification_reason: 'first notification' };
const ADDED = { notification_reason: 'new alerts added' };

/** The relay under test begins then. */
const BEGIN = Date.UTC(2027, 0, 15, 8);
const at = (ms: number) => new Date(BEGIN + ms).toISOString();
const alert = (letter: string, startedAfter: number, more: PostedAlert = {}): PostedAlert => ({
  fingerprint: letter.repeat(16),
  startsAt: at(startedAfter),
  ...more,
});
const ended = (letter: string, startedAfter: number): PostedAlert =>
  alert(letter, startedAfter, { status: 'resolved', endsAt: at(startedAfter + 1000) });

/** The delays that were observed: how many, and their sum in seconds. */
async function observed(t: RelayUnderTest, receiver = 'pd'): Promise<readonly [count: number, sum: number]> {
  const text = await t.scrape();
  const [count, sum] = ['count', 'sum'].map((what) =>
    Number(
      new RegExp(
        `^pagerelay_alert_delivery_delay_seconds_${what}\\{.*receiver="${receiver}".*\\} (.*)$`,
        'm',
      ).exec(text)?.[1],
    ),
  );
  return [count ?? Number.NaN, sum ?? Number.NaN];
}

/** The delay in seconds of each thing told, by the time at which it is told; undefined where none is observed. */
async function delaysOf(t: RelayUnderTest, said: readonly Said[]): Promise<readonly (number | undefined)[]> {
  const delays: (number | undefined)[] = [];
  let before = await observed(t);
  for (const [after, alerts, rest] of said) {
    t.now = BEGIN + after;
    await t.tell(alerts, rest);
    const now = await observed(t);
    delays.push(now[0] > before[0] ? now[1] - before[1] : undefined);
    before = now;
  }
  return delays;
}
type Said = readonly [
  after: number,
  alerts: readonly PostedAlert[],
  rest?: Readonly<Record<string, unknown>>,
];

const A = alert('a', MINUTE);
const B = alert('b', HOUR);
const LATER = { annotations: { summary: 'worse' } };

describe('the delay of an alert', () => {
  test.each<[string, string, readonly Said[], readonly (number | undefined)[]]>([
    ['counts from its start', PER_ALERT, [[2 * MINUTE, [A]]], [60]],
    [
      'is not observed of what changed, nor of what is repeated',
      PER_ALERT,
      [
        [2 * MINUTE, [A]],
        [HOUR, [{ ...A, ...LATER }]],
        [4 * HOUR, [{ ...A, ...LATER }], REPEAT],
        [27 * HOUR, [{ ...A, ...LATER }]],
      ],
      [60, undefined, undefined, undefined],
    ],
    [
      'counts from the new start where it fires again',
      PER_ALERT,
      [
        [2 * MINUTE, [A]],
        [3 * MINUTE, [ended('a', MINUTE)]],
        [HOUR + 30_000, [alert('a', HOUR)]],
      ],
      [60, undefined, 30],
    ],
    [
      'is not observed again where an alert that ended comes back with its old start',
      PER_ALERT,
      [
        [2 * MINUTE, [A]],
        [3 * MINUTE, [ended('a', MINUTE)]],
        [HOUR, [A]],
      ],
      [60, undefined, undefined],
    ],
    ...[PER_GROUP, BY_LABELS].map(
      (config, i): [string, string, readonly Said[], readonly (number | undefined)[]] => [
        `is that of the one that joins, and not observed where one leaves (${['group', 'labels'][i]})`,
        config,
        [
          [2 * MINUTE, [A]],
          [HOUR + 20_000, [A, B]],
          [2 * HOUR, [A, ended('b', HOUR)]],
          [3 * HOUR, [{ ...A, ...LATER }]],
        ],
        [60, 20, undefined, undefined],
      ],
    ),
    [
      'is not observed of one that joined while that was no change',
      CONFIG(', dedup: { resend_on: [summary] }'),
      [
        [2 * MINUTE, [A]],
        [HOUR, [A, B]],
        [3 * HOUR, [A, B].map((one) => ({ ...one, ...LATER }))],
      ],
      [60, undefined, undefined],
    ],
    [
      'is observed once where its start lay ahead',
      PER_GROUP,
      [
        [0, [A]],
        [HOUR, [{ ...A, ...LATER }]],
      ],
      [0, undefined],
    ],
  ])('%s', async (_, config, said, delays) => {
    expect(await delaysOf(relayUnderTest(config), said)).toEqual(delays);
  });

  test.each<[string, Readonly<Record<string, unknown>>, number | undefined]>([
    ['is not observed, for it may have been told', {}, undefined],
    ['is not observed of a repeat', REPEAT, undefined],
    ['is not observed where another one of its group is new', ADDED, undefined],
    ['is observed where Alertmanager told nobody of its group', FIRST, 4 * 3600],
  ])('from before a restart %s', async (_, rest, delay) => {
    const t = relayUnderTest(PER_ALERT);
    expect(await delaysOf(t, [[0, [alert('a', -4 * HOUR)], rest]])).toEqual([delay]);
    // What changes next is no news.
    expect(await delaysOf(t, [[HOUR, [alert('a', -4 * HOUR, LATER)]]])).toEqual([undefined]);
  });

  test('is that of the whole time where the vendor did not take it, also of one that joined', async () => {
    let answer = UNAVAILABLE;
    const t = relayUnderTest(PER_GROUP, () => answer);
    const told = async (said: Said) => (await delaysOf(t, [said]))[0];
    expect(await told([2 * MINUTE, [A]])).toBe(undefined);
    answer = ACCEPTED;
    expect(await told([20 * MINUTE, [A]])).toBe(19 * 60);
    answer = UNAVAILABLE;
    expect(await told([HOUR + MINUTE, [A, B]])).toBe(undefined);
    answer = ACCEPTED;
    expect(await told([HOUR + 20 * MINUTE, [A, B]])).toBe(20 * 60);
  });

  test('is not observed of what a mute held back', async () => {
    const t = relayUnderTest(`
route: { receiver: none, routes: [{ receiver: pd, mute_time_intervals: [meal] }] }
time_intervals: [{ name: meal, time_intervals: [{ times: [{ start_time: '08:00', end_time: '09:00' }] }] }]
receivers:
  - name: none
  - { name: pd, pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }] }
`);
    await t.tell([A]);
    t.now += HOUR + MINUTE;
    await t.relay.tend();
    expect(t.sent()).toHaveLength(1);
    expect(await observed(t)).toEqual([0, 0]);
  });

  test('is that of the fallback that took it, and not observed where its own receiver is told afterwards', async () => {
    let own = UNAVAILABLE;
    const t = relayUnderTest(
      `
route: { receiver: pd }
receivers:
  - { name: pd, fallback: spare, pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }] }
  - { name: spare, pagerduty_configs: [{ routing_key: spare, url: 'http://vendor.example/spare' }] }
`,
      ({ url }) => (url.endsWith('/pd') ? own : ACCEPTED),
    );
    const delays = async () => [await observed(t, 'pd'), await observed(t, 'spare')];
    t.now += 2 * MINUTE;
    await t.tell([A]);
    expect(await delays()).toEqual([
      [0, 0],
      [1, 60],
    ]);
    own = ACCEPTED;
    t.now += HOUR;
    t.sent();
    await t.relay.tend();
    expect(t.sent().map(({ url }) => url.slice(-5))).toEqual(['le/pd', 'spare']);
    expect(await delays()).toEqual([
      [0, 0],
      [1, 60],
    ]);
  });
});
