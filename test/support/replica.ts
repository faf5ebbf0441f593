import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { literalSecret } from '../../src/config/secret-source.ts';
import type { Fields } from '../../src/observe/log.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { createRedisStore, type RedisStore } from '../../src/redis/redis-store.ts';
import { createDeadline } from '../../src/relay/deadline.ts';
import type { Remembered } from '../../src/relay/remembered.ts';
import type { Lease } from '../../src/relay/shared-store.ts';
import { askRedis, type Redis, startRedis } from './redis.ts';

export const PLACE = '0123456789abcdef 000000000000000a';
export const OPEN: Remembered = {
  action: 'trigger',
  last: { group: '', text: 'x', startsAtMs: 1, acceptedAt: 2 },
  others: [],
  members: [],
  unseenAt: 3,
};
export const ENDED: Remembered = {
  action: 'resolve',
  others: [],
  members: [{ fingerprint: '000000000000000a', startsAtMs: 1, endedAt: 2 }],
};
export const DOWN = 'dedup store cannot be used: each replica goes on by itself';
export const stopping = new AbortController().signal;

export interface Replica {
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
  /** What it is told of the place, which it leaves as it is. */
  known(): Promise<Remembered | undefined>;
  isUp(): Promise<boolean | undefined>;
}

/** One replica at the Redis of that address. */
export async function startReplica(url: string): Promise<Replica> {
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
    async known() {
      const lease = await self.lease();
      lease.release(lease.known, false);
      return lease.known;
    },
    isUp: async () => ((await metrics.dedup_store_up.get()).values[0]?.value === 1 ? true : undefined),
  };
  await store.use({ url: literalSecret('url', url), prefix: 'test', ttlMs: 60_000 });
  return self;
}

/** For a describe: one Redis, emptied after each test, and as many replicas at it as a test asks for. */
export function useReplicas(): { redis(): Redis; replica(): Promise<Replica> } {
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

  return {
    redis: () => redis,
    async replica() {
      const started = await startReplica(redis.url);
      replicas.push(started);
      return started;
    },
  };
}
