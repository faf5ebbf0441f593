import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import {
  type Alertmanager,
  describeWithAlertmanager,
  type FiringAlert,
  startAlertmanager,
  type Timing,
} from '../support/alertmanager.ts';
import {
  configFor,
  type Daemon,
  type Sandbox,
  type SandboxState,
  startDaemon,
  startSandbox,
} from '../support/daemon.ts';
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

describeWithAlertmanager('a real Alertmanager', () => {
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

  async function setUp(
    config: Parameters<typeof configFor>[1],
    timing: Timing = {},
    paths: readonly string[] = ['/webhook'],
  ): Promise<{ alertmanager: Alertmanager; daemon: Daemon; restart: () => Promise<Daemon> }> {
    const port = await freePort();
    const run = async () => {
      const daemon = await startDaemon(configFor(sandbox.url, config), { port });
      started.push(daemon);
      return daemon;
    };
    const daemon = await run();
    const alertmanager = await startAlertmanager(
      paths.map((path) => `http://127.0.0.1:${port}${path}`),
      timing,
    );
    started.push(alertmanager);
    return { alertmanager, daemon, restart: run };
  }

  /** What matters of the incidents: whose, what, how it stands, and how often it was triggered. */
  function truth({ incidents }: SandboxState): readonly string[] {
    return incidents
      .map(({ vendor, status, count, history }) => `${vendor} ${history[0]?.summary} ${status} ×${count}`)
      .sort((a, b) => (a < b ? -1 : 1));
  }

  const reaches = (expected: readonly string[], ms?: number) =>
    eventually(
      `incidents are ${expected.join(', ')}`,
      async () => {
        const state = await sandbox.state();
        return JSON.stringify(truth(state)) === JSON.stringify(expected) ? state : undefined;
      },
      ms,
    ).catch(async (error: unknown) => {
      throw new Error(`${String(error)}; they are ${truth(await sandbox.state()).join(', ')}`);
    });

  test('alerts fire, another joins, each ends: one incident per alert at each vendor, opened and closed once', async () => {
    const { alertmanager } = await setUp({ route: "  group_by: ['...']" }, { groupBy: 'severity' });
    await alertmanager.fire(CPU);
    await reaches(['opsgenie web-1 is busy open ×1', 'pagerduty web-1 is busy open ×1']);

    await alertmanager.fire(CPU, DISK);
    await reaches([
      'opsgenie db-1 is full open ×1',
      'opsgenie web-1 is busy open ×1',
      'pagerduty db-1 is full open ×1',
      'pagerduty web-1 is busy open ×1',
    ]);

    await alertmanager.end(CPU);
    await reaches([
      'opsgenie db-1 is full open ×1',
      'opsgenie web-1 is busy resolved ×1',
      'pagerduty db-1 is full open ×1',
      'pagerduty web-1 is busy resolved ×1',
    ]);
    await alertmanager.end(DISK);
    const { requests } = await reaches([
      'opsgenie db-1 is full resolved ×1',
      'opsgenie web-1 is busy resolved ×1',
      'pagerduty db-1 is full resolved ×1',
      'pagerduty web-1 is busy resolved ×1',
    ]);
    expect(requests).toMatchObject({ accepted: 8, invalid: 0 });
  });

  test('a group is one incident under the key that Alertmanager itself would use; a joining alert updates it', async () => {
    const other = { ...CPU, labels: { ...CPU.labels, instance: 'web-2' } };
    const { alertmanager } = await setUp({ root: 'pagerduty' }, { groupBy: 'alertname' });
    await alertmanager.fire(CPU);
    await reaches(['pagerduty web-1 is busy open ×1']);
    await alertmanager.fire(CPU, other);
    const { incidents } = await reaches(['pagerduty web-1 is busy open ×2']);
    // sha256 of `{}:{alertname="HighCpu"}`: notify/util.go, Key.Hash.
    expect(incidents[0]?.key).toBe('dbedc24af07ddbe5b3e110e31be183a88273e652d752544a3a4af175be3d5d2e');
    await alertmanager.end(CPU, other);
    await reaches(['pagerduty web-1 is busy resolved ×2']);
  });

  test('repeats within the window are suppressed, and one after it is passed on', async () => {
    const route = "  group_by: ['...']\n  dedup: { window: 5s }";
    const { alertmanager, daemon } = await setUp({ root: 'pagerduty', route }, { repeatInterval: '1s' });
    await alertmanager.fire(CPU);
    await reaches(['pagerduty web-1 is busy open ×1']);
    await eventually('a repeat is suppressed', () =>
      daemon.logs().find(({ msg, reason }) => msg === 'notification suppressed' && reason === 'duplicate'),
    );
    await reaches(['pagerduty web-1 is busy open ×1']);
    await reaches(['pagerduty web-1 is busy open ×2']);
    await alertmanager.end(CPU);
    await eventually(
      'it is resolved',
      async () => (await sandbox.state()).incidents[0]?.status === 'resolved' || undefined,
    );
  });

  test('a relay that is killed and started again in the middle leaves nothing open and pages nobody twice', async () => {
    const { alertmanager, daemon, restart } = await setUp({ route: "  group_by: ['...']" });
    await alertmanager.fire(CPU);
    await reaches(['opsgenie web-1 is busy open ×1', 'pagerduty web-1 is busy open ×1']);
    // Alertmanager tells nobody of the end of what it was not told is taken: that takes `alertmanager_url` (reconcile.test.ts).
    await eventually('Alertmanager is told so', async () => {
      const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
      return /^pagerelay_webhook_requests_total\{code="200"\} [1-9]/m.test(metrics) || undefined;
    });
    daemon.signal('SIGKILL');
    await daemon.ended;
    await alertmanager.fire(DISK);
    await alertmanager.end(CPU);
    await sleep(3000);
    await restart();
    await reaches(
      [
        'opsgenie db-1 is full open ×1',
        'opsgenie web-1 is busy resolved ×1',
        'pagerduty db-1 is full open ×1',
        'pagerduty web-1 is busy resolved ×1',
      ],
      45_000,
    );
  });

  test('a vendor that is down for 20 seconds gets each incident once, when it is back', async () => {
    const { alertmanager } = await setUp({ route: "  group_by: ['...']" });
    await sandbox.fault({ status: 503, duration: '20s' });
    await alertmanager.fire(CPU, DISK);
    await sleep(5000);
    expect(truth(await sandbox.state())).toEqual([]);
    await reaches(
      [
        'opsgenie db-1 is full open ×1',
        'opsgenie web-1 is busy open ×1',
        'pagerduty db-1 is full open ×1',
        'pagerduty web-1 is busy open ×1',
      ],
      60_000,
    );
    await alertmanager.end(CPU, DISK);
    await reaches(
      [
        'opsgenie db-1 is full resolved ×1',
        'opsgenie web-1 is busy resolved ×1',
        'pagerduty db-1 is full resolved ×1',
        'pagerduty web-1 is busy resolved ×1',
      ],
      30_000,
    );
  });

  test('when one of two vendors fails, Alertmanager comes again and only the failed one is sent again', async () => {
    const { alertmanager, daemon } = await setUp({ route: "  group_by: ['...']" });
    await sandbox.fault({ vendor: 'opsgenie', status: 500 });
    await alertmanager.fire(CPU);
    await eventually(
      'Alertmanager comes again',
      () =>
        daemon
          .logs()
          .filter(
            ({ integration, reason }) => integration === 'pagerduty_configs[0]' && reason === 'duplicate',
          ).length > 0 || undefined,
      30_000,
    );
    expect(truth(await sandbox.state())).toEqual(['pagerduty web-1 is busy open ×1']);
    await sandbox.mend();
    await reaches(['opsgenie web-1 is busy open ×1', 'pagerduty web-1 is busy open ×1'], 30_000);
    await alertmanager.end(CPU);
    await reaches(['opsgenie web-1 is busy resolved ×1', 'pagerduty web-1 is busy resolved ×1'], 30_000);
  });

  test('with a path per receiver, one vendor that is down holds up nothing of the other, and both resolve', async () => {
    const paths = ['/webhook/pagerduty', '/webhook/opsgenie'];
    const { alertmanager } = await setUp({ route: "  group_by: ['...']" }, {}, paths);
    await sandbox.fault({ vendor: 'opsgenie', hang: true });
    await alertmanager.fire(CPU);
    await reaches(['pagerduty web-1 is busy open ×1']);
    await sandbox.mend();
    await reaches(['opsgenie web-1 is busy open ×1', 'pagerduty web-1 is busy open ×1'], 45_000);
    await alertmanager.end(CPU);
    await reaches(['opsgenie web-1 is busy resolved ×1', 'pagerduty web-1 is busy resolved ×1'], 30_000);
  });
});
