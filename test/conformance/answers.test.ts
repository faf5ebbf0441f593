import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Outcome, Reason } from '../../src/notify/notifier.ts';
import { vendors } from '../../src/notify/registry.ts';
import { configured, deliverOnce } from '../support/deliveries.ts';
import { always, withVendor } from '../support/fake-vendor.ts';
import { aResolve, aTrigger } from '../support/notifications.ts';

test('every folder of src/notify is an integration of the registry, and the other way round', () => {
  const entries = readdirSync(new URL('../../src/notify', import.meta.url), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(vendors.map(({ type }) => type).sort()).toEqual(folders.sort());
});

const STATUSES = Array.from({ length: 400 }, (_, i) => 200 + i);

/** Which 5xx a vendor's own documentation calls final; vendors without an entry have none. */
const FINAL: Readonly<Record<string, readonly number[]>> = { opsgenie: [501] };

/** What Alertmanager calls it (notify/util.go), by the hundreds and the few exceptions. */
function reason(status: number): Reason {
  if (status === 401 || status === 403) return 'authError';
  if (status === 429) return 'rateLimited';
  if (status < 400) return 'other';
  return status < 500 ? 'clientError' : 'serverError';
}

function expected(status: number, final: readonly number[]): Outcome & { attempts: number } {
  if (status < 300) return { status: 'accepted', attempts: 1 };
  const why = { reason: reason(status), detail: `status ${status}` };
  if (status === 413) return { status: 'rejected', ...why, tooLarge: true, attempts: 2 };
  const later = status === 408 || status === 429 || (status >= 500 && !final.includes(status));
  if (later) return { status: 'unavailable', ...why, retryAfterMs: 3_600_000, attempts: 1 };
  return { status: 'rejected', ...why, attempts: 1 };
}

describe.each(vendors)('$type', (vendor) => {
  test.each([
    ['trigger', aTrigger()],
    ['resolve', aResolve()],
  ])(
    'every status from 200 to 599 has its outcome: %s',
    async (_action, notification) => {
      let status = 0;
      // A wait past the deadline keeps what is worth another attempt from being made here.
      const answer = () => always(status, { 'Retry-After': '3600', Location: '/elsewhere' });
      const outcomes = await withVendor(
        (...args) => answer()(...args),
        async ({ url }) => {
          const to = configured(vendor, url);
          const all: (Outcome & { attempts: number })[] = [];
          for (status of STATUSES) {
            const { outcome, attempts } = await deliverOnce(to, notification);
            all.push({ ...outcome, attempts });
          }
          return all;
        },
      );
      expect(outcomes).toEqual(STATUSES.map((code) => expected(code, FINAL[vendor.type] ?? [])));
    },
    20_000,
  );

  test.each([301, 302, 303, 307, 308])('a redirect (%i) is rejected and not followed', async (status) => {
    const { seen, asked, delivered } = await withVendor(always(202), (target) =>
      withVendor(always(status, { Location: `${target.url}v2/elsewhere` }), async ({ url, requests }) => {
        const done = await deliverOnce(configured(vendor, url), aTrigger());
        return { delivered: done, asked: requests.length, seen: target.requests.length };
      }),
    );
    expect(delivered.outcome).toEqual({ status: 'rejected', reason: 'other', detail: `status ${status}` });
    expect({ asked, seen }).toEqual({ asked: 1, seen: 0 });
  });

  test('an event that is too large is sent once more, smaller, and then given up', async () => {
    const huge = aTrigger({
      commonAnnotations: { summary: 'Disk is full', description: 'long '.repeat(60_000) },
    });
    await withVendor(always(413), async ({ url, requests }) => {
      const { outcome, attempts } = await deliverOnce(configured(vendor, url), huge);
      expect({ outcome, attempts }).toEqual({
        outcome: { status: 'rejected', reason: 'clientError', detail: 'status 413', tooLarge: true },
        attempts: 2,
      });
      const [first = 0, second = 0, ...others] = requests.map(({ body }) => body.length);
      expect(others).toEqual([]);
      expect(second).toBeLessThan(first / 2);
    });
  });

  test('the smaller one may be accepted', async () => {
    const huge = aTrigger({ commonAnnotations: { description: 'long '.repeat(60_000) } });
    await withVendor(
      (response, _request, index) => response.writeHead(index === 0 ? 413 : 202).end(),
      async ({ url, requests }) => {
        const { outcome, attempts } = await deliverOnce(configured(vendor, url), huge);
        expect({ outcome, attempts, requests: requests.length }).toEqual({
          outcome: { status: 'accepted' },
          attempts: 2,
          requests: 2,
        });
      },
    );
  });

  test('after a 413 a smaller event is still worth its retries', async () => {
    const statuses = [413, 503, 202];
    const huge = aTrigger({ commonAnnotations: { description: 'long '.repeat(60_000) } });
    await withVendor(
      (response, _request, index) => response.writeHead(statuses[index] ?? 500).end(),
      async ({ url, requests }) => {
        const { outcome } = await deliverOnce(configured(vendor, url), huge);
        expect(outcome).toEqual({ status: 'accepted' });
        const [, second, third] = requests.map(({ body }) => body);
        expect(third).toBe(second);
      },
    );
  });

  test('trigger and resolve of one incident name the same incident key', async () => {
    const key = 'f00dfacef00dface';
    await withVendor(always(202), async ({ url, requests }) => {
      const to = configured(vendor, url);
      await deliverOnce(to, aTrigger({ key }));
      await deliverOnce(to, aResolve({ key }));
      const naming = requests.map((request) => `${request.url}\n${request.body}`.split(key).length - 1);
      expect(naming).toEqual([1, 1]);
    });
  });

  test('a resolve is the same request however often it is sent', async () => {
    await withVendor(always(202), async ({ url, requests }) => {
      const to = configured(vendor, url);
      const outcomes = [await deliverOnce(to, aResolve()), await deliverOnce(to, aResolve())];
      expect(outcomes.map(({ outcome }) => outcome)).toEqual([
        { status: 'accepted' },
        { status: 'accepted' },
      ]);
      const [first, second] = requests.map(({ at: _at, ...request }) => request);
      expect(second).toEqual(first);
    });
  });
});
