// npm run soak [-- --minutes=10]: alerts that come and go at a steady rate; memory and the delay of the event loop, as
// the relay's own metrics tell them, must stay flat.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { episode } from './load.mjs';
import { start, startPagerelay } from './process.mjs';

const minutes = Number(
  process.argv.find((arg) => arg.startsWith('--minutes='))?.slice('--minutes='.length) ?? 10,
);
const WEBHOOKS_PER_SECOND = 50;
const ALERTS_EACH = 4;
/** Alerts that fire again and again: as many incidents are remembered, after the first third at the latest. */
const POPULATION = 8_000;
/** Webhooks whose alerts fire at a time. */
const FIRING = 500;
const SAMPLES = 60;
/** Of the last third in times of the second; the first is for warming up. */
const LIMIT = 1.1;
/** The delay is a few ms, and a machine does other things: so much more is flat still, in ms. */
const DELAY_TOLERANCE_MS = 5;
const PORT = 19_094;

execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
const folder = mkdtempSync(join(tmpdir(), 'pagerelay-soak-'));
const sink = await start('./sink.mjs');
const configFile = join(folder, 'pagerelay.yaml');
writeFileSync(
  configFile,
  `
route: { receiver: soak, group_by: ['...'] }
receivers:
  - name: soak
    pagerduty_configs:
      - routing_key: ${'R'.repeat(32)}
        url: ${sink.origin}/v2/enqueue
`,
);
const relay = await startPagerelay(configFile, PORT);
try {
  const posting = post(relay.origin, Date.now() + minutes * 60_000);
  const samples = [];
  console.log(`${WEBHOOKS_PER_SECOND} webhooks of ${ALERTS_EACH} alerts a second for ${minutes} min\n`);
  console.log('  minute   RSS MiB   event loop p99 ms   notifications');
  for (let i = 0; i < SAMPLES; i++) {
    await sleep((minutes * 60_000) / SAMPLES);
    const sample = await sampleOf(relay.origin);
    samples.push(sample);
    if ((i + 1) % 6 === 0) show(((i + 1) * minutes) / SAMPLES, sample);
  }
  const { posted, refused } = await posting;
  const third = (i, of) => median(samples.slice((i * SAMPLES) / 3, ((i + 1) * SAMPLES) / 3).map(of));
  const growth = third(2, ({ rssMiB }) => rssMiB) / third(1, ({ rssMiB }) => rssMiB);
  const [second, last] = [1, 2].map((i) => third(i, ({ delayMs }) => delayMs));
  console.log(
    `\nlast third against the second, medians: RSS ${growth.toFixed(2)} times (${LIMIT}), event loop ${second.toFixed(1)} → ${last.toFixed(1)} ms`,
  );
  const { notifications, failed } = await sampleOf(relay.origin);
  const accepted = notifications - failed;
  const expected = posted * ALERTS_EACH;
  console.log(`${posted} webhooks, ${refused} not taken; ${accepted} of ${expected} notifications accepted`);
  const isFlat = growth <= LIMIT && last <= second * LIMIT + DELAY_TOLERANCE_MS;
  if (!isFlat || refused > 0 || accepted !== expected) process.exitCode = 1;
} finally {
  await Promise.all([relay.stop(), sink.stop()]);
  rmSync(folder, { recursive: true });
}

/** Posts at the rate whether or not the answers keep up: each alert fires, ends a while later, and fires again. */
async function post(origin, until) {
  const pool = new Pool(origin, { connections: 64 });
  const firing = [];
  const underWay = new Set();
  let posted = 0;
  let refused = 0;
  let next = 0;
  const fire = () => {
    const { fires, end } = episode(Array.from({ length: ALERTS_EACH }, () => next++ % POPULATION));
    firing.push({ end });
    return fires;
  };
  for (let dueAt = Date.now(); dueAt < until; dueAt += 1000 / WEBHOOKS_PER_SECOND) {
    const waitMs = dueAt - Date.now();
    if (waitMs > 0) await sleep(waitMs);
    const body = firing.length > FIRING ? firing.shift().end() : fire();
    posted++;
    const request = { method: 'POST', path: '/webhook', headers: { 'content-type': 'application/json' } };
    const sending = pool.request({ ...request, body }).then(async ({ statusCode, body }) => {
      await body.dump();
      if (statusCode !== 200) refused++;
    });
    underWay.add(sending);
    void sending.finally(() => underWay.delete(sending));
  }
  await Promise.all(underWay);
  await pool.close();
  return { posted, refused };
}

async function sampleOf(origin) {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const value = (name) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
      (sum, [, number]) => sum + Number(number),
      0,
    );
  return {
    rssMiB: value('process_resident_memory_bytes') / 2 ** 20,
    delayMs: value('nodejs_eventloop_lag_p99_seconds') * 1000,
    notifications: value('pagerelay_notifications_total'),
    failed: value('pagerelay_notifications_failed_total'),
  };
}

function show(minute, { rssMiB, delayMs, notifications }) {
  const columns = [
    minute.toFixed(1).padStart(8),
    rssMiB.toFixed(0).padStart(8),
    delayMs.toFixed(1).padStart(18),
    String(notifications).padStart(14),
  ];
  console.log(columns.join('  '));
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
