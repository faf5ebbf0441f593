import { describe, expect, test } from '@jest/globals';
import { actionOf, type Incident } from '../../src/notification/notification.ts';
import { createTurns, type Source, type Way, type Word } from '../../src/relay/turns.ts';
import type { Content, DedupRules } from '../../src/route/route.ts';
import { alertOf, incidentOf } from '../support/incidents.ts';

const RULES: DedupRules = {
  windowMs: 0,
  resendOn: new Set<Content>(['summary']),
  repeats: 'forward',
  holdResolveMs: 0,
};
const SIGNAL = new AbortController().signal;
const FIRING = incidentOf([alertOf()]);
const RESOLVED = incidentOf([alertOf({ status: 'resolved' })]);
const wordOf = ({ alerts }: Incident): Word => (actionOf(alerts) === 'resolve' ? 'end' : 'page');

/** A task that ends when it is told to, and says when it began. */
function task(name: string, log: string[]) {
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const run = async () => {
    log.push(`${name} begins`);
    await ended;
    log.push(`${name} ends`);
    return name;
  };
  return { run, end };
}

describe('turns', () => {
  test('what is seen at Alertmanager shares nothing with a webhook of the same alerts, which may be a page', async () => {
    const turns = createTurns<string>();
    const take = (name: string, source: Source) =>
      turns.take('a', FIRING, RULES, SIGNAL, async () => name, source);
    const all = [take('acknowledge', 'seen'), take('trigger', 'said'), take('acknowledge', 'seen')];
    const from = 'own';
    expect(await Promise.all(all)).toEqual([
      { result: 'acknowledge', from },
      { result: 'trigger', from },
      { result: 'acknowledge', from },
    ]);
  });

  test.each<Source>(['said', 'seen'])(
    'an end that is not that of the alerts takes no place of what is %s',
    async (source) => {
      const turns = createTurns<string>();
      const take = (name: string, incident: Incident, from: Source) =>
        turns.take('a', incident, RULES, SIGNAL, async () => name, from);
      const other = incidentOf([alertOf({ fingerprint: 'under way' })]);
      const all = [take('first', other, source), take('page', FIRING, source), take('end', RESOLVED, 'ours')];
      expect((await Promise.all(all)).map(({ from }) => from)).toEqual(['own', 'own', 'own']);
    },
  );

  test('a resolve waits for its trigger, and other places do not wait', async () => {
    const turns = createTurns<string>();
    const log: string[] = [];
    const trigger = task('trigger', log);
    const resolve = task('resolve', log);
    const other = task('other', log);
    const all = [
      turns.take('a', FIRING, RULES, SIGNAL, trigger.run),
      turns.take('a', RESOLVED, RULES, SIGNAL, resolve.run),
      turns.take('b', FIRING, RULES, SIGNAL, other.run),
    ];
    other.end();
    resolve.end();
    await all[2];
    trigger.end();
    expect(await Promise.all(all)).toEqual([
      { result: 'trigger', from: 'own' },
      { result: 'resolve', from: 'own' },
      { result: 'other', from: 'own' },
    ]);
    expect(log).toEqual([
      'trigger begins',
      'other begins',
      'other ends',
      'trigger ends',
      'resolve begins',
      'resolve ends',
    ]);
  });

  test('the twin of what is under way, or waits last, shares its result; what differs has its own turn', async () => {
    const turns = createTurns<string>();
    const log: string[] = [];
    const first = task('first', log);
    const second = task('second', log);
    const third = task('third', log);
    const never = task('never', log);
    const results = [
      turns.take('a', FIRING, RULES, SIGNAL, first.run),
      turns.take('a', FIRING, RULES, SIGNAL, never.run),
      turns.take('a', RESOLVED, RULES, SIGNAL, second.run),
      turns.take('a', RESOLVED, RULES, SIGNAL, never.run),
      turns.take('a', FIRING, RULES, SIGNAL, third.run),
    ];
    for (const { end } of [first, second, third]) end();
    expect(await Promise.all(results)).toEqual([
      { result: 'first', from: 'own' },
      { result: 'first', from: 'twin' },
      { result: 'second', from: 'own' },
      { result: 'second', from: 'twin' },
      { result: 'third', from: 'own' },
    ]);
    expect(log).not.toContain('never begins');
  });

  test('a turn that fails does not hold up the next one', async () => {
    const turns = createTurns<string>();
    const failing = turns.take('a', FIRING, RULES, SIGNAL, () => Promise.reject(new Error('bug')));
    const next = turns.take('a', RESOLVED, RULES, SIGNAL, async () => 'next');
    await expect(failing).rejects.toThrow('bug');
    expect(await next).toEqual({ result: 'next', from: 'own' });
  });

  test.each([
    ['another start', incidentOf([alertOf({ startsAtMs: 5 })])],
    ['another alert', incidentOf([alertOf({ fingerprint: '00000000000000ff' })])],
    ['another summary', incidentOf([alertOf({ annotations: { summary: 'other' } })])],
    ['more alerts', incidentOf([alertOf(), alertOf()])],
    ['another group', incidentOf([alertOf()], { groupKey: 'other' })],
  ])('%s is no twin', async (_what, incident) => {
    const turns = createTurns<string>();
    const first = turns.take('a', FIRING, RULES, SIGNAL, async () => 'first');
    const second = turns.take('a', incident, RULES, SIGNAL, async () => 'second');
    expect(await Promise.all([first, second])).toEqual([
      { result: 'first', from: 'own' },
      { result: 'second', from: 'own' },
    ]);
  });

  describe('what waits', () => {
    /** One is under way, `waiting` waits for it, and then `next` comes. */
    async function three(
      waiting: Incident,
      next: Incident,
      words: readonly (Word | undefined)[] = [waiting, next].map(wordOf),
    ) {
      const turns = createTurns<string>();
      const log: string[] = [];
      const [first, second, third] = [task('first', log), task('second', log), task('third', log)];
      const results = [
        turns.take('a', incidentOf([alertOf({ fingerprint: 'under way' })]), RULES, SIGNAL, first.run),
        turns.take('a', waiting, RULES, SIGNAL, second.run, 'said', words[0]),
        turns.take('a', next, RULES, SIGNAL, third.run, 'said', words[1]),
      ];
      for (const { end } of [first, second, third]) end();
      return { results: await Promise.all(results), log };
    }
    const REPLACED = [
      { result: 'first', from: 'own' },
      { result: 'third', from: 'newer' },
      { result: 'third', from: 'own' },
    ];
    const IN_ORDER = [
      { result: 'first', from: 'own' },
      { result: 'second', from: 'own' },
      { result: 'third', from: 'own' },
    ];
    const other = alertOf({ fingerprint: '00000000000000ff' });

    test.each([
      ['a trigger, by its resolve', FIRING, RESOLVED],
      [
        'a trigger, by one with another text',
        FIRING,
        incidentOf([alertOf({ annotations: { summary: 'x' } })]),
      ],
      ['an alert, by it and another', FIRING, incidentOf([alertOf(), other])],
    ])('is overtaken: %s', async (_what, waiting, next) => {
      const { results, log } = await three(waiting, next);
      expect(results).toEqual(REPLACED);
      expect(log).not.toContain('second begins');
    });

    test.each([
      ['a resolve, by a stale firing', RESOLVED, FIRING],
      [
        'a resolve, by a later start, which may be kept back',
        RESOLVED,
        incidentOf([alertOf({ startsAtMs: 2000 })]),
      ],
      ['a later start, by an earlier one', incidentOf([alertOf({ startsAtMs: 2000 })]), FIRING],
      ['two alerts, by one of them', incidentOf([alertOf(), other]), FIRING],
      ['a cut group, by anything', incidentOf([alertOf()], { truncatedAlerts: 1 }), RESOLVED],
    ])('is not overtaken: %s', async (_what, waiting, next) => {
      expect((await three(waiting, next)).results).toEqual(IN_ORDER);
    });

    test.each([
      [undefined, undefined],
      ['page', undefined],
      [undefined, 'end'],
    ] as const)('is not overtaken where one is no word of a webhook (%s, %s)', async (...words) => {
      expect((await three(FIRING, RESOLVED, [...words])).results).toEqual(IN_ORDER);
    });

    test('longer than its own time is late, when a newer one took its place', async () => {
      const turns = createTurns<string>();
      const log: string[] = [];
      const [first, never, third] = [task('first', log), task('never', log), task('third', log)];
      const own = new AbortController();
      const all = [
        turns.take('a', incidentOf([other]), RULES, SIGNAL, first.run),
        turns.take('a', FIRING, RULES, own.signal, never.run, 'said', 'page'),
        turns.take('a', RESOLVED, RULES, SIGNAL, third.run, 'said', 'end'),
      ];
      own.abort();
      expect(await all[1]).toEqual({ from: 'late' });
      first.end();
      third.end();
      expect(await all[2]).toEqual({ result: 'third', from: 'own' });
    });
  });
});

