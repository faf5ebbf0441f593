// npm start: on a bare clone, installs, builds, and shows the relay at work: sandbox and relay with config.example.yaml,
// a few alerts from first firing to resolve, and what became of them. Runs until Ctrl-C.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build, installPackages, root } from './install.mjs';

const RELAY = 'http://127.0.0.1:9096';
const SANDBOX = 'http://127.0.0.1:9097';

/** Keys in the vendors' forms that mean nothing: only the sandbox sees them. */
const KEYS = {
  PAGERDUTY_PLATFORM_KEY: 'Demo000000000000000000000000PLAT',
  PAGERDUTY_DB_KEY: 'Demo000000000000000000000000DATA',
  OPSGENIE_API_KEY: '00000000-0000-4000-8000-000000000001',
  JSM_API_KEY: '00000000-0000-4000-8000-000000000002',
};

const VENDORS = ['https://events.pagerduty.com', 'https://api.opsgenie.com', 'https://api.atlassian.com'];

console.log('Installing and building (only what is not up to date) …');
installPackages();
build();

const folder = mkdtempSync(join(tmpdir(), 'pagerelay-'));
const children = [];
process.on('exit', () => {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));

const configFile = join(folder, 'pagerelay.yaml');
const example = readFileSync(join(root, 'config.example.yaml'), 'utf8');
writeFileSync(
  configFile,
  VENDORS.reduce((text, vendor) => text.replaceAll(vendor, SANDBOX), example),
);

await run(['sandbox', '--listen=127.0.0.1:9097'], `${SANDBOX}/sandbox/incidents`);
await run(
  ['serve', `--config.file=${configFile}`, '--log.level=warn', '--log.format=logfmt'],
  `${RELAY}/-/ready`,
);

const web = alert(
  'HighErrorRate',
  { team: 'web', severity: 'page', instance: 'web-1' },
  '7% of requests fail',
);
const replica = alert(
  'ReplicationLag',
  { team: 'db', severity: 'critical', instance: 'db-2' },
  'db-2 is 90 s behind',
);
const disk = alert(
  'DiskAlmostFull',
  { team: 'db', severity: 'ticket', instance: 'db-1' },
  'db-1 is 85% full',
);
const cart = alert(
  'SlowCheckout',
  { team: 'shop', severity: 'warning', service: 'cart' },
  'p99 is above 2 s',
);

await tell('Four alerts fire', [web, replica, disk, cart]);
await tell('Alertmanager says the same again: nothing is sent twice', [web, replica, disk, cart]);
await tell('Two of them end', [web, replica].map(ended));

const { incidents } = await (await fetch(`${SANDBOX}/sandbox/incidents`)).json();
console.log('\nIncidents at the vendors:');
for (const { vendor, status, count, history } of incidents) {
  console.log(`  ${vendor.padEnd(9)} ${status.padEnd(8)} ${history[0].summary} (sent ${count} time)`);
}
console.log(`
Try:
  curl ${SANDBOX}/sandbox/incidents             incidents with their history
  curl ${RELAY}/metrics                       what Prometheus scrapes
  curl -H 'Content-Type: application/json' -d '{"status":503,"duration":"30s"}' ${SANDBOX}/sandbox/faults
                                                            take the vendors down for 30 seconds
Alertmanager posts to ${RELAY}/webhook. The config is config.example.yaml. Ctrl-C ends it.`);
await new Promise(() => {});

/** Starts one of pagerelay's commands and waits until it answers. */
async function run(args, url) {
  const child = spawn(process.execPath, [join(root, 'dist/main.js'), ...args], {
    env: { ...process.env, ...KEYS },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  child.on('exit', (code) => {
    console.error(`pagerelay ${args[0]} ended (${code}): is its port taken?`);
    process.exit(1);
  });
  while (!(await fetch(url).catch(() => undefined))?.ok) await sleep(100);
}

function alert(alertname, labels, summary) {
  const startsAt = new Date().toISOString();
  return { status: 'firing', labels: { alertname, ...labels }, annotations: { summary }, startsAt };
}

function ended(alert) {
  return { ...alert, status: 'resolved', endsAt: new Date().toISOString() };
}

/** Posts a webhook as Alertmanager does, and prints what the relay says of it. */
async function tell(title, alerts) {
  const body = {
    version: '4',
    groupKey: '{}:{}',
    receiver: 'pagerelay',
    externalURL: 'http://alertmanager.example.com',
    alerts,
  };
  const answer = await fetch(`${RELAY}/webhook`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  console.log(`\n${title}: answered ${answer.status}`);
  const { notifications } = await answer.json();
  for (const { receiver, integration, action, outcome, reason } of notifications) {
    console.log(`  ${action.padEnd(7)} → ${receiver}/${integration}: ${outcome} (${reason})`);
  }
}
