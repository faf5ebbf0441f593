import { expect, test } from '@jest/globals';
import type { InternalAxiosRequestConfig } from 'axios';
import type { Dispatcher } from 'undici';
import { createAtRoundEnd } from '../../src/notify/round-end.ts';
import { Cancellation } from '../../src/notify/signal.ts';
import { undiciAdapter } from '../../src/notify/undici-adapter.ts';

const nextRound = () => new Promise((resolve) => setImmediate(resolve));

test('what is put off runs at the end of the round, in its order', async () => {
  const atRoundEnd = createAtRoundEnd();
  const order: string[] = [];
  atRoundEnd(() => {
    order.push('first');
    atRoundEnd(() => order.push('next round'));
  });
  atRoundEnd(() => order.push('second'));
  await Promise.resolve();
  expect(order).toEqual([]);
  await nextRound();
  expect(order).toEqual(['first', 'second']);
  await nextRound();
  expect(order).toEqual(['first', 'second', 'next round']);
});

test('what was accepted is handed on when all that had come was read, and what was refused at once', async () => {
  const handlers: Dispatcher.DispatchHandler[] = [];
  const dispatcher = {
    dispatch: (_: unknown, handler: Dispatcher.DispatchHandler) => handlers.push(handler) > 0,
  };
  const attempt = { signal: new Cancellation(), timeoutMs: 1_000 };
  const atRoundEnd = createAtRoundEnd();
  const order: number[] = [];
  const ask = () => {
    const config = { url: 'http://vendor.test/', method: 'post' } as InternalAxiosRequestConfig;
    return undiciAdapter(
      dispatcher,
      {},
      attempt,
      atRoundEnd,
    )(config).then(({ status }) => order.push(status));
  };
  const controller = { abort: () => {} } as unknown as Dispatcher.DispatchController;
  const answer = (i: number, status: number) => {
    handlers[i]?.onRequestStart?.(controller, {});
    handlers[i]?.onResponseStart?.(controller, status, {}, '');
    handlers[i]?.onResponseEnd?.(controller, {});
  };
  const asked = [ask(), ask(), ask()];
  answer(0, 202);
  answer(1, 429);
  answer(2, 200);
  await asked[1];
  expect(order).toEqual([429]);
  await Promise.all(asked);
  expect(order).toEqual([429, 202, 200]);
});
