// npm run bench: what an event costs in pagerelay, beside the least that a relay in Node can do and beside nginx, in one
// run on the same payloads and the same vendor; and what it costs with many incidents remembered.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { config } from './config.mjs';
import { atRate } from './fixed-rate.mjs';
import { alertsSoFar, load, loadAgain } from './load.mjs';
import { hasNginx, startNginx } from './nginx.mjs';
import { start, startPagerelay } from './process.mjs';

/** `--rounds=1 --scale=0.02 --no-limits`: a short run that only shows that it runs. */
const option = (name, otherwise) =>
  Number(process.argv.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise);
/** Many short ones: what else the machine does comes and goes within seconds. */
const ROUNDS = option('rounds', 15);
/** The rounds are shared among processes that are started anew: where one lies in memory makes a tenth of its time. */
const STARTS = Math.min(ROUNDS, 3);
const SCALE = option('scale', 1);
const WARM_UP_ROUNDS = 5;
const HAS_LIMITS = !process.argv.includes('--no-limits');
/**
 * `limits`: CPU time per event, in times that of the bare relay: without the packages, and with them. `perSecond`: webhooks,
 * where the rate is fixed, for so many `seconds` of each start.
 */
const SCENARIOS = [
  { alertsEach: 1, webhooks: 2_000, concurrency: 16, perSecond: 200, seconds: 4, limits: [2.5, 3] },
  { alertsEach: 10, webhooks: 300, concurrency: 8, perSecond: 40, seconds: 4 },
  { alertsEach: 100, webhooks: 50, concurrency: 2, perSecond: 10, seconds: 8, limits: [2, 2.75] },
  { alertsEach: 1_000, webhooks: 5, concurrency: 1, perSecond: 3, seconds: 12 },
];
const REMEMBERED = [1, 1_000, 10_000, 100_000];
/** Of an event with 100,000 incidents remembered, in times of one with 1. */
const FLAT_LIMIT = 1.3;
const PEAK_RSS_LIMIT = 150;
/** PagerDuty's default description for one alert, in µs of CPU time. */
const TEMPLATE_LIMIT = 15;
const PORT = 19_096;
const WITHOUT_PACKAGES = 'without packages';
const WITHOUT = new URL('./without.mjs', import.meta.url).href;

const folder = mkdtempSync(join(tmpdir(), 'pagerelay-bench-'));
const running = [];
const keep = async (starting) => {
  const process = await starting;
  running.push(process);
  return process;
};
const exceeds = (value, limit) => {
  if (HAS_LIMITS && limit !== undefined && value > limit) process.exitCode = 1;
};

try {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  const sink = await keep(start('./sink.mjs'));
  const configFile = join(folder, 'pagerelay.yaml');
  writeFileSync(configFile, config(sink.origin));
  console.log(`Node ${process.version}, ${cpus().length} cores, ${ROUNDS} rounds each in turn, medians\n`);
  await compare(sink, configFile);
  await remember(configFile);
  await templates();
} finally {
  await Promise.all(running.map((process) => process.stop().catch(() => undefined)));
  rmSync(folder, { recursive: true });
}

async function compare(sink, configFile) {
  console.log(
    'alerts/webhook  relay             events/s  CPU µs/event  times bare (limit)  added p50 ms  added p99 ms',
  );
  const peaks = new Map();
  for (const scenario of SCENARIOS) {
    const rounds = [];
    const added = {};
    for (let i = 0; i < STARTS; i++) {
      const relays = await startRelays(sink, configFile);
      rounds.push(...(await inRounds(relays, scenario)));
      for (const [name, latencies] of Object.entries(await addedLatencies(sink, relays, scenario)))
        added[name] = [...(added[name] ?? []), ...latencies];
      for (const [name, relay] of Object.entries(relays))
        peaks.set(name, Math.max(peaks.get(name) ?? 0, relay.peakRssMiB()));
      await Promise.all(Object.values(relays).map((relay) => relay.stop()));
    }
    for (const [name, latencies] of Object.entries(added)) show(scenario, name, rounds, latencies);
  }
  const peaksShown = Array.from(peaks, ([name, peak]) => `${name} ${peak.toFixed(0)} MiB`);
  console.log(
    `\npeak RSS: ${peaksShown.join(', ')}; nginx passes a webhook on as one request, whatever it holds`,
  );
}

async function startRelays(sink, configFile) {
  return {
    bare: await keep(start('./bare-relay.mjs', `${sink.origin}/v2/enqueue`)),
    ...(hasNginx ? { nginx: await keep(startNginx(folder, sink.origin, PORT + 2)) } : {}),
    pagerelay: await keep(startPagerelay(configFile, PORT)),
    // Itself without axios, winston and prom-client.
    [WITHOUT_PACKAGES]: await keep(startPagerelay(configFile, PORT + 3, [`--import=${WITHOUT}`])),
  };
}

