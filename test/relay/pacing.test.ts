import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { Outcome } from '../../src/notify/notifier.ts';
import { createDeadline, type Deadline } from '../../src/relay/deadline.ts';
import { createPacing, type Pacing, type PacingOptions } from '../../src/relay/pacing.ts';
import type { Stall } from '../../src/relay/stall.ts';
import { NO_STALL } from '../support/pacing.ts';

const ACCEPTED: Outcome = { status: 'accepted' };
const NOT_SENT: Outcome = { status: 'unavailable', reason: 'other', detail: '', notSent: true };
const NEVER = new AbortController().signal;

function limited(retryAfterMs?: number): Outcome {
  return {
    status: 'unavailable',
    reason: 'rateLimited',
    detail: '429',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function pacingOf(options: Partial<PacingOptions> = {}): Pacing {
  return createPacing({
    now: Date.now,
    stall: NO_STALL,
    widthOf: () => 2,
    limitOf: () => undefined,
    ...options,
  });
}

const within = (ms: number): Deadline => createDeadline(Date.now() + ms, Date.now, NEVER);

/** Enters with these ranks, in this order, and says in which order they came through. */
function entering(pacing: Pacing, ranks: readonly number[], deadline: Deadline): string[] {
  const order: string[] = [];
  for (const rank of ranks) {
    void Promise.resolve(pacing.enter('a', () => rank, deadline)).then((refused) => {
      order.push(refused === undefined ? String(rank) : 'refused');
    });
  }
  return order;
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('pacing', () => {
  test('lets a request through at once, and no more than its width at the same time', async () => {
    const pacing = pacingOf();
    const deadline = within(5_000);
    expect(pacing.enter('a', () => 0, deadline)).toBeUndefined();
    expect(pacing.enter('a', () => 0, deadline)).toBeUndefined();
    const order = entering(pacing, [3, 0, 2], deadline);
    await soon();
    expect(order).toEqual([]);
    expect(pacing.waiting).toBe(3);
    // Another credential has its own.
    expect(pacing.enter('b', () => 0, deadline)).toBeUndefined();
    for (let i = 0; i < 3; i++) {
      pacing.leave('a', ACCEPTED);
      await soon();
    }
    expect(order).toEqual(['0', '2', '3']);
    expect(pacing.waiting).toBe(0);
    deadline.clear();
  });

  test('a 429 pauses its credential until Retry-After is over, then one request goes first, then twice as many', async () => {
    const pacing = pacingOf({ widthOf: () => 4 });
    const deadline = within(5_000);
    void pacing.enter('a', () => 0, deadline);
    const pausedAt = Date.now();
    pacing.leave('a', limited(300));
    expect(pacing.enter('b', () => 0, deadline)).toBeUndefined();
    const through: number[] = [];
    const all = [1, 2, 3, 4].map(async (rank) => {
      expect(await pacing.enter('a', () => rank, deadline)).toBeUndefined();
      through.push(Date.now() - pausedAt);
    });
    await all[0];
    await soon();
    expect(through).toHaveLength(1);
    expect(through[0]).toBeGreaterThanOrEqual(300);
    pacing.leave('a', ACCEPTED);
    await all[2];
    await soon();
    expect(through).toHaveLength(3);
    pacing.leave('a', ACCEPTED);
    await Promise.all(all);
    deadline.clear();
  });

  test('refuses at once what cannot go before its deadline, also those that wait already', async () => {
    const pacing = pacingOf({ widthOf: () => 1 });
    const deadline = within(5_000);
    void pacing.enter('a', () => 0, deadline);
    const waiting = pacing.enter('a', () => 0, deadline);
    pacing.leave('a', limited(60_000));
    const refused = {
      status: 'unavailable',
      reason: 'rateLimited',
      notSent: true,
      retryAfterMs: expect.any(Number),
    };
    expect(await waiting).toMatchObject(refused);
    expect(pacing.enter('a', () => 0, deadline)).toMatchObject(refused);
    expect(pacing.pausedUntil('a')).toBeGreaterThan(Date.now() + 50_000);
    deadline.clear();
  });

  test('refuses what waits when its deadline comes, and others go on', async () => {
    const pacing = pacingOf({ widthOf: () => 1 });
    const [short, long] = [within(50), within(5_000)];
    void pacing.enter('a', () => 0, long);
    const late = pacing.enter('a', () => 0, short);
    const patient = pacing.enter('a', () => 1, long);
    expect(await late).toMatchObject({ reason: 'contextDeadlineExceeded', notSent: true });
    pacing.leave('a', ACCEPTED);
    expect(await patient).toBeUndefined();
    long.clear();
  });

  test('refuses what comes after its deadline, though the queue is long', async () => {
    const pacing = pacingOf({ widthOf: () => 1 });
    const [short, long] = [within(20), within(5_000)];
    void pacing.enter('a', () => 0, long);
    const patient = pacing.enter('a', () => 0, long);
    await sleep(50);
    expect(pacing.enter('a', () => 0, short)).toMatchObject({
      reason: 'contextDeadlineExceeded',
      notSent: true,
    });
    pacing.leave('a', ACCEPTED);
    expect(await patient).toBeUndefined();
    long.clear();
  });

  test('what was sent before a pause and is taken in it says nothing of how many go after it', async () => {
    let now = 1_000_000;
    const pacing = pacingOf({ now: () => now, widthOf: () => 4 });
    const deadline: Deadline = { at: Number.MAX_SAFE_INTEGER, signal: NEVER, clear() {} };
    for (let i = 0; i < 3; i++) void pacing.enter('a', () => 0, deadline);
    pacing.leave('a', limited(5_000));
    for (let i = 0; i < 2; i++) pacing.leave('a', ACCEPTED);
    now += 5_000;
    const order = entering(pacing, [1, 2], deadline);
    await soon();
    expect(order).toEqual(['1']);
  });

  test.each([
    ['without Retry-After', undefined],
    ['where that is over already', 0],
  ])(
    '%s the pause doubles from one second to three minutes, and is forgotten when a request is taken',
    (_when, given) => {
      let now = 1_000_000;
      const told: number[] = [];
      const pacing = pacingOf({ now: () => now, onPause: (_target, until) => told.push(until - now) });
      const deadline: Deadline = { at: Number.MAX_SAFE_INTEGER, signal: NEVER, clear() {} };
      for (let i = 0; i < 10; i++) {
        expect(pacing.enter('a', () => 0, deadline)).toBeUndefined();
        pacing.leave('a', limited(given));
        now = pacing.pausedUntil('a');
      }
      expect(told.map((ms) => ms / 1000)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 180, 180]);
      void pacing.enter('a', () => 0, deadline);
      pacing.leave('a', ACCEPTED);
      void pacing.enter('a', () => 0, deadline);
      pacing.leave('a', limited(given));
      expect(told.at(-1)).toBe(1_000);
    },
  );

  test('of several that were under way together the longest pause counts, and the strike is one', () => {
    let now = 1_000_000;
    const pacing = pacingOf({ now: () => now });
    const deadline: Deadline = { at: Number.MAX_SAFE_INTEGER, signal: NEVER, clear() {} };
    void pacing.enter('a', () => 0, deadline);
    void pacing.enter('a', () => 0, deadline);
    pacing.leave('a', limited(5_000));
    pacing.leave('a', limited(2_000));
    expect(pacing.pausedUntil('a') - now).toBe(5_000);
    now += 5_000;
    void pacing.enter('a', () => 0, deadline);
    pacing.leave('a', limited());
    expect(pacing.pausedUntil('a') - now).toBe(1_000);
  });

  test("a rate limit of the config's own lets a burst go and then so many a minute", async () => {
    const pacing = pacingOf({ widthOf: () => 100, limitOf: () => ({ perMinute: 1_200, burst: 3 }) });
    const deadline = within(5_000);
    const startedAt = Date.now();
    const times = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async () => {
        expect(await pacing.enter('a', () => 0, deadline)).toBeUndefined();
        return Date.now() - startedAt;
      }),
    );
    // 1,200 a minute is one in 50 ms.
    for (const [i, least] of [0, 0, 0, 48, 97, 146].entries()) expect(times[i]).toBeGreaterThanOrEqual(least);
    deadline.clear();
  });

  test('a pause that another replica tells of holds, and a shorter one does not end it', () => {
    let now = 1_000_000;
    const pacing = pacingOf({ now: () => now });
    pacing.pause('a', now + 5_000);
    pacing.pause('a', now + 1_000);
    const deadline: Deadline = { at: now + 4_000, signal: NEVER, clear() {} };
    expect(pacing.enter('a', () => 0, deadline)).toMatchObject({
      reason: 'rateLimited',
      retryAfterMs: 5_000,
    });
    now += 5_000;
    expect(pacing.enter('a', () => 0, { ...deadline, at: now + 1 })).toBeUndefined();
  });

  test('a pause in which the clock is set back begins anew, and does not last until that hour is over', () => {
    let now = 10_000_000;
    const pacing = pacingOf({ now: () => now });
    pacing.pause('a', now + 5_000);
    now -= 3_600_000;
    const deadline: Deadline = { at: now + 5_000, signal: NEVER, clear() {} };
    expect(pacing.pausedUntil('a')).toBe(now + 5_000);
    expect(pacing.enter('a', () => 0, deadline)).toMatchObject({ retryAfterMs: 5_000 });
    now += 5_000;
    expect(pacing.enter('a', () => 0, { ...deadline, at: now + 1 })).toBeUndefined();
  });

  test('one that was over does not come back when the clock is set back', () => {
    let now = 10_000_000;
    const pacing = pacingOf({ now: () => now });
    const deadline: Deadline = { at: Number.MAX_SAFE_INTEGER, signal: NEVER, clear() {} };
    pacing.pause('a', now + 5_000);
    now += 5_000;
    expect(pacing.enter('a', () => 0, deadline)).toBeUndefined();
    pacing.leave('a', ACCEPTED);
    now -= 3_600_000;
    expect(pacing.enter('a', () => 0, deadline)).toBeUndefined();
  });

  test('sends nothing in a long round of the event loop: what vendors have answered may lie unread', async () => {
    const read: (() => void)[] = [];
    let isLong = true;
    const stall: Stall = { isLong: () => isLong, afterReading: (callback) => read.push(callback) };
    const pacing = pacingOf({ stall });
    const deadline = within(5_000);
    const order = entering(pacing, [2, 1], deadline);
    await soon();
    expect(order).toEqual([]);
    expect(read).toHaveLength(1);
    // Once is enough, however long rounds last: a busy process sends too.
    for (const callback of read) callback();
    await soon();
    expect(order).toEqual(['1', '2']);
    expect(pacing.isLimited('a')).toBe(false);
    pacing.leave('a', ACCEPTED);
    pacing.leave('a', ACCEPTED);
    const late = pacing.enter('a', () => 0, deadline);
    isLong = false;
    pacing.pause('a', Date.now() + 60_000);
    expect(await late).toMatchObject({ reason: 'rateLimited' });
    deadline.clear();
  });

  test('nor does it send in the next round, before that was read', async () => {
    const read: (() => void)[] = [];
    let isLong = false;
    const stall: Stall = { isLong: () => isLong, afterReading: (callback) => read.push(callback) };
    const pacing = pacingOf({ stall });
    const deadline = within(5_000);
    expect(pacing.enter('a', () => 0, deadline)).toBeUndefined();
    isLong = true;
    const order = entering(pacing, [1], deadline);
    isLong = false;
    pacing.leave('a', ACCEPTED);
    await soon();
    expect(order).toEqual([]);
    for (const callback of read) callback();
    await soon();
    expect(order).toEqual(['1']);
    deadline.clear();
  });

  test('a request that was never sent takes nothing from the bucket', () => {
    const pacing = pacingOf({ limitOf: () => ({ perMinute: 1, burst: 1 }) });
    const deadline = within(5_000);
    for (let i = 0; i < 5; i++) {
      expect(pacing.enter('a', () => 0, deadline)).toBeUndefined();
      expect(pacing.isLimited('a')).toBe(true);
      pacing.leave('a', i % 2 === 0 ? undefined : NOT_SENT);
      expect(pacing.isLimited('a')).toBe(false);
    }
    deadline.clear();
  });
});
