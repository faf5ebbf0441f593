import { describe, expect, test } from '@jest/globals';
import { createTurns } from '../../src/relay/turns.ts';
import type { Content, DedupRules } from '../../src/route/route.ts';
import { alertOf, incidentOf } from '../support/incidents.ts';

const RULES: DedupRules = { windowMs: 0, resendOn: new Set<Content>(['summary']), repeats: 'forward' };
const FIRING = incidentOf([alertOf()]);
const RESOLVED = incidentOf([alertOf({ status: 'resolved' })]);

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
  test('a resolve waits for its trigger, and other places do not wait', async () => {
    const turns = createTurns<string>();
    const log: string[] = [];
    const trigger = task('trigger', log);
    const resolve = task('resolve', log);
    const other = task('other', log);
    const all = [
      turns.take('a', FIRING, RULES, trigger.run),
      turns.take('a', RESOLVED, RULES, resolve.run),
      turns.take('b', FIRING, RULES, other.run),
    ];
    other.end();
    resolve.end();
    await all[2];
    trigger.end();
    expect(await Promise.all(all)).toEqual([
      { result: 'trigger', joined: false },
      { result: 'resolve', joined: false },
      { result: 'other', joined: false },
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
      turns.take('a', FIRING, RULES, first.run),
      turns.take('a', FIRING, RULES, never.run),
      turns.take('a', RESOLVED, RULES, second.run),
      turns.take('a', RESOLVED, RULES, never.run),
      turns.take('a', FIRING, RULES, third.run),
    ];
    for (const { end } of [first, second, third]) end();
    expect(await Promise.all(results)).toEqual([
      { result: 'first', joined: false },
      { result: 'first', joined: true },
      { result: 'second', joined: false },
      { result: 'second', joined: true },
      { result: 'third', joined: false },
    ]);
    expect(log).not.toContain('never begins');
  });

  test('a turn that fails does not hold up the next one', async () => {
    const turns = createTurns<string>();
    const failing = turns.take('a', FIRING, RULES, () => Promise.reject(new Error('bug')));
    const next = turns.take('a', RESOLVED, RULES, async () => 'next');
    await expect(failing).rejects.toThrow('bug');
    expect(await next).toEqual({ result: 'next', joined: false });
  });

  test.each([
    ['another start', incidentOf([alertOf({ startsAtMs: 5 })])],
    ['another alert', incidentOf([alertOf({ fingerprint: '00000000000000ff' })])],
    ['another summary', incidentOf([alertOf({ annotations: { summary: 'other' } })])],
    ['more alerts', incidentOf([alertOf(), alertOf()])],
    ['another group', incidentOf([alertOf()], { groupKey: 'other' })],
  ])('%s is no twin', async (_what, incident) => {
    const turns = createTurns<string>();
    const first = turns.take('a', FIRING, RULES, async () => 'first');
    const second = turns.take('a', incident, RULES, async () => 'second');
    expect(await Promise.all([first, second])).toEqual([
      { result: 'first', joined: false },
      { result: 'second', joined: false },
    ]);
  });
});
