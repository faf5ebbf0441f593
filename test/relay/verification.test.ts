import { describe, expect, test } from '@jest/globals';
import type { Answer } from '../../src/notify/outcome.ts';
import type { Job } from '../../src/relay/jobs.ts';
import { REJECTED, relayUnderTest, UNAVAILABLE } from '../support/relay.ts';
import { sharedMemory } from '../support/shared-memory.ts';
import { alert, broken, CONFIG, json, KEPT, relayWithPromises } from '../support/verification.ts';

const PENDING = json(404, { message: 'Request not found. It might not be processed, yet.' });
const ended = { ...alert, status: 'resolved' as const };

test('it is asked after a second, then less and less often, until it is known', async () => {
  let says = PENDING;
  const { t, asked, pass } = relayWithPromises(() => says);
  await t.tell([alert]);
  await pass(999);
  expect(asked).toEqual([]);
  for (const [ms, times] of [
    [1, 1],
    [1_999, 1],
    [1, 2],
    [3_999, 2],
    [1, 3],
    [8_000, 4],
  ] as const) {
    await pass(ms);
    expect(asked.length).toBe(times);
  }
  expect(asked[0]).toBe('/v2/alerts/requests/request-1');
  says = KEPT;
  await pass(15_000);
  await pass(60_000);
  expect(asked.length).toBe(5);
  expect(await t.scrape()).toContain(
    'verifications_total{receiver="og",integration="opsgenie_configs[0]",result="kept"} 1',
  );
});

test('after a minute it is given up', async () => {
  const { t, asked, pass } = relayWithPromises(() => PENDING);
  await t.tell([alert]);
  for (let second = 0; second < 200; second++) await pass(1_000);
  expect(asked.length).toBe(7);
  expect(await t.scrape()).toContain('result="unknown"} 1');
});

test('but not where a rate limit let nobody ask', async () => {
  let isLimited = true;
  const limited = { ...json(429, {}), headers: { 'retry-after': '120' } };
  const { t, pass, posts } = relayWithPromises((request) => {
    if (isLimited) return limited;
    return request === 1 ? broken('no') : KEPT;
  });
  await t.tell([alert]);
  posts();
  await pass(1_000);
  isLimited = false;
  for (let second = 0; second < 140; second++) await pass(1_000);
  expect(posts()).toEqual(['/v2/alerts']);
});

test('what has failed is said, and sent once more', async () => {
  const { t, pass, posts } = relayWithPromises((request) =>
    request === 1 ? broken('Team is gone: secret') : KEPT,
  );
  await t.tell([alert]);
  posts();
  await pass(1_000);
  expect(posts()).toEqual(['/v2/alerts']);
  await pass(1_000);
  expect(t.logs.filter(({ level }) => level === 'error')).toEqual([
    expect.objectContaining({
      msg: 'accepted but failed',
      action: 'trigger',
      detail: 'Team is gone: secret',
    }),
  ]);
  expect(t.records.deadLetters.size).toBe(0);
  const [retried] = t.records.decisions.query({}, 1);
  expect(retried).toMatchObject({ reason: 'failed_late', triggered_by: 'verification', outcome: 'accepted' });
  expect(await t.scrape()).toContain(
    'accepted_but_failed_total{receiver="og",integration="opsgenie_configs[0]",action="trigger"} 1',
  );
});

test('what fails again is a dead letter, and what is told again is not taken for a duplicate', async () => {
  const { t, pass, posts } = relayWithPromises(() => broken('no'));
  await t.tell([alert]);
  await pass(1_000);
  await pass(1_000);
  expect(t.records.deadLetters.list(10)).toMatchObject([{ action: 'trigger', detail: 'no' }]);
  posts();
  await t.tell([alert]);
  expect(posts()).toEqual(['/v2/alerts']);
});

