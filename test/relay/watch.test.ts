import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import type { Snapshot } from '../../src/alertmanager/snapshot.ts';
import type { PostsTo } from '../../src/config/compile-alertmanager.ts';
import { createHttpClient } from '../../src/notify/http-client.ts';
import type { Fields } from '../../src/observe/log.ts';
import { createMetrics, type Metrics } from '../../src/observe/metrics.ts';
import { createWatch, type Watch } from '../../src/relay/watch.ts';
import { collect } from '../support/collect.ts';
import { type FakePeer, listed, withPeers } from '../support/fake-alertmanager.ts';
import { eventually } from '../support/process.ts';

const http = createHttpClient({ userAgent: 'pagerelay/test', env: {}, now: Date.now });
let watch: Watch | undefined;
afterEach(() => watch?.stop());

const logged: (readonly [msg: string, fields: Fields | undefined])[] = [];
const write = (msg: string, fields?: Fields) => void logged.push([msg, fields]);
const log = { debug: write, info: write, warn: write, error: write };

/** A watch that has looked once and will not look again by itself. */
async function watching(
  urls: readonly string[],
  afterMs = 0,
  metrics: Metrics = createMetrics(),
  now: () => number = Date.now,
  receivers?: ReadonlyMap<string, PostsTo>,
): Promise<Watch> {
  let looked = 0;
  watch = createWatch({
    http,
    metrics,
    log,
    now,
    follow: async () => {
      looked++;
    },
  });
  watch.use({ urls, intervalMs: 3_600_000, afterMs, ...(receivers && { receivers }) });
  await eventually('a look', async () => {
    const { values } = await metrics.reconciliations_total.get();
    return looked > 0 || values.some(({ value }) => value > 0) ? true : undefined;
  });
  return watch;
}

const one: FakePeer = { alerts: [listed('1')] };
const settling: FakePeer = { ...one, status: { cluster: { status: 'settling' } } };
const stateOfOne = (snapshot: Snapshot | undefined) => snapshot?.state('1'.padStart(16, '0'));

test('a fresh look is shared by all who ask before it begins', async () => {
  await withPeers([one], async (urls, asked) => {
    const own = await watching(urls);
    const before = asked[0]?.length ?? 0;
    const looks = await Promise.all([own.fresh(), own.fresh(), own.fresh()]);
    expect(looks.map(stateOfOne)).toEqual(Array(3).fill('active'));
    expect((asked[0]?.length ?? 0) - before).toBe(2);
  });
});

