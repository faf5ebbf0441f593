import { describe, expect, test } from '@jest/globals';
import type { Snapshot } from '../../src/alertmanager/snapshot.ts';
import { calls } from '../support/fallback.ts';
import { alert, ended, GROUP, MINUTE, seen, WATCHED } from '../support/looks.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, REJECTED, relayUnderTest, type SentEvent, UNAVAILABLE } from '../support/relay.ts';
import { sharedMemory } from '../support/shared-memory.ts';

const HOUR = 60 * MINUTE;
const MUTED = 'mute_time_intervals: [breakfast]';

const config = ({ groupBy = "['...']", route = MUTED, more = '' } = {}) => `
${more}
route: { receiver: pd, group_by: ${groupBy}, routes: [{ receiver: pd, ${route} }] }
time_intervals:
  - { name: breakfast, time_intervals: [{ times: [{ start_time: '08:00', end_time: '09:00' }] }] }
  - { name: work, time_intervals: [{ times: [{ start_time: '09:00', end_time: '24:00' }, { start_time: '00:00', end_time: '08:00' }] }] }
receivers:
  - name: pd
    fallback: og
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd', description: '{{ range .Alerts.Firing }}{{ .Labels.alertname }}{{ end }}' }]
  - name: og
    opsgenie_configs: [{ api_key: key, api_url: 'http://vendor.example/og' }]
`;

/** As `calls`, with what fires of a trigger to the receiver: `pd trigger AB`. */
const toldOf = (sent: readonly SentEvent[]) =>
  sent.flatMap((one) => {
    const { event_action: action, payload } = one.body;
    const { summary = '' } = action === 'trigger' ? (payload as { readonly summary: string }) : {};
    return calls([one]).map((call) => `${call} ${summary}`.trim());
  });

const BY = ["['...']", '[service]', '[]'];

/** `pd` is down from the start, which is 08:00. */
function setUp(text: string, store?: ReturnType<ReturnType<typeof sharedMemory>>) {
  const answers = { pd: UNAVAILABLE, og: ACCEPTED };
  const alertmanager: { has: Snapshot | undefined } = { has: undefined };
  const t = relayUnderTest(text, ({ url }) => (url.endsWith('/pd') ? answers.pd : answers.og), {
    fresh: async () => alertmanager.has,
    ...(store && { store }),
  });
  const tell = async (...alerts: readonly PostedAlert[]) => {
    await t.tell(alerts, GROUP);
    return toldOf(t.sent());
  };
  const later = async (ms = 61_000) => {
    t.now += ms;
    await t.relay.tend();
    return toldOf(t.sent());
  };
  return { t, answers, alertmanager, tell, later };
}

describe('what was held, while its receiver is down and has a fallback', () => {
  test('is not held any longer when the fallback has taken it, and not sent when it is over', async () => {
    const { t, answers, tell, later } = setUp(config());
    await tell(alert('a'));
    expect(await later(HOUR)).toEqual(['pd trigger A', 'og create']);
    expect(await t.scrape()).toContain('pagerelay_notifications_held 0');
    expect(await later(1_000)).toEqual([]);
    expect(await tell(ended('a'))).toEqual(['og close']);
    expect(await later(1_000)).toEqual([]);
    answers.pd = ACCEPTED;
    expect(await later()).toEqual(['pd resolve']);
    expect(await later()).toEqual([]);
    const metrics = await t.scrape();
    expect(metrics).toContain('pagerelay_stand_ins 0');
    expect(metrics).toMatch(/^pagerelay_fallbacks_total{receiver="pd",.*} 2$/m);
  });

  test.each(BY)('is not held any longer when the fallback knows it to be stale: by %s', async (groupBy) => {
    const { t, answers, tell, later } = setUp(config({ groupBy }));
    t.now = Date.UTC(2027, 0, 15, 7, 59);
    await tell(alert('a'));
    t.now = Date.UTC(2027, 0, 15, 8, 55);
    expect(await tell(ended('a'))).toContain('og close');
    await tell(alert('a'));
    t.now = Date.UTC(2027, 0, 15, 9);
    await later(0);
    const decisions = () => t.records.decisions.query({}, 1_000).length;
    const before = decisions();
    for (let second = 0; second < 10; second++) await later(1_000);
    expect(decisions() - before).toBeLessThan(3);
    expect(t.relay.heldAlerts()).toBe(0);
    expect((await later(20 * MINUTE)).filter((one) => !one.startsWith('pd resolve'))).toEqual([]);
    answers.pd = ACCEPTED;
    expect([...(await later()), ...(await later())]).toEqual(['pd resolve']);
  });

  test('is not held any longer when the fallback has taken its end', async () => {
    const { t, answers, tell, later } = setUp(config());
    await tell(alert('a'));
    expect(await tell(ended('a'))).toEqual(['pd resolve', 'og close']);
    expect(await t.scrape()).toContain('pagerelay_notifications_held 0');
    answers.pd = ACCEPTED;
    expect(await later(HOUR)).toEqual(['pd resolve']);
  });

  test('an end that was kept back and that the fallback has taken waits until its receiver can be told', async () => {
    const { t, answers, tell, later } = setUp(config({ route: `${MUTED}, dedup: { hold_resolve: 2m }` }));
    t.now -= HOUR;
    answers.pd = ACCEPTED;
    await tell(alert('a'));
    answers.pd = UNAVAILABLE;
    await tell(ended('a'));
    expect(await later(120_000)).toEqual(['pd resolve', 'og close']);
    for (let second = 0; second < 10; second++) expect(await later(1_000)).toEqual([]);
    expect(await t.scrape()).toMatch(/^pagerelay_fallbacks_total{receiver="pd",.*} 1$/m);
    answers.pd = ACCEPTED;
    expect(await later()).toEqual(['pd resolve']);
    expect(await later()).toEqual([]);
    const metrics = await t.scrape();
    expect(metrics).toContain('pagerelay_stand_ins 0');
    expect(metrics).toContain('pagerelay_resolves_held 0');
  });
});

