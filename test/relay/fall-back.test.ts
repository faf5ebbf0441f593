import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { Answer } from '../../src/notify/outcome.ts';
import type { SharedStore } from '../../src/relay/shared-store.ts';
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

const CONFIG = `
route:
  receiver: pd
  group_by: ['...']
  routes:
    - { matchers: ['both="yes"'], receiver: pd, continue: true }
    - { matchers: ['both="yes"'], receiver: og }
receivers:
  - name: pd
    fallback: og
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
  - name: og
    opsgenie_configs: [{ api_key: key, api_url: 'http://vendor.example/og' }]
`;

const A = 'a'.repeat(16);
const alert = (status: PostedAlert['status'] = 'firing', more: Partial<PostedAlert> = {}): PostedAlert => ({
  status,
  fingerprint: A,
  startsAt: '2027-01-15T07:00:00Z',
  ...more,
});

/** An answer that may be long in coming. */
type Slow = Answer | Promise<Answer>;

/** An answer that comes when it is given. */
function pending() {
  let give: (answer: Answer) => void = () => {};
  const answer = new Promise<Answer>((resolve) => {
    give = resolve;
  });
  return { answer, give };
}

const REJECTED: Answer = { status: 400, headers: {}, body: '' };

/** Who was told what, as `pd trigger` or `og close`. */
function calls(sent: readonly SentEvent[]): readonly string[] {
  return sent.map(({ url, body }) => {
    if (url.endsWith('/pd')) return `pd ${body.event_action}`;
    return url.includes('/close') ? 'og close' : 'og create';
  });
}

/** With vendors that take so long to answer, in ms. */
function setUp(ms = 0, store?: SharedStore, more = '') {
  const answers: { pd: Slow; og: Slow } = { pd: ACCEPTED, og: ACCEPTED };
  const t = relayUnderTest(
    `${CONFIG}${more}`,
    async ({ url }) => {
      if (url.endsWith('/pd')) return answers.pd;
      if (ms > 0) await sleep(ms);
      return answers.og;
    },
    store === undefined ? {} : { store },
  );
  /** Time for everything that a vendor asked to wait for. */
  const wait = async () => {
    t.now += 61_000;
    await t.relay.tend();
  };
  return { t, answers, wait };
}