test('there is none where any peer is not believed', async () => {
  await withPeers([one, settling], async (urls) => {
    expect(await (await watching(urls)).fresh()).toBeUndefined();
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

test('one that takes too long is not waited for, however often the collector runs meanwhile', async () => {
  let isSlow = false;
  await withPeers([{ ...one, instead: () => isSlow }], async (urls) => {
    const own = await watching(urls);
    isSlow = true;
    const fresh = own.fresh();
    for (let i = 0; i < 3; i++) await sleep(100).then(collect);
    // How long the collector takes is the machine's matter.
    const collectedAt = Date.now();
    expect(await fresh).toBeUndefined();
    // Else it would be the peer's time that is over, after five seconds.
    expect(Date.now() - collectedAt).toBeLessThan(3_000);
  });
});

test('who asks while one is under way has the next one, as soon as that is over', async () => {
  const order: string[] = [];
  let second: Promise<unknown> | undefined;
  let onAsked = () => {};
  const instead = () => {
    onAsked();
    return false;
  };
  await withPeers([{ ...one, instead }], async (urls) => {
    // By a clock that stands still no look takes any time, and none has to rest.
    const own = await watching(urls, 0, undefined, () => 1_000_000);
    onAsked = () => {
      second ??= own.fresh()?.then((snapshot) => order.push(String(stateOfOne(snapshot))));
    };
    await own.fresh();
    await Promise.all([second, sleep(800).then(() => order.push('too late'))]);
    expect(order).toEqual(['active', 'too late']);
  });
});

test('a rest is over when the clock is set back, and does not last until that hour is over', async () => {
  let isSlow = false;
  let behindMs = 0;
  const slow: FakePeer = { ...one, instead: () => isSlow };
  await withPeers([slow], async (urls) => {
    const own = await watching(urls, 0, undefined, () => Date.now() - behindMs);
    isSlow = true;
    expect(await own.fresh()).toBeUndefined();
    isSlow = false;
    expect(own.fresh()).toBeUndefined();
    behindMs = 3_600_000;
    expect(stateOfOne(await own.fresh())).toBe('active');
  });
});

test('a glimpse tells what a peer has that has just started, which a fresh look does not even ask', async () => {
  const young: FakePeer = { ...one, status: { uptime: new Date().toISOString() } };
  await withPeers([young, settling], async (urls, asked) => {
    const own = await watching(urls, 360_000);
    expect(await own.fresh()).toBeUndefined();
    expect(asked).toEqual(Array(2).fill(['/api/v2/status', '/api/v2/status']));
    expect(stateOfOne(await own.glimpse())).toBe('active');
    expect(asked.map((paths) => paths.at(-1))).toEqual(['/api/v2/alerts', '/api/v2/status']);
  });
});

test('in a glimpse is what others have where a peer takes too long; it rests then, and a fresh look does not', async () => {
  let isSlow = false;
  const slow: FakePeer = { ...one, instead: () => isSlow };
  await withPeers([one, slow], async (urls) => {
    const own = await watching(urls);
    isSlow = true;
    const startedAt = Date.now();
    expect(stateOfOne(await own.glimpse())).toBe('active');
    expect(Date.now() - startedAt).toBeLessThan(2_500);
    isSlow = false;
    expect(own.glimpse()).toBeUndefined();
    expect(stateOfOne(await own.fresh())).toBe('active');
  });
});

test('without an Alertmanager there is none, and what was under way tells nothing', async () => {
  await withPeers([one], async (urls) => {
    const own = await watching(urls);
    const underWay = [own.fresh(), own.glimpse()];
    own.use(undefined);
    expect([own.fresh(), own.glimpse(), ...(await Promise.all(underWay))]).toEqual(Array(4).fill(undefined));
  });
});

test('what is thought of the peers is told as long as there is an Alertmanager to look at', async () => {
  const metrics = createMetrics();
  const told = async () => {
    const { values } = await metrics.alertmanager_peers.get();
    return Object.fromEntries(values.map(({ labels: { state }, value }) => [state, value]));
  };
  expect(await told()).toEqual({});
  const nobody = { unreachable: 0, young: 0, empty: 0, unreadable: 0 };
  await withPeers([one, settling], async (urls) => {
    const own = await watching(urls, 0, metrics);
    expect(await told()).toEqual({ ...nobody, believed: 1, settling: 1 });
    own.use(undefined);
    expect(await told()).toEqual({});
    own.use({ urls, intervalMs: 3_600_000, afterMs: 0 });
    expect(await told()).toEqual({ ...nobody, believed: 0, settling: 0 });
  });
});

test('that it is not shown where its receivers post is told once, and not where the config says so', async () => {
  const told = () => logged.splice(0).filter(([msg]) => msg.startsWith('Alertmanager does not show'));
  await withPeers([one], async (urls) => {
    told();
    const own = await watching(urls);
    expect(told()).toEqual([
      [expect.any(String), { url: urls[0]?.replace(/\/$/, ''), receivers: ['web.hook'] }],
    ]);
    await own.fresh();
    expect(told()).toEqual([]);
    await own.stop();
    await watching(urls, 0, createMetrics(), Date.now, new Map([['web.hook', [undefined]]]));
    expect(told()).toEqual([]);
  });
});
