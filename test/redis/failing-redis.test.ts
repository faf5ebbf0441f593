import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { literalSecret } from '../../src/config/secret-source.ts';
import type { SecretSource } from '../../src/notification/secret.ts';
import { connect, isReadOnly } from '../../src/redis/connection.ts';
import { accountOf } from '../../src/relay/place.ts';
import { eventually } from '../support/process.ts';
import { askRedis, describeWithRedis, type Redis, startRedis } from '../support/redis.ts';
import { DOWN, ENDED, OPEN, PLACE, type Replica, startReplica } from '../support/replica.ts';

test.each([
  ["READONLY You can't write against a read only replica.", true],
  [
    "ERR Error running script (call to f_0): @user_script:4: @user_script: 4: -READONLY You can't write against a read only replica.",
    true,
  ],
  ['ERR unknown command READONLY', false],
])('a replica of Redis is known by its error: %s', (error, expected) => {
  expect(isReadOnly(error)).toBe(expected);
});

test('an address in a file that hangs is not waited for, nor is what is to be closed meanwhile', async () => {
  const errors: string[] = [];
  const hanging: SecretSource = { ...literalSecret('url', ''), read: () => new Promise(() => {}) };
  const connection = connect({
    url: hanging,
    channel: 'test',
    onMessage: () => {},
    onUp: () => {},
    onError: (why) => errors.push(why),
    onLate: () => {},
  });
  await connection.tried;
  expect(errors).toEqual(['url could not be read in time']);
  await eventually('the next attempt', () => errors[1]);
  await connection.close();
});

/** One Redis, which may have been stopped, and two replicas at it. */
async function withTwo(use: (redis: Redis, a: Replica, b: Replica) => Promise<void>): Promise<void> {
  const redis = await startRedis();
  const [a, b] = [await startReplica(redis.url), await startReplica(redis.url)];
  try {
    await use(redis, a, b);
  } finally {
    redis.signal('SIGCONT');
    await Promise.all([a.store.close(), b.store.close(), redis.kill()]);
  }
}

