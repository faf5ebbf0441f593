import { describe, expect, test } from '@jest/globals';
import type { Answer } from '../../src/notify/outcome.ts';
import { A, alert, CONFIG, calls, relayWithFallback } from '../support/fallback.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, LIMITED, REJECTED, relayUnderTest, UNAVAILABLE } from '../support/relay.ts';
import { sharedMemory } from '../support/shared-memory.ts';
import { answering, pending, type Slow, settled } from '../support/slow-answers.ts';

describe('a fallback', () => {
  test('takes what the vendor cannot take now, under the same incident key, once', async () => {
    const { t, answers } = relayWithFallback();
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
    const { t, answers, wait } = relayWithFallback();
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

  test('is not told again of what stays owed, until Alertmanager tells it again', async () => {
    const { t, answers, wait } = relayWithFallback();
    answers.pd = UNAVAILABLE;
    await t.tell([alert()]);
    t.sent();
    for (let minute = 0; minute < 180; minute++) await wait();
    expect(new Set(calls(t.sent()))).toEqual(new Set(['pd trigger']));
    await t.tell([alert()], { notification_reason: 'repeat interval elapsed' });
    await wait();
    await wait();
    expect(calls(t.sent()).filter((call) => call === 'og create')).toHaveLength(1);
  });

  test('what the webhook itself brings back is handed back too', async () => {
    const { t, answers } = relayWithFallback();
    answers.pd = UNAVAILABLE;
    await t.tell([alert()]);
    t.sent();
    answers.pd = ACCEPTED;
    t.now += 61_000;
    await t.tell([alert()]);
    expect(calls(t.sent())).toEqual(['pd trigger', 'og close']);
  });

  test('keeps what its receiver would never take, and resolves it with the alert', async () => {
    const { t, answers, wait } = relayWithFallback();
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
    const { t, answers, wait } = relayWithFallback();
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
    const { t } = relayWithFallback();
    await t.tell([alert('resolved')]);
    expect(calls(t.sent())).toEqual(['pd resolve', 'og close']);
    await t.tell([alert('resolved')]);
    expect(t.sent()).toEqual([]);
  });

  test('when the fallback is down too, the answer is that of the receiver', async () => {
    const { t, answers } = relayWithFallback();
    answers.pd = UNAVAILABLE;
    answers.og = UNAVAILABLE;
    expect(await t.tell([alert()])).toMatchObject([{ outcome: 'unavailable', reason: 'serverError' }]);
  });

  test('takes what its receiver rejects when it is told again, where it could not be told at once: until then it is no dead letter', async () => {
    const { t, answers } = relayWithFallback();
    answers.pd = REJECTED;
    answers.og = UNAVAILABLE;
    const [result] = await t.tell([alert()]);
    expect(result).toMatchObject({ receiver: 'pd', outcome: 'unavailable', reason: 'serverError' });
    expect(result?.detail).toMatch(/^og\/opsgenie_configs\[0\]: .*; here: /);
    expect(t.records.deadLetters.list(1)).toEqual([]);
    answers.og = REJECTED;
    t.now += 61_000;
    expect(await t.tell([alert()])).toMatchObject([{ outcome: 'rejected' }]);
    expect(t.records.deadLetters.list(1)).toHaveLength(1);
    answers.og = ACCEPTED;
    t.sent();
    expect(await t.tell([alert()])).toMatchObject([{ outcome: 'accepted', reason: 'fallback' }]);
    expect(calls(t.sent())).toEqual(['pd trigger', 'og create']);
  });

  test('one whose answer was lost may have it: it is resolved there when its receiver has it', async () => {
    const { t, answers } = relayWithFallback();
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
    const { t, answers, wait } = relayWithFallback();
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
      const setting = relayWithFallback();
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
      const { answer, give, asked } = pending();
      answers.pd = ACCEPTED;
      answers.og = answer;
      const tending = t.relay.tend();
      await asked;
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
      const { answer, give, asked } = pending();
      answers.og = answer;
      const told = t.tell([again]);
      await asked;
      await t.relay.tend();
      answers.og = ACCEPTED;
      give(ACCEPTED);
      await told;
      expect(calls(t.sent())).toEqual(['pd trigger', 'og create']);
      answers.pd = ACCEPTED;
      await wait();
      expect(calls(t.sent())).toEqual(['pd trigger', 'og close']);
    });
  });

  test('keeps an incident that it was told of for itself', async () => {
    const { t, answers, wait } = relayWithFallback();
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
    const { t, answers, wait } = relayWithFallback();
    answers.pd = REJECTED;
    await t.tell([alert()]);
    await t.tell([alert('resolved')]);
    t.sent();
    answers.pd = ACCEPTED;
    await wait();
    expect(t.sent()).toEqual([]);
  });
});