describe('what is under way and has sent nothing', () => {
  const LATER = incidentOf([alertOf({ startsAtMs: 2000 })]);

  /** One is under way, `next` comes, and then it is asked whether it gives way. */
  async function two(first: Incident, next: Incident, word: Word | undefined, source: Source = 'said') {
    const turns = createTurns<string>();
    const asked = task('asks', []);
    const givingWay = async (way: Way) => {
      await asked.run();
      return way.give() ? 'nothing' : 'first';
    };
    const own = new AbortController();
    const results = [
      turns.take('a', first, RULES, SIGNAL, givingWay, 'said', 'page'),
      turns.take('a', next, RULES, own.signal, async () => 'second', source, word),
    ];
    return { turns, results, own, ask: asked.end };
  }

  test('gives way to its end, and has the result of that', async () => {
    const { results, ask } = await two(FIRING, RESOLVED, 'end');
    ask();
    expect(await Promise.all(results)).toEqual([
      { result: 'second', from: 'newer' },
      { result: 'second', from: 'own' },
    ]);
  });

  test('gives way to the end that took the place of a page that waited for it', async () => {
    const { turns, results, ask } = await two(FIRING, LATER, 'page');
    const end = incidentOf([alertOf({ startsAtMs: 2000, status: 'resolved' })]);
    results.push(turns.take('a', end, RULES, SIGNAL, async () => 'end', 'said', 'end'));
    ask();
    expect(await Promise.all(results)).toEqual([
      { result: 'end', from: 'newer' },
      { result: 'end', from: 'newer' },
      { result: 'end', from: 'own' },
    ]);
  });

  test.each<[string, Incident, Incident, Word | undefined, Source]>([
    ['the end of an earlier one', LATER, RESOLVED, 'end', 'said'],
    ['another page: it waits already', FIRING, LATER, 'page', 'said'],
    ['an end that is no webhook’s own word', FIRING, RESOLVED, undefined, 'said'],
    ['what is seen', FIRING, RESOLVED, 'end', 'seen'],
  ])('gives no way to %s', async (_what, first, next, word, source) => {
    const { results, ask } = await two(first, next, word, source);
    ask();
    expect(await Promise.all(results)).toEqual([
      { result: 'first', from: 'own' },
      { result: 'second', from: 'own' },
    ]);
  });

  test('gives no way to who has given up', async () => {
    const { results, own, ask } = await two(FIRING, RESOLVED, 'end');
    own.abort();
    ask();
    expect(await Promise.all(results)).toEqual([{ result: 'first', from: 'own' }, { from: 'late' }]);
  });

  test('is late where what it gave way to takes longer than its own time', async () => {
    const turns = createTurns<string>();
    const own = new AbortController();
    const never = task('never', []);
    const asks = async (way: Way) => {
      await new Promise(setImmediate);
      return way.give() ? 'nothing' : 'first';
    };
    const first = turns.take('a', FIRING, RULES, own.signal, asks, 'said', 'page');
    const second = turns.take('a', RESOLVED, RULES, SIGNAL, never.run, 'said', 'end');
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    own.abort();
    expect(await first).toEqual({ from: 'late' });
    never.end();
    expect(await second).toEqual({ result: 'never', from: 'own' });
  });
});

