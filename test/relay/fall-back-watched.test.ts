import { describe, expect, test } from '@jest/globals';
import { calls, RECEIVERS } from '../support/fallback.ts';
import { WATCHED } from '../support/looks.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, LIMITED, REJECTED, relayUnderTest, UNAVAILABLE, webhookOf } from '../support/relay.ts';
import { answering, pending, type Slow, settled } from '../support/slow-answers.ts';

describe('an incident that a fallback has', () => {
  const of = (letter: string, more: Partial<PostedAlert> = {}): PostedAlert => ({
    fingerprint: letter.repeat(16),
    labels: { alertname: letter, service: 'shop' },
    startsAt: '2027-01-15T08:01:00Z',
    ...more,
  });
  const WITH_QUIET = `${RECEIVERS}
  - name: quiet
    fallback: og
    pagerduty_configs: [{ routing_key: quiet, url: 'http://vendor.example/pd', send_resolved: false }]
`;

  /** With a vendor that is down or back, and an Alertmanager that has these alerts. */
  function setUpWith(route: string) {
    const answers: { pd: Slow; og: Slow } = { pd: UNAVAILABLE, og: ACCEPTED };
    const t = relayUnderTest(`${route}\n${WITH_QUIET}`, ({ url }) =>
      answering(url.endsWith('/pd') ? answers.pd : answers.og),
    );
    t.now += 120_000;
    /** Minutes pass, and Alertmanager is looked at. */
    const pass = async (minutes: number, active?: string, muted = '') => {
      for (let minute = 0; minute < minutes; minute++) {
        t.now += 61_000;
        if (active !== undefined) {
          await t.relay.reconcile({
            takenAt: t.now,
            upSince: 0,
            groups:
              active + muted === ''
                ? []
                : [
                    {
                      webhook: webhookOf([...active, ...muted].map((letter) => of(letter))),
                      direct: [undefined],
                      muted: new Set([...muted].map((letter) => letter.repeat(16))),
                    },
                  ],
            state: (fingerprint) => {
              if (muted.includes(fingerprint.charAt(0))) return 'muted';
              return active.includes(fingerprint.charAt(0)) ? 'active' : undefined;
            },
          });
        }
        await t.relay.tend();
      }
      return [...new Set(calls(t.sent()))];
    };
    return { t, answers, pass };
  }

  test.each([
    [
      'and cannot be told',
      UNAVAILABLE,
      ['pd acknowledge', 'og acknowledge', 'pd trigger', 'og close'],
      ['pd acknowledge'],
    ],
    ['and rejects', REJECTED, ['pd acknowledge', 'og acknowledge'], []],
  ])(
    'is not handed back by the acknowledgement that its receiver takes of what it does not know %s',
    async (_what, answer, told, next) => {
      const { t, answers, pass } = setUpWith(
        `${WATCHED}\nroute: { receiver: pd, group_by: ['...'], on_muted: acknowledge }`,
      );
      answers.pd = answer;
      await t.tell([of('a')]);
      await pass(1, 'a');
      answers.pd = ACCEPTED;
      t.sent();
      expect(await pass(1, '', 'a')).toEqual(told);
      expect(await pass(1, '', 'a')).toEqual(next);
      expect(await pass(1, '', 'a')).toEqual([]);
      expect(await pass(3, 'a')).toEqual([]);
    },
  );

  test('is acknowledged there, once, when it is silenced while its receiver is down; and by that one when it has it', async () => {
    const { t, answers, pass } = setUpWith(
      `${WATCHED}\nroute: { receiver: pd, group_by: ['...'], on_muted: acknowledge }`,
    );
    await t.tell([of('a')]);
    t.sent();
    expect(await pass(2, '', 'a')).toContain('og acknowledge');
    expect(await pass(3, '', 'a')).not.toContain('og acknowledge');
    answers.pd = ACCEPTED;
    expect(await pass(2, '', 'a')).toEqual(['pd trigger', 'og close', 'pd acknowledge']);
    expect(await pass(2, '', 'a')).toEqual([]);
  });

  test.each([
    ['b', []],
    ['', ['og acknowledge']],
  ])(
    'is not acknowledged there while another receiver shares it, of which %s fires',
    async (others, told) => {
      const { t, answers, pass } = setUpWith(
        `${WATCHED}\nroute: { receiver: pd, group_by: [service], on_muted: acknowledge, routes: [{ receiver: quiet, matchers: ['alertname="b"'] }] }`,
      );
      answers.pd = REJECTED;
      for (const letter of ['a', ...others]) await t.tell([of(letter)]);
      t.sent();
      expect((await pass(3, others, 'a')).filter((call) => call.startsWith('og'))).toEqual(told);
    },
  );

  test('is acknowledged by the fallback when that can be told', async () => {
    const { t, answers, pass } = setUpWith(
      `${WATCHED}\nroute: { receiver: pd, group_by: ['...'], on_muted: acknowledge }`,
    );
    answers.pd = REJECTED;
    await t.tell([of('a')]);
    answers.og = UNAVAILABLE;
    await pass(1, '', 'a');
    answers.og = ACCEPTED;
    t.sent();
    expect(await pass(3, '', 'a')).toContain('og acknowledge');
    expect(await pass(3, '', 'a')).toEqual([]);
  });

  describe('when what it was told last is over, and another replica was told of the end', () => {
    const told = async () => {
      const world = setUpWith(
        "relay: { alertmanager_url: 'http://am', reconcile_after: 6m }\nroute: { receiver: pd, group_by: [] }",
      );
      await world.t.tell([of('a')]);
      // Alertmanager was restarted, and not told of the other one again yet.
      await world.t.tell([of('b')]);
      world.t.sent();
      world.answers.pd = ACCEPTED;
      return world;
    };

    test('is handed back for what it was told of before, if that fires on', async () => {
      const { t, pass } = await told();
      expect(await pass(5, 'a')).toEqual([]);
      expect(await pass(2, 'a')).toEqual(['pd trigger', 'og close']);
      expect(await t.scrape()).toContain('pagerelay_stand_ins 0');
      expect(await pass(20, 'a')).toEqual([]);
    });

    test('is ended if nothing fires that it was told of, and what else fires is left to Alertmanager', async () => {
      const { t, pass } = await told();
      expect(await pass(10, 'c')).toEqual(['og close']);
      expect(await t.scrape()).toContain('pagerelay_stand_ins 0');
    });
  });

  test.each(["['...']", '[service]', '[]'])(
    'calls a resolve off that is kept back: the alert fires, and its receiver hears of it (by %s)',
    async (groupBy) => {
      const { t, answers, pass } = setUpWith(
        `route: { receiver: pd, group_by: ${groupBy}, dedup: { hold_resolve: 2m } }`,
      );
      answers.pd = ACCEPTED;
      await t.tell([of('a')]);
      await t.tell([of('a', { status: 'resolved', endsAt: '2027-01-15T08:02:00Z' })]);
      answers.pd = UNAVAILABLE;
      t.now += 60_000;
      const again = { startsAt: '2027-01-15T08:02:30Z' };
      await t.tell([of('a', again)]);
      t.sent();
      await pass(2);
      answers.pd = ACCEPTED;
      expect(await pass(3)).toEqual(['pd trigger', 'og close']);
      await t.tell([of('a', { ...again, status: 'resolved' })]);
      expect(await pass(3)).toEqual(['pd resolve']);
    },
  );

  test('is not handed back while the end is kept back, though the start of the firing lay ahead of it', async () => {
    const { t, answers, pass } = setUpWith(
      "route: { receiver: pd, group_by: ['...'], dedup: { hold_resolve: 4m } }",
    );
    const at = (ms: number) => new Date(t.now + ms).toISOString();
    await t.tell([of('a', { startsAt: at(300_000) })]);
    t.sent();
    answers.pd = ACCEPTED;
    t.now += 60_000;
    await t.tell([of('a', { status: 'resolved', startsAt: at(0), endsAt: at(0) })]);
    expect(await pass(2)).toEqual([]);
    expect(await pass(5)).toEqual(['pd resolve', 'og close']);
  });

  test('is ended where its receiver was told of straight, whatever the route tree says', async () => {
    const { t, answers, pass } = setUpWith("route: { receiver: og, group_by: ['...'] }");
    await t.tellDirectly('pd', [of('a')]);
    t.sent();
    answers.pd = ACCEPTED;
    expect(await pass(3)).toEqual(['pd trigger', 'og close']);
  });

  test("is ended where the fallback's own incidents are others", async () => {
    const { t, answers, pass } = setUpWith(
      "route: { receiver: og, routes: [{ receiver: pd, group_by: [service], continue: true }, { receiver: og, group_by: ['...'] }] }",
    );
    await t.tell([of('a')]);
    t.sent();
    answers.pd = ACCEPTED;
    expect(await pass(3)).toEqual(['pd trigger', 'og close']);
  });

  test('of an incident by labels stays as long as any of its alerts fires, and that is what its receiver is told', async () => {
    const { t, answers, pass } = setUpWith(`${WATCHED}\nroute: { receiver: pd, group_by: [service] }`);
    await t.tell([of('a')], { groupKey: 'one' });
    await t.tell([of('b')], { groupKey: 'two' });
    expect(await pass(10, 'ab')).not.toContain('og close');
    await t.tell([of('b', { status: 'resolved' })], { groupKey: 'two' });
    expect(await pass(1, 'a')).not.toContain('og close');
    answers.pd = ACCEPTED;
    expect(await pass(5, 'a')).toEqual(['pd trigger', 'og close']);
  });

  describe('is ended because its alerts are muted while its receiver is down, which', () => {
    const RESOLVED = `${WATCHED}\nroute: { receiver: pd, group_by: ['...'], on_muted: resolve }`;
    const setUpMuted = async () => {
      const setting = setUpWith(RESOLVED);
      await setting.t.tell([of('a')]);
      setting.t.sent();
      expect(await setting.pass(2, '', 'a')).toContain('og close');
      setting.answers.pd = ACCEPTED;
      return setting;
    };

    test('is told that they fire when they are heard again before it is back: Alertmanager tells nobody', async () => {
      const { t, pass } = await setUpMuted();
      expect(await pass(3, 'a')).toEqual(['pd trigger']);
      await t.tell([of('a', { status: 'resolved' })]);
      expect(await pass(3, '')).toEqual(['pd resolve']);
      expect(await t.scrape()).toContain('pagerelay_stand_ins 0');
    });

    test('is still down when they are heard again: the fallback has it again, until they are muted once more', async () => {
      const { answers, pass } = await setUpMuted();
      answers.pd = UNAVAILABLE;
      expect(await pass(2, 'a')).toContain('og create');
      expect(await pass(2, '', 'a')).toContain('og close');
      expect(await pass(2, 'a')).toContain('og create');
      answers.pd = ACCEPTED;
      expect(await pass(3, 'a')).toEqual(['pd trigger', 'og close']);
    });

    test('is told of that end, and that they fire when they are heard again after it is back', async () => {
      const { pass } = await setUpMuted();
      expect(await pass(3, '', 'a')).toEqual(['pd resolve']);
      expect(await pass(3, 'a')).toEqual(['pd trigger']);
    });

    test('has what fires told in its turn, though that end is to be told too', async () => {
      const { t, answers } = await setUpMuted();
      t.now += 61_000;
      const { answer, give, asked } = pending();
      answers.pd = answer;
      const told = [t.tell([of('a')]), t.tell([of('a', { annotations: { summary: 'new' } })])];
      const tending = t.relay.tend();
      await asked;
      await settled();
      give(ACCEPTED);
      await Promise.all([...told, tending]);
      expect(calls(t.sent())).toEqual(['pd trigger', 'pd trigger']);
    });

    test('is not told of that end once it has taken that they fire, though the fallback has not ended its own', async () => {
      const { t, answers, pass } = setUpWith(RESOLVED);
      await t.tell([of('a')]);
      answers.og = UNAVAILABLE;
      await pass(2, '', 'a');
      t.now += 61_000;
      const { answer, give, asked } = pending();
      answers.pd = answer;
      const told = t.tell([of('a')]);
      await asked;
      const tending = t.relay.tend();
      await settled();
      give(ACCEPTED);
      await Promise.all([told, tending]);
      expect(calls(t.sent())).toEqual(['pd trigger', 'og close']);
      answers.og = ACCEPTED;
      expect(await pass(2, 'a')).toEqual(['og close']);
    });
  });

  test('is opened once by a look at Alertmanager, of what was closed early, until its alerts are muted', async () => {
    const { t, answers, pass } = setUpWith(
      `${WATCHED}\nroute: { receiver: pd, group_by: [service], on_muted: resolve }`,
    );
    answers.pd = ACCEPTED;
    for (const status of ['firing', 'resolved'] as const) await t.tell([of('a', { status })]);
    t.sent();
    answers.pd = LIMITED;
    // Another replica was told of this one.
    expect(await pass(20, 'b')).toContain('og create');
    expect(await t.scrape()).toContain('pagerelay_reconciled_incidents_total{what="active"} 1');
    expect(await pass(2, '', 'b')).toContain('og close');
    answers.pd = ACCEPTED;
    expect(await pass(3, 'b')).toEqual(['pd trigger']);
  });

  test('is opened by a look at Alertmanager: its receiver that does not resolve is not told that it is gone', async () => {
    const { t, answers, pass } = setUpWith(`${WATCHED}\nroute: { receiver: quiet, group_by: ['...'] }`);
    answers.pd = ACCEPTED;
    // The last one is taken for what a lagging peer says.
    for (const status of ['firing', 'resolved', 'firing'] as const) await t.tell([of('a', { status })]);
    t.sent();
    answers.pd = LIMITED;
    expect(await pass(6, 'a')).toContain('og create');
    expect(await pass(10, '')).toEqual(['og close']);
  });

  test.each(["['...']", '[service]', '[]'])(
    'is opened by a look where it was closed, its receiver is owed that, and what fired then was taken for stale (by %s)',
    async (groupBy) => {
      const { t, answers, pass } = setUpWith(`${WATCHED}\nroute: { receiver: pd, group_by: ${groupBy} }`);
      answers.pd = ACCEPTED;
      for (const status of ['firing', 'resolved'] as const)
        await t.tell([of('a', { status, startsAt: '2027-01-15T07:00:00Z' })]);
      answers.pd = LIMITED;
      for (const status of ['firing', 'resolved', 'firing'] as const) await t.tell([of('a', { status })]);
      expect(calls(t.sent())).toContain('og close');
      expect(await pass(20, 'a')).toContain('og create');
    },
  );

  test.each([
    ['rejects it', REJECTED],
    ['is down', UNAVAILABLE],
    ['is over its limit', LIMITED],
  ])(
    'and has ended, and that is active again with the same start, is opened anew when its receiver %s',
    async (_what, answer) => {
      const { t, answers, pass } = setUpWith(`${WATCHED}\nroute: { receiver: pd, group_by: ['...'] }`);
      answers.pd = answer;
      for (const status of ['firing', 'resolved'] as const) await t.tell([of('a', { status })]);
      expect(await t.tell([of('a')])).toMatchObject([{ outcome: 'suppressed', reason: 'stale' }]);
      t.sent();
      expect(await pass(4, 'a')).not.toContain('og create');
      expect(await pass(3, 'a')).toContain('og create');
      expect(await pass(10, 'a')).not.toContain('og create');
      await t.tell([of('a', { status: 'resolved' })]);
      expect(calls(t.sent())).toContain('og close');
    },
  );

  test('stays where Alertmanager does not have its alert for a moment', async () => {
    const { t, answers, pass } = setUpWith(`${WATCHED}\nroute: { receiver: pd, group_by: ['...'] }`);
    await t.tell([of('a')]);
    await pass(10, 'a');
    expect(await pass(1, '')).toEqual([]);
    answers.pd = ACCEPTED;
    expect(await pass(3, 'a')).toEqual(['pd trigger', 'og close']);
  });
});
