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

/** Lets requests through, each with this outcome, and of an incident of its own unless it is told whose. */
function fail(breakers: Breakers, times: number, outcome: Outcome = down(), who?: string): void {
  for (let i = 0; i < times; i++) {
    const own = who ?? `incident ${i}`;
    expect(breakers.enter('pd', own)).toBe('go');
    breakers.leave('pd', own, 'go', outcome);
  }
}

/** Asks, and has this outcome as the probe. */
function probe(breakers: Breakers, who: string, outcome: Outcome = down()): void {
  expect(breakers.enter('pd', who)).toBe('probe');
  breakers.leave('pd', who, 'probe', outcome);
}

const REFUSED = expect.objectContaining({ reason: 'circuitOpen', notSent: true });

describe('a circuit breaker', () => {
  test('opens after five failures in a row, for its endpoint only', () => {
    const { breakers, changes } = setUp();
    fail(breakers, 4);
    fail(breakers, 1, ACCEPTED);
    fail(breakers, 5);
    expect(breakers.enter('pd', 'a')).toMatchObject({
      status: 'unavailable',
      reason: 'circuitOpen',
      notSent: true,
    });
    expect(breakers.isOpen('pd', 'a')).toBe(true);
    expect(breakers.enter('og', 'a')).toBe('go');
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
    expect(breakers.enter('pd', 'a')).toMatchObject({ reason: 'circuitOpen' });
    clock.now += 1;
    expect(breakers.isOpen('pd', 'a')).toBe(false);
    expect(breakers.enter('pd', 'a')).toBe('probe');
    expect(breakers.isOpen('pd', 'a')).toBe(true);
    const others = [breakers.enter('pd', 'a'), breakers.enter('pd', 'a')];
    breakers.leave('pd', 'a', 'probe', ACCEPTED);
    expect(await Promise.all(others)).toEqual(['go', 'go']);
    expect(changes).toEqual([true, false]);
    fail(breakers, 4);
  });

  test('a probe that fails keeps it open, each time twice as long, up to 5 seconds', async () => {
    const { breakers, clock, changes } = setUp();
    fail(breakers, 5);
    for (const seconds of [1, 2, 4, 5, 5]) {
      clock.now += seconds * 1_000 - 1;
      expect(breakers.enter('pd', 'a')).toMatchObject({ reason: 'circuitOpen' });
      clock.now += 1;
      expect(breakers.enter('pd', 'a')).toBe('probe');
      const other = breakers.enter('pd', 'a');
      breakers.leave('pd', 'a', 'probe', down());
      expect(await other).toMatchObject({ reason: 'circuitOpen' });
    }
    expect(changes).toEqual([true]);
  });

  test('what was under way when it opened changes nothing by failing, and closes it by an answer', () => {
    const { breakers, clock } = setUp();
    const underWay = Array.from({ length: 8 }, (_, i) => breakers.enter('pd', `${i}`));
    expect(new Set(underWay)).toEqual(new Set(['go']));
    for (let i = 0; i < 7; i++) breakers.leave('pd', `${i}`, 'go', down());
    clock.now += 1_000;
    expect(breakers.enter('pd', 'a')).toBe('probe');
    breakers.leave('pd', 'a', 'go', ACCEPTED);
    expect(breakers.enter('pd', 'a')).toBe('go');
    breakers.leave('pd', 'a', 'probe', ACCEPTED);
    expect(breakers.enter('pd', 'a')).toBe('go');
  });

  test('one that is open when the clock is set back is probed, and not only when that hour is over', () => {
    const { breakers, clock } = setUp();
    fail(breakers, 5);
    clock.now -= 3_600_000;
    expect(breakers.isOpen('pd', 'a')).toBe(false);
    expect(breakers.enter('pd', 'a')).toBe('probe');
    breakers.leave('pd', 'a', 'probe', down());
    expect(breakers.enter('pd', 'a')).toMatchObject({ reason: 'circuitOpen' });
    clock.now += 2_000;
    expect(breakers.enter('pd', 'a')).toBe('probe');
  });

  test('a question of no incident puts nobody off', () => {
    const { breakers, clock } = setUp();
    breakers.leave('pd', undefined, 'go', down());
    for (let i = 0; i < 4; i++) breakers.leave('pd', 'a', 'go', down());
    expect(breakers.enter('pd', undefined)).toMatchObject({ reason: 'circuitOpen' });
    clock.now += 1_000;
    expect(breakers.enter('pd', 'a')).toBe('probe');
  });

  test('a probe that was never sent leaves the next one to ask', () => {
    const { breakers, clock } = setUp();
    fail(breakers, 5);
    clock.now += 1_000;
    expect(breakers.enter('pd', 'a')).toBe('probe');
    breakers.leave('pd', 'a', 'probe', { ...down('other'), notSent: true } as Outcome);
    expect(breakers.enter('pd', 'a')).toBe('probe');
  });
});

