import { describe, expect, test } from '@jest/globals';
import type { Answer } from '../../src/notify/outcome.ts';
import {
  actionOf,
  alert,
  config,
  ended,
  GROUP,
  MINUTE,
  relayWithLooks,
  seen,
  told,
  WATCHED,
} from '../support/looks.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, REJECTED, relayUnderTest, UNAVAILABLE, webhookOf } from '../support/relay.ts';
import { config as configOfTwo, relayWithReloads } from '../support/reload.ts';
import { sharedMemory } from '../support/shared-memory.ts';

test.each([
  ['before its alert began', '06:59', [], ['resolve']],
  ['before its alert began, though an older one is muted', '06:59', ['o'], ['resolve']],
  ['while its alert was active', '07:01', [], []],
] as const)(
  'what another replica has closed %s and this one has found open: once it is gone, what is told',
  async (_, closedAt, muted, expected) => {
    const store = sharedMemory();
    const [one, two] = [
      relayUnderTest(config('', '[]'), () => ACCEPTED, { store: store() }),
      relayUnderTest(config('', '[]'), () => ACCEPTED, { store: store() }),
    ];
    one.now = Date.parse(`2027-01-15T${closedAt}:00Z`);
    await one.tell([alert('a', { startsAt: '2027-01-15T06:00:00Z' })], GROUP);
    await one.tell([alert('a', { startsAt: '2027-01-15T06:00:00Z', status: 'resolved' })], GROUP);
    for (const active of [['a'], [], []]) {
      await two.relay.reconcile(seen(two.now, active, active.length > 0 ? muted : []));
      two.now += 6 * MINUTE;
    }
    expect(told(two.sent()).map(actionOf)).toEqual(expected);
  },
);

describe('an incident by labels that was resolved while another of its alerts was active', () => {
  /** The alerts have been active for so long when it is resolved. */
  const resolved = async (activeForMs = 60 * MINUTE) => {
    const { t, look } = relayWithLooks(config('', '[service]'));
    t.now = Date.parse('2027-01-15T07:00:00Z') + activeForMs;
    await t.tell([alert('a')], GROUP);
    await t.tell([ended('a')], GROUP);
    t.sent();
    return { t, actions: async (active: readonly string[]) => (await look(active)).map(actionOf) };
  };

  test('is opened again, for another replica was told of that one, and ends with it', async () => {
    const { t, actions } = await resolved();
    expect(await actions(['b'])).toEqual(['trigger']);
    expect(await actions(['b'])).toEqual([]);
    await t.tell([ended('b')], GROUP);
    expect(t.sent()).toHaveLength(1);
  });

  test('is not while Alertmanager may not have told anybody of that one', async () => {
    const { actions } = await resolved(MINUTE);
    for (let minute = 2; minute < 6; minute++) expect(await actions(['b'])).toEqual([]);
    expect(await actions(['b'])).toEqual(['trigger']);
  });

  test('is not opened again for the one that has ended, as a lagging peer has it, nor with it', async () => {
    const { t, actions } = await resolved();
    expect(await actions(['a'])).toEqual([]);
    expect(await actions(['a', 'b'])).toEqual(['trigger']);
    await t.tell([ended('b')], GROUP);
    expect(t.sent().map(({ body }) => body.event_action)).toEqual(['resolve']);
  });

  test('is not when it was told meanwhile that the other one is over, too', async () => {
    const { t, actions } = await resolved(MINUTE);
    expect(await actions(['b'])).toEqual([]);
    await t.tell([ended('b')], GROUP);
    t.sent();
    t.now += 10 * MINUTE;
    expect(await actions(['b'])).toEqual([]);
  });
});