/** Each relay in turn, so that what the machine does besides meets all of them. */
async function inRounds(relays, { alertsEach, webhooks: full, concurrency }) {
  const webhooks = Math.ceil(full * SCALE);
  for (const relay of Object.values(relays))
    await load(relay.origin, WARM_UP_ROUNDS * webhooks, alertsEach, concurrency);
  const rounds = [];
  for (let round = 0; round < ROUNDS / STARTS; round++) {
    const results = {};
    for (const [name, relay] of Object.entries(relays)) {
      results[name] = await measure(relay, webhooks, alertsEach, concurrency);
    }
    rounds.push(results);
  }
  return rounds;
}

/** How much longer each webhook takes than the median event without a relay, of each relay, in ms. */
async function addedLatencies(sink, relays, { seconds, ...scenario }) {
  const atFixedRate = { ...scenario, seconds: seconds * Math.min(1, SCALE * 5) };
  const direct = quantile(await atRate(sink.origin, atFixedRate), 0.5);
  const added = {};
  for (const [name, relay] of Object.entries(relays))
    added[name] = (await atRate(relay.origin, atFixedRate)).map((ms) => ms - direct);
  return added;
}

function show({ alertsEach, limits = [] }, name, rounds, latencies) {
  const own = (of) => median(rounds.map((round) => round[name][of]));
  const ratio = median(rounds.map((round) => round[name].cpu / round.bare.cpu));
  const limit = limits[[WITHOUT_PACKAGES, 'pagerelay'].indexOf(name)];
  const sorted = latencies.sort((a, b) => a - b);
  const columns = [
    String(alertsEach).padStart(14),
    name.padEnd(16),
    own('rate').toFixed(0).padStart(8),
    own('cpu').toFixed(1).padStart(12),
    `${ratio.toFixed(2)}${limit === undefined ? '' : ` (${limit})`}`.padStart(18),
    ...[0.5, 0.99].map((share) => quantile(sorted, share).toFixed(1).padStart(12)),
  ];
  console.log(columns.join('  '));
  exceeds(ratio, limit);
}

/** In a process that has done nothing else. */
async function remember(configFile) {
  const relay = await keep(startPagerelay(configFile, PORT + 1));
  console.log('\nremembered  CPU µs/event (1 alert/webhook)  times 1 remembered (limit)  RSS MiB');
  const first = alertsSoFar();
  const costs = [];
  for (const count of REMEMBERED) {
    const target = Math.ceil(count * SCALE);
    for (let known = alertsSoFar() - first; known < target; known = alertsSoFar() - first)
      await load(relay.origin, 1, Math.min(1_000, target - known), 1);
    const remembered = await rememberedBy(relay.origin);
    if (!(remembered >= target)) throw new Error(`remembers ${remembered} and not ${target}`);
    const webhooks = Math.ceil(700 * SCALE);
    const rounds = [];
    // The first round is not counted.
    for (let round = 0; round <= ROUNDS; round++) {
      const before = relay.cpuSeconds();
      await loadAgain(relay.origin, webhooks, first, target);
      if (round > 0) rounds.push(((relay.cpuSeconds() - before) / webhooks) * 1e6);
    }
    costs.push(median(rounds));
    const ratio = costs.at(-1) / costs[0];
    const isLast = count === REMEMBERED.at(-1);
    const columns = [
      String(count).padStart(10),
      costs.at(-1).toFixed(1).padStart(30),
      `${ratio.toFixed(2)}${isLast ? ` (${FLAT_LIMIT})` : ''}`.padStart(26),
      relay.rssMiB().toFixed(0).padStart(7),
    ];
    console.log(columns.join('  '));
    if (isLast) exceeds(ratio, FLAT_LIMIT);
  }
  await load(relay.origin, Math.ceil(6_000 * SCALE), 1, 16);
  console.log(
    `\npeak RSS with 100,000 incidents remembered, under load: ${relay.peakRssMiB().toFixed(0)} MiB (${PEAK_RSS_LIMIT})`,
  );
  exceeds(relay.peakRssMiB(), PEAK_RSS_LIMIT);
  await relay.stop();
}

async function rememberedBy(origin) {
  const text = await (await fetch(`${origin}/metrics`)).text();
  return Number(/^pagerelay_dedup_entries (\d+)$/m.exec(text)?.[1]);
}

async function templates() {
  // Built above.
  const { templateSpeed } = await import('./templates.mjs');
  const { template, byHand } = templateSpeed(ROUNDS, Math.ceil(20_000 * SCALE));
  const [own, least] = [median(template), median(byHand)];
  console.log(
    `\nPagerDuty's default description for one alert: ${own.toFixed(1)} µs of CPU (${TEMPLATE_LIMIT}), ${(own / least).toFixed(1)} times the same text written by hand`,
  );
  exceeds(own, TEMPLATE_LIMIT);
}

async function measure(relay, webhooks, alertsEach, concurrency) {
  const before = relay.cpuSeconds();
  const { totalMs } = await load(relay.origin, webhooks, alertsEach, concurrency);
  const events = webhooks * alertsEach;
  return { cpu: ((relay.cpuSeconds() - before) / events) * 1e6, rate: events / (totalMs / 1000) };
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
