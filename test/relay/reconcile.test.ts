import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { NoAnswer } from '../../src/notify/http-request.ts';
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
} from '../support/looks.ts';
import { ACCEPTED, LIMITED, relayUnderTest, type SentEvent, UNAVAILABLE } from '../support/relay.ts';
import { sharedMemory } from '../support/shared-memory.ts';

describe('an incident whose alert Alertmanager no longer has', () => {
  test('is resolved when the alert has been gone for long enough, once', async () => {
    const { t, look } = relayWithLooks();
    await t.tell([alert('a'), alert('b')]);
    expect(await look(['a', 'b'])).toEqual(['trigger a', 'trigger b']);
    for (let minute = 0; minute < 6; minute++) expect(await look(['b'])).toEqual([]);
    expect(await look(['b'])).toEqual(['resolve a']);
    expect(await look(['b'])).toEqual([]);
    expect(await t.scrape()).toContain('pagerelay_reconciled_incidents_total{what="gone"} 1');
  });

  test.each(["['...']", '[]', '[service]'])(
    'is resolved when Alertmanager has lost the end that no vendor took (group_by: %s)',
    async (groupBy) => {
      const answers: { now: Answer } = { now: ACCEPTED };
      const { t, look } = relayWithLooks(config('', groupBy), () => answers.now);
      await t.tell([alert('a')], GROUP);
      answers.now = UNAVAILABLE;
      expect(await t.tell([ended('a')], GROUP)).toMatchObject([{ outcome: 'unavailable' }]);
      answers.now = ACCEPTED;
      t.sent();
      const sent: string[] = [];
      for (let minute = 0; minute < 8; minute++) sent.push(...(await look([])));
      expect(sent.map(actionOf)).toEqual(['resolve']);
    },
  );

  test.each(["['...']", '[]', '[service]'])(
    'is left open while its end is kept back, however long (group_by: %s)',
    async (groupBy) => {
      const { t, look } = relayWithLooks(config('dedup: { hold_resolve: 30m }', groupBy));
      await t.tell([alert('a')], GROUP);
      await t.tell([ended('a')], GROUP);
      t.sent();
      const sent: string[] = [];
      for (let minute = 0; minute < 20; minute++) sent.push(...(await look([])));
      await t.relay.tend();
      expect([...sent, ...told(t.sent())]).toEqual([]);
      t.now += 11 * MINUTE;
      await t.relay.tend();
      expect(told(t.sent()).map(actionOf)).toEqual(['resolve']);
    },
  );

  test('is left alone when the alert comes back in time', async () => {
    const { t, look } = relayWithLooks();
    await t.tell([alert('a')]);
    await look([], [], 5 * MINUTE);
    await look(['a']);
    expect(await look([], [], 5 * MINUTE)).toEqual([]);
    expect(await look([], [], 5 * MINUTE)).toEqual([]);
    expect(await look([], [], MINUTE)).toEqual(['resolve a']);
  });

  test('is opened again should Alertmanager have the alert once more', async () => {
    const { t, look } = relayWithLooks();
    await t.tell([alert('a')]);
    await look([]);
    expect(await look([], [], 6 * MINUTE)).toEqual(['resolve a']);
    expect(await look(['a'])).toEqual(['trigger a']);
    expect(await look(['a'])).toEqual([]);
  });

  test('waits for the next look when the vendor is down, and what Alertmanager says of it later is passed on', async () => {
    let isDown = false;
    const { t, look } = relayWithLooks(config(), () => (isDown ? UNAVAILABLE : ACCEPTED));
    await t.tell([alert('a')]);
    await look([]);
    isDown = true;
    expect(await look([], [], 6 * MINUTE)).toEqual(['resolve a']);
    isDown = false;
    expect(await look([], [], 2 * MINUTE)).toEqual(['resolve a']);
    await t.tell([ended('a')]);
    expect(await look([])).toEqual(['resolve a']);
    expect(await look([])).toEqual([]);
  });

  test('stays open where its receiver does not resolve', async () => {
    const text = config().replace('routing_key: key,', 'routing_key: key, send_resolved: false,');
    const { t, look } = relayWithLooks(text);
    await t.tell([alert('a')]);
    await look([]);
    expect(await look([], [], 10 * MINUTE)).toEqual([]);
  });

  test('is not resolved when a later webhook told of it anew', async () => {
    const { t, look } = relayWithLooks();
    await t.tell([alert('a')]);
    await look([]);
    t.now += 6 * MINUTE;
    const old = seen(t.now, []);
    await t.tell([alert('a', { startsAt: '2027-01-15T08:05:00Z' })]);
    t.sent();
    await t.relay.reconcile(old);
    expect(t.sent()).toEqual([]);
  });

  test.each([
    ['by labels', config('', '[service]')],
    ['of a whole group', config('', '[]')],
  ])('%s: when all of its alerts are gone', async (_what, text) => {
    const { t, look } = relayWithLooks(text);
    await t.tell([alert('a'), alert('b')], GROUP);
    await look(['a']);
    expect(await look(['a'], [], 10 * MINUTE)).toEqual([]);
    await look([]);
    expect(await look([], [], 6 * MINUTE)).toHaveLength(1);
  });
});