describe.each([
  ['per alert', config()],
  ['of a whole group', config('', '[]')],
])('an incident %s that was resolved when its alert had begun again', (_what, text) => {
  /** The alert has been active again for so long when the end of its earlier firing is told. */
  const resolved = async (activeForMs = 60 * MINUTE) => {
    const { t, look } = relayWithLooks(text);
    const earlier = { startsAt: '2027-01-15T06:00:00Z' };
    t.now = Date.parse('2027-01-15T07:00:00Z') + activeForMs;
    await t.tell([alert('a', earlier)], GROUP);
    await t.tell([alert('a', { ...earlier, status: 'resolved' })], GROUP);
    expect(told(t.sent()).map(actionOf)).toEqual(['trigger', 'resolve']);
    return { t, actions: async () => (await look(['a'])).map(actionOf) };
  };

  test('is opened again, for Alertmanager that lost what it said last tells nothing of it, and ends with it', async () => {
    const { t, actions } = await resolved();
    expect(await actions()).toEqual(['trigger']);
    expect(await actions()).toEqual([]);
    await t.tell([ended('a')], GROUP);
    expect(told(t.sent()).map(actionOf)).toEqual(['resolve']);
    expect(await actions()).toEqual([]);
  });

  test('is not while Alertmanager may have yet to tell of it', async () => {
    const { actions } = await resolved(MINUTE);
    for (let minute = 2; minute < 6; minute++) expect(await actions()).toEqual([]);
    expect(await actions()).toEqual(['trigger']);
  });
});

describe.each([
  ['per alert', "['...']"],
  ['by labels', '[service]'],
  ['of a whole group', '[]'],
])('an incident %s that was resolved before its alert began again', (_what, groupBy) => {
  const RESOLVED_AT = Date.parse('2027-01-15T06:30:00Z');
  const BEGAN_AT = Date.parse('2027-01-15T07:00:00Z');

  /** Alertmanager has been up since a time after the resolve, or before. */
  const resolved = async (upMs: number, route = '') => {
    const { t, look } = relayWithLooks(config(route, groupBy));
    const earlier = { startsAt: '2027-01-15T06:00:00Z' };
    t.now = RESOLVED_AT - 2 * MINUTE;
    await t.tell([alert('a', earlier)], GROUP);
    if (route === '') t.now = RESOLVED_AT;
    await t.tell([alert('a', { ...earlier, status: 'resolved' })], GROUP);
    t.now = RESOLVED_AT;
    await t.relay.tend();
    expect(told(t.sent()).map(actionOf)).toEqual(['trigger', 'resolve']);
    t.now = BEGAN_AT;
    return {
      t,
      look,
      actions: async (active = ['a'], afterMs = MINUTE) =>
        (await look(active, [], afterMs, RESOLVED_AT + upMs)).map(actionOf),
    };
  };

  test('is opened again when Alertmanager was restarted since, and may take the alert for told; and ends with it', async () => {
    const { t, actions } = await resolved(1);
    for (let minute = 1; minute < 6; minute++) expect(await actions()).toEqual([]);
    expect(await actions()).toEqual(['trigger']);
    expect(await actions()).toEqual([]);
    await t.tell([ended('a')], GROUP);
    expect(told(t.sent()).map(actionOf)).toEqual(['resolve']);
    expect(await actions()).toEqual([]);
  });

  test('is, too, when that was while its end was held, and not when it was before that', async () => {
    const route = 'dedup: { hold_resolve: 2m }';
    const { actions } = await resolved(-2 * MINUTE + 1, route);
    expect(await actions(['a'], 6 * MINUTE)).toEqual(['trigger']);
    const { actions: actionsBefore } = await resolved(-2 * MINUTE, route);
    expect(await actionsBefore(['a'], 6 * MINUTE)).toEqual([]);
  });

  test('is adopted without a word when Alertmanager was up all the time: another replica was told', async () => {
    const { t, actions } = await resolved(-60 * MINUTE);
    for (let minute = 0; minute < 10; minute++) expect(await actions()).toEqual([]);
    expect(await t.scrape()).toContain('pagerelay_reconciled_incidents_total{what="adopted"} 1');
    await t.tell([ended('a')], GROUP);
    expect(told(t.sent()).map(actionOf)).toEqual(['resolve']);
  });

  test('is adopted while the start lies ahead, which tells nothing, and opened again six minutes after that', async () => {
    const { t, actions } = await resolved(1);
    t.now = BEGAN_AT - 2 * MINUTE;
    expect(await actions()).toEqual([]);
    expect(await t.scrape()).toContain('pagerelay_reconciled_incidents_total{what="adopted"} 1');
    for (let minute = 0; minute < 6; minute++) expect(await actions()).toEqual([]);
    expect(await actions()).toEqual(['trigger']);
  });

  test.each([
    ['before it can have saved the end', 19, ['trigger']],
    ['later', 20, []],
  ])(
    'is opened again when it had been adopted, and Alertmanager was restarted %s',
    async (_when, minutes, sent) => {
      const { t, look, actions } = await resolved(-60 * MINUTE);
      t.now = RESOLVED_AT + minutes * MINUTE;
      expect(await actions(['a'], 0)).toEqual([]);
      expect(await t.scrape()).toContain('pagerelay_reconciled_incidents_total{what="adopted"} 1');
      t.now = BEGAN_AT;
      const lookAgain = async () => (await look(['a'], [], 6 * MINUTE, BEGAN_AT)).map(actionOf);
      expect(await lookAgain()).toEqual(sent);
      expect(await lookAgain()).toEqual([]);
    },
  );

  test('is not opened again when Alertmanager tells of the alert meanwhile', async () => {
    const { t, actions } = await resolved(1);
    expect(await actions()).toEqual([]);
    await t.tell([alert('a')], GROUP);
    expect(told(t.sent()).map(actionOf)).toEqual(['trigger']);
    expect(await actions(['a'], 10 * MINUTE)).toEqual([]);
  });

  test('is not when the alert is gone by then', async () => {
    const { actions } = await resolved(1);
    expect(await actions()).toEqual([]);
    for (let minute = 0; minute < 10; minute++) expect(await actions([])).toEqual([]);
  });
});

