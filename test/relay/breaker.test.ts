import { describe, expect, test } from '@jest/globals';
import type { Outcome, Reason } from '../../src/notify/notifier.ts';
import { type Breakers, createBreakers } from '../../src/relay/breaker.ts';

const ACCEPTED: Outcome = { status: 'accepted' };
const down = (reason: Reason = 'network'): Outcome => ({ status: 'unavailable', reason, detail: '' });

function setUp() {
  const changes: boolean[] = [];
  const clock = { now: 1_000_000 };
  const breakers = createBreakers({
    now: () => clock.now,
    onChange: (_endpoint, isOpen) => changes.push(isOpen),
  });
  return { breakers, clock, changes };
}

/** Lets requests through, each with this outcome. */
function fail(breakers: Breakers, times: number, outcome: Outcome = down()): void {
  for (let i = 0; i < times; i++) {
    expect(breakers.enter('pd')).toBe('go');
    breakers.leave('pd', 'go', outcome);
  }
}

describe('a circuit breaker', () => {
  test('opens after five failures in a row, for its endpoint only', () => {
    const { breakers, changes } = setUp();
    fail(breakers, 4);
    fail(breakers, 1, ACCEPTED);
    fail(breakers, 5);
    expect(breakers.enter('pd')).toMatchObject({
      status: 'unavailable',
      reason: 'circuitOpen',
      notSent: true,
    });
    expect(breakers.isOpen('pd')).toBe(true);
    expect(breakers.enter('og')).toBe('go');
    expect(changes).toEqual([true]);
  });

  test.each<[string, Outcome]>([
    ['a rate limit', down('rateLimited')],
    ['a rejection', { status: 'rejected', reason: 'clientError', detail: '' }],
    ['an abort', down('contextCanceled')],
    ['a deadline that cut it short', { ...down('contextDeadlineExceeded'), isCut: true } as Outcome],
    ['a credential that cannot be read', { ...down('other'), notSent: true } as Outcome],
  ])('%s is no failure of the endpoint', (_what, outcome) => {
    const { breakers } = setUp();
    fail(breakers, 20, outcome);
  });

  test('after a second one request is the probe, and the others go when it is answered', async () => {
    const { breakers, clock, changes } = setUp();
    fail(breakers, 5, down('serverError'));
    clock.now += 999;
    expect(breakers.enter('pd')).toMatchObject({ reason: 'circuitOpen' });
    clock.now += 1;
    expect(breakers.isOpen('pd')).toBe(false);
    expect(breakers.enter('pd')).toBe('probe');
    expect(breakers.isOpen('pd')).toBe(true);
    const others = [breakers.enter('pd'), breakers.enter('pd')];
    breakers.leave('pd', 'probe', ACCEPTED);
    expect(await Promise.all(others)).toEqual(['go', 'go']);
    expect(changes).toEqual([true, false]);
    fail(breakers, 4);
  });

  test('a probe that fails keeps it open, each time twice as long, up to 5 seconds', async () => {
    const { breakers, clock, changes } = setUp();
    fail(breakers, 5);
    for (const seconds of [1, 2, 4, 5, 5]) {
      clock.now += seconds * 1_000 - 1;
      expect(breakers.enter('pd')).toMatchObject({ reason: 'circuitOpen' });
      clock.now += 1;
      expect(breakers.enter('pd')).toBe('probe');
      const other = breakers.enter('pd');
      breakers.leave('pd', 'probe', down());
      expect(await other).toMatchObject({ reason: 'circuitOpen' });
    }
    expect(changes).toEqual([true]);
  });

  test('what was under way when it opened changes nothing by failing, and closes it by an answer', () => {
    const { breakers, clock } = setUp();
    const underWay = Array.from({ length: 8 }, () => breakers.enter('pd'));
    expect(new Set(underWay)).toEqual(new Set(['go']));
    for (let i = 0; i < 7; i++) breakers.leave('pd', 'go', down());
    clock.now += 1_000;
    expect(breakers.enter('pd')).toBe('probe');
    breakers.leave('pd', 'go', ACCEPTED);
    expect(breakers.enter('pd')).toBe('go');
    breakers.leave('pd', 'probe', ACCEPTED);
    expect(breakers.enter('pd')).toBe('go');
  });

  test('one that is open when the clock is set back is probed, and not only when that hour is over', () => {
    const { breakers, clock } = setUp();
    fail(breakers, 5);
    clock.now -= 3_600_000;
    expect(breakers.isOpen('pd')).toBe(false);
    expect(breakers.enter('pd')).toBe('probe');
    breakers.leave('pd', 'probe', down());
    expect(breakers.enter('pd')).toMatchObject({ reason: 'circuitOpen' });
    clock.now += 2_000;
    expect(breakers.enter('pd')).toBe('probe');
  });

  test('a probe that was never sent leaves the next one to ask', () => {
    const { breakers, clock } = setUp();
    fail(breakers, 5);
    clock.now += 1_000;
    expect(breakers.enter('pd')).toBe('probe');
    breakers.leave('pd', 'probe', { ...down('other'), notSent: true } as Outcome);
    expect(breakers.enter('pd')).toBe('probe');
  });
});