describe.each([
  ['per alert', "['...']"],
  ['by labels', '[service]'],
  ['of a whole group', '[]'],
])('an incident %s that the vendor may have taken though it did not say so', (_what, groupBy) => {
  const LOST: NoAnswer = { failure: 'network', code: 'ECONNRESET' };

  /** The trigger meets these, and all that comes after it is accepted. */
  const unsure = async (answers: readonly (Answer | NoAnswer)[], text = config('', groupBy)) => {
    const left = [...answers];
    const { t, look } = relayWithLooks(text, () => left.shift() ?? ACCEPTED);
    const [result] = await t.tell([alert('a')], GROUP);
    expect(t.sent()).toHaveLength(answers.length);
    return { t, result, gone: () => goneFrom(look) };
  };
  const goneFrom = async (look: ReturnType<typeof relayWithLooks>['look']) => {
    await look([], [], 2 * MINUTE);
    return (await look([], [], 6 * MINUTE)).map(actionOf);
  };

  test.each([
    ['the vendor had an error', [UNAVAILABLE]],
    ['an answer was lost, and the next attempt refused for now', [LOST, LIMITED]],
  ])('is resolved where %s, and its alert is gone before a look', async (_why, answers) => {
    const { result, gone } = await unsure(answers);
    expect(result?.outcome).toBe('unavailable');
    expect(await gone()).toEqual(['resolve']);
    expect(await gone()).toEqual([]);
  });

  test('is told again all the same, and over when Alertmanager says so', async () => {
    const { t, gone } = await unsure([LOST, LIMITED]);
    t.now += MINUTE;
    for (const status of ['firing', 'resolved'] as const) await t.tell([alert('a', { status })], GROUP);
    expect(t.sent().map(({ body }) => body.event_action)).toEqual(['trigger', 'resolve']);
    expect(await gone()).toEqual([]);
  });

  test('is left alone where its receiver does not resolve', async () => {
    const text = config('', groupBy).replace('routing_key: key,', 'routing_key: key, send_resolved: false,');
    const { gone } = await unsure([LOST, LIMITED], text);
    expect(await gone()).toEqual([]);
  });

  test('is known by all that share what they know', async () => {
    const store = sharedMemory();
    const one = relayUnderTest(config('', groupBy), () => UNAVAILABLE, { store: store() });
    const two = relayUnderTest(config('', groupBy), () => ACCEPTED, { store: store() });
    await one.tell([alert('a')], GROUP);
    await two.tell([alert('a')], GROUP);
    expect(two.records.decisions.query({}, 1)).toMatchObject([{ reason: 'changed', outcome: 'accepted' }]);
  });
});

