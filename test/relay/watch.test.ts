import { afterEach, expect, test } from '@jest/globals';
import { createHttpClient } from '../../src/notify/http-client.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { createWatch, type Watch } from '../../src/relay/watch.ts';
import { type FakePeer, listed, withPeers } from '../support/fake-alertmanager.ts';
import { eventually } from '../support/process.ts';

const http = createHttpClient({ userAgent: 'pagerelay/test', env: {}, now: Date.now });
let watch: Watch | undefined;
afterEach(() => watch?.stop());

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** A watch that has looked once and will not look again by itself. */
async function watching(urls: readonly string[]): Promise<Watch> {
  let looked = 0;
  const metrics = createMetrics();
  watch = createWatch({
    http,
    metrics,
    log: SILENT,
    now: Date.now,
    follow: async () => {
      looked++;
    },
  });
  watch.use({ urls, intervalMs: 3_600_000, afterMs: 0 });
  await eventually('a look', async () => {
    const { values } = await metrics.reconciliations_total.get();
    return looked > 0 || values.some(({ value }) => value > 0) ? true : undefined;
  });
  return watch;
}

const one: FakePeer = { alerts: [listed('1')] };

test('a fresh look is shared by all who ask before it begins', async () => {
  await withPeers([one], async (urls, asked) => {
    const own = await watching(urls);
    const before = asked[0]?.length ?? 0;
    const looks = await Promise.all([own.fresh(), own.fresh(), own.fresh()]);
    expect(looks.map((snapshot) => snapshot?.state('1'.padStart(16, '0')))).toEqual(Array(3).fill('active'));
    expect((asked[0]?.length ?? 0) - before).toBe(2);
  });
});

const settling: FakePeer = { ...one, status: { cluster: { status: 'settling' } } };

test('there is none where no peer can tell of anything', async () => {
  await withPeers([settling], async (urls) => {
    expect(await (await watching(urls)).fresh()).toBeUndefined();
  });
});

test('it is partial where any peer is not believed', async () => {
  await withPeers([one, settling], async (urls) => {
    const seen = await (await watching(urls)).fresh();
    expect([seen?.isPartial, seen?.state('1'.padStart(16, '0'))]).toEqual([true, 'active']);
  });
});

test('one that takes too long is not waited for, and then there is none for a while', async () => {
  let isSlow = false;
  const slow: FakePeer = { ...one, instead: () => isSlow };
  await withPeers([slow], async (urls) => {
    const own = await watching(urls);
    isSlow = true;
    const startedAt = Date.now();
    expect(await own.fresh()).toBeUndefined();
    expect(Date.now() - startedAt).toBeLessThan(2_500);
    isSlow = false;
    expect(own.fresh()).toBeUndefined();
  });
});

test('without an Alertmanager there is none', async () => {
  await withPeers([one], async (urls) => {
    const own = await watching(urls);
    own.use(undefined);
    expect(own.fresh()).toBeUndefined();
  });
});
