import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import {
  type Alertmanager,
  describeWithAlertmanager,
  type FiringAlert,
  startAlertmanager,
} from '../support/alertmanager.ts';
import { configFor, type Daemon, type Sandbox, startDaemon, startSandbox } from '../support/daemon.ts';
import { eventually, freePort, type Running } from '../support/process.ts';

jest.setTimeout(120_000);

const CPU: FiringAlert = {
  labels: { alertname: 'HighCpu', instance: 'web-1', severity: 'critical' },
  annotations: { summary: 'web-1 is busy' },
};
const DISK: FiringAlert = {
  labels: { alertname: 'DiskFull', instance: 'db-1', severity: 'warning' },
  annotations: { summary: 'db-1 is full' },
};

async function silence({ url }: Alertmanager, alertname: string, ms: number): Promise<void> {
  const body = JSON.stringify({
    matchers: [{ name: 'alertname', value: alertname, isRegex: false, isEqual: true }],
    startsAt: new Date().toISOString(),
    endsAt: new Date(Date.now() + ms).toISOString(),
    createdBy: 'test',
    comment: 'quiet',
  });
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${url}/api/v2/silences`, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(await answer.text());
}

describeWithAlertmanager('alerts that end while they are silenced at a real Alertmanager', () => {
  let sandbox: Sandbox;
  const started: Running[] = [];

  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.kill());
  afterEach(async () => {
    await Promise.all(started.splice(0).map((running) => running.kill()));
    await sandbox.clear();
  });

  async function setUp(route: string, groupBy: string) {
    const port = await freePort();
    const alertmanager = await startAlertmanager([`http://127.0.0.1:${port}/webhook`], { groupBy });
    started.push(alertmanager);
    const relay = `relay: { alertmanager_url: '${alertmanager.url}', reconcile_interval: 500ms, reconcile_after: 4s }`;
    const run = async (): Promise<Daemon> => {
      const daemon = await startDaemon(configFor(sandbox.url, { extra: relay, route }), { port });
      started.push(daemon);
      return daemon;
    };
    return { alertmanager, daemon: await run(), run };
  }

  const statuses = async () =>
    (await sandbox.state()).incidents
      .map(({ vendor, status, history }) => `${vendor} ${history[0]?.summary} ${status}`)
      .toSorted();
  const reaches = (expected: readonly string[]) =>
    eventually(
      expected.join(', '),
      async () => (JSON.stringify(await statuses()) === JSON.stringify(expected) ? true : undefined),
      45_000,
    );

  test.each([
    ['an incident per alert', "  group_by: ['...']", "'...'"],
    ['an incident per group', '', 'alertname'],
  ])(
    '%s is closed, also by a relay that was killed meanwhile; what still fires stays open',
    async (_what, route, groupBy) => {
      const { alertmanager, daemon, run } = await setUp(route, groupBy);
      await alertmanager.fire(CPU, DISK);
      await reaches([
        'opsgenie db-1 is full open',
        'opsgenie web-1 is busy open',
        'pagerduty db-1 is full open',
        'pagerduty web-1 is busy open',
      ]);
      await silence(alertmanager, 'HighCpu', 600_000);
      daemon.signal('SIGKILL');
      await daemon.ended;
      const next = await run();
      await eventually('the relay has looked', () =>
        next.logs().find(({ msg, state }) => msg === 'alertmanager peer' && state === 'believed'),
      );
      await sleep(1_000);
      await alertmanager.end(CPU);
      await reaches([
        'opsgenie db-1 is full open',
        'opsgenie web-1 is busy resolved',
        'pagerduty db-1 is full open',
        'pagerduty web-1 is busy resolved',
      ]);
      const decided = await fetch(`${next.url}/api/v1/decisions?receiver=both`);
      const { data } = (await decided.json()) as {
        data: readonly { reason: string; triggered_by: string }[];
      };
      expect(data.map(({ reason, triggered_by }) => [reason, triggered_by])).toContainEqual([
        'gone',
        'reconcile',
      ]);
    },
  );

  test('on_muted: resolve closes it at once, and the end of the silence opens it again', async () => {
    const { alertmanager } = await setUp("  group_by: ['...']\n  on_muted: resolve", "'...'");
    await alertmanager.fire(CPU);
    await reaches(['opsgenie web-1 is busy open', 'pagerduty web-1 is busy open']);
    await silence(alertmanager, 'HighCpu', 6_000);
    await reaches(['opsgenie web-1 is busy resolved', 'pagerduty web-1 is busy resolved']);
    await reaches([
      'opsgenie web-1 is busy open',
      'opsgenie web-1 is busy resolved',
      'pagerduty web-1 is busy open',
      'pagerduty web-1 is busy resolved',
    ]);
  });
});