test.each(["['...']", '[]'])(
  'nothing is remembered of what the vendor refused for now, or where nobody looks (by %s)',
  async (groupBy) => {
    for (const [text, answer] of [
      [config('', groupBy), LIMITED],
      [config('', groupBy).replace(/^relay:.*$/m, ''), UNAVAILABLE],
    ] as const) {
      const { t } = relayWithLooks(text, () => answer);
      await t.tell([alert('a')], GROUP);
      expect(await t.scrape()).toContain('pagerelay_dedup_entries 0');
    }
  },
);

test('the end of what was adopted is told to a fallback, too: another replica may have given it the incident', async () => {
  const { t, look } = relayWithLooks(`${config().replace('- name: pd', '- name: pd\n    fallback: other')}
  - name: other
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/other' }]
`);
  t.now = Date.parse('2027-01-15T06:30:00Z');
  for (const status of ['firing', 'resolved'] as const)
    await t.tell([alert('a', { status, startsAt: '2027-01-15T06:00:00Z' })]);
  t.now = Date.parse('2027-01-15T07:00:00Z');
  t.sent();
  expect(await look(['a'])).toEqual([]);
  await t.tell([ended('a')]);
  const urls = t.sent().map(({ url }) => url);
  expect(urls.toSorted()).toEqual(['http://vendor.example/other', 'http://vendor.example/pd']);
});

describe('the end of what is gone, of a fallback with several accounts', () => {
  const text = (
    groupBy: string,
  ) => `${config('', groupBy).replace('- name: pd', '- name: pd\n    fallback: other')}
  - name: other
    pagerduty_configs:
      - routing_key: default
        url: http://vendor.example/other
        routing_key_by: { label: service, keys: { shop: { key: key-shop }, store: { key: key-shop }, bank: { key: key-bank } } }
`;
  const keys = (sent: readonly SentEvent[]) =>
    sent.map(({ body }) => `${body.event_action} ${body.routing_key}`).toSorted();

  test('is told to all of them, for nothing is known of its alerts that tells which one has it since before a restart', async () => {
    const { t, look } = relayWithLooks(text("['...']"));
    await look(['a', 'b']);
    await look(['b']);
    t.now += 6 * MINUTE;
    await t.relay.reconcile(seen(t.now, ['b']));
    expect(keys(t.sent())).toEqual([
      'resolve default',
      'resolve key',
      'resolve key-bank',
      'resolve key-shop',
    ]);
  });

  test.each(['gone', 'told'])('is told later to one that cannot be told now (%s)', async (how) => {
    let isDown = false;
    const { t, look } = relayWithLooks(text("['...']"), ({ body }) =>
      isDown && body.includes('key-bank') ? UNAVAILABLE : ACCEPTED,
    );
    await look(['a', 'b']);
    isDown = true;
    if (how === 'told') {
      t.now += MINUTE;
      await t.tell([{ ...ended('a'), labels: { alertname: 'A', service: 'bank' } }]);
    } else {
      await look(['b']);
      t.now += 6 * MINUTE;
      await t.relay.reconcile(seen(t.now, ['b']));
    }
    expect(keys(t.sent())).toContain('resolve key-bank');
    isDown = false;
    t.now += 61_000;
    await t.relay.tend();
    await t.relay.reconcile(seen(t.now, ['b']));
    if (how === 'told') await t.tell([{ ...ended('a'), labels: { alertname: 'A', service: 'bank' } }]);
    expect(keys(t.sent())).toEqual(['resolve key-bank']);
    t.now += 61_000;
    await t.relay.tend();
    expect(t.sent()).toEqual([]);
  });

  test('leaves alone what one of them was told of other alerts', async () => {
    const { t, look } = relayWithLooks(text('[service]'));
    await look(['a']);
    await t.tellDirectly('other', [alert('b')]);
    t.sent();
    for (const afterMs of [MINUTE, 6 * MINUTE]) {
      t.now += afterMs;
      await t.relay.reconcile({ ...seen(t.now, ['b']), groups: [] });
    }
    expect(keys(t.sent())).toEqual(['resolve default', 'resolve key', 'resolve key-bank']);
  });
});

