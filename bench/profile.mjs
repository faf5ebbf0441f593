// node bench/profile.mjs [alerts per webhook]: which part of pagerelay the time of a notification goes to, by V8's own profiler.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { config } from './config.mjs';
import { load } from './load.mjs';
import { start, startPagerelay } from './process.mjs';

const EVENTS = 60_000;
const PORT = 19_095;

const alertsEach = Number(process.argv[2] ?? 100);
const concurrency = alertsEach === 1 ? 16 : 2;
const folder = mkdtempSync(join(tmpdir(), 'pagerelay-profile-'));
const sink = await start('./sink.mjs');
try {
  const configFile = join(folder, 'pagerelay.yaml');
  writeFileSync(configFile, config(sink.origin));
  const relay = await startPagerelay(configFile, PORT, ['--cpu-prof', `--cpu-prof-dir=${folder}`]);
  await load(relay.origin, EVENTS / alertsEach, alertsEach, concurrency);
  // The profile is written when it ends by itself.
  await relay.stop('SIGTERM');
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'));
  show(JSON.parse(readFileSync(join(folder, file), 'utf8')));
} finally {
  await sink.stop();
  rmSync(folder, { recursive: true });
}

function show({ nodes, samples, timeDeltas }) {
  const parts = new Map(nodes.map(({ id, callFrame }) => [id, partOf(callFrame)]));
  const times = new Map();
  samples.forEach((id, i) => {
    const part = parts.get(id);
    if (part !== undefined) times.set(part, (times.get(part) ?? 0) + timeDeltas[i]);
  });
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  console.log(`${alertsEach} alerts per webhook, the start included\n`);
  for (const [part, time] of [...times].sort(([, a], [, b]) => b - a)) {
    if (time / total >= 0.005) console.log(`${((100 * time) / total).toFixed(1).padStart(5)}%  ${part}`);
  }
}

/** Undefined for what is no work. */
function partOf({ functionName, url }) {
  if (functionName === '(idle)') return undefined;
  const [, own] = /\/dist\/(\w+)/.exec(url.replace(/.*\/node_modules\//, '')) ?? [];
  const [, name] = /\/node_modules\/((@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (name !== undefined) return `package ${name}`;
  if (own !== undefined) return `${own}/`;
  if (url.startsWith('node:')) return "Node's own JavaScript";
  return functionName === '' || functionName.startsWith('(')
    ? functionName || '(native)'
    : `native ${functionName}`;
}
