// One storm: alerts at two Alertmanagers, faults at the vendors, replicas that are killed; and what came of it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { judge } from './judge.mjs';
import { silence, startPrometheus } from './prometheus.mjs';
import { setUp } from './set-up.mjs';
import { phases, timeline } from './timeline.mjs';

/** What every vendor does to a share of the requests. */
const FAULTS = [
  { status: 429, retry_after: 1, rate: 0.05 },
  { status: 500, rate: 0.01 },
  { reset: true, rate: 0.01 },
];
/** The end is quiet when nothing is amiss for so long, in seconds; later than that it has not settled. */
const QUIET_S = 10;
const MAX_SETTLE_S = 120;

/** Runs it in a folder, which has all logs and what came of it afterwards. */
export async function storm(folder, { vendors, per, store, alerts: count, seed, lengthS }) {
  const alerts = timeline({ alerts: count, seed, lengthS });
  const { outage, kills, hidden } = phases(lengthS);
  const world = await setUp(folder, { vendors, per, store });
  let peakRssMiB = 0;
  const sampling = setInterval(() => {
    peakRssMiB = Math.max(peakRssMiB, world.peakRssMiB());
  }, 1_000);
  const startedAt = Date.now() + 1_000;
  const until = (momentS) => sleep(Math.max(0, startedAt + momentS * 1000 - Date.now()));
  const prometheus = startPrometheus(world.alertmanagers, alerts, startedAt);
  try {
    for (const fault of FAULTS) await addFault(world.sandbox, fault);
    const events = [
      ...vendors.map(async (vendor) => {
        await until(outage.startS);
        await addFault(world.sandbox, { vendor, status: 503, duration: `${outage.lastsS}s` });
      }),
      ...kills.map(async ({ replica, startS, lastsS }) => {
        await until(startS);
        await world.kill(replica);
        await until(startS + lastsS);
        await world.revive(replica);
      }),
      ...alerts
        .filter(({ silencedS }) => silencedS !== undefined)
        .map(async ({ silencedS, labels }, i) => {
          await until(silencedS);
          await silence(world.alertmanagers[i % 2], labels.instance);
        }),
      until(lengthS),
    ];
    await Promise.all(events);
    const look = () => lookAt(world.sandbox, { alerts, vendors, per, startedAt, hidden });
    const { found, settledS } = await settle(look, startedAt + lengthS * 1000);
    const state = await get(`${world.sandbox}/sandbox/incidents`);
    const { requests, early } = state;
    writeFileSync(join(folder, 'outcome.json'), JSON.stringify({ startedAt, alerts, found, state }));
    return { ...found, alerts: alerts.length, requests, early, settledS, peakRssMiB };
  } finally {
    clearInterval(sampling);
    prometheus.stop();
    await world.stop();
  }
}

async function settle(look, since) {
  let rightSince;
  for (;;) {
    const found = await look();
    const now = Date.now();
    if (found.lost.length + found.stuck.length > 0) rightSince = undefined;
    else rightSince ??= now;
    if (rightSince !== undefined && now - rightSince >= QUIET_S * 1000) {
      return { found, settledS: (rightSince - since) / 1000 };
    }
    if (now - since > MAX_SETTLE_S * 1000) return { found, settledS: Number.POSITIVE_INFINITY };
    await sleep(1_000);
  }
}

async function lookAt(sandbox, { vendors, startedAt, ...rest }) {
  const { incidents } = await get(`${sandbox}/sandbox/incidents`);
  const nowS = (Date.now() - startedAt) / 1000;
  const all = vendors.map((vendor) => {
    const own = incidents.filter((incident) => incident.vendor === vendor);
    const found = judge({ ...rest, incidents: own, startedAt, nowS });
    return Object.entries(found).map(([what, names]) => [what, names.map((name) => `${vendor}: ${name}`)]);
  });
  const merged = { lost: [], stuck: [], extra: [], repeats: [] };
  for (const [what, names] of all.flat()) merged[what].push(...names);
  return merged;
}

async function addFault(sandbox, fault) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${sandbox}/sandbox/faults`, {
    method: 'POST',
    headers,
    body: JSON.stringify(fault),
  });
  if (answer.status !== 201) throw new Error(await answer.text());
}

async function get(url) {
  return (await fetch(url)).json();
}
