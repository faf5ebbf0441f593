import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import bcrypt from 'bcrypt';
import { runAlertmanager } from '../support/alertmanager.ts';
import { ask } from '../support/app.ts';
import { configFor, type Daemon, type Sandbox, startDaemon, startSandbox } from '../support/daemon.ts';
import { eventually, type Running } from '../support/process.ts';
import { describeWith } from '../support/program.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { tlsFile, tlsText } from '../support/tls.ts';

jest.setTimeout(120_000);

const PASSWORD = 'for prometheus';
const WEB = `
tls_server_config:
  cert_file: ${tlsFile('server.pem')}
  key_file: ${tlsFile('server-key.pem')}
basic_auth_users:
  prometheus: ${bcrypt.hashSync(PASSWORD, 4)}
scopes:
  ingest: { bearer_token_files: [ingest-token] }
  metrics: { basic_auth_users: [prometheus] }
  admin: { bearer_token_files: [admin-token] }
`;

/** pagerelay refuses its new config; that is scraped, and told by pagerelay itself. */
const RULES = `
groups:
  - name: test
    rules:
      - alert: ConfigRefused
        expr: pagerelay_config_last_reload_successful == 0
        labels: { severity: critical }
        annotations: { summary: 'the config of {{ $labels.instance }} has a fault' }
`;

describeWith('prometheus', 'a real Prometheus, a real Alertmanager, pagerelay and the sandbox', () => {
  const running: Running[] = [];
  let sandbox: Sandbox;
  let daemon: Daemon;
  let port: number;
  let prometheus: Prometheus;
  let good: string;

  beforeAll(async () => {
    sandbox = await startSandbox();
    running.push(sandbox);
    good = configFor(sandbox.url);
    daemon = await startDaemon(good, {
      web: WEB,
      args: ['--config.auto-reload-interval=200ms'],
      files: { 'ingest-token': 'a-token-for-alertmanager', 'admin-token': 'another-token' },
    });
    running.push(daemon);
    port = Number(new URL(daemon.url).port);
    const folder = dirname(daemon.configFile);
    const tls = { ca_file: tlsFile('ca.pem') };
    const alertmanager = await runAlertmanager(
      JSON.stringify({
        route: { receiver: 'relay', group_by: ['alertname'], group_wait: '200ms', group_interval: '1s' },
        receivers: [
          {
            name: 'relay',
            webhook_configs: [
              {
                url: `https://127.0.0.1:${port}/webhook`,
                http_config: {
                  authorization: { credentials_file: join(folder, 'ingest-token') },
                  tls_config: tls,
                },
              },
            ],
          },
        ],
      }),
    );
    running.push(alertmanager);
    const ruleFile = join(folder, 'rules.yml');
    writeFileSync(ruleFile, RULES);
    prometheus = await startPrometheus({
      global: { scrape_interval: '500ms', evaluation_interval: '500ms' },
      rule_files: [ruleFile, resolve('monitoring/rules.yaml')],
      alerting: {
        alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanager.url).host] }] }],
      },
      scrape_configs: [
        {
          job_name: 'pagerelay',
          scheme: 'https',
          tls_config: tls,
          basic_auth: { username: 'prometheus', password: PASSWORD },
          static_configs: [{ targets: [`127.0.0.1:${port}`] }],
        },
      ],
    });
    running.push(prometheus);
  });
  afterAll(async () => {
    await Promise.all(running.map((program) => program.kill()));
  });

  const incidents = async () =>
    (await sandbox.state()).incidents.map(
      ({ vendor, status, history }) => `${vendor} ${status}: ${history[0]?.summary}`,
    );

  test('a fault in the config becomes an incident at both vendors, and its repair ends it', async () => {
    await eventually('pagerelay is scraped', async () => {
      const [up] = await prometheus.query('pagerelay_build_info');
      return up === 1 ? true : undefined;
    });
    writeFileSync(daemon.configFile, 'route: {}\n');
    const summary = `the config of 127.0.0.1:${port} has a fault`;
    await eventually('both vendors have it', async () => {
      const found = await incidents();
      return found.length === 2 && found.every((one) => one.endsWith(`open: ${summary}`)) ? true : undefined;
    });
    writeFileSync(daemon.configFile, good);
    await eventually(
      'both have closed it',
      async () => {
        const found = await incidents();
        return found.length === 2 && found.every((one) => one.includes(' resolved: ')) ? true : undefined;
      },
      30_000,
    );
    expect((await sandbox.summary()).requests.invalid).toBe(0);
  });

  test('Prometheus evaluates every rule of monitoring/, and none of its alerts fires', async () => {
    const rules = await eventually('all rules were evaluated', async () => {
      const found = await prometheus.rules();
      return found.some(({ health }) => health === 'unknown') ? undefined : found;
    });
    expect(rules.length).toBeGreaterThan(20);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(
      await prometheus.query('count(ALERTS{alertname=~"Pagerelay.*", alertstate="firing"}) or vector(0)'),
    ).toEqual([0]);
  });

  test('promtool finds nothing wrong with what is scraped', async () => {
    const authorization = `Basic ${Buffer.from(`prometheus:${PASSWORD}`).toString('base64')}`;
    const tls = { ca: tlsText('ca.pem') };
    const { status, text } = await ask(port, '/metrics', { headers: { authorization }, tls });
    expect(status).toBe(200);
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    expect([checked.status, checked.stdout + checked.stderr]).toEqual([0, '']);
  });

  test('no token, password or key is in its log', () => {
    const log = daemon.output();
    for (const secret of [
      'a-token-for-alertmanager',
      'another-token',
      PASSWORD,
      '0a1b2c3d-0000',
      'PagerDutyKey',
    ]) {
      expect(log).not.toContain(secret);
    }
    expect(readFileSync(daemon.configFile, 'utf8')).toBe(good);
  });
});
