import { describe, expect, test } from '@jest/globals';
import { vendors } from '../../src/notify/registry.ts';
import { configured, deliverOnce } from '../support/deliveries.ts';
import { always, type Script, withVendor } from '../support/fake-vendor.ts';
import { aTrigger } from '../support/notifications.ts';

/** Once this, then 202. */
function onceThenAccepted(first: Script): Script {
  return (response, request, index) => (index === 0 ? first : always(202))(response, request, index);
}

describe.each(vendors)('$type', (vendor) => {
  test.concurrent.each([408, 429, 500, 503])(
    'the attempt after a %i repeats the request, whole',
    async (status) => {
      await withVendor(onceThenAccepted(always(status)), async ({ url, requests }) => {
        const { outcome, attempts, counters } = await deliverOnce(configured(vendor, url), aTrigger());
        expect({ outcome, attempts, counters }).toEqual({
          outcome: { status: 'accepted' },
          attempts: 2,
          // A rate limit without a time costs a second.
          counters: { requests: 2, failed: 1, limitedSeconds: status === 429 ? expect.any(Number) : 0 },
        });
        if (status === 429) expect(counters.limitedSeconds).toBeGreaterThan(0);
        const [first, second] = requests.map(({ at: _at, ...request }) => request);
        expect(second).toEqual(first);
        const body = second?.body ?? '';
        expect(JSON.parse(body)).toBeInstanceOf(Object);
        expect(second?.headers['content-length']).toBe(String(Buffer.byteLength(body)));
      });
    },
  );

  test.concurrent('a large body is complete in every attempt', async () => {
    const statuses = [500, 500, 202];
    const large = aTrigger({ commonAnnotations: { description: '😀é'.repeat(30_000) } });
    await withVendor(
      (response, _request, index) => response.writeHead(statuses[index] ?? 202).end(),
      async ({ url, requests }) => {
        await deliverOnce(configured(vendor, url), large);
        const bodies = requests.map(({ body }) => body);
        expect(bodies).toEqual([bodies[0], bodies[0], bodies[0]]);
        expect(JSON.parse(bodies[2] ?? '')).toBeInstanceOf(Object);
      },
    );
  });

  const seconds = () => '1';
  // A date has whole seconds: one that is two away is at least one away when it arrives.
  const date = () => new Date(Date.now() + 2000).toUTCString();
  test.concurrent.each([
    ['429 in seconds', 429, seconds],
    ['503 in seconds', 503, seconds],
    ['429 as a date', 429, date],
  ])('Retry-After of a %s is kept: no attempt before it', async (_name, status, retryAfter) => {
    const limited: Script = (response) => response.writeHead(status, { 'Retry-After': retryAfter() }).end();
    await withVendor(onceThenAccepted(limited), async ({ url, requests }) => {
      const { outcome, attempts, counters } = await deliverOnce(configured(vendor, url), aTrigger());
      expect({ outcome, attempts }).toEqual({ outcome: { status: 'accepted' }, attempts: 2 });
      const [first = 0, second = 0] = requests.map(({ at }) => at);
      // Timers may fire a millisecond early.
      expect(second - first).toBeGreaterThanOrEqual(998);
      // A part of the second was the wait before any second attempt, 0.4 s at most, and what a busy machine took.
      expect(counters.limitedSeconds).toBeGreaterThan(0.3);
    });
  });

  test.concurrent('a Retry-After past the deadline ends the delivery at once, without another attempt', async () => {
    await withVendor(always(429, { 'Retry-After': '60' }), async ({ url, requests }) => {
      const done = await deliverOnce(configured(vendor, url), aTrigger(), { withinMs: 3000 });
      expect({ outcome: done.outcome, attempts: done.attempts, counters: done.counters }).toEqual({
        outcome: {
          status: 'unavailable',
          reason: 'rateLimited',
          detail: 'status 429',
          retryAfterMs: 60_000,
        },
        attempts: 1,
        counters: { requests: 1, failed: 1, limitedSeconds: 0 },
      });
      expect(requests).toHaveLength(1);
      expect(done.elapsedMs).toBeLessThan(1000);
    });
  });

  test.concurrent('a vendor that stays down is asked again until shortly before the deadline, ever more slowly', async () => {
    await withVendor(always(503), async ({ url, requests }) => {
      const done = await deliverOnce(configured(vendor, url), aTrigger(), { withinMs: 2000 });
      expect(done.outcome).toEqual({ status: 'unavailable', reason: 'serverError', detail: 'status 503' });
      // Waits of 200 to 400, 400 to 800 and 800 to 1600 ms.
      expect(requests.length).toBeGreaterThanOrEqual(3);
      expect(requests.length).toBeLessThanOrEqual(4);
      expect(done.attempts).toBe(requests.length);
      expect(done.elapsedMs).toBeLessThan(2300);
    });
  });

  test.concurrent('without time left nothing is sent', async () => {
    await withVendor(always(202), async ({ url, requests }) => {
      const to = configured(vendor, url);
      const done = await deliverOnce(to, aTrigger(), { stopping: AbortSignal.abort() });
      expect({ outcome: done.outcome, attempts: done.attempts, requests: requests.length }).toEqual({
        outcome: {
          status: 'unavailable',
          reason: 'contextCanceled',
          detail: 'there was no time left for an attempt',
        },
        attempts: 0,
        requests: 0,
      });
    });
  });

  test.concurrent('stopping while a wait is kept ends the delivery at once', async () => {
    const stopping = new AbortController();
    const limited: Script = (response) => {
      response.writeHead(503, { 'Retry-After': '2' }).end();
      setTimeout(() => stopping.abort(), 50);
    };
    await withVendor(limited, async ({ url, requests }) => {
      const to = configured(vendor, url);
      const done = await deliverOnce(to, aTrigger(), { stopping: stopping.signal });
      expect(done.outcome.status).toBe('unavailable');
      expect(requests).toHaveLength(1);
      expect(done.elapsedMs).toBeLessThan(1000);
    });
  });
});
