import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { Snapshot, SnapshotGroup } from '../../src/alertmanager/snapshot.ts';
import type { NoAnswer } from '../../src/notify/http-request.ts';
import type { Answer } from '../../src/notify/outcome.ts';
import type { PostedAlert } from '../support/post.ts';
import {
  ACCEPTED,
  LIMITED,
  relayUnderTest,
  type SentEvent,
  UNAVAILABLE,
  webhookOf,
} from '../support/relay.ts';
import { sharedMemory } from '../support/shared-memory.ts';

const MINUTE = 60_000;

const config = (route = '', groupBy = "['...']") => `
relay: { alertmanager_url: 'http://alertmanager.example:9093', reconcile_after: 6m }
route: { receiver: pd, group_by: ${groupBy}, ${route} }
receivers:
  - name: pd
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
`;

/** `o` is an hour older than the others. */
const alert = (letter: string, more: Partial<PostedAlert> = {}): PostedAlert => ({
  labels: { alertname: letter.toUpperCase(), service: 'shop' },
  fingerprint: letter.repeat(16),
  startsAt: `2027-01-15T0${letter === 'o' ? 6 : 7}:00:00Z`,
  ...more,
});
const ended = (letter: string) => alert(letter, { status: 'resolved' });

const GROUP = { groupKey: '{}:{service="shop"}' };

/** What Alertmanager has: alerts of one group, some of them muted. */
function seen(
  takenAt: number,
  active: readonly string[],
  muted: readonly string[] = [],
  upSince = 0,
): Snapshot {
  const all = [...active, ...muted];
  const fingerprint = (letter: string) => letter.repeat(16);
  const group: SnapshotGroup = {
    webhook: webhookOf(
      all.map((letter) => alert(letter)),
      GROUP,
    ),
    direct: [undefined],
    muted: new Set(muted.map(fingerprint)),
  };
  return {
    takenAt,
    upSince,
    groups: all.length === 0 ? [] : [group],
    state: (wanted) => {
      const letter = all.find((one) => fingerprint(one) === wanted);
      if (letter === undefined) return undefined;
      return active.includes(letter) ? 'active' : 'muted';
    },
  };
}

const told = (sent: readonly SentEvent[]) =>
  sent.map(({ body }) => `${body.event_action} ${String(body.dedup_key).slice(0, 1)}`);
const actionOf = (one: string) => one.split(' ')[0];

function setUp(text = config(), answer: Parameters<typeof relayUnderTest>[1] = () => ACCEPTED) {
  const t = relayUnderTest(text, answer);
  /** Some time later, Alertmanager is looked at. */
  const look = async (
    active: readonly string[],
    muted: readonly string[] = [],
    afterMs = MINUTE,
    upSince = 0,
  ) => {
    t.now += afterMs;
    await t.relay.reconcile(seen(t.now, active, muted, upSince));
    return told(t.sent());
  };
  return { t, look };
}