/** A fallback has `a` from half a minute before the mute. Now, so long after that, its receiver is back. */
async function owed(keys: Parameters<typeof config>[0] = {}, afterMs = 10 * MINUTE) {
  const on = setUp(config(keys));
  on.t.now -= MINUTE / 2;
  expect(await on.tell(alert('a'))).toEqual(['pd trigger A', 'og create']);
  on.t.now += afterMs;
  on.answers.pd = ACCEPTED;
  /** The first second after the mute, and the next. */
  const afterMute = async () => [
    ...(await on.later(Date.UTC(2027, 0, 15, 9, 0, 1) - on.t.now)),
    ...(await on.later(1_000)),
  ];
  return { ...on, afterMute };
}

/** Its receiver asked to wait for longer. */
const TOO_EARLY = MINUTE / 2 + 5_000;
/** This one began in the mute. */
const b = (status: PostedAlert['status'] = 'firing') =>
  alert('b', { status, startsAt: '2027-01-15T08:00:01Z' });

describe.each([MUTED, 'active_time_intervals: [work]'])(
  'what is owed to a receiver when its mute begins (%s)',
  (route) => {
    test.each(BY)('is told when the mute ends, and not every second: by %s', async (groupBy) => {
      const { t, later, afterMute } = await owed({ groupBy, route });
      const before = t.records.decisions.query({}, 100).length;
      for (let second = 0; second < 60; second++) expect(await later(1_000)).toEqual([]);
      expect(t.records.decisions.query({}, 100).length - before).toBeLessThanOrEqual(1);
      expect(await afterMute()).toEqual(['pd trigger A', 'og close']);
      expect(await later(1_000)).toEqual([]);
    });

    test.each(['', WATCHED])('does not put out what is held of the same group %s', async (more) => {
      const { tell, later, afterMute } = await owed({ groupBy: '[]', route, more });
      expect(await tell(alert('a'), alert('b'))).toEqual([]);
      for (let second = 0; second < 3; second++) expect(await later(1_000)).toEqual([]);
      expect(await afterMute()).toEqual(['pd trigger AB', 'og close']);
    });
  },
);

