import { beforeEach, describe, expect, test } from '@jest/globals';
import { createMetrics, type Metrics } from '../../src/observe/metrics.ts';
import { createDeadLetters, type DeadLetters, type Rejected } from '../../src/relay/dead-letters.ts';
import { createReplay } from '../../src/relay/replay.ts';
import { alert, incident } from '../support/alerts.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

function rejected(key: string, given: Partial<Rejected<string>> = {}): Rejected<string> {
  return {
    receiver: 'platform',
    integration: 'pagerduty_configs[0]',
    incident: incident({ key }),
    action: 'trigger',
    reason: 'clientError',
    detail: 'status 400: no such key',
    place: `account ${key}`,
    job: `job of ${key}`,
    ...given,
  };
}

let now: number;
let metrics: Metrics;
let letters: DeadLetters<string>;

const create = (capacity: number, maxBytes?: number) =>
  createDeadLetters<string>({
    capacity,
    metrics,
    now: () => now,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
const keys = () => letters.list(1_000).map(({ incident: { key } }) => key);
const scraped = async (name: string) =>
  new RegExp(`^pagerelay_${name}(?:{.*})? (\\d+)$`, 'm').exec((await metrics.scrape()).text)?.[1];

beforeEach(() => {
  now = AT;
  metrics = createMetrics();
  letters = create(3);
});

test('keeps what was rejected, with its job beside it and not in it', () => {
  const { job, place, ...told } = rejected('a');
  const letter = letters.add({ ...told, place, job });
  expect(letter).toEqual({ ...told, id: expect.any(String), at: AT, replays: 0 });
  expect(letters.get(letter.id)).toEqual(letter);
  expect(letters.job(letter.id)).toBe('job of a');
});

test('lists the newest first, at most so many', () => {
  for (const key of ['a', 'b', 'c']) letters.add(rejected(key));
  expect(keys()).toEqual(['c', 'b', 'a']);
  expect(letters.list(2)).toHaveLength(2);
});

test('no id is used twice, also after a restart', () => {
  const before = ['a', 'b'].map((key) => letters.add(rejected(key)).id);
  letters.remove(before[0] ?? '');
  const after = letters.add(rejected('c')).id;
  now += 1;
  const restarted = create(3).add(rejected('a')).id;
  expect(new Set([...before, after, restarted]).size).toBe(4);
});

test.each(['', 'nothing', '__proto__', 'constructor'])('there is none of the id %j', (id) => {
  letters.add(rejected('a'));
  expect([letters.get(id), letters.job(id), letters.remove(id)]).toEqual([undefined, undefined, false]);
});

describe('when it is full', () => {
  test('the oldest goes, and is counted', async () => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) letters.add(rejected(key));
    expect(keys()).toEqual(['e', 'd', 'c']);
    expect(await scraped('dead_letters_total')).toBe('5');
    expect(await scraped('dead_letters')).toBe('3');
    expect(await scraped('dead_letters_dropped_total')).toBe('2');
  });

  test('as when there is less room from now on', async () => {
    for (const key of ['a', 'b', 'c']) letters.add(rejected(key));
    letters.resize(1);
    expect(keys()).toEqual(['c']);
    expect(await scraped('dead_letters')).toBe('1');
    expect(await scraped('dead_letters_dropped_total')).toBe('2');
  });

  test('of bytes too; one alone is kept whatever its size', () => {
    letters = create(100, 100_000);
    const large = (key: string) =>
      rejected(key, {
        incident: incident({ key, alerts: [alert({ annotations: { description: 'x'.repeat(20_000) } })] }),
      });
    for (const key of ['a', 'b', 'c']) letters.add(large(key));
    expect(keys()).toEqual(['c', 'b']);
    const alerts = Array.from({ length: 1_000 }, () => alert());
    letters.add(rejected('huge', { incident: incident({ key: 'huge', alerts }) }));
    expect(keys()).toEqual(['huge']);
    letters.add(large('d'));
    expect(keys()).toEqual(['d']);
    letters.add(large('e'));
    expect(keys()).toEqual(['e', 'd']);
  });
});