describe('a fallback', () => {
  test('takes what the vendor cannot take now, under the same incident key, once', async () => {
    const { t, answers } = setUp();
    answers.pd = UNAVAILABLE;
    const [result] = await t.tell([alert()]);
    expect(result).toMatchObject({
      receiver: 'pd',
      incident_key: A,
      outcome: 'accepted',
      reason: 'fallback',
      detail: expect.stringContaining('taken by og/opsgenie_configs[0]'),
    });
    const sent = t.sent();
    expect(calls(sent)).toEqual(['pd trigger', 'og create']);
    expect(sent[1]?.body.alias).toBe(A);
    await t.tell([alert()]);
    expect(calls(t.sent())).toEqual([]);
    const metrics = await t.scrape();
    expect(metrics).toContain(
      'pagerelay_fallbacks_total{receiver="pd",integration="pagerduty_configs[0]"} 2',
    );
    expect(metrics).toContain('pagerelay_stand_ins 1');
  });

  test('hands the incident back when the vendor can be reached, and resolves its own', async () => {
    const { t, answers, wait } = setUp();
    answers.pd = UNAVAILABLE;
    await t.tell([alert()]);
    t.sent();
    await wait();
    expect(calls(t.sent())).toEqual(['pd trigger']);
    answers.pd = ACCEPTED;
    await wait();
    expect(calls(t.sent())).toEqual(['pd trigger', 'og close']);
    await wait();
    expect(t.sent()).toEqual([]);
    expect(await t.scrape()).toContain('pagerelay_stand_ins 0');
    await t.tell([alert('resolved')]);
    expect(calls(t.sent())).toEqual(['pd resolve']);
  });

  test('what the webhook itself brings back is handed back too', async () => {
    const { t, answers } = setUp();
    answers.pd = UNAVAILABLE;
    await t.tell([alert()]);
    t.sent();
    answers.pd = ACCEPTED;
    t.now += 61_000;
    await t.tell([alert()]);
    expect(calls(t.sent())).toEqual(['pd trigger', 'og close']);
  });

  test('keeps what its receiver would never take, and resolves it with the alert', async () => {
    const { t, answers, wait } = setUp();
    answers.pd = REJECTED;
    expect(await t.tell([alert()])).toMatchObject([{ outcome: 'accepted', reason: 'fallback' }]);
    await wait();
    expect(calls(t.sent())).toEqual(['pd trigger', 'og create']);
    answers.pd = ACCEPTED;
    expect(await t.tell([alert('resolved')])).toMatchObject([{ outcome: 'accepted' }]);
    expect(calls(t.sent())).toEqual(['pd resolve', 'og close']);
    expect(await t.scrape()).toContain('pagerelay_stand_ins 0');
  });

  test('takes the resolve while the vendor is down, which is told of it later: it may have taken the trigger after all', async () => {
    const { t, answers, wait } = setUp();
    answers.pd = UNAVAILABLE;
    await t.tell([alert()]);
    t.now += 61_000;
    await t.tell([alert('resolved')]);
    expect(calls(t.sent())).toEqual(['pd trigger', 'og create', 'pd resolve', 'og close']);
    answers.pd = ACCEPTED;
    await wait();
    expect(calls(t.sent())).toEqual(['pd resolve']);
    await wait();
    expect(t.sent()).toEqual([]);
  });

  test('an incident of which nothing is known is resolved at both: the fallback may have it since before a restart', async () => {
    const { t } = setUp();
    await t.tell([alert('resolved')]);
    expect(calls(t.sent())).toEqual(['pd resolve', 'og close']);
    await t.tell([alert('resolved')]);
    expect(t.sent()).toEqual([]);
  });

  test('when the fallback is down too, the answer is that of the receiver', async () => {
    const { t, answers } = setUp();
    answers.pd = UNAVAILABLE;
    answers.og = UNAVAILABLE;
    expect(await t.tell([alert()])).toMatchObject([{ outcome: 'unavailable', reason: 'serverError' }]);
  });

  test('one whose answer was lost may have it: it is resolved there when its receiver has it', async () => {
    const { t, answers } = setUp();
    answers.pd = UNAVAILABLE;
    answers.og = UNAVAILABLE;
    await t.tell([alert()]);
    answers.pd = ACCEPTED;
    answers.og = ACCEPTED;
    t.now += 61_000;
    t.sent();
    await t.tell([alert()]);
    expect(calls(t.sent())).toEqual(['pd trigger', 'og close']);
  });

  test('a stand-in that cannot be resolved is tried again, and its alert is not sent again', async () => {
    const { t, answers, wait } = setUp();
    answers.pd = UNAVAILABLE;
    await t.tell([alert()]);
    answers.pd = ACCEPTED;
    answers.og = UNAVAILABLE;
    await wait();
    expect(calls(t.sent())).toEqual(['pd trigger', 'og create', 'pd trigger', 'og close']);
    answers.og = ACCEPTED;
    await wait();
    expect(calls(t.sent())).toEqual(['og close']);
  });

  describe('whose stand-in could not be resolved keeps it when its receiver is down again and', () => {
    const again = alert('firing', { startsAt: '2027-01-15T08:02:30Z' });
    const setUpLeft = async () => {
      const setting = setUp();
      const { t, answers, wait } = setting;
      answers.pd = UNAVAILABLE;
      await t.tell([alert()]);
      answers.pd = ACCEPTED;
      answers.og = UNAVAILABLE;
      await wait();
      answers.pd = UNAVAILABLE;
      answers.og = ACCEPTED;
      t.now += 61_000;
      t.sent();
      return setting;
    };

    test('it is told of it again while another one is handed back', async () => {
      const { t, answers, wait } = await setUpLeft();
      await t.tell([alert('firing', { fingerprint: 'b'.repeat(16) })]);
      t.now += 61_000;
      t.sent();
      const { answer, give } = pending();
      answers.pd = ACCEPTED;
      answers.og = answer;
      const tending = t.relay.tend();
      await sleep(5);
      answers.pd = UNAVAILABLE;
      answers.og = ACCEPTED;
      expect(await t.tell([again])).toMatchObject([{ outcome: 'accepted', reason: 'fallback' }]);
      give(ACCEPTED);
      await tending;
      expect(calls(t.sent())).toEqual(['pd trigger', 'og close', 'pd trigger', 'og create']);
      expect(await t.scrape()).toContain('pagerelay_stand_ins 1');
      answers.pd = ACCEPTED;
      await wait();
      expect(calls(t.sent())).toEqual(['pd trigger', 'og close']);
    });

    test('it is just being told of it again', async () => {
      const { t, answers, wait } = await setUpLeft();
      const { answer, give } = pending();
      answers.og = answer;
      const told = t.tell([again]);
      await sleep(5);
      const tending = t.relay.tend();
      await sleep(5);
      answers.og = ACCEPTED;
      give(ACCEPTED);
      await Promise.all([told, tending]);
      expect(calls(t.sent())).toEqual(['pd trigger', 'og create']);
      answers.pd = ACCEPTED;
      await wait();
      expect(calls(t.sent())).toEqual(['pd trigger', 'og close']);
    });
  });

  test('keeps an incident that it was told of for itself', async () => {
    const { t, answers, wait } = setUp();
    const both = alert('firing', { labels: { both: 'yes' } });
    answers.pd = UNAVAILABLE;
    await t.tell([both]);
    expect(calls(t.sent())).toEqual(['pd trigger', 'og create']);
    answers.pd = ACCEPTED;
    await wait();
    expect(calls(t.sent())).toEqual(['pd trigger']);
    await t.tell([{ ...both, status: 'resolved' }]);
    expect(calls(t.sent()).toSorted()).toEqual(['og close', 'pd resolve']);
  });

  test('an alert that is over before the vendor is back is not handed back', async () => {
    const { t, answers, wait } = setUp();
    answers.pd = REJECTED;
    await t.tell([alert()]);
    await t.tell([alert('resolved')]);
    t.sent();
    answers.pd = ACCEPTED;
    await wait();
    expect(t.sent()).toEqual([]);
  });
});

