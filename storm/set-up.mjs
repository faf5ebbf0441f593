// Everything in a storm that is not an alert: two Alertmanagers that gossip, two replicas behind a proxy, the vendors, Redis.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileIn, freePort, pagerelay, ready, run } from './processes.mjs';
import { startProxy } from './proxy.mjs';

/** One of each team's own, as in routing_key_by. */
const KEYS = { a: '1', b: '2', c: '3', d: '4' };

/** How Alertmanager groups where incidents are per alert, per group, and per alert of a group. */
const GROUP_BY = { alert: "['...']", group: '[alertname]', member: '[alertname]' };

/** Starts it all. `stop` ends it; `kill` and `revive` are of one replica. */
export async function setUp(folder, { vendors, per, store }) {
  const running = [];
  const keep = (program) => {
    running.push(program);
    return program;
  };
  const sandbox = await startSandbox(folder, keep);
  const redisUrl = store === 'redis' ? await startRedis(folder, keep) : undefined;
  const replicas = await Promise.all([0, 1].map(async () => ({ port: await freePort(), lives: 0 })));
  const proxy = await startProxy(() => replicas.map(({ port }) => `http://127.0.0.1:${port}`));
  running.push({ kill: () => proxy.stop() });
  const alertmanagers = await startAlertmanagers(folder, keep, { relayUrl: proxy.url, vendors, per });

  async function revive(index) {
    const replica = replicas[index];
    const name = `replica-${index}-${++replica.lives}`;
    const config = fileIn(
      folder,
      'pagerelay.yaml',
      relayConfig({ sandbox, alertmanagers, redisUrl, per, vendors, caller: name }),
    );
    replica.program = keep(
      pagerelay(
        folder,
        name,
        'serve',
        `--config.file=${config}`,
        `--web.listen-address=127.0.0.1:${replica.port}`,
      ),
    );
    await ready(`http://127.0.0.1:${replica.port}/-/ready`);
  }
  await Promise.all([revive(0), revive(1)]);

  return {
    sandbox,
    alertmanagers,
    revive,
    kill: (index) => replicas[index].program.kill(),
    peakRssMiB: () => Math.max(...replicas.map(({ program }) => program.peakRssMiB())),
    async stop() {
      await Promise.all(running.map((program) => program.kill()));
    },
  };
}

async function startSandbox(folder, keep) {
  const port = await freePort();
  keep(pagerelay(folder, 'sandbox', 'sandbox', `--listen=127.0.0.1:${port}`));
  const url = `http://127.0.0.1:${port}`;
  await ready(`${url}/sandbox/summary`);
  return url;
}

async function startRedis(folder, keep) {
  const port = await freePort();
  keep(run(folder, 'redis', 'redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '']));
  for (let i = 0; i < 100; i++) {
    const socket = connect(port, '127.0.0.1');
    const isUp = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isUp) return `redis://127.0.0.1:${port}`;
    await sleep(100);
  }
  throw new Error('redis-server does not listen');
}

/** Both, once their gossip has settled. */
async function startAlertmanagers(folder, keep, { relayUrl, vendors, per }) {
  const peers = await Promise.all(
    [0, 1].map(async () => ({ port: await freePort(), gossip: await freePort() })),
  );
  const hooks = vendors.map(
    (vendor) => `      - { url: '${relayUrl}/webhook/${vendor}', send_resolved: true }`,
  );
  const config = fileIn(
    folder,
    'alertmanager.yml',
    `
route: { receiver: relay, group_by: ${GROUP_BY[per]}, group_wait: 1s, group_interval: 5s, repeat_interval: 4h }
receivers:
  - name: relay
    webhook_configs:
${hooks.join('\n')}
`,
  );
  for (const [i, { port, gossip }] of peers.entries()) {
    keep(
      run(folder, `alertmanager-${i}`, 'prometheus-alertmanager', [
        `--config.file=${config}`,
        `--storage.path=${folder}/alertmanager-${i}`,
        `--web.listen-address=127.0.0.1:${port}`,
        `--cluster.listen-address=127.0.0.1:${gossip}`,
        `--cluster.peer=127.0.0.1:${peers[1 - i].gossip}`,
        // Below group_interval, as the defaults are: else the second peer is always a flush behind.
        '--cluster.peer-timeout=2s',
      ]),
    );
  }
  const urls = peers.map(({ port }) => `http://127.0.0.1:${port}`);
  const isSettled = (text) => {
    const { cluster } = JSON.parse(text);
    return cluster.status === 'ready' && cluster.peers.length === 2;
  };
  await Promise.all(urls.map((url) => ready(`${url}/api/v2/status`, isSettled, 120_000)));
  return urls;
}

function relayConfig({ sandbox, alertmanagers, redisUrl, per, vendors, caller }) {
  const keys = (key) =>
    `{ label: team, keys: { ${Object.entries(KEYS)
      .map(([team, digit]) => `${team}: { key: '${key(digit)}' }`)
      .join(', ')} } }`;
  const http = `http_config: { http_headers: { X-Sandbox-Caller: { values: [${caller}] } } }`;
  const pagerDutyKey = (digit) => `StormPagerDutyKey00000000000000${digit}`.padEnd(32, digit);
  const opsgenieKey = (digit) => `0a1b2c3d-0000-4000-8000-00000000000${digit}`;
  // PagerDuty is told since when an alert fires. So is Opsgenie here, for else the trigger of its next firing would look like
  // a repetition of the last one, where that came too late to have ended.
  const since = per === 'group' ? '' : "details: { since: '{{ (index .Alerts 0).StartsAt }}' }";
  return `
global:
  pagerduty_url: ${sandbox}/v2/enqueue
  opsgenie_api_url: ${sandbox}/
relay:
  alertmanager_url: [${alertmanagers.map((url) => `'${url}'`).join(', ')}]
  reconcile_interval: 2s
  reconcile_after: 20s
${redisUrl === undefined ? '' : `dedup: { store: { redis: { url: '${redisUrl}' } } }`}
route:
  receiver: ${vendors[0]}
${per === 'group' ? '' : "  group_by: ['...']"}
receivers:
  - name: pagerduty
    pagerduty_configs:
      - routing_key: ${pagerDutyKey('0')}
        routing_key_by: ${keys(pagerDutyKey)}
        ${http}
  - name: opsgenie
    opsgenie_configs:
      - api_key: ${opsgenieKey('0')}
        api_key_by: ${keys(opsgenieKey)}
        ${since}
        ${http}
`;
}
