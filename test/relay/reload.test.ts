import { describe, expect, test } from '@jest/globals';
import { MINUTE, seen, WATCHED } from '../support/looks.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, configOf, relayUnderTest, UNAVAILABLE } from '../support/relay.ts';
import { alert, alone, byText, config, relayWithReloads } from '../support/reload.ts';
import { pending } from '../support/slow-answers.ts';

describe('a reload while a fallback stands in', () => {
  /** Its receiver is down, and a reload gives it another key. */
  async function stoodIn(next: string, first = config()) {
    const on = relayWithReloads(first);
    on.answers.set('old', UNAVAILABLE);
    await on.t.tell([alert('a')]);
    expect(on.told()).toEqual(['old trigger a', 'og create a']);
    on.use(next);
    return on;
  }

  test('the page is owed to the new account, and the end goes there', async () => {
    const { t, answers, tend, told } = await stoodIn(config({ pd: 'new' }));
    answers.clear();
    expect(await tend()).toEqual(['new trigger a', 'og close a']);
    await t.tell([alert('a', 'resolved')]);
    expect(told()).toEqual(['new resolve a']);
    expect(await t.scrape()).toContain('pagerelay_stand_ins 0');
  });

  test('with all alerts, where that has one incident of two that are owed', async () => {
    const by = (text: string) =>
      text.replace(
        "url: 'http://vendor.example/pd'",
        '$&, routing_key_by: { label: team, keys: { a: { key: key-a }, b: { key: key-b } } }',
      );
    const one = config({ route: 'group_by: [service]' });
    const { t, answers, use, told } = relayWithReloads(by(one));
    const of = (letter: string) => ({
      ...alert(letter),
      labels: { ...alert(letter).labels, service: 'shop' },
    });
    for (const key of ['key-a', 'key-b']) answers.set(key, UNAVAILABLE);
    await t.tell([of('a')], { groupKey: 'one' });
    await t.tell([of('b')], { groupKey: 'two' });
    use(one);
    t.now += 61_000;
    t.sent();
    await t.relay.tend();
    const [page] = t.sent();
    expect(page?.body).toMatchObject({
      event_action: 'trigger',
      payload: { custom_details: { num_firing: 2 } },
    });
    told();
    await t.tell([{ ...of('a'), status: 'resolved' }], { groupKey: 'one' });
    expect(told().join()).not.toContain('old resolve');
  });

  test('and so is one that was under way', async () => {
    const on = relayWithReloads(config());
    const slow = pending();
    on.answers.set('old', slow.answer);
    const telling = on.t.tell([alert('a')]);
    on.use(config({ pd: 'new' }));
    slow.give(UNAVAILABLE);
    await telling;
    expect(on.told()).toEqual(['old trigger a', 'og create a']);
    expect(await on.tend()).toEqual(['new trigger a', 'og close a']);
  });

  test.each([
    ['was told', ACCEPTED, ['old resolve a', 'og close a'], ['og close a']],
    ['is owed', UNAVAILABLE, ['old resolve a', 'og close a'], ['old resolve a', 'og close a']],
  ])('but none whose end %s where it was under way', async (_what, answer, now, later) => {
    const on = relayWithReloads(config());
    on.answers.set('old', UNAVAILABLE);
    await on.t.tell([alert('a')]);
    on.told();
    on.t.now += 61_000;
    const slow = pending();
    on.answers.set('old', slow.answer);
    const telling = on.t.tell([alert('a', 'resolved')]);
    on.use(config({ pd: 'new' }));
    slow.give(answer);
    await telling;
    expect(on.told()).toEqual(now);
    on.answers.clear();
    expect((await on.tend()).toSorted(byText).reverse()).toEqual(later);
    expect(await on.tend()).toEqual([]);
  });

  test('the page is owed to the same account where another one was put before it', async () => {
    const two = config().replace(
      'pagerduty_configs: [',
      "pagerduty_configs: [{ routing_key: before, url: 'http://vendor.example/pd' }, ",
    );
    const { t, answers, tend } = await stoodIn(two);
    answers.clear();
    expect(await tend()).toEqual(['old trigger a', 'og close a']);
    expect(await t.scrape()).toContain('pagerelay_stand_ins 0');
  });

  test('an end that is owed to an account that is gone does not end what has begun since', async () => {
    const on = relayWithReloads(config({ more: WATCHED }));
    await on.t.tell([alert('a')]);
    on.use(config({ more: WATCHED, pd: 'new' }));
    on.answers.set('old', UNAVAILABLE);
    on.answers.set('new', UNAVAILABLE);
    await on.look([]);
    on.told();
    expect(await on.look([], 6 * MINUTE)).toEqual(['old resolve a']);
    on.t.now += MINUTE;
    await on.t.tell([{ ...alert('a'), startsAt: '2027-01-15T08:07:30Z' }]);
    expect(on.told()).toEqual(['new trigger a', 'og create a']);
    for (const answer of [UNAVAILABLE, ACCEPTED]) {
      on.answers.set('old', answer);
      expect((await on.tend()).toSorted(byText)).toEqual(['new trigger a', 'old resolve a']);
    }
    expect(await on.tend()).toEqual(['new trigger a']);
  });

  test('an end that is owed stays owed to the account that may have the incident', async () => {
    const on = relayWithReloads(config());
    await on.t.tell([alert('a')]);
    on.answers.set('old', UNAVAILABLE);
    await on.t.tell([alert('a', 'resolved')]);
    on.told();
    on.use(config({ pd: 'new' }));
    on.answers.clear();
    expect(await on.tend()).toEqual(['old resolve a']);
    expect(await on.tend()).toEqual([]);
  });

  test('what the fallback has opened is ended where it is', async () => {
    const { answers, tend } = await stoodIn(config({ og: 'og-new' }));
    answers.clear();
    expect(await tend()).toEqual(['old trigger a', 'og close a']);
  });

  test.each([
    ['when its receiver has it', 'firing', ['old trigger a', 'og close a', 'og-new close a']],
    ['with the alert', 'resolved', ['old resolve a', 'og-new close a', 'og close a']],
  ] as const)('also after the new one has it, %s', async (_when, status, expected) => {
    const { t, answers, told, tend } = await stoodIn(config({ og: 'og-new' }));
    t.now += 61_000;
    await t.tell([{ ...alert('a'), annotations: { summary: 'worse' } }]);
    expect(told()).toEqual(['old trigger a', 'og-new create a']);
    if (status === 'firing') {
      answers.clear();
      expect((await tend()).toSorted(byText)).toEqual(expected.toSorted(byText));
      return;
    }
    t.now += 61_000;
    await t.tell([alert('a', 'resolved')]);
    expect(told().toSorted(byText)).toEqual(expected.toSorted(byText));
  });

  test('that takes the fallback away: it is ended there all the same', async () => {
    const { answers, tend } = await stoodIn(alone());
    answers.clear();
    expect(await tend()).toEqual(['old trigger a', 'og close a']);
  });

  test('that takes the receiver away: nobody is paged by it, and it is ended with its alert', async () => {
    const { t, answers, tend, told } = await stoodIn(
      config({ pd: 'new' }).replaceAll(/\bpd\b(?!')/g, 'other'),
    );
    answers.clear();
    expect(await tend()).toEqual([]);
    await t.tell([alert('a', 'resolved')]);
    expect(told()).toContain('og close a');
    expect(await t.scrape()).toContain('pagerelay_stand_ins 0');
  });
});

describe('a reload in a mute, while something is under way', () => {
  const muted = (pd: string, groupBy = '[]') =>
    `${config({ pd, fallback: '', route: `group_by: ${groupBy}, routes: [{ receiver: pd, mute_time_intervals: [breakfast] }]` })}
time_intervals:
  - { name: breakfast, time_intervals: [{ times: [{ start_time: '08:00', end_time: '09:00' }] }] }
`;
  const toEnd = (now: number) => Date.UTC(2027, 0, 15, 9) - now;

  /** `a` is told to its receiver before the mute, which takes long to answer; what is told in the mute waits for that. */
  async function waiting(...alerts: readonly PostedAlert[]) {
    const on = relayWithReloads(muted('old'));
    on.t.now -= 1_000;
    const slow = pending();
    on.answers.set('old', slow.answer);
    const first = on.t.tell([alert('a')]);
    on.t.now += 2_000;
    const second = on.t.tell(alerts);
    on.use(muted('new'));
    const answered = async () => {
      slow.give(ACCEPTED);
      await Promise.all([first, second]);
      expect(on.told()).toEqual(['old trigger c']);
    };
    return { ...on, answered };
  }

  test('what was waiting is held for the new account', async () => {
    const { t, answered, tend } = await waiting(alert('a'), alert('b'));
    await answered();
    expect(await tend(toEnd(t.now))).toEqual(['new trigger c']);
    expect(t.records.decisions.query({}, 1)).toMatchObject([{ alerts: 2 }]);
  });

  test('and does not put out what was told since', async () => {
    const { t, answered, tend } = await waiting(alert('a'), alert('b'));
    await t.tell([alert('a'), alert('b'), alert('c')]);
    await answered();
    expect(await tend(toEnd(t.now))).toEqual(['new trigger c']);
    expect(t.records.decisions.query({}, 1)).toMatchObject([{ alerts: 3 }]);
  });

  test('nor is it held twice by two reloads', async () => {
    const { t, use, answered, tend } = await waiting(alert('a'), alert('b'));
    use(muted('newer'));
    await answered();
    use(muted('newest'));
    expect(await tend(toEnd(t.now))).toEqual(['newest trigger c']);
    expect(await tend()).toEqual([]);
  });

  test('an end lets go what was held before', async () => {
    const on = relayWithReloads(muted('old', "['...']"));
    await on.t.tell([alert('a')]);
    const slow = pending();
    on.answers.set('old', slow.answer);
    const telling = on.t.tell([alert('a', 'resolved')]);
    on.use(muted('new', "['...']"));
    slow.give(ACCEPTED);
    await telling;
    expect(on.told()).toEqual(['old resolve a']);
    expect(await on.tend(toEnd(on.t.now))).toEqual([]);
  });
});

describe('what was promised before a reload', () => {
  const og = (key: string) => `
route: { receiver: og, group_by: ['...'] }
receivers:
  - { name: og, opsgenie_configs: [{ api_key: ${key}, api_url: 'http://vendor.example' }] }
`;

  function promising(first: string) {
    const sent: string[] = [];
    const fails = { isBroken: false, isDown: false };
    const t = relayUnderTest(first, ({ method, headers, url }) => {
      const ok = (code: number, body: object) => ({ status: code, headers: {}, body: JSON.stringify(body) });
      const key = String(headers.Authorization).replace('GenieKey ', '');
      if (method === 'GET')
        return ok(200, { data: { isSuccess: !fails.isBroken || key !== 'old', status: 'failed' } });
      sent.push(`${key} ${url.includes('/close') ? 'close' : 'create'}`);
      if (fails.isDown) return UNAVAILABLE;
      return ok(202, { requestId: `request-${sent.length}` });
    });
    const verify = async (ms = 1_000): Promise<readonly string[]> => {
      t.now += ms;
      await t.relay.verify();
      return sent.splice(0);
    };
    return { t, sent, fails, verify };
  }

  async function broken(status: PostedAlert['status'], meanwhile: PostedAlert['status'] = status) {
    const { t, sent, fails, verify } = promising(og('old'));
    await t.tell([alert('a')]);
    if (status === 'resolved') {
      await verify();
      await t.tell([alert('a', 'resolved')]);
    } else if (meanwhile === 'resolved') await t.tell([alert('a', 'resolved')]);
    fails.isBroken = true;
    sent.splice(0);
    t.relay.use(configOf(og('new')));
    return verify();
  }

  test('and has failed is sent to the new account', async () => {
    expect(await broken('firing')).toEqual(['new create']);
  });

  test('an end to the old one, which has the incident', async () => {
    expect(await broken('resolved')).toEqual(['old close']);
  });

  test('but no page that has been ended since', async () => {
    expect(await broken('firing', 'resolved')).toEqual(['old close']);
  });

  test.each([
    ['seen at Alertmanager since', false],
    ['seen there while the new account is down', true],
  ])('also where it was %s', async (_when, isDown) => {
    const { t, sent, fails, verify } = promising(`${WATCHED}\n${og('old')}`);
    await t.tell([alert('a')]);
    Object.assign(fails, { isBroken: true, isDown });
    sent.splice(0);
    t.relay.use(configOf(`${WATCHED}\n${og('new')}`));
    if (isDown) expect(await verify()).toEqual(['new create']);
    t.now += 1;
    await t.relay.reconcile(seen(t.now, ['a']));
    fails.isDown = false;
    expect(await verify(61_000)).toEqual(['new create']);
    expect(await verify(61_000)).toEqual([]);
  });

  test('also where the new account had it before, and it was over there', async () => {
    const { t, sent, fails, verify } = promising(og('new'));
    await t.tell([alert('a')]);
    await t.tell([alert('a', 'resolved')]);
    t.now += MINUTE;
    t.relay.use(configOf(og('old')));
    await t.tell([{ ...alert('a'), startsAt: '2027-01-15T08:00:30Z' }]);
    fails.isBroken = true;
    sent.splice(0);
    t.relay.use(configOf(og('new')));
    expect(await verify()).toEqual(['new create']);
  });

  test('but not where the new account was told of it since', async () => {
    const { t, sent, fails, verify } = promising(og('old'));
    await t.tell([alert('a')]);
    fails.isBroken = true;
    t.relay.use(configOf(og('new')));
    t.now += 1;
    await t.tell([alert('a')]);
    expect(sent.splice(0)).toEqual(['old create', 'new create']);
    expect(await verify()).toEqual([]);
  });
});
