import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { literalSecret } from '../../src/config/secret-source.ts';
import { sha256hex } from '../../src/notification/incident-key.ts';
import type { Fields } from '../../src/observe/log.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { isReadOnly } from '../../src/redis/connection.ts';
import { createRedisStore, type RedisStore } from '../../src/redis/redis-store.ts';
import { createDeadline } from '../../src/relay/deadline.ts';
import { foundOpen, type Remembered } from '../../src/relay/remembered.ts';
import type { Lease } from '../../src/relay/shared-store.ts';
import { eventually } from '../support/process.ts';
import { askRedis, describeWithRedis, type Redis, startRedis } from '../support/redis.ts';
import { startSlowProxy } from '../support/slow-proxy.ts';

const PLACE = '0123456789abcdef 000000000000000a';
const OPEN: Remembered = {
  action: 'trigger',
  last: { group: '', text: 'x', startsAtMs: 1, acceptedAt: 2 },
  others: [],
  members: [],
  unseenAt: 3,
};
const ENDED: Remembered = {
  action: 'resolve',
  others: [],
  members: [{ fingerprint: '000000000000000a', startsAtMs: 1, endedAt: 2 }],
};
const DOWN = 'dedup store cannot be used: each replica goes on by itself';
const stopping = new AbortController().signal;

interface Replica {
  readonly store: RedisStore;
  readonly pauses: readonly (readonly [target: string, ms: number])[];
  /** The log's messages, and all of it. */
  told(): readonly unknown[];
  logged(): string;
  /** By how many ms its clock is ahead. */
  ahead: number;
  /** Takes the place, waiting for it for so many ms. */
  take(waitMs?: number): Promise<Lease | 'late'>;
  /** The same, where it must be had. */
  lease(): Promise<Lease>;
  isUp(): Promise<boolean | undefined>;
}

type Taking = ReturnType<RedisStore['take']>;

async function startReplica(url: string): Promise<Replica> {
  const metrics = createMetrics();
  const logs: Fields[] = [];
  const write = (msg: string, fields?: Fields) => void logs.push({ msg, ...fields });
  const pauses: (readonly [string, number])[] = [];
  const now = () => Date.now() + self.ahead;
  const store = createRedisStore({
    metrics,
    log: { debug: write, info: write, warn: write, error: write },
    now,
    onPause: (target, ms) => pauses.push([target, ms]),
  });
  const self: Replica = {
    store,
    pauses,
    told: () => logs.map(({ msg }) => msg),
    logged: () => JSON.stringify(logs),
    ahead: 0,
    async take(waitMs = 1_000) {
      const deadline = createDeadline(now() + waitMs, now, stopping);
      const lease = await store.take(PLACE, deadline);
      deadline.clear();
      if (lease === undefined) throw new Error('no store');
      return lease;
    },
    async lease() {
      const lease = await self.take();
      if (lease === 'late') throw new Error('late');
      return lease;
    },
    isUp: async () => ((await metrics.dedup_store_up.get()).values[0]?.value === 1 ? true : undefined),
  };
  await store.use({ url: literalSecret('url', url), prefix: 'test', ttlMs: 60_000 });
  return self;
}