describeWithRedis('a Redis that fails', () => {
  test('one that is down costs nothing, and is told once; what was learnt meanwhile is there when it is back', async () => {
    let redis = await startRedis();
    const [a, b] = [await startReplica(redis.url), await startReplica(redis.url)];
    try {
      await redis.kill();
      await eventually('it is noticed', () => a.told()[0]);
      const startedAt = Date.now();
      for (let i = 0; i < 20; i++) {
        const lease = await a.lease();
        expect(lease.known).toBeUndefined();
        lease.release(i === 19 ? ENDED : OPEN, true);
      }
      expect(Date.now() - startedAt).toBeLessThan(2_000);
      expect(await a.isUp()).toBeUndefined();
      redis = await startRedis({ port: redis.port });
      await eventually('it is back', a.isUp);
      expect(a.told()).toEqual([DOWN, 'dedup store is back']);
      await eventually('the other one knows', () => b.known());
      const lease = await b.lease();
      expect(lease.known).toEqual(ENDED);
    } finally {
      await Promise.all([a.store.close(), b.store.close(), redis.kill()]);
    }
  });

  test('what is learnt by one that began while it was down is told, too', async () => {
    let redis = await startRedis();
    const [a, b] = [await startReplica(redis.url), await startReplica(redis.url)];
    try {
      await redis.kill();
      await eventually('it is noticed', () => a.told()[0]);
      const alone = await a.lease();
      redis = await startRedis({ port: redis.port });
      await eventually('it is back', async () => (await a.isUp()) && (await b.isUp()));
      alone.release(ENDED, true);
      await eventually('the other one knows', () => b.known());
    } finally {
      await Promise.all([a.store.close(), b.store.close(), redis.kill()]);
    }
  });

  test('one that hangs holds up one page for a moment, and leaves no lock behind', () =>
    withTwo(async (redis, a, b) => {
      redis.signal('SIGSTOP');
      const startedAt = Date.now();
      const alone = await a.lease();
      expect(alone.known).toBeUndefined();
      const firstMs = Date.now() - startedAt;
      expect(firstMs).toBeGreaterThan(200);
      expect(firstMs).toBeLessThan(2_000);
      const againAt = Date.now();
      for (let i = 0; i < 100; i++) await a.lease();
      expect(Date.now() - againAt).toBeLessThan(2_000);
      redis.signal('SIGCONT');
      await eventually('it is back', a.isUp);
      // Its page may be under way still.
      expect(await b.take(300)).toBe('late');
      alone.release(OPEN, true);
      const takenAt = Date.now();
      expect((await b.lease()).known).toEqual(OPEN);
      expect(Date.now() - takenAt).toBeLessThan(2_000);
    }));

  test('what was learnt last is told when it is back, whatever could not be written before', () =>
    withTwo(async (redis, a, b) => {
      const first = await a.lease();
      redis.signal('SIGSTOP');
      a.store.pause('account', 1_000);
      await sleep(200);
      first.release(OPEN, true);
      await eventually('it is noticed', () => a.told()[0]);
      (await a.lease()).release(ENDED, true);
      await sleep(600);
      redis.signal('SIGCONT');
      await eventually('it is back', a.isUp);
      await eventually(
        'the other one knows',
        async () => (await b.known())?.action === 'resolve' || undefined,
      );
    }));

  test('a lock that could not be given back is given back when it is back', () =>
    withTwo(async (redis, a, b) => {
      const lease = await a.take(10_000);
      redis.signal('SIGSTOP');
      a.store.pause('account', 1_000);
      await eventually('it is noticed', () => a.told()[0]);
      if (lease !== 'late') lease.release(undefined, false);
      redis.signal('SIGCONT');
      await eventually('it is back', a.isUp);
      expect(await b.take(2_000)).not.toBe('late');
    }));

  test('a pause that was asked for while it was down is told when it is back: what is left of the longest', async () => {
    let redis = await startRedis();
    const [a, b] = [await startReplica(redis.url), await startReplica(redis.url)];
    const target = accountOf(PLACE);
    try {
      await redis.kill();
      await eventually('it is noticed', () => a.told()[0]);
      a.store.pause(target, 60_000);
      a.store.pause(target, 40_000);
      a.store.pause('over by then', 20_000);
      a.ahead = 30_000;
      redis = await startRedis({ port: redis.port });
      await eventually('the pause', async () => {
        await b.known();
        return b.pauses[0];
      });
      expect(b.pauses.map(([whose]) => whose)).not.toContain('over by then');
      for (const [, ms] of b.pauses) {
        expect(ms).toBeLessThanOrEqual(30_000);
        expect(ms).toBeGreaterThan(10_000);
      }
    } finally {
      await Promise.all([a.store.close(), b.store.close(), redis.kill()]);
    }
  });

  test('a clock that is set back after an error keeps it from nobody, and makes no pause longer', () =>
    withTwo(async (redis, a, b) => {
      await askRedis(redis, 'CONFIG', 'SET', 'maxmemory', '1');
      expect((await a.lease()).known).toBeUndefined();
      expect(a.told()).toEqual([DOWN]);
      a.store.pause('account', 60_000);
      await askRedis(redis, 'CONFIG', 'SET', 'maxmemory', '0');
      a.ahead = -3_600_000;
      await eventually('it is used', async () => {
        (await a.lease()).release(undefined, false);
        return a.isUp();
      });
      const [, ms] = await eventually('the pause', () => b.pauses[0]);
      expect(ms).toBeLessThanOrEqual(60_000);
    }));

  test('one that is not there at the start is used when it comes', async () => {
    const first = await startRedis();
    await first.kill();
    const a = await startReplica(first.url);
    expect(a.told()).toEqual([DOWN]);
    const redis = await startRedis({ port: first.port });
    try {
      await eventually('it is used', a.isUp);
    } finally {
      await Promise.all([a.store.close(), redis.kill()]);
    }
  });

  test.each(['redis://:p%zz@127.0.0.1:6379', 'redis://127.0.0.1:6379/cache', 'no address'])(
    'an address that cannot be used is said without it, and each goes on by itself: %s',
    async (address) => {
      const a = await startReplica(address);
      try {
        expect(a.told()).toEqual([DOWN]);
        expect(a.logged()).toContain('the address cannot be used');
        expect(a.logged()).not.toContain(address);
        expect((await a.lease()).known).toBeUndefined();
      } finally {
        await a.store.close();
      }
    },
  );

  test('a wrong password is said without it', async () => {
    const redis = await startRedis({ password: 'right-one' });
    const a = await startReplica(redis.url.replace('right-one', 'wrong-one'));
    try {
      expect(a.told()).toEqual([DOWN]);
      expect(a.logged()).toContain('WRONGPASS');
      expect(a.logged()).not.toContain('wrong-one');
    } finally {
      await Promise.all([a.store.close(), redis.kill()]);
    }
  });

  test('one that takes no writes is not used', async () => {
    const redis = await startRedis();
    const a = await startReplica(redis.url);
    try {
      await askRedis(redis, 'REPLICAOF', '127.0.0.1', '1');
      expect((await a.lease()).known).toBeUndefined();
      expect(a.told()).toEqual([DOWN]);
      await askRedis(redis, 'REPLICAOF', 'NO', 'ONE');
      await eventually('it is used', a.isUp);
    } finally {
      await Promise.all([a.store.close(), redis.kill()]);
    }
  });
});