test('an incident of several groups goes on at the fallback while any of its alerts fires, and is handed back', async () => {
  const answers: { pd: Answer } = { pd: UNAVAILABLE };
  const t = relayUnderTest(CONFIG.replace("['...']", '[service]'), ({ url }) =>
    url.endsWith('/pd') ? answers.pd : ACCEPTED,
  );
  const of = (fingerprint: string, status: PostedAlert['status'] = 'firing') =>
    alert(status, { fingerprint: fingerprint.repeat(16), labels: { service: 'shop' } });
  await t.tell([of('a')], { groupKey: 'one' });
  await t.tell([of('b')], { groupKey: 'two' });
  answers.pd = ACCEPTED;
  t.now += 61_000;
  t.sent();
  await t.tell([of('a', 'resolved')], { groupKey: 'one' });
  expect(calls(t.sent())).toEqual([]);
  await t.relay.tend();
  expect(calls(t.sent())).toEqual(['pd trigger', 'og close']);
  await t.tell([of('b', 'resolved')], { groupKey: 'two' });
  expect(calls(t.sent())).toEqual(['pd resolve']);
});

describe('a stand-in', () => {
  test('keeps what it was told of for itself in the same moment', async () => {
    const { t, answers, wait } = setUp(20);
    answers.pd = UNAVAILABLE;
    await t.tell([alert('firing', { labels: { alertname: 'A', both: 'yes' } })]);
    t.sent();
    answers.pd = ACCEPTED;
    await wait();
    expect(calls(t.sent())).toEqual(['pd trigger']);
  });

  test('takes an end that its receiver could not be told of; a stop tells it, if it can', async () => {
    const { t, answers } = setUp();
    await t.tell([alert()]);
    answers.pd = UNAVAILABLE;
    expect(await t.tell([alert('resolved')])).toMatchObject([{ outcome: 'accepted', reason: 'fallback' }]);
    t.sent();
    answers.pd = ACCEPTED;
    t.now += 61_000;
    await t.relay.tend({ isLast: true });
    expect(calls(t.sent())).toEqual(['pd resolve']);
  });

  test('is ended, and its receiver left alone, where another replica was told of the end', async () => {
    const store = sharedMemory();
    const one = setUp(0, store());
    const two = setUp(0, store());
    for (const { answers } of [one, two]) answers.pd = UNAVAILABLE;
    await one.t.tell([alert()]);
    await two.t.tell([alert('resolved')]);
    for (const { t, answers } of [one, two]) {
      answers.pd = ACCEPTED;
      t.sent();
    }
    for (let minute = 0; minute < 20; minute++) {
      await two.wait();
      await one.wait();
    }
    expect(calls(two.t.sent())).toEqual(['pd resolve']);
    expect(calls(one.t.sent())).toEqual(['og close']);
    expect(await one.t.scrape()).toContain('pagerelay_stand_ins 0');
  });

  test('is ended though another replica could not tell whether the fallback had taken it', async () => {
    const store = sharedMemory();
    const watched = "relay: { alertmanager_url: 'http://am', reconcile_after: 6m }";
    const one = setUp(0, store(), watched);
    const two = setUp(0, store(), watched);
    for (const { answers } of [one, two]) answers.pd = UNAVAILABLE;
    one.answers.og = UNAVAILABLE;
    await one.t.tell([alert()]);
    two.t.now += 61_000;
    expect(await two.t.tell([alert()])).toMatchObject([{ outcome: 'accepted', reason: 'fallback' }]);
    two.answers.pd = ACCEPTED;
    two.t.sent();
    await two.wait();
    expect(calls(two.t.sent())).toEqual(['pd trigger', 'og close']);
  });

  test.each([
    ['its receiver, that did not take it, left alone', LIMITED, ['og close']],
    ['with it what its receiver may have taken', UNAVAILABLE, ['og close', 'pd resolve']],
  ])('is ended, and %s, when Alertmanager has long not had the alert', async (_what, answer, ends) => {
    const { t, answers, wait } = setUp(
      0,
      undefined,
      "relay: { alertmanager_url: 'http://am', reconcile_after: 6m }",
    );
    answers.pd = answer;
    await t.tell([alert()]);
    answers.pd = ACCEPTED;
    t.sent();
    for (let minute = 0; minute < 8; minute++) {
      await t.relay.reconcile({ takenAt: t.now, upSince: 0, groups: [], state: () => undefined });
      await wait();
    }
    expect(new Set(calls(t.sent()))).toEqual(new Set(ends));
    expect(await t.scrape()).toContain('pagerelay_stand_ins 0');
  });
});