describe.each([
  ['for a mute', config('on_muted: resolve', '[service]'), 'a'],
  ['early', config('', '[service]'), 'b'],
])(
  'what was closed %s and may have been opened again, for the vendor did not say no',
  (_why, text, heard) => {
    const unsure = async () => {
      const answers = { now: ACCEPTED };
      const { t, look } = relayWithLooks(text, () => answers.now);
      await t.tell([alert('a')], GROUP);
      if (heard === 'b') await t.tell([ended('a')], GROUP);
      else await look([], ['a']);
      t.sent();
      answers.now = UNAVAILABLE;
      const lookAt = async (active: readonly string[]) => (await look(active, [], 2 * MINUTE)).map(actionOf);
      expect(await lookAt([heard])).toEqual(['trigger']);
      return { answers, lookAt };
    };

    test('is opened at each look until the vendor takes it', async () => {
      const { answers, lookAt } = await unsure();
      expect(await lookAt([heard])).toEqual(['trigger']);
      answers.now = ACCEPTED;
      expect(await lookAt([heard])).toEqual(['trigger']);
      expect(await lookAt([heard])).toEqual([]);
    });

    test('is ended when its alerts are gone by then', async () => {
      const { answers, lookAt } = await unsure();
      answers.now = ACCEPTED;
      for (let minute = 0; minute < 6; minute += 2) expect(await lookAt([])).toEqual([]);
      expect(await lookAt([])).toEqual(['resolve']);
      expect(await lookAt([])).toEqual([]);
    });
  },
);

describe.each(["['...']", '[service]', '[]'])(
  'what fires with its old start after an end that its receiver was not told of (by %s)',
  (groupBy) => {
    /** Without the incident's key. */
    const outline = (sent: readonly string[]) => sent.map((one) => one.slice(0, -2));

    /** Its receiver is down; Alertmanager tells of the alert, of its end, and of the alert again. */
    async function back(fallback: string) {
      const route = `group_by: ${groupBy}`;
      const on = relayWithReloads(configOfTwo({ fallback, route, more: WATCHED }));
      on.answers.set('old', UNAVAILABLE);
      const again = [];
      for (const one of [alert('a'), ended('a'), alert('a')]) {
        again.push(await on.t.tell([one], GROUP));
        on.t.now += MINUTE;
      }
      on.told();
      const pass = async (minutes: number, active: readonly string[]) => {
        const sent: string[] = [];
        for (let minute = 0; minute < minutes; minute++)
          sent.push(...(await on.look(active)), ...(await on.tend(1_000)));
        return outline(sent);
      };
      return { on, answers: again, pass };
    }

    test('is opened at the fallback when it is active for long, and ends with its alert', async () => {
      const { on, pass } = await back('og');
      const opened = await pass(10, ['a']);
      expect(opened.filter((one) => one.startsWith('og'))).toEqual(['og create']);
      on.answers.clear();
      await pass(2, ['a']);
      await on.t.tell([ended('a')], GROUP);
      const isEnd = (one: string) => one.endsWith('resolve') || one.endsWith('close');
      expect([...outline(on.told()), ...(await pass(8, []))].filter(isEnd)).toEqual(['old resolve']);
    });

    test('is opened where there is no fallback, or to be told again', async () => {
      const { on, answers, pass } = await back('');
      on.answers.clear();
      const [last] = answers.at(-1) ?? [];
      const sent = await pass(10, ['a']);
      expect(last?.outcome === 'unavailable' ? ['old trigger'] : sent).toEqual(['old trigger']);
    });

    test('is not opened when a lagging peer said it', async () => {
      const { pass } = await back('og');
      expect((await pass(10, [])).filter((one) => one.startsWith('og'))).toEqual([]);
    });
  },
);

