// npm run bench: what an event costs in pagerelay, beside the least that a relay in Node can do, in one run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from './load.mjs';
import { start, startPagerelay } from './process.mjs';

/** `--rounds=1 --scale=0.02 --no-limits`: a short run that only shows that it runs. */
const option = (name, otherwise) =>
  Number(process.argv.find((arg) => arg.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise);
const ROUNDS = option('rounds', 5);
const SCALE = option('scale', 1);
const HAS_LIMITS = !process.argv.includes('--no-limits');
const SCENARIOS = [
  { alertsEach: 1, webhooks: 6_000, concurrency: 16, limit: 4 },
  { alertsEach: 100, webhooks: 150, concurrency: 2, limit: 3 },
];
const PORT = 19_096;
/** PagerDuty's default description for one alert, in µs of CPU time. */
const TEMPLATE_LIMIT = 15;

const folder = mkdtempSync(join(tmpdir(), 'pagerelay-bench-'));
const running = [];
const keep = async (starting) => {
  const process = await starting;
  running.push(process);
  return process;
};

try {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  const sink = await keep(start('./sink.mjs'));
  const configFile = join(folder, 'pagerelay.yaml');
  writeFileSync(configFile, config(sink.origin));
  const relays = {
    bare: await keep(start('./bare-relay.mjs', `${sink.origin}/v2/enqueue`)),
    pagerelay: await keep(startPagerelay(configFile, PORT)),
  };
  const idle = relays.pagerelay.rssMiB();

  console.log(`Node ${process.version}, ${ROUNDS} rounds each in turn, medians\n`);
  console.log('alerts/webhook  relay      events/s  p99 ms  CPU µs/event  ratio (limit)');
  for (const { alertsEach, webhooks: full, concurrency, limit } of SCENARIOS) {
    const webhooks = Math.ceil(full * SCALE);
    for (const relay of Object.values(relays))
      await load(relay.origin, Math.ceil(webhooks / 2), alertsEach, concurrency);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) {
      const results = {};
      for (const [name, relay] of Object.entries(relays)) {
        results[name] = await measure(relay, webhooks, alertsEach, concurrency);
      }
      rounds.push(results);
    }
    const ratio = median(rounds.map(({ bare, pagerelay }) => pagerelay.cpu / bare.cpu));
    for (const name of Object.keys(relays)) {
      const own = (of) => median(rounds.map((round) => round[name][of]));
      const columns = [
        String(alertsEach).padStart(14),
        name.padEnd(9),
        own('rate').toFixed(0).padStart(8),
        own('p99').toFixed(1).padStart(6),
        own('cpu').toFixed(1).padStart(12),
        name === 'bare' ? '' : `${ratio.toFixed(2)} (${limit})`,
      ];
      console.log(columns.join('  ').trimEnd());
    }
    if (HAS_LIMITS && ratio > limit) process.exitCode = 1;
  }
  await relays.pagerelay.stop();

  const fresh = await keep(startPagerelay(configFile, PORT + 1));
  await load(fresh.origin, 1, 10_000, 1);
  console.log(
    `\nRSS of pagerelay: ${idle.toFixed(0)} MiB idle, ${fresh.rssMiB().toFixed(0)} MiB after 10,000 alerts in one webhook (peak ${fresh.peakRssMiB().toFixed(0)} MiB)`,
  );
  await fresh.stop();

  // Built above.
  const { templateSpeed } = await import('./templates.mjs');
  const { template, byHand } = templateSpeed(ROUNDS, Math.ceil(20_000 * SCALE));
  const [own, least] = [median(template), median(byHand)];
  console.log(
    `\nPagerDuty's default description for one alert: ${own.toFixed(1)} µs of CPU (${TEMPLATE_LIMIT}), ${(own / least).toFixed(1)} times the same text written by hand`,
  );
  if (HAS_LIMITS && own > TEMPLATE_LIMIT) process.exitCode = 1;
} finally {
  await Promise.all(running.map((process) => process.stop().catch(() => undefined)));
  rmSync(folder, { recursive: true });
}

async function measure(relay, webhooks, alertsEach, concurrency) {
  const before = relay.cpuSeconds();
  const { totalMs, latencies } = await load(relay.origin, webhooks, alertsEach, concurrency);
  const events = webhooks * alertsEach;
  latencies.sort((a, b) => a - b);
  return {
    cpu: ((relay.cpuSeconds() - before) / events) * 1e6,
    rate: events / (totalMs / 1000),
    p99: latencies[Math.floor(latencies.length * 0.99)],
  };
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function config(sinkOrigin) {
  return `
route: { receiver: bench, group_by: ['...'] }
receivers:
  - name: bench
    pagerduty_configs:
      - routing_key: ${'R'.repeat(32)}
        url: ${sinkOrigin}/v2/enqueue
`;
}