test('what fails again is not closed when its alert is gone, where its receiver does not resolve', async () => {
  const quiet = CONFIG.replace('api_key: secret-key', 'api_key: secret-key, send_resolved: false');
  const { t, pass, posts } = relayWithPromises(() => broken('no'), {
    config: `relay: { alertmanager_url: 'http://am', reconcile_after: 6m }${quiet}`,
  });
  await t.tell([alert]);
  await pass(1_000);
  await pass(1_000);
  expect(t.records.deadLetters.size).toBe(1);
  posts();
  for (let minute = 0; minute < 10; minute++) {
    t.now += 60_000;
    await t.relay.reconcile({ takenAt: t.now, upSince: 0, groups: [], state: () => undefined });
  }
  expect(posts()).toEqual([]);
});

test('what something newer was accepted after is left as it is', async () => {
  const { t, pass, posts } = relayWithPromises((request) => (request === 1 ? broken('no') : KEPT));
  await t.tell([alert]);
  await t.tell([ended]);
  posts();
  await pass(1_000);
  expect(posts()).toEqual([]);
});

describe('a close', () => {
  const WORDS = ['Alert does not exist', 'Alert is already closed'];

  test.each(WORDS)('that finds nothing to close is done, where the page is old: %s', async (words) => {
    const { t, pass, posts } = relayWithPromises((request) => (request === 1 ? KEPT : broken(words)));
    await t.tell([alert]);
    await pass(61_000);
    await t.tell([ended]);
    posts();
    await pass(1_000);
    expect(posts()).toEqual([]);
    expect(await t.scrape()).toContain('result="kept"} 2');
  });

  test.each(WORDS)('and where nobody here knows of a page: %s', async (words) => {
    const { t, pass, posts } = relayWithPromises(() => broken(words));
    await t.tell([ended]);
    posts();
    for (let second = 0; second < 90; second++) await pass(1_000);
    expect(posts()).toEqual([]);
    expect(await t.scrape()).toContain('result="kept"} 1');
  });

  test.each([
    ['is sent once more after a minute', 'Alert does not exist', ['/v2/alerts/000000000000000a/close']],
    ['is done', 'Alert is already closed', []],
  ])('of what another replica sent a moment ago %s where %s', async (_what, words, sent) => {
    const store = sharedMemory();
    const [one, two] = [
      relayWithPromises(() => KEPT, { store: store() }),
      relayWithPromises(() => broken(words), { store: store() }),
    ];
    await one.t.tell([alert]);
    await two.t.tell([ended]);
    two.posts();
    for (let second = 0; second < 58; second++) await two.pass(1_000);
    expect(two.posts()).toEqual([]);
    for (let second = 0; second < 100; second++) await two.pass(1_000);
    expect(two.posts()).toEqual(sent);
    expect(await two.t.scrape()).toContain('result="kept"} 1');
    expect(two.t.records.deadLetters.size).toBe(0);
  });

  test('that failed is sent once more', async () => {
    const { t, pass, posts } = relayWithPromises((request) => (request === 1 ? broken('no') : KEPT));
    await t.tell([ended]);
    posts();
    await pass(1_000);
    expect(posts()).toEqual(['/v2/alerts/000000000000000a/close']);
  });
});