test('what was held for a mute and its receiver rejects is taken, though the fallback could not be told at once', async () => {
  const answers = { pd: REJECTED, og: UNAVAILABLE };
  const t = relayUnderTest(
    `${CONFIG.replace('  routes:', '  routes:\n    - { receiver: pd, matchers: [\'muted="yes"\'], mute_time_intervals: [breakfast] }')}
time_intervals: [{ name: breakfast, time_intervals: [{ times: [{ start_time: '07:00', end_time: '09:00' }] }] }]`,
    ({ url }) => (url.endsWith('/pd') ? answers.pd : answers.og),
  );
  await t.tell([alert('firing', { labels: { muted: 'yes' } })]);
  expect(t.relay.heldAlerts()).toBe(1);
  const pass = async () => {
    t.now += 61_000;
    await t.relay.tend();
    return calls(t.sent());
  };
  t.now += 3_600_000;
  expect(await pass()).toEqual(['pd trigger', 'og create']);
  answers.og = ACCEPTED;
  expect(await pass()).toEqual(['pd trigger', 'og create']);
  expect(await pass()).toEqual([]);
  expect(t.relay.heldAlerts()).toBe(0);
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
    const { t, answers, wait } = relayWithFallback();
    const own = pending();
    answers.pd = UNAVAILABLE;
    answers.og = own.answer;
    const told = t.tell([alert('firing', { labels: { alertname: 'A', both: 'yes' } })]);
    await own.asked;
    await settled();
    own.give(ACCEPTED);
    await told;
    expect(calls(t.sent()).toSorted()).toEqual(['og create', 'pd trigger']);
    answers.pd = ACCEPTED;
    await wait();
    expect(calls(t.sent())).toEqual(['pd trigger']);
  });

  test('takes an end that its receiver could not be told of; a stop tells it, if it can', async () => {
    const { t, answers } = relayWithFallback();
    await t.tell([alert()]);
    answers.pd = UNAVAILABLE;
    expect(await t.tell([alert('resolved')])).toMatchObject([{ outcome: 'accepted', reason: 'fallback' }]);
    t.sent();
    answers.pd = ACCEPTED;
    t.now += 61_000;
    await t.relay.tend({ isLast: true });
    expect(calls(t.sent())).toEqual(['pd resolve']);
  });

  test('goes on to owe an end to its receiver when a lagging peer repeats what that one has', async () => {
    const { t, answers, wait } = relayWithFallback();
    await t.tell([alert()]);
    answers.pd = UNAVAILABLE;
    await t.tell([alert('resolved')]);
    expect(await t.tell([alert()])).toMatchObject([{ outcome: 'suppressed' }]);
    t.sent();
    answers.pd = ACCEPTED;
    await wait();
    expect(calls(t.sent())).toEqual(['pd resolve']);
  });

  test('is ended, and its receiver left alone, where another replica was told of the end', async () => {
    const store = sharedMemory();
    const one = relayWithFallback(store());
    const two = relayWithFallback(store());
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
    const one = relayWithFallback(store(), watched);
    const two = relayWithFallback(store(), watched);
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
    const { t, answers, wait } = relayWithFallback(
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
    ({ url }) => {
      if (url.endsWith('/pd')) return REJECTED;
      return answering(url.endsWith('/third') ? answers.third : answers.og);
    },
  );
  const [og, other] = [pending(), pending()];
  const answers: { og: Slow; third: Slow } = { og: og.answer, third: other.answer };
  // It began before this process did.
  const telling = t.tell([alert()]);
  await Promise.all([og.asked, other.asked]);
  og.give(ACCEPTED);
  await settled();
  other.give(ACCEPTED);
  await telling;
  Object.assign(answers, { og: ACCEPTED, third: ACCEPTED });
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

test('of a fallback with two accounts only the one that is down is told of the hand-back again', async () => {
  const answers = { pd: UNAVAILABLE, og: ACCEPTED };
  const t = relayUnderTest(
    `${CONFIG}    pagerduty_configs: [{ routing_key: other, url: 'http://vendor.example/other' }]`,
    ({ url }) => {
      if (url.endsWith('/pd')) return answers.pd;
      return url.endsWith('/other') ? ACCEPTED : answers.og;
    },
  );
  const pass = async () => {
    t.now += 61_000;
    await t.relay.tend();
    return t
      .sent()
      .map(({ url, body }) =>
        url.endsWith('/other') ? `other ${body.event_action}` : calls([{ url, body }])[0],
      );
  };
  await t.tell([alert()]);
  t.sent();
  answers.pd = ACCEPTED;
  answers.og = UNAVAILABLE;
  expect(await pass()).toEqual(['pd trigger', 'other resolve', 'og close']);
  expect(await pass()).toEqual(['og close']);
  answers.og = ACCEPTED;
  expect(await pass()).toEqual(['og close']);
  expect(await t.scrape()).toContain('pagerelay_stand_ins 0');
});

test.each([
  ['rejects it', REJECTED, ACCEPTED, ['og close']],
  ['is down', UNAVAILABLE, ACCEPTED, ['og close']],
  ['is down, as the fallback is then', UNAVAILABLE, UNAVAILABLE, ['og close', 'og close']],
])(
  'the end is told to the fallback of a receiver that wants none (`send_resolved`) and %s',
  async (_what, pd, later, ends) => {
    const answers = { pd, og: ACCEPTED };
    const t = relayUnderTest(CONFIG.replace("/pd' }", "/pd', send_resolved: false }"), ({ url }) =>
      url.endsWith('/pd') ? answers.pd : answers.og,
    );
    await t.tell([alert()]);
    expect(calls(t.sent())).toEqual(['pd trigger', 'og create']);
    answers.og = later;
    await t.tell([alert('resolved')]);
    answers.og = ACCEPTED;
    t.now += 61_000;
    await t.tell([alert('resolved')]);
    for (let minute = 0; minute < 20; minute++) {
      t.now += 61_000;
      await t.relay.tend();
    }
    expect(calls(t.sent())).toEqual(ends);
    expect(await t.scrape()).toContain('pagerelay_stand_ins 0');
  },
);

describe('an end that is owed', () => {
  test('stays owed when a lagging peer repeats the firing, which the fallback knows to be stale', async () => {
    const { t, answers, wait } = relayWithFallback();
    answers.pd = UNAVAILABLE;
    await t.tell([alert()]);
    await t.tell([alert('resolved')]);
    expect(await t.tell([alert()])).toMatchObject([{ outcome: 'suppressed', reason: 'stale' }]);
    t.sent();
    answers.pd = ACCEPTED;
    await wait();
    expect(calls(t.sent())).toEqual(['pd resolve']);
  });

  test('stays owed when the alert fires again and nobody takes that, until it is told again', async () => {
    const { t, answers, wait } = relayWithFallback();
    answers.pd = UNAVAILABLE;
    await t.tell([alert()]);
    await t.tell([alert('resolved')]);
    answers.og = REJECTED;
    const again = { ...alert(), startsAt: new Date(t.now).toISOString() };
    expect(await t.tell([again])).toMatchObject([{ outcome: 'unavailable' }]);
    t.sent();
    answers.pd = ACCEPTED;
    await wait();
    expect(calls(t.sent())).toEqual(['pd resolve']);
    await t.tell([again]);
    expect(calls(t.sent())).toEqual(['pd trigger']);
  });
});