describe('an incident whose alert Alertmanager no longer has', () => {
  test('is resolved when the alert has been gone for long enough, once', async () => {
    const { t, look } = setUp();
    await t.tell([alert('a'), alert('b')]);
    expect(await look(['a', 'b'])).toEqual(['trigger a', 'trigger b']);
    for (let minute = 0; minute < 6; minute++) expect(await look(['b'])).toEqual([]);
    expect(await look(['b'])).toEqual(['resolve a']);
    expect(await look(['b'])).toEqual([]);
    expect(await t.scrape()).toContain('pagerelay_reconciled_incidents_total{what="gone"} 1');
  });

  test('is left alone when the alert comes back in time', async () => {
    const { t, look } = setUp();
    await t.tell([alert('a')]);
    await look([], [], 5 * MINUTE);
    await look(['a']);
    expect(await look([], [], 5 * MINUTE)).toEqual([]);
    expect(await look([], [], 5 * MINUTE)).toEqual([]);
    expect(await look([], [], MINUTE)).toEqual(['resolve a']);
  });

  test('is opened again should Alertmanager have the alert once more', async () => {
    const { t, look } = setUp();
    await t.tell([alert('a')]);
    await look([]);
    expect(await look([], [], 6 * MINUTE)).toEqual(['resolve a']);
    expect(await look(['a'])).toEqual(['trigger a']);
    expect(await look(['a'])).toEqual([]);
  });

  test('waits for the next look when the vendor is down, and what Alertmanager says of it later is passed on', async () => {
    let isDown = false;
    const { t, look } = setUp(config(), () => (isDown ? UNAVAILABLE : ACCEPTED));
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
    const { t, look } = setUp(text);
    await t.tell([alert('a')]);
    await look([]);
    expect(await look([], [], 10 * MINUTE)).toEqual([]);
  });

  test('is not resolved when a later webhook told of it anew', async () => {
    const { t, look } = setUp();
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
    const { t, look } = setUp(text);
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
    const { t, look } = setUp(text, () => left.shift() ?? ACCEPTED);
    const [result] = await t.tell([alert('a')], GROUP);
    expect(t.sent()).toHaveLength(answers.length);
    return { t, result, gone: () => goneFrom(look) };
  };
  const goneFrom = async (look: ReturnType<typeof setUp>['look']) => {
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
      const { t } = setUp(text, () => answer);
      await t.tell([alert('a')], GROUP);
      expect(await t.scrape()).toContain('pagerelay_dedup_entries 0');
    }
  },
);

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
    const { t, look } = setUp(config('', '[service]'));
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
    const { t, look } = setUp(text);
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
    const { t, look } = setUp(config(route, groupBy));
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

test('the end of what was adopted is told to a fallback, too: another replica may have given it the incident', async () => {
  const { t, look } = setUp(`${config().replace('- name: pd', '- name: pd\n    fallback: other')}
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

describe('after a restart', () => {
  test('what Alertmanager has is adopted without a word, and resolved when it is gone', async () => {
    const { t, look } = setUp();
    expect(await look(['a'], ['b'])).toEqual([]);
    expect(await t.scrape()).toContain('pagerelay_reconciled_incidents_total{what="adopted"} 2');
    await look(['a']);
    expect(await look(['a'], [], 6 * MINUTE)).toEqual(['resolve b']);
    await t.tell([ended('a')]);
    expect(told(t.sent())).toEqual(['resolve a']);
  });

  test('an alert that was adopted and never delivered is no duplicate', async () => {
    const { t, look } = setUp();
    await look(['a']);
    await t.tell([alert('a')]);
    expect(told(t.sent())).toEqual(['trigger a']);
  });

  test('what a muted route kept back is kept back again', async () => {
    const text = `
relay: { alertmanager_url: 'http://alertmanager.example:9093' }
time_intervals: [{ name: breakfast, time_intervals: [{ times: [{ start_time: '08:00', end_time: '09:00' }] }] }]
route: { receiver: pd, group_by: ['...'], routes: [{ receiver: pd, mute_time_intervals: [breakfast] }] }
receivers: [{ name: pd, pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }] }]
`;
    const { t, look } = setUp(text);
    expect(await look(['a'])).toEqual([]);
    t.now += 60 * MINUTE;
    await t.relay.tend();
    expect(told(t.sent())).toEqual(['trigger a']);
  });
});

describe('an incident whose alerts are muted', () => {
  test('is kept by default', async () => {
    const { t, look } = setUp();
    await t.tell([alert('a')]);
    t.sent();
    expect(await look([], ['a'])).toEqual([]);
    expect(await look([], ['a'], 20 * MINUTE)).toEqual([]);
  });

  test('on_muted: resolve: is resolved, and opened again when the mute ends', async () => {
    const { t, look } = setUp(config('on_muted: resolve'));
    await t.tell([alert('a')]);
    t.sent();
    expect(await look([], ['a'])).toEqual(['resolve a']);
    expect(await look([], ['a'])).toEqual([]);
    expect(await look(['a'])).toEqual(['trigger a']);
    await t.tell([ended('a')]);
    expect(told(t.sent())).toEqual(['resolve a']);
  });

  test('on_muted: acknowledge: is acknowledged once for each mute', async () => {
    const { t, look } = setUp(config('on_muted: acknowledge'));
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
    const { t, look } = setUp(config('on_muted: resolve', '[service]'));
    await t.tell([alert('a'), alert('b')], GROUP);
    t.sent();
    expect(await look(['a'], ['b'])).toEqual([]);
    expect(await look([], ['a', 'b'])).toHaveLength(1);
  });
});

test('a firing that was taken for stale is doubted: if Alertmanager has it still, it is told of', async () => {
  const { t, look } = setUp();
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
  const { t, look } = setUp(config('on_muted: resolve', '[service]'), () => answers.now);
  await look([], ['a']);
  expect(await look([], ['a'])).toContain(
    `resolve ${t.records.decisions.query({}, 1)[0]?.incident_key.charAt(0)}`,
  );
  answers.now = ACCEPTED;
  t.now += 61_000;
  expect(await t.tell([alert('a')], GROUP)).toMatchObject([{ action: 'trigger', outcome: 'accepted' }]);
});

describe.each([
  ['for a mute', config('on_muted: resolve', '[service]'), 'a'],
  ['early', config('', '[service]'), 'b'],
])(
  'what was closed %s and may have been opened again, for the vendor did not say no',
  (_why, text, heard) => {
    const unsure = async () => {
      const answers = { now: ACCEPTED };
      const { t, look } = setUp(text, () => answers.now);
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

test('what Alertmanager tells of while it is being acknowledged is sent all the same', async () => {
  const { t, look } = setUp(config('on_muted: acknowledge'), async () => {
    await sleep(50);
    return ACCEPTED;
  });
  expect(await look([], ['a'])).toEqual([]);
  t.now += MINUTE;
  const looking = t.relay.reconcile(seen(t.now, [], ['a']));
  await sleep(10);
  expect(await t.tell([alert('a')], GROUP)).toMatchObject([{ action: 'trigger', outcome: 'accepted' }]);
  await looking;
  expect(told(t.sent())).toEqual(['acknowledge a', 'trigger a']);
});

test('what Alertmanager has said to be over since it was looked at is not opened again', async () => {
  let answerMs = 0;
  const { t, look } = setUp(config('on_muted: resolve'), async () => {
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