describe('a close that found nothing while nobody knew whether the page was done', () => {
  const close = `/v2/alerts/${alert.fingerprint}/close`;
  const NOTHING = broken('Alert does not exist');

  /** `says`: what is said of the page, of the close, and of what is sent after that. */
  async function overtaking(later = NOTHING) {
    const says = { page: PENDING };
    const world = relayWithPromises((request) => [says.page, NOTHING][request - 1] ?? later);
    await world.t.tell([alert]);
    await world.pass(500);
    await world.t.tell([ended]);
    world.posts();
    return { ...world, says };
  }

  test.each(['is asked about', 'was asked about before the close'])(
    'is sent once more when that %s',
    async (when) => {
      const { t, pass, posts, says } = await overtaking();
      if (when === 'is asked about') await pass(1_000);
      expect(posts()).toEqual([]);
      says.page = KEPT;
      await pass(500);
      for (let second = 0; second < 90; second++) await pass(1_000);
      expect(posts()).toEqual([close]);
      expect(t.records.deadLetters.size).toBe(0);
    },
  );

  test('is sent once more when nobody ever knows, and not again', async () => {
    const { pass, posts } = await overtaking();
    for (let second = 0; second < 58; second++) await pass(1_000);
    expect(posts()).toEqual([]);
    for (let second = 0; second < 200; second++) await pass(1_000);
    expect(posts()).toEqual([close]);
  });

  test('is left as it is when the alert fires again', async () => {
    const { t, pass, posts, says } = await overtaking(KEPT);
    await pass(1_000);
    await t.tell([{ ...alert, startsAt: '2027-01-15T08:00:00Z' }]);
    posts();
    says.page = KEPT;
    for (let second = 0; second < 90; second++) await pass(1_000);
    expect(posts()).toEqual([]);
  });
});

test.each([
  ['no id', undefined],
  ['a path', '../../v2/alerts'],
  ['a number', 7],
  ['a long one', 'x'.repeat(65)],
])('an answer with %s is not followed', async (_name, id) => {
  const { t, asked, pass } = relayWithPromises(() => KEPT, { receipt: () => id });
  await t.tell([alert]);
  await pass(1_000);
  expect(asked).toEqual([]);
});

test.each([
  ['without a result', json(200, { data: {} })],
  ['no JSON', { status: 200, headers: {}, body: '{' }],
  ['refused', json(401, { message: 'no' })],
])('an answer that is none is given up: %s', async (_name, answer) => {
  const { t, asked, pass } = relayWithPromises(() => answer);
  await t.tell([alert]);
  await pass(1_000);
  await pass(60_000);
  expect(asked.length).toBe(1);
  expect(await t.scrape()).toContain('result="unknown"} 1');
});

test('a rate limit is no answer: it is asked again when that is over', async () => {
  let says: Answer = { status: 429, headers: { 'retry-after': '2' }, body: '' };
  const { t, asked, pass } = relayWithPromises(() => says);
  await t.tell([alert]);
  await pass(1_000);
  says = KEPT;
  await pass(2_000);
  expect(asked.length).toBe(2);
  expect(await t.scrape()).toContain('result="kept"} 1');
});

test('no more than a thousand wait', async () => {
  const { t } = relayWithPromises(() => PENDING);
  const alerts = Array.from({ length: 1_001 }, (_, i) => ({ fingerprint: i.toString(16).padStart(16, '0') }));
  await t.tell(alerts);
  expect(await t.scrape()).toContain('result="skipped"} 1');
});

describe('what failed is sent once more', () => {
  test('also when a repetition was suppressed meanwhile, in an incident by group', async () => {
    const { t, pass, posts } = relayWithPromises((request) => (request === 1 ? broken('no') : KEPT), {
      config: CONFIG.replace(", group_by: ['...']", ''),
    });
    await t.tell([alert]);
    await t.tell([alert]);
    posts();
    await pass(1_000);
    expect(posts()).toEqual(['/v2/alerts']);
  });

  test('also when Alertmanager was looked at before it was told, and not since', async () => {
    const { t, pass, posts } = relayWithPromises((request) => (request === 1 ? broken('no') : KEPT), {
      config: `relay: { alertmanager_url: 'http://am' }${CONFIG}`,
    });
    await t.relay.reconcile({ takenAt: t.now, upSince: 0, groups: [], state: () => undefined });
    t.now += 1;
    await t.tell([alert]);
    posts();
    await pass(1_000);
    expect(posts()).toEqual(['/v2/alerts']);
  });

  test('also where replicas share what they know; and until it is accepted it is known by none', async () => {
    const store = sharedMemory();
    const { t, pass, posts } = relayWithPromises(() => broken('no'), { store: store() });
    await t.tell([alert]);
    posts();
    await pass(1_000);
    expect(posts()).toEqual(['/v2/alerts']);
    await pass(1_000);
    expect(t.records.deadLetters.size).toBe(1);
    posts();
    await t.tell([alert]);
    expect(posts()).toEqual(['/v2/alerts']);

    const down = relayWithPromises(() => broken('no'), { store: store(), isDown: true });
    await down.t.tell([{ ...alert, fingerprint: '000000000000000b' }]);
    await down.pass(1_000);
    down.posts();
    const results = await down.t.tell([{ ...alert, fingerprint: '000000000000000b' }]);
    expect(results.map(({ reason }) => reason)).not.toContain('duplicate');
  });
});