describe('what is owed in a mute', () => {
  test.each(BY)('ends with its alert: by %s', async (groupBy) => {
    const { tell, later, afterMute } = await owed({ groupBy });
    await later(1_000);
    expect(await tell(ended('a'))).toEqual(['pd resolve', 'og close']);
    expect(await afterMute()).toEqual([]);
  });

  test('an end does not put out what is held of the same group', async () => {
    const { tell, later, afterMute } = await owed({ groupBy: '[]' }, TOO_EARLY);
    expect(await tell(ended('a'))).toEqual(['og close']);
    expect(await tell(b())).toEqual([]);
    expect(await later()).toEqual(['pd resolve']);
    expect(await afterMute()).toEqual(['pd trigger B']);
  });

  test('stays owed while it is silenced after the mute', async () => {
    const { t, alertmanager, later, afterMute } = await owed({ groupBy: '[]', more: WATCHED });
    await later(1_000);
    alertmanager.has = seen(t.now, [], ['a']);
    expect(await afterMute()).toEqual([]);
    alertmanager.has = seen(t.now, ['a']);
    expect(await later()).toEqual(['pd trigger A', 'og close']);
  });

  describe.each(['[service]', '[]'])(
    'and has ended in part is not told when the mute ends: by %s',
    (groupBy) => {
      test.each([10 * MINUTE, TOO_EARLY])('%d ms after it was owed', async (afterMs) => {
        const { tell, later, afterMute } = await owed({ groupBy }, afterMs);
        expect(await later(1_000)).toEqual([]);
        await tell(alert('a'), b());
        expect([...(await tell(ended('a'), b())), ...(await later(1_000))]).toEqual(['og close']);
        expect(await later(20 * MINUTE)).toEqual([]);
        expect(await afterMute()).toEqual(['pd trigger B']);
        expect(await tell(b('resolved'))).toEqual(['pd resolve']);
      });
    },
  );

  test.each(BY)('and whose end another replica was told of is told by nobody: by %s', async (groupBy) => {
    const store = sharedMemory();
    const one = setUp(config({ groupBy }), store());
    const two = setUp(config({ groupBy }), store());
    one.t.now -= MINUTE;
    expect(await one.tell(alert('a'))).toEqual(['pd trigger A', 'og create']);
    one.t.now += 11 * MINUTE;
    one.answers.pd = ACCEPTED;
    two.answers.pd = ACCEPTED;
    expect(await one.later(1_000)).toEqual([]);
    two.t.now = one.t.now + MINUTE;
    expect(await two.tell(ended('a'))).toContain('pd resolve');
    expect(await one.later(58 * MINUTE)).toEqual(['og close']);
    expect(await one.later(1_000)).toEqual([]);
  });

  test.each(['[service]', '[]'])(
    'and has ended in part, as another replica was told, is held once and told without that: by %s',
    async (groupBy) => {
      const store = sharedMemory();
      const one = setUp(config({ groupBy }), store());
      const two = setUp(config({ groupBy }), store());
      one.t.now -= MINUTE;
      expect(await one.tell(alert('a'), alert('b'))).toEqual(['pd trigger AB', 'og create']);
      one.t.now += 2 * MINUTE;
      two.t.now = one.t.now;
      await two.tell(ended('a'), alert('b'));
      one.answers.pd = ACCEPTED;
      two.answers.pd = ACCEPTED;
      expect(await one.later()).toEqual([]);
      const decisions = () => one.t.records.decisions.query({}, 100).length;
      const before = decisions();
      for (let second = 0; second < 60; second++) expect(await one.later(1_000)).toEqual([]);
      expect(decisions()).toBe(before);
      expect(await one.later(HOUR)).toEqual(['pd trigger B', 'og close']);
      expect(await one.later(1_000)).toEqual([]);
      two.t.now = one.t.now;
      expect(await two.tell(ended('b'))).toEqual(['pd resolve']);
    },
  );
});

test('what is owed and has ended in part, as another replica was told, is told without that however late', async () => {
  const store = sharedMemory();
  const one = setUp(config({ groupBy: '[service]', route: '' }), store());
  const two = setUp(config({ groupBy: '[service]', route: '' }), store());
  expect(await one.tell(alert('a'), alert('b'))).toEqual(['pd trigger AB', 'og create']);
  two.t.now += MINUTE;
  await two.tell(ended('a'), alert('b'));
  expect(await one.later(20 * MINUTE)).toEqual(['pd trigger B', 'og create']);
  expect(await one.later()).toEqual(['pd trigger B']);
  one.answers.pd = ACCEPTED;
  expect(await one.later()).toEqual(['pd trigger B', 'og close']);
  two.answers.pd = ACCEPTED;
  two.t.now = one.t.now;
  expect(await two.tell(ended('b'))).toContain('pd resolve');
});

describe('what a receiver rejects while its fallback is away is told again a few times a minute, until that takes it', () => {
  /** 14 seconds, and more in which the fallback is back: it has asked to wait that long. */
  async function ofAWhile({ answers, later }: ReturnType<typeof setUp>) {
    const sent: string[] = [];
    for (let second = 0; second < 14; second++) sent.push(...(await later(1_000)));
    answers.og = ACCEPTED;
    const taken: string[] = [];
    for (let quarter = 0; quarter < 5; quarter++) taken.push(...(await later(15_000)));
    return { toldToIt: sent.filter((one) => one.startsWith('pd')).length, taken };
  }

  test('where it was held', async () => {
    const on = setUp(config());
    Object.assign(on.answers, { pd: REJECTED, og: UNAVAILABLE });
    await on.tell(alert('a'));
    on.t.now = Date.UTC(2027, 0, 15, 9);
    const { toldToIt, taken } = await ofAWhile(on);
    expect(toldToIt).toBe(1);
    expect(taken.filter((one) => one.startsWith('og'))).toEqual(['og create']);
    expect(on.t.relay.heldAlerts()).toBe(0);
    expect(await on.tell(ended('a'))).toContain('og close');
  });

  test('where it was owed', async () => {
    const on = setUp(config({ groupBy: '[service]', route: '' }));
    await on.tell(alert('a'));
    on.answers.og = UNAVAILABLE;
    await on.tell(alert('a'), alert('b'));
    on.answers.pd = REJECTED;
    on.t.now += MINUTE;
    const { toldToIt, taken } = await ofAWhile(on);
    expect(toldToIt).toBe(1);
    expect(taken.filter((one) => one.startsWith('og'))).toEqual(['og create']);
    expect(await on.tell(ended('a'), ended('b'))).toContain('og close');
    expect(await on.t.scrape()).toContain('pagerelay_stand_ins 0');
  });
});