describe('after a restart', () => {
  test('what Alertmanager has is adopted without a word, and resolved when it is gone', async () => {
    const { t, look } = relayWithLooks();
    expect(await look(['a'], ['b'])).toEqual([]);
    expect(await t.scrape()).toContain('pagerelay_reconciled_incidents_total{what="adopted"} 2');
    await look(['a']);
    expect(await look(['a'], [], 6 * MINUTE)).toEqual(['resolve b']);
    await t.tell([ended('a')]);
    expect(told(t.sent())).toEqual(['resolve a']);
  });

  test('an alert that was adopted and never delivered is no duplicate', async () => {
    const { t, look } = relayWithLooks();
    await look(['a']);
    await t.tell([alert('a')]);
    expect(told(t.sent())).toEqual(['trigger a']);
  });

  describe('what a muted route kept back', () => {
    const text = (from: string, to: string) => `
relay: { alertmanager_url: 'http://alertmanager.example:9093' }
time_intervals: [{ name: breakfast, time_intervals: [{ times: [{ start_time: '${from}', end_time: '${to}' }] }] }]
route: { receiver: pd, group_by: ['...'], routes: [{ receiver: pd, mute_time_intervals: [breakfast] }] }
receivers: [{ name: pd, pagerduty_configs: [{ routing_key: key }] }]
`;

    test('is kept back again', async () => {
      const { t, look } = relayWithLooks(text('08:00', '09:00'));
      expect(await look(['a'])).toEqual([]);
      t.now += 60 * MINUTE;
      await t.relay.tend();
      expect(told(t.sent())).toEqual(['trigger a']);
    });

    test('is kept back too where another replica was told of it, or this one before it restarted', async () => {
      const { t, look } = relayWithLooks(text('08:00', '09:00'));
      expect(await look([])).toEqual([]);
      expect(await look(['a'])).toEqual([]);
      t.now += 60 * MINUTE;
      await t.relay.tend();
      expect(told(t.sent())).toEqual(['trigger a']);
    });

    test.each([
      ['while nobody was there', '06:50', '07:50', 1],
      ['before Alertmanager was believed, however late', '06:50', '08:10', 120],
      ['and began as its alert was being told', '07:05', '07:50', 1],
      ['and was there while its alert was being told, and no longer', '07:01', '07:05', 1],
    ])('is sent at once where its mute has ended %s', async (_when, from, to, minutes) => {
      const { t, look } = relayWithLooks(text(from, to));
      expect(await look(['a', 'o'], ['b'], minutes * MINUTE)).toEqual([]);
      await t.relay.tend();
      expect(told(t.sent())).toEqual(['trigger a']);
      await look(['a', 'o'], ['b']);
      await t.relay.tend();
      expect(t.sent()).toEqual([]);
      await t.tell([ended('a')]);
      expect(told(t.sent())).toEqual(['resolve a']);
    });

    test.each([
      ['that ended over an hour before the start: who was there then has sent it', '05:50', '06:50', 'o'],
      ['that began long after its alert did, which was told', '07:10', '07:50', 'a'],
    ])('is not sent after a mute %s', async (_which, from, to, letter) => {
      const { t, look } = relayWithLooks(text(from, to));
      await look([letter]);
      await t.relay.tend();
      expect(t.sent()).toEqual([]);
    });

    test('is not sent again where the vendor has accepted it since, nor by a later look', async () => {
      const { t, look } = relayWithLooks(text('06:50', '07:50'));
      await t.tell([alert('a')]);
      t.sent();
      await look(['a']);
      await look(['a', 'b']);
      await t.relay.tend();
      expect(t.sent()).toEqual([]);
    });
  });
});