describe('what ended meanwhile', () => {
  test('is not sent once more, and its resolve that is kept back goes out in its time', async () => {
    const { t, pass, posts } = relayWithPromises((request) => (request === 1 ? broken('no') : KEPT), {
      config: CONFIG.replace("['...']", "['...'], dedup: { hold_resolve: 2m }"),
    });
    await t.tell([alert]);
    await t.tell([ended]);
    posts();
    await pass(1_000);
    expect(posts()).toEqual([]);
    t.now += 120_000;
    await t.relay.tend();
    expect(posts()).toEqual([`/v2/alerts/${alert.fingerprint}/close`]);
  });

  test('is not sent once more for an incident by labels that goes on, which ends with its last alert', async () => {
    const { t, pass, posts } = relayWithPromises((request) => (request === 2 ? broken('no') : KEPT), {
      config: CONFIG.replace("['...']", '[service]'),
    });
    const other = { fingerprint: '000000000000000b' };
    await t.tell([other], { groupKey: 'two' });
    await t.tell([alert], { groupKey: 'one' });
    await t.tell([ended], { groupKey: 'one' });
    posts();
    await pass(1_000);
    expect(posts()).toEqual([]);
    await t.tell([{ ...other, status: 'resolved' }], { groupKey: 'two' });
    expect(posts()).toEqual([expect.stringMatching(/close$/)]);
  });
});

describe('a close that failed again', () => {
  async function failedClose(config = CONFIG, store?: ReturnType<ReturnType<typeof sharedMemory>>) {
    const world = relayWithPromises((request) => (request === 1 ? KEPT : broken('no')), {
      config,
      ...(store && { store }),
    });
    const { t, pass, posts } = world;
    await t.tell([alert]);
    await pass(1_000);
    await t.tell([ended]);
    await pass(1_000);
    await pass(1_000);
    expect(t.records.deadLetters.list(10)).toMatchObject([{ action: 'resolve', detail: 'no' }]);
    posts();
    return world;
  }
  const close = `/v2/alerts/${alert.fingerprint}/close`;

  test('can be replayed at once', async () => {
    const { t, posts } = await failedClose();
    const [letter] = t.records.deadLetters.list(1);
    const job = t.records.deadLetters.job(letter?.id ?? '');
    expect(await t.relay.replay(job as Job)).toEqual({ status: 'accepted' });
    expect(posts()).toEqual([close]);
  });

  test.each(['alone', 'with other replicas'])('is sent when it is told again: %s', async (how) => {
    const { t, posts } = await failedClose(CONFIG, how === 'alone' ? undefined : sharedMemory()());
    await t.tell([ended]);
    expect(posts()).toEqual([close]);
  });

  test('is closed an hour later where Alertmanager has no alert of it', async () => {
    const { t, posts } = await failedClose(
      `relay: { alertmanager_url: 'http://am', reconcile_after: 6m }${CONFIG}`,
    );
    const lookFor = async (minutes: number) => {
      for (let minute = 0; minute < minutes; minute++) {
        t.now += 60_000;
        await t.relay.reconcile({ takenAt: t.now, upSince: 0, groups: [], state: () => undefined });
      }
      return posts();
    };
    expect(await lookFor(55)).toEqual([]);
    expect(await lookFor(8)).toEqual([close]);
  });

  test('or was rejected then is sent when it is told again', async () => {
    let closes = 0;
    const t = relayUnderTest(CONFIG, ({ method, url }) => {
      if (method === 'GET') return url.endsWith('-close') ? broken('no') : KEPT;
      if (!url.includes('/close')) return json(202, { requestId: 'request' });
      return ++closes === 2 ? REJECTED : json(202, { requestId: 'request-close' });
    });
    await t.tell([alert]);
    await t.tell([ended]);
    t.now += 1_000;
    await t.relay.verify();
    expect(t.records.deadLetters.size).toBe(1);
    await t.tell([ended]);
    expect(closes).toBe(3);
  });
});

