import { describe, expect, test } from '@jest/globals';
import { MINUTE, WATCHED } from '../support/looks.ts';
import { ACCEPTED, configOf, REJECTED, UNAVAILABLE } from '../support/relay.ts';
import { alert, alone, byText, config, type Keys, relayWithReloads } from '../support/reload.ts';
import { pending } from '../support/slow-answers.ts';

describe('what is open at an account that a reload takes out of the config', () => {
  /** It is open at the old one, and the config has changed since. */
  async function retired(keys: Keys = {}, ...then: readonly string[]) {
    const on = relayWithReloads(alone(keys));
    await on.t.tell([alert('a'), alert('b')]);
    on.told();
    for (const next of then.length > 0 ? then : [alone({ ...keys, pd: 'new' })]) on.use(next);
    return on;
  }

  test.each([
    ['', {}],
    ['under another receiver', {}],
    ['by labels', { route: 'group_by: [team]' }],
  ])('is ended there too by its end %s', async (what, keys) => {
    const renamed = alone({ pd: 'new' }).replaceAll(/\bpd\b(?!')/g, 'other');
    const { t, told } = await retired(keys, ...(what.includes('receiver') ? [renamed] : []));
    await t.tell([alert('a', 'resolved')]);
    const letter = expect.stringMatching(/^(old|new) resolve/);
    expect(told().toSorted(byText)).toEqual([letter, letter]);
    await t.tell([alert('a', 'resolved')]);
    expect(told()).toEqual([]);
  });

  test('of a whole group: with the last alert, and it is not told of firings', async () => {
    const { t, told } = await retired({ route: 'group_by: []' });
    await t.tell([alert('a', 'resolved'), alert('b')]);
    expect(told().map((one) => one.slice(0, 11))).toEqual(['new trigger']);
    await t.tell([alert('b', 'resolved')]);
    expect(
      told()
        .map((one) => one.slice(0, 11))
        .toSorted(byText),
    ).toEqual(['new resolve', 'old resolve']);
  });

  test('is ended after several reloads', async () => {
    const { t, told } = await retired(
      {},
      alone({ pd: 'new' }),
      alone({ pd: 'newer' }),
      alone({ pd: 'newest' }),
    );
    await t.tell([alert('a', 'resolved')]);
    expect(told().toSorted(byText)).toEqual(['newest resolve a', 'old resolve a']);
  });

  test('is ended long after', async () => {
    const { t, told } = await retired();
    for (let hour = 0; hour < 3; hour++) {
      t.now += 60 * MINUTE;
      await t.tell([alert('b')]);
    }
    told();
    await t.tell([alert('a', 'resolved')]);
    expect(told().toSorted(byText)).toEqual(['new resolve a', 'old resolve a']);
  });

  test('and was opened by what was under way', async () => {
    const on = relayWithReloads(alone());
    const slow = pending();
    on.answers.set('old', slow.answer);
    const telling = on.t.tell([alert('a')]);
    on.use(alone({ pd: 'new' }));
    slow.give(ACCEPTED);
    await telling;
    on.told();
    await on.t.tell([alert('a', 'resolved')]);
    expect(on.told().toSorted(byText)).toEqual(['new resolve a', 'old resolve a']);
  });

  test('and was opened by what is under way at a second reload, that changes nothing', async () => {
    const on = relayWithReloads(alone());
    const slow = pending();
    on.answers.set('old', slow.answer);
    const telling = on.t.tell([alert('a')]);
    for (let i = 0; i < 2; i++) on.use(alone({ pd: 'new' }));
    slow.give(ACCEPTED);
    await telling;
    on.told();
    await on.t.tell([alert('a', 'resolved')]);
    expect(on.told().toSorted(byText)).toEqual(['new resolve a', 'old resolve a']);
  });

  test('by its value of a label, only the one whose alert has ended', async () => {
    const byLabel = (b: string) =>
      alone({ route: 'group_by: []' }).replace(
        'routing_key: old,',
        `routing_key: old, routing_key_by: { label: team, keys: { a: { key: key-a${b} }, b: { key: key-b${b} } } },`,
      );
    const on = relayWithReloads(byLabel(''));
    await on.t.tell([alert('a'), alert('b')]);
    on.told();
    on.use(byLabel('2'));
    await on.t.tell([alert('a', 'resolved'), alert('b')]);
    expect(
      on
        .told()
        .map((one) => one.slice(0, -2))
        .toSorted(byText),
    ).toEqual(['key-a resolve', 'key-a2 resolve', 'key-b2 trigger']);
  });

  describe('for one receiver only', () => {
    const both = (a: string) =>
      `route:
  receiver: b
  group_by: ['...']
  routes: [{ matchers: ['team="b"'] , receiver: b }, { matchers: ['team="c"'], receiver: a, continue: true }, { matchers: ['team="c"'], receiver: b }, { receiver: a }]
receivers:
  - { name: a, pagerduty_configs: [{ routing_key: ${a}, url: 'http://vendor.example/pd' }] }
  - { name: b, pagerduty_configs: [{ routing_key: old, url: 'http://vendor.example/pd' }] }
`;

    async function shared() {
      const on = relayWithReloads(both('old'));
      await on.t.tell([alert('a'), alert('b'), alert('c')]);
      on.told();
      on.use(both('new'));
      return on;
    }

    test('what that one has opened is ended there too, and what is told there anyhow once', async () => {
      const { t, told } = await shared();
      await t.tell([alert('a', 'resolved'), alert('b', 'resolved'), alert('c', 'resolved')]);
      expect(told().toSorted(byText)).toEqual([
        'new resolve a',
        'new resolve c',
        'old resolve a',
        'old resolve b',
        'old resolve c',
      ]);
    });

    test('what is never told there takes nobody’s page for its own', async () => {
      const byLabels = (a: string) => both(a).replaceAll("['...']", '[service]');
      const on = relayWithReloads(byLabels('old'));
      await on.t.tellDirectly('b', [alert('b')]);
      on.use(byLabels('new'));
      on.told();
      const slow = pending();
      on.answers.set('old', slow.answer);
      const under = [on.t.tellDirectly('b', [alert('b'), alert('c')])];
      for (const receiver of ['a', 'b'])
        under.push(on.t.tellDirectly(receiver, [alert('b'), alert('c'), alert('d')]));
      slow.give(ACCEPTED);
      const results = await Promise.all(under);
      expect(results[2]).toMatchObject([{ outcome: 'accepted', reason: 'changed' }]);
      expect(on.told().filter((one) => one.startsWith('old trigger'))).toHaveLength(2);
    });

    test('what is rejected there is a dead letter', async () => {
      const { t, answers } = await shared();
      answers.set('old', REJECTED);
      await t.tell([alert('a', 'resolved')]);
      expect(t.records.deadLetters.size).toBe(1);
    });

    test('it is not said of the account that it is gone', async () => {
      const { t } = await shared();
      expect(t.logs.filter(({ level }) => level === 'warn')).toEqual([]);
    });
  });

  test('is told of by a line that names no key', async () => {
    const { t } = await retired();
    const said = t.logs.filter(({ level }) => level === 'warn');
    expect(said).toMatchObject([{ incidents: 2, integrations: ['pd/pagerduty_configs[0]'] }]);
    expect(JSON.stringify(said)).not.toContain('old');
    t.relay.use(configOf(alone({ pd: 'new' })));
    expect(t.logs.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  test('is ended when Alertmanager no longer has it', async () => {
    const { look } = await retired({ more: WATCHED });
    expect(await look(['b'])).toEqual([]);
    expect(await look(['b'], 6 * MINUTE)).toEqual(['old resolve a']);
    expect(await look(['b'], 6 * MINUTE)).toEqual([]);
  });

  test.each(['webhook', 'look'])('is left alone once its key was rejected (%s)', async (how) => {
    const { t, answers, look, told } = await retired({ more: WATCHED });
    answers.set('old', REJECTED);
    if (how === 'webhook') {
      expect(await t.tell([alert('a', 'resolved')])).toMatchObject([{ outcome: 'accepted' }]);
      expect(told().toSorted(byText)).toEqual(['new resolve a', 'old resolve a']);
    } else {
      await look(['b']);
      expect(await look(['b'], 6 * MINUTE)).toEqual(['old resolve a']);
    }
    for (let i = 0; i < 5; i++) expect(await look(['b'], 20 * MINUTE)).toEqual([]);
    expect(t.records.deadLetters.size).toBe(0);
  });

  test('and cannot be reached is to be told again', async () => {
    const { t, answers, told } = await retired();
    answers.set('old', UNAVAILABLE);
    const results = await t.tell([alert('a', 'resolved')]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['accepted', 'unavailable']);
    answers.clear();
    t.now += 61_000;
    told();
    expect(await t.tell([alert('a', 'resolved')])).toMatchObject([{ outcome: 'suppressed' }]);
    expect(told()).toEqual(['old resolve a']);
  });

  test.each([
    ['its end', alone({ pd: 'new' })],
    ['its end, of a receiver that is gone', alone({ pd: 'new' }).replaceAll(/\bpd\b(?!')/g, 'other')],
  ])('and %s was kept back: that is sent there', async (_what, next) => {
    const on = relayWithReloads(alone({ route: "group_by: ['...'], dedup: { hold_resolve: 2m }" }));
    await on.t.tell([alert('a')]);
    await on.t.tell([alert('a', 'resolved')]);
    on.told();
    on.use(next);
    expect(await on.tend(2 * MINUTE)).toEqual(['old resolve a']);
  });

  const KEPT = [
    ['kept back', alone, { route: "group_by: ['...'], dedup: { hold_resolve: 2m }" }, ACCEPTED],
    ['owed', config, {}, UNAVAILABLE],
  ] as const;

  test.each(KEPT)(
    'and never answers to its end, that was %s: it is given up after a day',
    async (_what, of, keys, answer) => {
      const on = relayWithReloads(of(keys));
      await on.t.tell([alert('a')]);
      on.answers.set('old', answer);
      await on.t.tell([alert('a', 'resolved')]);
      on.use(of({ ...keys, pd: 'new' }));
      on.answers.set('old', UNAVAILABLE);
      on.told();
      for (let hour = 0; hour < 23; hour++) await on.tend(60 * MINUTE);
      expect(await on.tend(50 * MINUTE)).toEqual(['old resolve a']);
      await on.tend(20 * MINUTE);
      for (let i = 0; i < 3; i++) expect(await on.tend()).toEqual([]);
      const given = on.t.logs.filter(({ level }) => level === 'error').map(({ detail }) => detail);
      expect(given).toContainEqual(expect.stringContaining('given up after a day'));
      expect(on.t.records.deadLetters.size).toBe(0);
      expect(await on.t.scrape()).toMatch(/^pagerelay_stand_ins 0$/m);
      expect(await on.t.tell([alert('a', 'resolved')])).toHaveLength(1);
      expect(on.told()).not.toContain('old resolve a');
    },
  );

  test.each(KEPT)('and refuses its end, that was %s: it is left alone', async (_what, of, keys, answer) => {
    const on = relayWithReloads(of(keys));
    await on.t.tell([alert('a')]);
    on.answers.set('old', answer);
    await on.t.tell([alert('a', 'resolved')]);
    on.use(of({ ...keys, pd: 'new' }));
    on.answers.set('old', REJECTED);
    on.told();
    expect(await on.tend(2 * MINUTE)).toEqual(['old resolve a']);
    for (let i = 0; i < 3; i++) expect(await on.tend()).toEqual([]);
    expect(await on.t.tell([alert('a', 'resolved')])).toHaveLength(1);
    expect(on.told()).not.toContain('old resolve a');
    expect(on.t.records.deadLetters.size).toBe(0);
  });
});

/** Of the end of an incident, which only the account that has it can take. */
describe('a dead letter of an end is replayed in its account', () => {
  async function replay({ t: { relay, records } }: ReturnType<typeof relayWithReloads>) {
    const [letter] = records.deadLetters.list(1);
    const job = records.deadLetters.job(letter?.id ?? '');
    return job && relay.replay(job);
  }
  const both = (a: string) => `
route:
  receiver: b
  group_by: ['...']
  routes: [{ matchers: ['team="b"'] }, { receiver: a }]
receivers:
  - { name: a, pagerduty_configs: [{ routing_key: ${a}, url: 'http://vendor.example/pd' }] }
  - { name: b, pagerduty_configs: [{ routing_key: old, url: 'http://vendor.example/pd' }] }
`;

  test('also where its alert is gone, and with it the label that chose the account', async () => {
    const byLabel = alone({ route: 'group_by: []', more: WATCHED }).replace(
      'routing_key: old,',
      'routing_key: old, routing_key_by: { label: team, keys: { a: { key: key-a } } },',
    );
    const on = relayWithReloads(byLabel);
    await on.t.tell([alert('a'), alert('b')]);
    on.answers.set('key-a', REJECTED);
    await on.look(['b']);
    await on.look(['b'], 6 * MINUTE);
    on.answers.clear();
    on.told();
    expect(await replay(on)).toEqual({ status: 'accepted' });
    expect(on.told()).toEqual([expect.stringMatching(/^key-a resolve/)]);
  });

  test('which a reload has taken from its receiver, and another one has still', async () => {
    const on = relayWithReloads(both('old'));
    await on.t.tell([alert('a')]);
    on.use(both('new'));
    on.answers.set('old', REJECTED);
    await on.t.tell([alert('a', 'resolved')]);
    on.answers.clear();
    on.told();
    expect(await replay(on)).toEqual({ status: 'accepted' });
    expect(on.told()).toEqual(['old resolve a']);
  });

  test('which a reload has taken out of the config, as long as something is open there', async () => {
    const on = relayWithReloads(alone());
    await on.t.tell([alert('a')]);
    on.answers.set('old', REJECTED);
    await on.t.tell([alert('a', 'resolved')]);
    on.use(alone({ pd: 'new' }));
    on.told();
    expect(await replay(on)).toMatchObject({ status: 'rejected' });
    expect(on.told()).toEqual(['old resolve a']);
    on.t.now += MINUTE;
    on.use(alone({ pd: 'newer' }));
    const reason = 'the account that has its incident is gone from the config';
    expect(await replay(on)).toEqual({ status: 'refused', reason });
    expect(on.told()).toEqual([]);
  });

  test('as the end that it was, without the stale firing that came with it', async () => {
    const on = relayWithReloads(alone({ route: 'group_by: [service]' }));
    await on.t.tell([alert('a'), alert('b')]);
    await on.t.tell([alert('a', 'resolved'), alert('b')]);
    on.answers.set('old', REJECTED);
    await on.t.tell([alert('a'), alert('b', 'resolved')]);
    on.answers.clear();
    on.t.now += 16 * MINUTE;
    on.told();
    expect(await replay(on)).toEqual({ status: 'accepted' });
    expect(on.told()).toEqual([expect.stringMatching(/^old resolve/)]);
  });
});