test('a turn in which another task is under way ends with that, not with who asked for it first', async () => {
  const turns = createTurns<string>();
  const log: string[] = [];
  const [first, never, third, fourth] = ['first', 'never', 'third', 'fourth'].map((name) => task(name, log));
  if (!first || !never || !third || !fourth) throw new Error('there are four');
  const firing = (startsAtMs: number) => incidentOf([alertOf({ startsAtMs })]);
  const own = new AbortController();
  const one = turns.take('a', firing(1), RULES, SIGNAL, first.run);
  const two = turns.take('a', firing(2), RULES, own.signal, never.run, 'said', 'page');
  const three = turns.take('a', firing(3), RULES, SIGNAL, third.run, 'said', 'page');
  first.end();
  await one;
  await new Promise(setImmediate);
  own.abort();
  expect(await two).toEqual({ from: 'late' });
  const four = turns.take('a', RESOLVED, RULES, SIGNAL, fourth.run);
  await new Promise(setImmediate);
  expect(log).toEqual(['first begins', 'first ends', 'third begins']);
  third.end();
  fourth.end();
  expect(await three).toEqual({ result: 'third', from: 'own' });
  expect(await four).toEqual({ result: 'fourth', from: 'own' });
});

test('turns that wait for each other end when their time is over, and what waited is not run', async () => {
  const turns = createTurns<string>();
  const log: string[] = [];
  const own = new AbortController();
  const inner = task('inner', log);
  const waitFor = (place: string) => async () => {
    await new Promise(setImmediate);
    const { from } = await turns.take(place, RESOLVED, RULES, own.signal, inner.run);
    return `${place} was ${from}`;
  };
  const both = Promise.all([
    turns.take('a', FIRING, RULES, SIGNAL, waitFor('b')),
    turns.take('b', FIRING, RULES, SIGNAL, waitFor('a')),
  ]);
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  own.abort();
  expect(await both).toMatchObject([{ result: 'b was late' }, { result: 'a was late' }]);
  const next = task('next', log);
  const after = turns.take('a', RESOLVED, RULES, SIGNAL, next.run);
  next.end();
  expect(await after).toEqual({ result: 'next', from: 'own' });
  expect(log).not.toContain('inner begins');
});

