import { describe, expect, test } from '@jest/globals';
import type { InternalAxiosRequestConfig } from 'axios';
import type { Dispatcher } from 'undici';
import { createRound } from '../../src/notify/round.ts';
import { Cancellation } from '../../src/notify/signal.ts';
import { undiciAdapter } from '../../src/notify/undici-adapter.ts';

const nextRound = () => new Promise((resolve) => setImmediate(resolve));

test('what is put off runs at the end of the round, in its order', async () => {
  const { putOff } = createRound();
  const order: string[] = [];
  putOff(() => {
    order.push('first');
    putOff(() => order.push('next round'));
  });
  putOff(() => order.push('second'));
  await Promise.resolve();
  expect(order).toEqual([]);
  await nextRound();
  expect(order).toEqual(['first', 'second']);
  await nextRound();
  expect(order).toEqual(['first', 'second', 'next round']);
});

describe('answers of one round', () => {
  function setUp() {
    const handlers: Dispatcher.DispatchHandler[] = [];
    const dispatcher = {
      dispatch: (_: unknown, handler: Dispatcher.DispatchHandler) => handlers.push(handler) > 0,
    };
    const round = createRound();
    const order: (number | string)[] = [];
    const controller = { abort: () => {} } as unknown as Dispatcher.DispatchController;
    return {
      order,
      ask() {
        const attempt = { signal: new Cancellation(), timeoutMs: 1_000 };
        const config = { url: 'http://vendor.test/', method: 'post' } as InternalAxiosRequestConfig;
        return undiciAdapter(
          dispatcher,
          {},
          attempt,
          round,
        )(config).then(
          ({ status }) => order.push(status),
          ({ code }) => order.push(code),
        );
      },
      answer(i: number, status: number) {
        handlers[i]?.onRequestStart?.(controller, {});
        handlers[i]?.onResponseStart?.(controller, status, {}, '');
        handlers[i]?.onResponseEnd?.(controller, {});
      },
      fail(i: number) {
        handlers[i]?.onResponseError?.(controller, Object.assign(new Error(), { code: 'ECONNRESET' }));
      },
    };
  }

  test('that were accepted are handed on when all that had come was read', async () => {
    const { order, ask, answer } = setUp();
    const asked = [ask(), ask()];
    answer(0, 202);
    answer(1, 200);
    await Promise.resolve();
    expect(order).toEqual([]);
    await Promise.all(asked);
    expect(order).toEqual([202, 200]);
  });

  test.each([429, 'ECONNRESET'])(
    'that were not (%s) are handed on at once, after those that came before',
    async (what) => {
      const { order, ask, answer, fail } = setUp();
      const asked = [ask(), ask(), ask()];
      answer(0, 202);
      if (typeof what === 'number') answer(1, what);
      else fail(1);
      answer(2, 200);
      await asked[1];
      expect(order).toEqual([202, what]);
      await Promise.all(asked);
      expect(order).toEqual([202, what, 200]);
    },
  );
});