describe('of one incident in one account only the last one is kept', () => {
  test('a later rejection takes the place of an earlier one, and is the newest; nothing counts as dropped', async () => {
    const first = letters.add(rejected('a'));
    letters.add(rejected('b'));
    const second = letters.add(rejected('a', { action: 'resolve' }));
    expect(keys()).toEqual(['a', 'b']);
    expect(letters.get(first.id)).toBeUndefined();
    expect(letters.get(second.id)?.action).toBe('resolve');
    expect(await scraped('dead_letters_total')).toBe('3');
    expect(await scraped('dead_letters_dropped_total')).toBe('0');
  });

  test('whoever sent it; those in other accounts stay', () => {
    letters.add(rejected('a'));
    letters.add(rejected('a', { place: 'another a' }));
    expect(letters.size).toBe(2);
    letters.add(rejected('a', { receiver: 'db' }));
    expect(letters.list(10).map(({ receiver }) => receiver)).toEqual(['db', 'platform']);
  });

  test('a later acceptance makes it untrue', async () => {
    letters.add(rejected('a'));
    letters.add(rejected('b'));
    letters.supersede('account c');
    letters.supersede('another a');
    expect(keys()).toEqual(['b', 'a']);
    letters.supersede('account a');
    expect(keys()).toEqual(['b']);
    expect(await scraped('dead_letters')).toBe('1');
  });

  test('that of now, after a reload; two that come together are both kept', () => {
    for (const key of ['a', 'b', 'c', 'd']) letters.add(rejected(key));
    letters.move((job) => (job === 'job of d' ? undefined : 'new'));
    expect(keys()).toEqual(['d', 'c', 'b']);
    letters.supersede('account b');
    expect(letters.size).toBe(3);
    letters.supersede('new');
    expect(keys()).toEqual(['d']);
    letters.supersede('account d');
    expect(letters.size).toBe(0);
  });
});

describe('a replay', () => {
  const rejectedAgain = { status: 'rejected', reason: 'authError', detail: 'status 403: no' } as const;
  const unavailable = { status: 'unavailable', reason: 'serverError', detail: 'status 500' } as const;
  const refused = { status: 'refused', reason: 'the incident is over' } as const;
  const old = { reason: 'clientError', detail: 'status 400: no such key' };

  test('that is accepted removes the letter', async () => {
    const { id } = letters.add(rejected('a'));
    const sent: string[] = [];
    const replay = createReplay(letters, async (job) => {
      sent.push(job);
      return { status: 'accepted' };
    });
    expect(await replay(id)).toEqual({ status: 'accepted' });
    expect(sent).toEqual(['job of a']);
    expect(keys()).toEqual([]);
    expect(await scraped('dead_letters')).toBe('0');
    expect(await replay(id)).toEqual({ status: 'unknown' });
  });

  test.each([
    ['rejected again keeps it, with the new reason', rejectedAgain, { ...rejectedAgain, replays: 1 }],
    ['unavailable keeps it as it was', unavailable, { ...old, replays: 1 }],
    ['refused was none', refused, { ...old, replays: 0 }],
  ])('that is %s', async (_name, outcome, { reason, detail, replays }: typeof old & { replays: number }) => {
    const { id } = letters.add(rejected('a'));
    letters.add(rejected('b'));
    const replay = createReplay(letters, async () => outcome);
    expect(await replay(id)).toEqual(outcome);
    expect(letters.get(id)).toMatchObject({ reason, detail, replays, at: AT });
    expect(keys()).toEqual(['b', 'a']);
  });

  test('is one at a time for a letter, also after one that met a bug', async () => {
    const { id } = letters.add(rejected('a'));
    const other = letters.add(rejected('b'));
    let fail: (error: Error) => void = () => {};
    let calls = 0;
    const replay = createReplay(letters, (job) => {
      calls++;
      if (job === 'job of b' || calls > 2) return Promise.resolve({ status: 'accepted' });
      return new Promise((_resolve, reject) => {
        fail = reject;
      });
    });
    const first = replay(id);
    expect(await replay(id)).toEqual({ status: 'refused', reason: 'it is being replayed already' });
    expect(await replay(other.id)).toEqual({ status: 'accepted' });
    fail(new Error('a bug'));
    await expect(first).rejects.toThrow('a bug');
    expect(await replay(id)).toEqual({ status: 'accepted' });
  });

  test('of a letter that is gone meanwhile brings nothing back', async () => {
    const { id } = letters.add(rejected('a'));
    const replay = createReplay(letters, async () => {
      letters.remove(id);
      return rejectedAgain;
    });
    await replay(id);
    expect(letters.size).toBe(0);
  });
});