describeWithRedis('what replicas share in a real Redis', () => {
  let redis: Redis;
  const replicas: Replica[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(replicas.splice(0).map(({ store }) => store.close()));
    await askRedis(redis, 'FLUSHALL');
  });
  afterAll(() => redis.kill());

  async function replica(): Promise<Replica> {
    const started = await startReplica(redis.url);
    replicas.push(started);
    return started;
  }

  /** What the replica is told of the place, which it leaves as it is. */
  async function known(by: Replica): Promise<Remembered | undefined> {
    const lease = await by.lease();
    lease.release(lease.known, false);
    return lease.known;
  }

  /**
   * A replica whose Redis answers with so many bytes every 10 ms at most; `take` takes so many places at once, until a deadline
   * in so many ms.
   */
  async function atSlowRedis(
    bytes: number,
    withinMs: number,
    use: (a: Replica, take: (count: number, letter?: string) => Taking[]) => Promise<void>,
  ): Promise<void> {
    const proxy = await startSlowProxy(redis.port, bytes);
    const a = await startReplica(`redis://127.0.0.1:${proxy.port}`);
    const deadline = createDeadline(Date.now() + withinMs, Date.now, stopping);
    try {
      await use(a, (count, letter = '') =>
        Array.from({ length: count }, (_, i) => a.store.take(`${PLACE}${letter}${i}`, deadline)),
      );
    } finally {
      deadline.clear();
      await a.store.close();
      proxy.close();
    }
  }

  test('an answer that lies unread in a busy process is no failure', async () => {
    const a = await replica();
    const leasing = a.lease();
    const end = performance.now() + 400;
    while (performance.now() < end);
    (await leasing).release(OPEN, true);
    expect(a.told()).not.toContain(DOWN);
    expect(await known(await replica())).toEqual(OPEN);
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
      const [lock] = (await askRedis(redis, 'KEYS', lockOfPlace)) as string[];
      expect(await askRedis(redis, 'DEL', lock ?? '')).toBe(1);
      lease.release(OPEN, true);
      await Promise.all(many);
      const other = await replica();
      expect(await eventually('what was written', () => known(other))).toEqual(OPEN);
    }));

  test('locks that were taken too late are given back', () =>
    atSlowRedis(30, 60_000, async (_a, take) => {
      const leases = await Promise.all(take(600));
      for (const lease of leases) if (typeof lease === 'object') lease.release(undefined, false);
      await eventually('all locks are gone', async () => {
        const left = (await askRedis(redis, 'KEYS', 'test:*:lock')) as string[];
        return left.length === 0 || undefined;
      });
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
      await askRedis(redis, 'CLIENT', 'PAUSE', '400');
      const late = take(60, 'a');
      await sleep(200);
      await Promise.all([...late, ...take(60, 'b')]);
      expect(a.told().filter((msg) => msg === DOWN).length).toBeLessThan(2);
    }));

  test('what one has learnt the other one knows', async () => {
    const [a, b] = [await replica(), await replica()];
    const lease = await a.lease();
    expect(lease.known).toBeUndefined();
    lease.release(OPEN, true);
    expect(await known(b)).toEqual(OPEN);
  });

  test('what is not new is not written, unless nothing is known there', async () => {
    const [a, b] = [await replica(), await replica()];
    (await a.lease()).release(OPEN, false);
    expect(await known(b)).toEqual(OPEN);
    (await a.lease()).release(ENDED, false);
    expect(await known(b)).toEqual(OPEN);
  });

  test('one at a time: the other one waits until the lease is given back', async () => {
    const [a, b] = [await replica(), await replica()];
    const first = await a.lease();
    let taken = false;
    const second = b.lease().then((lease) => {
      taken = true;
      return lease;
    });
    await sleep(100);
    expect(taken).toBe(false);
    first.release(OPEN, true);
    expect((await second).known).toEqual(OPEN);
  });

  test('who waits until its deadline is late; the lock of one that died ends by itself', async () => {
    const [a, b] = [await replica(), await replica()];
    await a.take(300);
    expect(await b.take(200)).toBe('late');
    await a.store.close();
    expect(await b.take(4_000)).toHaveProperty('known', undefined);
  });

  test('a lock that a replica left behind itself does not hold it up', async () => {
    const a = await replica();
    await a.take();
    expect(await a.take(100)).toHaveProperty('release');
  });

  test('who has lost the lock overwrites nothing that is newer, and adds what is', async () => {
    const [a, b] = [await replica(), await replica()];
    const lost = await a.lease();
    await askRedis(redis, 'FLUSHALL');
    b.ahead = 1_000;
    (await b.lease()).release(ENDED, true);
    lost.release(OPEN, true);
    await sleep(100);
    expect(await known(b)).toEqual(ENDED);
    const lostAgain = await a.lease();
    await askRedis(redis, 'FLUSHALL');
    a.ahead = 2_000;
    lostAgain.release(OPEN, true);
    await sleep(100);
    expect(await known(b)).toEqual(OPEN);
  });

  test('a pause is told to the others, at once and when they come later', async () => {
    const [a, b] = [await replica(), await replica()];
    a.store.pause('0123456789abcdef', 5_000);
    await eventually('the pause', () => b.pauses[0]);
    expect(b.pauses).toEqual([['0123456789abcdef', 5_000]]);
    expect(a.pauses).toEqual([]);
    const c = await replica();
    await known(c);
    expect(c.pauses).toEqual([['0123456789abcdef', expect.any(Number)]]);
    expect(c.pauses[0]?.[1]).toBeLessThanOrEqual(5_000);
    a.store.pause('0123456789abcdef', 1_000);
    await eventually('a shorter one is told as well', () => c.pauses.find(([, ms]) => ms === 1_000));
    await known(c);
    expect(c.pauses.at(-1)?.[1]).toBeGreaterThan(1_000);
  });

  test.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another version', '{"action":"snooze","others":[],"members":[]}'],
  ])('what is no knowledge is none: %s', async (_name, text) => {
    const a = await replica();
    (await a.lease()).release(OPEN, true);
    const [key = ''] = (await askRedis(redis, 'KEYS', '*:known')) as string[];
    await askRedis(redis, 'HSET', key, 'is', text);
    expect(await known(a)).toBeUndefined();
  });

  test('messages that are none of ours are nothing', async () => {
    const a = await replica();
    const publish = (message: string) => askRedis(redis, 'PUBLISH', 'test:pauses', message);
    for (const message of ['{', 'null', '[]', '{"target":"x","ms":"1"}', '{"target":"x","ms":-1}']) {
      await publish(message);
    }
    await publish('{"target":"x","ms":1e300}');
    await publish('{"target":"last","ms":1}');
    await eventually('the last', () => a.pauses[0]);
    expect(a.pauses).toEqual([['last', 1]]);
  });

  test('keys and values end by themselves, and no key has a name of an alert in it', async () => {
    const a = await replica();
    (await a.lease()).release(foundOpen([]), true);
    await eventually('one key', async () => ((await askRedis(redis, 'DBSIZE')) === 1 ? true : undefined));
    const [key = ''] = (await askRedis(redis, 'KEYS', '*')) as string[];
    expect(key).toMatch(/^test:[0-9a-f]{32}:known$/);
    const leftMs = await askRedis(redis, 'PTTL', key);
    expect(leftMs).toBeGreaterThan(50_000);
    expect(leftMs).toBeLessThanOrEqual(60_000);
    // What is told of again is kept for as long again, though nothing about it is new.
    await askRedis(redis, 'PEXPIRE', key, '10000');
    await known(a);
    await eventually('it is kept longer', async () =>
      Number(await askRedis(redis, 'PTTL', key)) > 50_000 ? true : undefined,
    );
  });

  test('it is used again only where something about it changes', async () => {
    const a = await replica();
    const clients = async () => String(await askRedis(redis, 'CLIENT', 'LIST')).split('\n').length;
    const before = await clients();
    await a.store.use({ url: literalSecret('url', redis.url), prefix: 'test', ttlMs: 60_000 });
    expect(await clients()).toBe(before);
    await a.store.use(undefined);
    expect(a.store.take(PLACE, createDeadline(Date.now(), Date.now, stopping))).toBeUndefined();
    expect(await a.isUp()).toBeUndefined();
  });
});

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
      await eventually('the other one knows', async () => {
        const lease = await b.lease();
        lease.release(undefined, false);
        return lease.known;
      });
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
      await eventually('the other one knows', async () => {
        const lease = await b.lease();
        lease.release(undefined, false);
        return lease.known;
      });
    } finally {
      await Promise.all([a.store.close(), b.store.close(), redis.kill()]);
    }
  });

  test('one that hangs holds up one page for a moment, and leaves no lock behind', async () => {
    const redis = await startRedis();
    const [a, b] = [await startReplica(redis.url), await startReplica(redis.url)];
    try {
      redis.signal('SIGSTOP');
      const startedAt = Date.now();
      expect((await a.lease()).known).toBeUndefined();
      const firstMs = Date.now() - startedAt;
      expect(firstMs).toBeGreaterThan(200);
      expect(firstMs).toBeLessThan(2_000);
      const againAt = Date.now();
      for (let i = 0; i < 100; i++) await a.lease();
      expect(Date.now() - againAt).toBeLessThan(2_000);
      redis.signal('SIGCONT');
      await eventually('it is back', a.isUp);
      const takenAt = Date.now();
      await b.lease();
      expect(Date.now() - takenAt).toBeLessThan(2_000);
    } finally {
      redis.signal('SIGCONT');
      await Promise.all([a.store.close(), b.store.close(), redis.kill()]);
    }
  });

  test('what was learnt last is told when it is back, whatever could not be written before', async () => {
    const redis = await startRedis();
    const [a, b] = [await startReplica(redis.url), await startReplica(redis.url)];
    try {
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
      await eventually('the other one knows', async () => {
        const lease = await b.lease();
        lease.release(undefined, false);
        return lease.known?.action === 'resolve' || undefined;
      });
    } finally {
      redis.signal('SIGCONT');
      await Promise.all([a.store.close(), b.store.close(), redis.kill()]);
    }
  });

  test('a lock that could not be given back is given back when it is back', async () => {
    const redis = await startRedis();
    const [a, b] = [await startReplica(redis.url), await startReplica(redis.url)];
    try {
      const lease = await a.take(10_000);
      redis.signal('SIGSTOP');
      a.store.pause('account', 1_000);
      await eventually('it is noticed', () => a.told()[0]);
      if (lease !== 'late') lease.release(undefined, false);
      redis.signal('SIGCONT');
      await eventually('it is back', a.isUp);
      expect(await b.take(2_000)).not.toBe('late');
    } finally {
      redis.signal('SIGCONT');
      await Promise.all([a.store.close(), b.store.close(), redis.kill()]);
    }
  });

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