describe('a twin', () => {
  test('waits for no longer than its own time, whatever is run in the place of the one that it shares', async () => {
    const turns = createTurns<string>();
    const log: string[] = [];
    const [first, second] = [task('first', log), task('second', log)];
    const firing = (startsAtMs: number) => incidentOf([alertOf({ startsAtMs })]);
    const own = new AbortController();
    const one = turns.take('a', firing(1), RULES, SIGNAL, first.run);
    const two = turns.take('a', firing(2), RULES, SIGNAL, second.run, 'said', 'page');
    const twin = turns.take('a', firing(2), RULES, own.signal, second.run, 'said', 'page');
    own.abort();
    expect(await twin).toEqual({ from: 'late' });
    first.end();
    second.end();
    expect(await one).toEqual({ result: 'first', from: 'own' });
    expect(await two).toEqual({ result: 'second', from: 'own' });
  });

  test('that has more time is run where the one that it shares gives up while it waits', async () => {
    const turns = createTurns<string>();
    const log: string[] = [];
    const [first, never, late, third] = ['first', 'never', 'late', 'third'].map((name) => task(name, log));
    if (!first || !never || !late || !third) throw new Error('there are four');
    const [own, ofTwin] = [new AbortController(), new AbortController()];
    const one = turns.take('a', RESOLVED, RULES, SIGNAL, first.run);
    const two = turns.take('a', FIRING, RULES, own.signal, never.run, 'said', 'page');
    const twin = turns.take('a', FIRING, RULES, ofTwin.signal, late.run, 'said', 'page');
    const next = turns.take('a', FIRING, RULES, SIGNAL, third.run, 'said', 'page');
    ofTwin.abort();
    expect(await twin).toEqual({ from: 'late' });
    own.abort();
    expect(await two).toEqual({ from: 'late' });
    first.end();
    third.end();
    await one;
    expect(await next).toEqual({ result: 'third', from: 'own' });
    expect(log).toEqual(['first begins', 'first ends', 'third begins', 'third ends']);
  });
});
