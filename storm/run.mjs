// npm run test:storm: storms over every combination of vendors, incidents and stores, and what each has left.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { storm } from './storm.mjs';

const HELP = `npm run test:storm -- [--vendors=pagerduty,opsgenie,both] [--per=alert,group,member] [--store=none,redis]
                        [--alerts=600] [--length=150] [--seed=1] [--short] [--no-build]`;

const { values: options } = parseArgs({
  options: {
    vendors: { type: 'string', default: 'pagerduty,opsgenie,both' },
    per: { type: 'string', default: 'alert,group,member' },
    store: { type: 'string', default: 'none,redis' },
    alerts: { type: 'string' },
    length: { type: 'string' },
    seed: { type: 'string', default: '1' },
    short: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const alerts = Number(options.alerts ?? (options.short ? 120 : 600));
const lengthS = Number(options.length ?? (options.short ? 60 : 150));

const KNOWN = {
  vendors: ['pagerduty', 'opsgenie', 'both'],
  per: ['alert', 'group', 'member'],
  store: ['none', 'redis'],
};
const unknown = Object.entries(KNOWN).flatMap(([name, known]) =>
  options[name].split(',').filter((value) => !known.includes(value)),
);
if (
  unknown.length > 0 ||
  !(alerts >= 20) ||
  !(lengthS >= 30) ||
  !Number.isSafeInteger(Number(options.seed))
) {
  console.error(`${HELP}\nnot known, or too few: ${[...unknown, alerts, lengthS, options.seed].join(' ')}`);
  process.exit(2);
}

/**
 * Share of alerts that may be told again. Alertmanager posts a group whole when one alert joins it: where each alert is an incident and
 * replicas share nothing, each of them tells of all of them (docs/replicas.md).
 */
const maxRepeats = (per, store) =>
  store === 'redis' ? 0 : per === 'member' ? Number.POSITIVE_INFINITY : 0.02;

if (!options['no-build']) execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
console.log(
  `${alerts} alerts in ${lengthS} s, seed ${options.seed}; 5% 429, 1% 500, 1% resets, an outage, both replicas killed once\n`,
);
console.log(
  'vendors    per    store  lost  stuck  extra  repeats       invalid  early  early (any)  settled  peak RSS',
);
let isRight = true;
for (const vendors of options.vendors.split(',')) {
  for (const per of options.per.split(',')) {
    for (const store of options.store.split(',')) await runOne(vendors, per, store);
  }
}
process.exitCode = isRight ? 0 : 1;

async function runOne(vendors, per, store) {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-storm-'));
  const found = await storm(folder, {
    vendors: vendors === 'both' ? ['pagerduty', 'opsgenie'] : [vendors],
    per,
    store,
    alerts,
    seed: Number(options.seed),
    lengthS,
  });
  const { lost, stuck, extra, repeats, requests, settledS, peakRssMiB } = found;
  const share = repeats.length / found.alerts;
  const columns = [
    vendors.padEnd(9),
    per.padEnd(6),
    store.padEnd(5),
    String(lost.length).padStart(4),
    String(stuck.length).padStart(5),
    String(extra.length).padStart(5),
    `${repeats.length} (${(share * 100).toFixed(2)}%)`.padStart(12),
    String(requests.invalid).padStart(7),
    String(requests.early).padStart(5),
    String(requests.early_any).padStart(11),
    Number.isFinite(settledS) ? `${settledS.toFixed(0)} s`.padStart(7) : '  never',
    `${peakRssMiB.toFixed(0)} MiB`.padStart(8),
  ];
  console.log(columns.join('  '));
  const isWrong =
    lost.length + stuck.length + extra.length + requests.invalid + requests.early > 0 ||
    share > maxRepeats(per, store) ||
    !Number.isFinite(settledS);
  if (!isWrong) return;
  isRight = false;
  for (const [what, names] of Object.entries({ lost, stuck, extra, repeats })) {
    if (names.length > 0) console.log(`  ${what}: ${names.slice(0, 10).join(', ')}`);
  }
  for (const { account, arrivedAt, toldAt, until } of found.early) {
    console.log(
      `  early: ${account}, ${arrivedAt - toldAt} ms after it was told, ${until - arrivedAt} ms before the end`,
    );
  }
  console.log(`  logs: ${folder}`);
}