describe('an incident that a fallback has', () => {
  const of = (letter: string, more: Partial<PostedAlert> = {}): PostedAlert => ({
    fingerprint: letter.repeat(16),
    labels: { alertname: letter, service: 'shop' },
    startsAt: '2027-01-15T08:01:00Z',
    ...more,
  });
  const RECEIVERS = `${CONFIG.slice(CONFIG.indexOf('receivers:'))}
  - name: quiet
    fallback: og
    pagerduty_configs: [{ routing_key: quiet, url: 'http://vendor.example/pd', send_resolved: false }]
`;

  /** With a vendor that is down or back, and an Alertmanager that has these alerts. */
  function setUpWith(route: string) {
    const answers: { pd: Slow; og: Slow } = { pd: UNAVAILABLE, og: ACCEPTED };
    const t = relayUnderTest(`${route}\n${RECEIVERS}`, ({ url }) =>
      url.endsWith('/pd') ? answers.pd : answers.og,
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

  const WATCHED = "relay: { alertmanager_url: 'http://am', reconcile_after: 6m }";

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
      const { answer, give } = pending();
      answers.pd = answer;
      const told = [t.tell([of('a')]), t.tell([of('a', { annotations: { summary: 'new' } })])];
      const tending = t.relay.tend();
      await sleep(5);
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
      const { answer, give } = pending();
      answers.pd = answer;
      const told = t.tell([of('a')]);
      await sleep(5);
      const tending = t.relay.tend();
      await sleep(5);
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

  test('stays where Alertmanager does not have its alert for a moment', async () => {
    const { t, answers, pass } = setUpWith(`${WATCHED}\nroute: { receiver: pd, group_by: ['...'] }`);
    await t.tell([of('a')]);
    await pass(10, 'a');
    expect(await pass(1, '')).toEqual([]);
    answers.pd = ACCEPTED;
    expect(await pass(3, 'a')).toEqual(['pd trigger', 'og close']);
  });
});

test('what one integration hands over is not taken back by another one of the same receiver, which knows nothing of the incident', async () => {
  const t = relayUnderTest(
    `
route: { receiver: both, group_by: ['...'] }
receivers:
  - name: both
    fallback: third
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
    opsgenie_configs: [{ api_key: key, api_url: 'http://vendor.example/og', verify: false }]
  - name: third
    pagerduty_configs: [{ routing_key: other, url: 'http://vendor.example/third' }]
`,
    async ({ url }) => {
      if (url.endsWith('/pd')) return REJECTED;
      await sleep(url.endsWith('/third') ? 30 : 5);
      return ACCEPTED;
    },
  );
  // It began before this process did.
  await t.tell([alert()]);
  for (let minute = 0; minute < 3; minute++) {
    t.now += 61_000;
    await t.relay.tend();
  }
  const third = () =>
    t.sent().flatMap(({ url, body }) => (url.endsWith('/third') ? [body.event_action] : []));
  expect(third()).toEqual(['trigger']);
  await t.tell([alert('resolved')]);
  expect(third()).toContain('resolve');
});