describe('while all failures are of one incident', () => {
  test('its breaker is open for that one only, and nobody is told', () => {
    const { breakers, changes } = setUp();
    fail(breakers, 5, down(), 'poisoned');
    const refused = breakers.enter('pd', 'poisoned');
    expect(refused).toEqual(REFUSED);
    expect(refused).toMatchObject({ detail: expect.stringContaining('for this incident') });
    expect(breakers.isOpen('pd', 'poisoned')).toBe(true);
    expect(breakers.isOpen('pd', 'healthy')).toBe(false);
    expect(changes).toEqual([]);
  });

  test('the first of the others is the probe, and the rest wait for it', async () => {
    const { breakers } = setUp();
    fail(breakers, 5, down(), 'poisoned');
    expect(breakers.enter('pd', 'healthy')).toBe('probe');
    const waiting = [breakers.enter('pd', 'other'), breakers.enter('pd', 'poisoned')];
    breakers.leave('pd', 'healthy', 'probe', ACCEPTED);
    expect(await Promise.all(waiting)).toEqual(['go', 'go']);
  });

  test.each<['probe' | 'go']>([['probe'], ['go']])(
    'it is open for all when a %s of another one fails',
    async (entry) => {
      const { breakers, clock, changes } = setUp();
      const underWay = breakers.enter('pd', 'healthy');
      fail(breakers, 5, down(), 'poisoned');
      clock.now += 999;
      expect(entry === 'go' ? underWay : breakers.enter('pd', 'healthy')).toBe(entry);
      breakers.leave('pd', 'healthy', entry, down());
      expect(changes).toEqual([true]);
      clock.now += 999;
      expect(breakers.enter('pd', 'other')).toEqual(REFUSED);
      clock.now += 1;
      probe(breakers, 'other', ACCEPTED);
      expect(changes).toEqual([true, false]);
    },
  );

  test('nobody waits for what comes of it when it is tried again, each time after twice as long', () => {
    const { breakers, clock } = setUp();
    fail(breakers, 5, down(), 'poisoned');
    for (const seconds of [1, 2, 4, 5, 5]) {
      clock.now += seconds * 1_000 - 1;
      expect(breakers.enter('pd', 'poisoned')).toEqual(REFUSED);
      clock.now += 1;
      expect(breakers.isOpen('pd', 'poisoned')).toBe(false);
      expect(breakers.enter('pd', 'poisoned')).toBe('again');
      expect(breakers.isOpen('pd', 'healthy')).toBe(false);
      breakers.leave('pd', 'poisoned', 'again', down());
    }
    expect(breakers.enter('pd', 'healthy')).toBe('probe');
  });

  test('its own success closes it', () => {
    const { breakers, clock } = setUp();
    fail(breakers, 5, down(), 'poisoned');
    clock.now += 1_000;
    expect(breakers.enter('pd', 'poisoned')).toBe('again');
    breakers.leave('pd', 'poisoned', 'again', ACCEPTED);
    fail(breakers, 4, down(), 'poisoned');
  });
});