describe.each([
  ['the group', '[]'],
  ['labels', '[service]'],
])('what was taken for stale of an incident of %s', (_what, groupBy) => {
  test.each([false, true])(
    'is opened where neither its page nor its end was taken by anyone (Alertmanager was looked at between: %s)',
    async (isLookedAt) => {
      const answers: { now: Answer } = { now: UNAVAILABLE };
      const { t, look } = relayWithLooks(config('', groupBy), () => answers.now);
      await t.tell([alert('a')], GROUP);
      t.now += MINUTE;
      if (isLookedAt) await look(['a']);
      await t.tell([ended('a')], GROUP);
      answers.now = ACCEPTED;
      t.now += MINUTE;
      t.sent();
      expect(await t.tell([alert('a')], GROUP)).toMatchObject([{ reason: 'stale' }]);
      const sent: string[] = [];
      for (let minute = 0; minute < 10; minute++) sent.push(...(await look(['a'])));
      expect(sent.map(actionOf)).toEqual(['trigger']);
    },
  );
});

test.each(['[]', '[service]'])(
  'what was taken for stale is opened where an older firing was, too (group_by: %s)',
  async (groupBy) => {
    const answers: { now: Answer } = { now: ACCEPTED };
    const { t } = relayWithLooks(config('', groupBy), () => answers.now);
    const tell = async (startsAt: string, status: PostedAlert['status'] = 'firing') =>
      (await t.tell([alert('a', { startsAt, status })], GROUP)).map(({ outcome }) => outcome);
    const first = '2027-01-15T07:00:00Z';
    for (const status of ['firing', 'resolved', 'firing'] as const) await tell(first, status);
    t.now += 30 * MINUTE;
    await t.relay.reconcile(seen(t.now, []));
    const second = new Date(t.now).toISOString();
    t.now += MINUTE;
    answers.now = REJECTED;
    expect([...(await tell(second)), ...(await tell(second, 'resolved'))]).toEqual(['rejected', 'rejected']);
    answers.now = ACCEPTED;
    t.now += MINUTE;
    expect(await tell(second)).toEqual(['suppressed']);
    t.sent();
    const webhook = webhookOf([alert('a', { startsAt: second })], GROUP);
    for (let minute = 0; minute < 10; minute++) {
      t.now += MINUTE;
      const now = seen(t.now, ['a']);
      await t.relay.reconcile({ ...now, groups: now.groups.map((group) => ({ ...group, webhook })) });
    }
    expect(told(t.sent()).map(actionOf)).toEqual(['trigger']);
  },
);

test('what is taken for stale again and again is opened five minutes after the first time', async () => {
  const { t, look } = relayWithLooks();
  for (const one of [alert('a'), ended('a')]) await t.tell([one], GROUP);
  t.now += MINUTE;
  t.sent();
  const sent: string[] = [];
  for (let minute = 0; minute < 7; minute++) {
    expect(await t.tell([alert('a')], GROUP)).toMatchObject([
      { reason: sent.length > 0 ? 'duplicate' : 'stale' },
    ]);
    sent.push(...(await look(['a'])));
  }
  expect(sent).toEqual(['trigger a']);
});

test('what was taken for stale an hour ago says nothing of the next firing, which nobody may be to hear of yet', async () => {
  const { t, look } = relayWithLooks();
  await t.tell([alert('a')], GROUP);
  await t.tell([ended('a')], GROUP);
  expect(await t.tell([alert('a')], GROUP)).toMatchObject([{ reason: 'stale' }]);
  t.now += 60 * MINUTE;
  await look([]);
  t.sent();
  const startsAt = new Date(t.now).toISOString();
  t.now += 5_000;
  const now = seen(t.now, ['a']);
  const again = webhookOf([alert('a', { startsAt })], GROUP);
  await t.relay.reconcile({ ...now, groups: now.groups.map((group) => ({ ...group, webhook: again })) });
  expect(told(t.sent())).toEqual([]);
});
