import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { vendors } from '../../src/notify/registry.ts';
import { configured, deliverOnce } from '../support/deliveries.ts';
import {
  always,
  closedUrl,
  dripping,
  type Script,
  withTcpServer,
  withVendor,
} from '../support/fake-vendor.ts';
import { aTrigger } from '../support/notifications.ts';

const NETWORK = { status: 'unavailable', reason: 'network', detail: expect.stringMatching(/^\w+$/) };
const TIMEOUT = { status: 'unavailable', reason: 'contextDeadlineExceeded', detail: expect.any(String) };

/** Well past every deadline here, well before what an unbounded wait would take. */
const SOON_MS = 4_500;

const hang: Script = () => {};

describe.each(vendors)('$type', (vendor) => {
  test.concurrent('a refused connection is tried again until the deadline', async () => {
    const to = configured(vendor, await closedUrl());
    const { outcome, attempts, elapsedMs } = await deliverOnce(to, aTrigger(), { withinMs: 2_500 });
    expect(outcome).toEqual({ status: 'unavailable', reason: 'network', detail: 'ECONNREFUSED' });
    expect(attempts).toBeGreaterThanOrEqual(2);
    expect(elapsedMs).toBeLessThan(SOON_MS);
  });

  test.concurrent.each<[string, Script]>([
    ['before the answer', (response) => response.socket?.destroy()],
    ['by a reset', (response) => response.socket?.resetAndDestroy()],
    ['in the middle of the headers', (response) => response.socket?.end('HTTP/1.1 202 Acc')],
  ])('a connection that breaks %s is a network failure', async (_when, script) => {
    // When it breaks the time is nearly over: what is returned is what this one attempt found.
    let now = 0;
    const breaking: Script = (...args) => {
      now = 3900;
      script(...args);
    };
    await withVendor(breaking, async ({ url }) => {
      const to = configured(vendor, url);
      const { outcome, attempts } = await deliverOnce(to, aTrigger(), { withinMs: 4000, now: () => now });
      expect(outcome).toEqual(NETWORK);
      expect(attempts).toBe(1);
    });
  });

  test.concurrent('a connection that broke once is followed by another', async () => {
    const script: Script = (response, request, index) =>
      index === 0 ? response.socket?.resetAndDestroy() : always(202)(response, request, index);
    await withVendor(script, async ({ url }) => {
      const { outcome, attempts } = await deliverOnce(configured(vendor, url), aTrigger());
      expect({ outcome, attempts }).toEqual({ outcome: { status: 'accepted' }, attempts: 2 });
    });
  });

  test.concurrent.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['an impossible status', 'HTTP/1.1 9 nine\r\n\r\n'],
    ['endless headers', `HTTP/1.1 202 Accepted\r\nX-Long: ${'x'.repeat(200_000)}\r\n\r\n`],
    ['binary rubbish', '\0\x01\x02\x03\r\n\r\n'],
  ])('%s instead of HTTP is a network failure', async (_name, answer) => {
    let now = 0;
    await withTcpServer(
      (socket) =>
        socket.once('data', () => {
          now = 3900;
          socket.end(answer, 'latin1');
        }),
      async (url) => {
        const to = configured(vendor, url);
        const { outcome, attempts } = await deliverOnce(to, aTrigger(), { withinMs: 4000, now: () => now });
        expect(outcome).toEqual(NETWORK);
        expect(attempts).toBe(1);
      },
    );
  });

  test.concurrent('an attempt that hangs ends by its own timeout, so that there is time for another', async () => {
    const script: Script = (response, request, index) =>
      index === 0 ? undefined : always(202)(response, request, index);
    await withVendor(script, async ({ url }) => {
      const to = configured(vendor, url, { timeout: '500ms' });
      const { outcome, attempts, elapsedMs } = await deliverOnce(to, aTrigger(), { withinMs: 10_000 });
      expect({ outcome, attempts }).toEqual({ outcome: { status: 'accepted' }, attempts: 2 });
      expect(elapsedMs).toBeLessThan(SOON_MS);
    });
  });

  test.concurrent.each([
    ['shorter than the deadline', '150ms', 2],
    ['longer than the deadline', '1m', 1],
  ])('a vendor that only hangs: an attempt timeout %s', async (_name, timeout, least) => {
    await withVendor(hang, async ({ url, requests }) => {
      const to = configured(vendor, url, { timeout });
      const { outcome, elapsedMs } = await deliverOnce(to, aTrigger(), { withinMs: 2_500 });
      expect(outcome).toMatchObject(TIMEOUT);
      expect(requests.length).toBeGreaterThanOrEqual(least);
      expect(elapsedMs).toBeLessThan(SOON_MS);
    });
  });

  // The status says it all: sending again what was accepted would only make a duplicate.
  test.concurrent.each([
    ['its timeout', '1500ms', 8_000],
    ['the deadline', '1m', 2_000],
  ])('a 202 whose body never ends is accepted, by %s', async (_name, timeout, withinMs) => {
    await withVendor(dripping(202), async ({ url, requests }) => {
      const to = configured(vendor, url, { timeout });
      const { outcome, attempts, elapsedMs } = await deliverOnce(to, aTrigger(), { withinMs });
      expect({ outcome, attempts }).toEqual({ outcome: { status: 'accepted' }, attempts: 1 });
      expect(requests).toHaveLength(1);
      expect(elapsedMs).toBeLessThan(SOON_MS);
    });
  });

  test.concurrent('a 202 whose body never ends is accepted when the daemon stops meanwhile', async () => {
    const stopping = new AbortController();
    const script: Script = (...args) => {
      dripping(202)(...args);
      setTimeout(() => stopping.abort(), 1_500);
    };
    await withVendor(script, async ({ url }) => {
      const to = configured(vendor, url);
      const { outcome, elapsedMs } = await deliverOnce(to, aTrigger(), { stopping: stopping.signal });
      expect(outcome).toEqual({ status: 'accepted' });
      expect(elapsedMs).toBeLessThan(SOON_MS);
    });
  });

  test.concurrent('a 500 whose body never ends is unavailable, within the deadline', async () => {
    await withVendor(dripping(500), async ({ url, requests }) => {
      const to = configured(vendor, url, { timeout: '150ms' });
      const { outcome, elapsedMs } = await deliverOnce(to, aTrigger(), { withinMs: 2_500 });
      expect(outcome).toEqual({ status: 'unavailable', reason: 'serverError', detail: 'status 500' });
      expect(requests.length).toBeGreaterThanOrEqual(2);
      expect(elapsedMs).toBeLessThan(SOON_MS);
    });
  });

  test.concurrent.each([429, 503])(
    'a %i with Retry-After whose body never ends counts from its head',
    async (status) => {
      const script: Script = (response, request, index) =>
        (index === 0 ? dripping(status, { 'Retry-After': '1' }) : always(202))(response, request, index);
      await withVendor(script, async ({ url, requests }) => {
        const to = configured(vendor, url, { timeout: '4s' });
        const { outcome, attempts } = await deliverOnce(to, aTrigger(), { withinMs: 10_000 });
        expect({ outcome, attempts }).toEqual({ outcome: { status: 'accepted' }, attempts: 2 });
        const [first, second] = requests.map(({ at }) => at);
        expect(Number(second) - Number(first)).toBeGreaterThanOrEqual(1_000);
        expect(Number(second) - Number(first)).toBeLessThan(3_500);
      });
    },
  );

  test.concurrent.each([
    [202, { status: 'accepted' }],
    [400, { status: 'rejected', reason: 'clientError', detail: 'status 400' }],
  ])('a %i with an endless body is read a little, then cut off', async (status, expected) => {
    let sent = 0;
    let closed: Promise<unknown> = Promise.reject(new Error('no request came'));
    closed.catch(() => {});
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const flood: Script = (response) => {
      closed = once(response, 'close');
      response.writeHead(status);
      const more = () => {
        do sent += chunk.length;
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    };
    await withVendor(flood, async ({ url }) => {
      const { outcome, elapsedMs } = await deliverOnce(configured(vendor, url), aTrigger());
      expect(outcome).toEqual(expected);
      await closed;
      expect(elapsedMs).toBeLessThan(SOON_MS);
      // What the two sockets' buffers hold; without an end to reading it would be gigabytes.
      expect(sent).toBeLessThan(32 * 1024 * 1024);
    });
  });

  test.concurrent('stopping ends a delivery that hangs, at once and as canceled', async () => {
    const stopping = new AbortController();
    let abortedAt = 0;
    const script: Script = () => {
      setTimeout(() => {
        abortedAt = performance.now();
        stopping.abort();
      }, 50);
    };
    await withVendor(script, async ({ url, requests }) => {
      const done = await deliverOnce(configured(vendor, url), aTrigger(), { stopping: stopping.signal });
      expect(performance.now() - abortedAt).toBeLessThan(2_000);
      expect({ outcome: done.outcome, attempts: done.attempts, requests: requests.length }).toEqual({
        outcome: { status: 'unavailable', reason: 'contextCanceled', detail: 'ERR_CANCELED' },
        attempts: 1,
        requests: 1,
      });
    });
  });
});
