import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createStall } from '../../src/relay/stall.ts';

const afterReading = (stall: ReturnType<typeof createStall>) =>
  new Promise<void>((resolve) => {
    stall.afterReading(resolve);
  });

test('a round of the event loop is long from 25 ms on, and the next one begins anew', async () => {
  let now = 0;
  const stall = createStall(() => now);
  expect(stall.isLong()).toBe(false);
  now = 25;
  expect(stall.isLong()).toBe(false);
  now = 26;
  expect(stall.isLong()).toBe(true);
  await afterReading(stall);
  expect(stall.isLong()).toBe(false);
});

test('one is long, too, that took its time before it is asked', async () => {
  let now = 0;
  const stall = createStall(() => now);
  expect(stall.isLong()).toBe(false);
  await sleep(30);
  now = 35;
  expect(stall.isLong()).toBe(false);
  await sleep(30);
  now += 36;
  expect(stall.isLong()).toBe(true);
  await sleep(30);
  expect(stall.isLong()).toBe(false);
});

test('nothing is measured while it is not asked', async () => {
  let now = 0;
  const stall = createStall(() => now);
  stall.isLong();
  await sleep(400);
  now = 3_000;
  expect(stall.isLong()).toBe(false);
});

test('what has come is read before it goes on', async () => {
  const stall = createStall(Date.now);
  const order: string[] = [];
  const done = afterReading(stall).then(() => order.push('read'));
  setImmediate(() => order.push('this round'));
  await done;
  expect(order).toEqual(['this round', 'read']);
});
