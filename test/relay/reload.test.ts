import { describe, expect, test } from '@jest/globals';
import type { HttpRequest } from '../../src/notify/http-request.ts';
import type { Answer } from '../../src/notify/outcome.ts';
import { pending, REJECTED } from '../support/fallback.ts';
import { seen } from '../support/looks.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, configOf, relayUnderTest, UNAVAILABLE } from '../support/relay.ts';

const MINUTE = 60_000;
const WATCHED = "relay: { alertmanager_url: 'http://alertmanager.example:9093', reconcile_after: 6m }";

const alert = (letter: string, status: PostedAlert['status'] = 'firing'): PostedAlert => ({
  status,
  labels: { alertname: letter, team: letter },
  fingerprint: letter.repeat(16),
  startsAt: '2027-01-15T07:00:00Z',
});

const byText = (a: string, b: string) => a.localeCompare(b);

interface Keys {
  readonly pd?: string;
  readonly og?: string;
  readonly route?: string;
  readonly more?: string;
  readonly fallback?: string;
}

const config = ({
  pd = 'old',
  og = 'og',
  route = "group_by: ['...']",
  more = '',
  fallback = 'og',
}: Keys = {}) => `
${more}
route: { receiver: pd, ${route} }
receivers:
  - name: pd
    ${fallback === '' ? '' : `fallback: ${fallback}`}
    pagerduty_configs: [{ routing_key: ${pd}, url: 'http://vendor.example/pd' }]
  - name: og
    opsgenie_configs: [{ api_key: ${og}, api_url: 'http://vendor.example/og' }]
`;
const alone = (keys: Keys = {}) => config({ fallback: '', ...keys });

/** What was sent, as `old trigger a` or `og close a`: the key, the action and the first letter of the incident's key. */
function setUp(text: string) {
  const answers = new Map<string, Answer | Promise<Answer>>();
  const sent: string[] = [];
  const answer = ({ method, url, headers, body }: HttpRequest) => {
    if (method === 'GET') return { status: 200, headers: {}, body: '{}' };
    const { routing_key, event_action, dedup_key, alias } = JSON.parse(String(body)) as Record<
      string,
      string
    >;
    const key = routing_key ?? String(headers.Authorization).replace('GenieKey ', '');
    const action = event_action ?? (url.includes('/close') ? 'close' : 'create');
    const incident = dedup_key ?? alias ?? url.split('/alerts/')[1] ?? '';
    sent.push(`${key} ${action} ${incident.slice(0, 1)}`);
    return answers.get(key) ?? ACCEPTED;
  };
  const t = relayUnderTest(text, answer);
  return {
    t,
    answers,
    use: (next: string) => t.relay.use(configOf(next)),
    told: () => sent.splice(0),
    async tend(ms = 61_000): Promise<readonly string[]> {
      t.now += ms;
      await t.relay.tend();
      return sent.splice(0);
    },
    async look(letters: readonly string[], ms = MINUTE) {
      t.now += ms;
      await t.relay.reconcile(seen(t.now, letters));
      return sent.splice(0);
    },
  };
}

describe('a reload while a fallback stands in', () => {
  /** Its receiver is down, and a reload gives it another key. */
  async function stoodIn(next: string, first = config()) {
    const on = setUp(first);
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

  test('and so is one that was under way', async () => {
    const on = setUp(config());
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
    const on = setUp(config());
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
    const on = setUp(config({ more: WATCHED }));
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
    const on = setUp(config());
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

describe('what is open at an account that a reload takes out of the config', () => {
  /** It is open at the old one, and the config has changed since. */
  async function retired(keys: Keys = {}, ...then: readonly string[]) {
    const on = setUp(alone(keys));
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
    const on = setUp(alone());
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
    const on = setUp(alone());
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
    const on = setUp(byLabel(''));
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
      const on = setUp(both('old'));
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
    const on = setUp(alone({ route: "group_by: ['...'], dedup: { hold_resolve: 2m }" }));
    await on.t.tell([alert('a')]);
    await on.t.tell([alert('a', 'resolved')]);
    on.told();
    on.use(next);
    expect(await on.tend(2 * MINUTE)).toEqual(['old resolve a']);
  });
});
