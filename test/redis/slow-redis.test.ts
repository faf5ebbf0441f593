import { setTimeout as sleep } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import { sha256hex } from '../../src/notification/incident-key.ts';
import { createDeadline } from '../../src/relay/deadline.ts';
import { eventually } from '../support/process.ts';
import { askRedis, describeWithRedis } from '../support/redis.ts';
import { DOWN, OPEN, PLACE, type Replica, startReplica, stopping, useReplicas } from '../support/replica.ts';
import { type SlowProxy, startSlowProxy } from '../support/slow-proxy.ts';

// On a busy machine Redis itself may be silent for as long as that counts as a failure.
jest.retryTimes(2);

type Taking = ReturnType<Replica['store']['take']>;

describeWithRedis('a Redis that is slow, or seems so', () => {
  const { redis, replica } = useReplicas();

  /**
   * A replica whose Redis answers with so many bytes every 10 ms at most; `take` takes so many places at once, until a deadline
   * in so many ms; `cut` cuts its connections.
   */
  async function atSlowRedis(
    bytes: number,
    withinMs: number,
    use: (
      a: Replica,
      take: (count: number, letter?: string) => Taking[],
      cut: SlowProxy['cut'],
    ) => Promise<void>,
  ): Promise<void> {
    const proxy = await startSlowProxy(redis().port, bytes);
    const a = await startReplica(`redis://127.0.0.1:${proxy.port}`);
    const deadline = createDeadline(Date.now() + withinMs, Date.now, stopping);
    try {
      await use(
        a,
        (count, letter = '') =>
          Array.from({ length: count }, (_, i) => a.store.take(`${PLACE}${letter}${i}`, deadline)),
        proxy.cut,
      );
    } finally {
      deadline.clear();
      await a.store.close();
      proxy.close();
    }
  }

  const locks = async () => (await askRedis(redis(), 'KEYS', 'test:*:lock')) as string[];

  test('an answer that lies unread in a busy process is no failure', async () => {
    const a = await replica();
    const leasing = a.lease();
    const end = performance.now() + 400;
    while (performance.now() < end);
    (await leasing).release(OPEN, true);
    expect(a.told()).not.toContain(DOWN);
    expect(await (await replica()).known()).toEqual(OPEN);
  });

  test.each([
    ['', 100],
    [', for so long that some are not waited for', 500],
  ])('nor is one that answers many one after the other%s', (_how, count) =>
    atSlowRedis(40, 10_000, async (a, take) => {
      const startedAt = performance.now();
      const leases = await Promise.all(take(count));
      expect(leases.filter((lease) => lease === undefined || lease === 'late')).toEqual([]);
      expect(performance.now() - startedAt).toBeGreaterThan(300);
      expect(a.told()).not.toContain(DOWN);
    }),
  );

  test('what is written too late for its lock is known to the others all the same', () =>
    atSlowRedis(10, 15_000, async (a, take) => {
      const lease = await a.lease();
      // Redis's answers come one after the other: the next one is behind these.
      const many = take(150);
      const lockOfPlace = `test:${sha256hex(PLACE).slice(0, 32)}:lock`;
      const [lock] = (await askRedis(redis(), 'KEYS', lockOfPlace)) as string[];
      expect(await askRedis(redis(), 'DEL', lock ?? '')).toBe(1);
      lease.release(OPEN, true);
      await Promise.all(many);
      const other = await replica();
      expect(await eventually('what was written', () => other.known())).toEqual(OPEN);
    }));

  test('locks that were taken too late are given back, once', () =>
    atSlowRedis(30, 60_000, async (_a, take) => {
      await askRedis(redis(), 'CONFIG', 'RESETSTAT');
      const leases = await Promise.all(take(600));
      for (const lease of leases) if (typeof lease === 'object') lease.release(undefined, false);
      await eventually('all locks are gone', async () => (await locks()).length === 0 || undefined);
      // What is noted is given back when Redis has answered all that was late.
      await sleep(3_000);
      const stats = String(await askRedis(redis(), 'INFO', 'commandstats'));
      const scripts = Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1]);
      expect(scripts).toBeGreaterThanOrEqual(1_200);
      expect(scripts).toBeLessThan(1_220);
    }));

  test.each([
    ['is', 100],
    ['is no longer', 1_700],
  ])(
    'locks whose answer is lost while it %s waited for are given back when it is back, not all at once',
    (_how, afterMs) =>
      atSlowRedis(10, 60_000, async (a, take, cut) => {
        const taking = take(150);
        await sleep(afterMs);
        expect(await locks()).toHaveLength(150);
        cut();
        for (const lease of await Promise.all(taking)) {
          if (typeof lease === 'object') lease.release(undefined, false);
        }
        const left = new Set<number>();
        await eventually('all locks are gone', async () => {
          left.add((await locks()).length);
          return left.has(0) || undefined;
        });
        expect(left.size).toBeGreaterThan(2);
        expect(a.told()).toContain('dedup store is back');
      }),
  );

  test('a pause that was asked for while nothing was asked of it is told after that', () =>
    atSlowRedis(10, 60_000, async (a, take) => {
      const other = await replica();
      await Promise.all(take(150));
      a.store.pause('account', 60_000);
      const [, ms] = await eventually('the pause', () => other.pauses[0]);
      expect(other.pauses).toEqual([['account', ms]]);
      expect(ms).toBeLessThan(60_000);
      expect(ms).toBeGreaterThan(50_000);
    }));

  test('the commands of a large webhook are written together, however long the rounds of the event loop take', async () => {
    const a = await replica();
    const deadline = createDeadline(Date.now() + 15_000, Date.now, stopping);
    let rounds = 0;
    const busy = () => {
      rounds++;
      const end = performance.now() + 5;
      while (performance.now() < end);
      next = setImmediate(busy);
    };
    let next = setImmediate(busy);
    const leases = await Promise.all(
      Array.from({ length: 1_200 }, (_, i) => a.store.take(`${PLACE}${i}`, deadline)),
    );
    clearImmediate(next);
    deadline.clear();
    expect(leases).not.toContain('late');
    expect(rounds).toBeLessThan(30);
  });

  test('one that was silent, and answers slowly after that, is not left again', () =>
    atSlowRedis(40, 10_000, async (a, take) => {
      await askRedis(redis(), 'CLIENT', 'PAUSE', '400');
      const late = take(60, 'a');
      await sleep(200);
      await Promise.all([...late, ...take(60, 'b')]);
      expect(a.told().filter((msg) => msg === DOWN).length).toBeLessThan(2);
    }));
});