describe('an incident whose alerts are muted', () => {
  test('is kept by default', async () => {
    const { t, look } = relayWithLooks();
    await t.tell([alert('a')]);
    t.sent();
    expect(await look([], ['a'])).toEqual([]);
    expect(await look([], ['a'], 20 * MINUTE)).toEqual([]);
  });

  test('on_muted: resolve: is resolved, and opened again when the mute ends', async () => {
    const { t, look } = relayWithLooks(config('on_muted: resolve'));
    await t.tell([alert('a')]);
    t.sent();
    expect(await look([], ['a'])).toEqual(['resolve a']);
    expect(await look([], ['a'])).toEqual([]);
    expect(await look(['a'])).toEqual(['trigger a']);
    await t.tell([ended('a')]);
    expect(told(t.sent())).toEqual(['resolve a']);
  });

  test('on_muted: acknowledge: is acknowledged once for each mute', async () => {
    const { t, look } = relayWithLooks(config('on_muted: acknowledge'));
    await t.tell([alert('a')]);
    t.sent();
    expect(await look([], ['a'])).toEqual(['acknowledge a']);
    expect(await look([], ['a'])).toEqual([]);
    expect(await look(['a'])).toEqual([]);
    expect(await look([], ['a'])).toEqual(['acknowledge a']);
    await t.tell([ended('a')]);
    expect(told(t.sent())).toEqual(['resolve a']);
  });

  test('is left alone while one of its alerts is not', async () => {
    const { t, look } = relayWithLooks(config('on_muted: resolve', '[service]'));
    await t.tell([alert('a'), alert('b')], GROUP);
    t.sent();
    expect(await look(['a'], ['b'])).toEqual([]);
    expect(await look([], ['a', 'b'])).toHaveLength(1);
  });
});

test('a firing that was taken for stale is doubted: if Alertmanager has it still, it is told of', async () => {
  const { t, look } = relayWithLooks();
  await t.tell([alert('a')]);
  await t.tell([ended('a')]);
  expect(await t.tell([alert('a')])).toMatchObject([{ reason: 'stale' }]);
  t.sent();
  expect(await look(['a'])).toEqual([]);
  expect(await look(['a'], [], 5 * MINUTE)).toEqual(['trigger a']);
  expect(await look(['a'])).toEqual([]);
});

test('a resolve for a mute that could not be sent ends no alert: what is heard again is sent', async () => {
  const answers = { now: UNAVAILABLE };
  const { t, look } = relayWithLooks(config('on_muted: resolve', '[service]'), () => answers.now);
  await look([], ['a']);
  expect(await look([], ['a'])).toContain(
    `resolve ${t.records.decisions.query({}, 1)[0]?.incident_key.charAt(0)}`,
  );
  answers.now = ACCEPTED;
  t.now += 61_000;
  expect(await t.tell([alert('a')], GROUP)).toMatchObject([{ action: 'trigger', outcome: 'accepted' }]);
});

test('what Alertmanager tells of while it is being acknowledged is sent all the same', async () => {
  const { t, look } = relayWithLooks(config('on_muted: acknowledge'), async () => {
    await sleep(300);
    return ACCEPTED;
  });
  expect(await look([], ['a'])).toEqual([]);
  t.now += MINUTE;
  const looking = t.relay.reconcile(seen(t.now, [], ['a']));
  await sleep(50);
  expect(await t.tell([alert('a')], GROUP)).toMatchObject([{ action: 'trigger', outcome: 'accepted' }]);
  await looking;
  expect(told(t.sent())).toEqual(['acknowledge a', 'trigger a']);
});

test('what Alertmanager has said to be over since it was looked at is not opened again', async () => {
  let answerMs = 0;
  const { t, look } = relayWithLooks(config('on_muted: resolve'), async () => {
    await sleep(answerMs);
    return ACCEPTED;
  });
  await t.tell([alert('a')]);
  t.sent();
  expect(await look([], ['a'])).toEqual(['resolve a']);
  const before = seen(t.now + MINUTE, ['a']);
  t.now += MINUTE + 500;
  answerMs = 50;
  const telling = t.tell([ended('a')]);
  await t.relay.reconcile(before);
  await telling;
  expect(told(t.sent())).toEqual(['resolve a']);
});
