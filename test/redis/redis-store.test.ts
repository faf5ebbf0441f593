import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { literalSecret } from '../../src/config/secret-source.ts';
import { createDeadline } from '../../src/relay/deadline.ts';
import { foundOpen } from '../../src/relay/remembered.ts';
import { eventually } from '../support/process.ts';
import { askRedis, describeWithRedis } from '../support/redis.ts';
import { ENDED, OPEN, PLACE, stopping, useReplicas } from '../support/replica.ts';

describeWithRedis('what replicas share in a real Redis', () => {
  const { redis, replica } = useReplicas();

  test('what one has learnt the other one knows', async () => {
    const [a, b] = [await replica(), await replica()];
    const lease = await a.lease();
    expect(lease.known).toBeUndefined();
    lease.release(OPEN, true);
    expect(await b.known()).toEqual(OPEN);
  });

  test('what is not new is not written, unless nothing is known there', async () => {
    const [a, b] = [await replica(), await replica()];
    (await a.lease()).release(OPEN, false);
    expect(await b.known()).toEqual(OPEN);
    (await a.lease()).release(ENDED, false);
    expect(await b.known()).toEqual(OPEN);
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

  test('what one had locked when it was killed waits for it for three seconds, and not to its deadline', async () => {
    const [a, b] = [await replica(), await replica()];
    await a.take(9_000);
    await a.store.close();
    expect(await b.take(2_000)).toBe('late');
    expect(await b.take(2_500)).toHaveProperty('known', undefined);
  });

  test('who is alive keeps its lock for as long as it needs it', async () => {
    const [a, b] = [await replica(), await replica()];
    const lease = await a.take(9_000);
    expect(await b.take(4_500)).toBe('late');
    if (lease !== 'late') lease.release(OPEN, true);
    expect(await b.known()).toEqual(OPEN);
  }, 10_000);

  test('a lock that a replica left behind itself does not hold it up', async () => {
    const a = await replica();
    await a.take();
    expect(await a.take(100)).toHaveProperty('release');
  });

  test('who has lost the lock overwrites nothing that is newer, and adds what is', async () => {
    const [a, b] = [await replica(), await replica()];
    const lost = await a.lease();
    await askRedis(redis(), 'FLUSHALL');
    b.ahead = 1_000;
    (await b.lease()).release(ENDED, true);
    lost.release(OPEN, true);
    await sleep(100);
    expect(await b.known()).toEqual(ENDED);
    const lostAgain = await a.lease();
    await askRedis(redis(), 'FLUSHALL');
    a.ahead = 2_000;
    lostAgain.release(OPEN, true);
    await sleep(100);
    expect(await b.known()).toEqual(OPEN);
  });

  test('a pause is told to the others, at once and when they come later', async () => {
    const [a, b] = [await replica(), await replica()];
    a.store.pause('0123456789abcdef', 5_000);
    await eventually('the pause', () => b.pauses[0]);
    expect(b.pauses).toEqual([['0123456789abcdef', 5_000]]);
    expect(a.pauses).toEqual([]);
    const c = await replica();
    await c.known();
    expect(c.pauses).toEqual([['0123456789abcdef', expect.any(Number)]]);
    expect(c.pauses[0]?.[1]).toBeLessThanOrEqual(5_000);
    a.store.pause('0123456789abcdef', 1_000);
    await eventually('a shorter one is told as well', () => c.pauses.find(([, ms]) => ms === 1_000));
    await c.known();
    expect(c.pauses.at(-1)?.[1]).toBeGreaterThan(1_000);
  });

  test('a pause of no time is told to nobody, and is no failure', async () => {
    const [a, b] = [await replica(), await replica()];
    a.store.pause('none', 0);
    a.store.pause('one', 1_000);
    await eventually('the one', () => b.pauses[0]);
    expect(b.pauses).toEqual([['one', 1_000]]);
    expect(a.told()).toEqual([]);
  });

  test.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another version', '{"action":"snooze","others":[],"members":[]}'],
  ])('what is no knowledge is none: %s', async (_name, text) => {
    const a = await replica();
    (await a.lease()).release(OPEN, true);
    const [key = ''] = (await askRedis(redis(), 'KEYS', '*:known')) as string[];
    await askRedis(redis(), 'HSET', key, 'is', text);
    expect(await a.known()).toBeUndefined();
  });

  test('messages that are none of ours are nothing', async () => {
    const a = await replica();
    const publish = (message: string) => askRedis(redis(), 'PUBLISH', 'test:pauses', message);
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
    await eventually('one key', async () => ((await askRedis(redis(), 'DBSIZE')) === 1 ? true : undefined));
    const [key = ''] = (await askRedis(redis(), 'KEYS', '*')) as string[];
    expect(key).toMatch(/^test:[0-9a-f]{32}:known$/);
    const leftMs = await askRedis(redis(), 'PTTL', key);
    expect(leftMs).toBeGreaterThan(50_000);
    expect(leftMs).toBeLessThanOrEqual(60_000);
    // What is told of again is kept for as long again, though nothing about it is new.
    await askRedis(redis(), 'PEXPIRE', key, '10000');
    await a.known();
    await eventually('it is kept longer', async () =>
      Number(await askRedis(redis(), 'PTTL', key)) > 50_000 ? true : undefined,
    );
  });

  test('it is used again only where something about it changes', async () => {
    const a = await replica();
    const clients = async () => String(await askRedis(redis(), 'CLIENT', 'LIST')).split('\n').length;
    const before = await clients();
    await a.store.use({ url: literalSecret('url', redis().url), prefix: 'test', ttlMs: 60_000 });
    expect(await clients()).toBe(before);
    await a.store.use(undefined);
    expect(a.store.take(PLACE, createDeadline(Date.now(), Date.now, stopping))).toBeUndefined();
    expect(await a.isUp()).toBeUndefined();
  });
});