describe('a close that failed, and cannot be sent once more now', () => {
  async function closing() {
    let down = false;
    let promised = 0;
    const t = relayUnderTest(CONFIG, ({ method, url }) => {
      if (method === 'GET') return url.endsWith('-2') ? broken('no') : KEPT;
      return down ? UNAVAILABLE : json(202, { requestId: `request-${++promised}` });
    });
    await t.tell([alert]);
    await t.tell([ended]);
    down = true;
    t.now += 1_000;
    await t.relay.verify();
    const later = async (ms: number) => {
      t.now += ms;
      await t.relay.verify();
    };
    const closes = () => t.sent().filter(({ url }) => url.includes('/close')).length;
    closes();
    const up = () => {
      down = false;
    };
    return { t, later, closes, up };
  }

  test('is sent when it can be', async () => {
    const { t, later, closes, up } = await closing();
    up();
    await later(61_000);
    await later(61_000);
    expect(closes()).toBe(1);
    expect(t.records.deadLetters.size).toBe(0);
  });

  test('is a dead letter after ten minutes, and no duplicate when it is told again', async () => {
    const { t, later, closes, up } = await closing();
    for (let minute = 0; minute < 12; minute++) await later(61_000);
    expect(t.records.deadLetters.size).toBe(1);
    up();
    t.now += 61_000;
    closes();
    await t.tell([ended]);
    expect(closes()).toBe(1);
  });
});

describe('what is held for a muted route is sent when the mute ends, though what went before it was sent once more', () => {
  const at = (time: string) => `2027-01-15T${time}:00Z`;
  const a = { ...alert, startsAt: at('07:50') };
  const b = { fingerprint: '000000000000000b', startsAt: at('08:01') };
  const told = async (
    groupBy: string,
    last: Parameters<ReturnType<typeof relayWithPromises>['t']['tell']>[0],
  ) => {
    const text = `
route:
  receiver: og
  group_by: ${groupBy}
  routes: [{ receiver: og, group_by: ${groupBy}, mute_time_intervals: [early] }]
time_intervals: [{ name: early, time_intervals: [{ times: [{ start_time: '08:01', end_time: '09:00' }] }] }]
${CONFIG.slice(CONFIG.indexOf('receivers:'))}`;
    const world = relayWithPromises((request) => (request === 1 ? broken('failed') : KEPT), { config: text });
    await world.t.tell(last);
    world.t.now += 60_000;
    return world;
  };

  test('an alert that has joined its group', async () => {
    const { t, pass, posts } = await told('[]', [a]);
    await t.tell([a, b]);
    await pass(0);
    expect(posts()).toEqual(['/v2/alerts', '/v2/alerts']);
    t.now += 3_600_000;
    await t.relay.tend();
    expect(posts()).toEqual(['/v2/alerts']);
  });

  test('an alert that fires again after its end', async () => {
    const { t, pass, posts } = await told("['...']", [{ ...a, status: 'resolved', endsAt: at('08:00') }]);
    await t.tell([{ ...a, startsAt: at('08:01') }]);
    await pass(0);
    const closed = `/v2/alerts/${a.fingerprint}/close`;
    expect(posts()).toEqual([closed, closed]);
    t.now += 3_600_000;
    await t.relay.tend();
    expect(posts()).toEqual(['/v2/alerts']);
  });
});