describe('a breaker that is open for all', () => {
  /** Opened by `poisoned`, with `healthy` after it. */
  function openForAll() {
    const under = setUp();
    fail(under.breakers, 4, down(), 'poisoned');
    fail(under.breakers, 1, down(), 'healthy');
    return under;
  }

  test.each([['fresh'], ['healthy']])('is not probed by who failed last where %s was refused', (who) => {
    const { breakers, clock } = openForAll();
    clock.now += 1_000;
    probe(breakers, 'poisoned');
    expect(breakers.enter('pd', who)).toEqual(REFUSED);
    clock.now += 2_000;
    expect(breakers.isOpen('pd', 'poisoned')).toBe(true);
    expect(breakers.enter('pd', 'poisoned')).toEqual(REFUSED);
    expect(breakers.isOpen('pd', who)).toBe(false);
    probe(breakers, who, ACCEPTED);
    expect(breakers.enter('pd', 'poisoned')).toBe('go');
  });

  test('is probed by who failed last 5 seconds later where the other does not come', () => {
    const { breakers, clock } = openForAll();
    clock.now += 1_000;
    probe(breakers, 'poisoned');
    expect(breakers.enter('pd', 'fresh')).toEqual(REFUSED);
    clock.now += 6_999;
    expect(breakers.enter('pd', 'poisoned')).toEqual(REFUSED);
    clock.now += 1;
    expect(breakers.enter('pd', 'poisoned')).toBe('probe');
  });

  test('is probed by who failed last where no other was refused since the last probe', () => {
    const { breakers, clock } = openForAll();
    expect(breakers.enter('pd', 'fresh')).toEqual(REFUSED);
    clock.now += 1_000;
    probe(breakers, 'fresh');
    clock.now += 2_000;
    expect(breakers.enter('pd', 'fresh')).toBe('probe');
  });

  test('is probed at once when the clock is set back, by whoever comes', () => {
    const { breakers, clock } = openForAll();
    expect(breakers.enter('pd', 'fresh')).toEqual(REFUSED);
    clock.now -= 3_600_000;
    expect(breakers.enter('pd', 'poisoned')).toBe('probe');
  });

  test('costs one probe in each window, whoever comes', () => {
    const { breakers, clock } = openForAll();
    let probes = 0;
    for (let second = 0; second < 600; second++) {
      clock.now += 1_000;
      for (const who of ['poisoned', 'healthy', 'third', `fresh ${second}`]) {
        const entry = breakers.enter('pd', who);
        if (entry !== 'probe') continue;
        breakers.leave('pd', who, entry, down());
        probes++;
      }
    }
    expect(probes).toBeGreaterThan(100);
    expect(probes).toBeLessThanOrEqual(122);
  });

  test('remembers who failed of the last thousand only', () => {
    const { breakers, clock } = openForAll();
    for (let i = 0; i < 1_000; i++) {
      clock.now += 5_000;
      probe(breakers, `${i}`);
    }
    expect(breakers.enter('pd', 'fresh')).toEqual(REFUSED);
    clock.now += 5_000;
    expect(breakers.isOpen('pd', '0')).toBe(true);
    expect(breakers.isOpen('pd', 'healthy')).toBe(false);
  });
});

describe('what is only asked at an endpoint', () => {
  test('tells nothing of what is to be done there', () => {
    const { breakers, clock, changes } = setUp();
    fail(breakers, 4);
    expect(breakers.enter('pd', undefined)).toBe('go');
    breakers.leave('pd', undefined, 'go', ACCEPTED);
    breakers.leave('pd', 'a', 'go', down());
    expect(changes).toEqual([true]);
    expect(breakers.enter('pd', undefined)).toEqual(REFUSED);
    clock.now += 1_000;
    // It is no probe: what is to be done there does not wait for it.
    expect(breakers.enter('pd', undefined)).toBe('again');
    probe(breakers, 'a');
    breakers.leave('pd', undefined, 'again', ACCEPTED);
    expect(breakers.isOpen('pd', 'a')).toBe(true);
    clock.now += 2_000;
    // Where it fails nothing else is asked for a while, but what is to be done does not wait for that.
    expect(breakers.enter('pd', undefined)).toBe('again');
    breakers.leave('pd', undefined, 'again', down());
    expect(breakers.enter('pd', undefined)).toEqual(REFUSED);
    clock.now += 4_999;
    expect(breakers.enter('pd', undefined)).toEqual(REFUSED);
    clock.now += 1;
    expect(breakers.enter('pd', undefined)).toBe('again');
    breakers.leave('pd', undefined, 'again', down());
    probe(breakers, 'a', ACCEPTED);
    expect(changes).toEqual([true, false]);
  });

  test('opens and closes it where nothing else failed', () => {
    const { breakers, clock } = setUp();
    for (let i = 0; i < 5; i++) {
      expect(breakers.enter('pd', undefined)).toBe('go');
      breakers.leave('pd', undefined, 'go', down());
    }
    expect(breakers.enter('pd', undefined)).toEqual(REFUSED);
    clock.now += 1_000;
    expect(breakers.enter('pd', undefined)).toBe('again');
    breakers.leave('pd', undefined, 'again', ACCEPTED);
    expect(breakers.enter('pd', undefined)).toBe('go');
  });
});
