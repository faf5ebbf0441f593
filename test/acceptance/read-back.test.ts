import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { describeWithAlertmanager, type FiringAlert, startAlertmanager } from '../support/alertmanager.ts';
import { OPSGENIE_KEY, PAGERDUTY_KEY, type Sandbox, startDaemon, startSandbox } from '../support/daemon.ts';
import { eventually, freePort, type Running } from '../support/process.ts';

jest.setTimeout(90_000);

const firing = (alertname: string): FiringAlert => ({
  labels: { alertname, severity: 'critical' },
  annotations: { summary: alertname },
});

describeWithAlertmanager('a relay and a real Alertmanager that died together', () => {
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

  /** Both new, knowing nothing. */
  async function run(groupBy: string) {
    const port = await freePort();
    const alertmanager = await startAlertmanager([`http://127.0.0.1:${port}/webhook`]);
    started.push(alertmanager);
    const config = `
relay: { alertmanager_url: '${alertmanager.url}', reconcile_interval: 500ms, reconcile_after: 3s }
route: { receiver: both${groupBy} }
receivers:
  - name: both
    pagerduty_configs:
      - url: ${sandbox.url}/v2/enqueue
        routing_key: ${PAGERDUTY_KEY}
        client: pagerelay of the test
        rest_api_key: rest-key-of-20-chars
        rest_api_url: ${sandbox.url}
    opsgenie_configs:
      - { api_url: '${sandbox.url}', api_key: ${OPSGENIE_KEY}, source: pagerelay of the test, read_back: true }
`;
    const daemon = await startDaemon(config, { port });
    started.push(daemon);
    return { alertmanager, daemon };
  }
  const reaches = (expected: readonly string[]) =>
    eventually(
      expected.join(', '),
      async () => {
        const { incidents } = await sandbox.state();
        const now = incidents.map(
          ({ vendor, status, history }) => `${vendor} ${history[0]?.summary} ${status}`,
        );
        return JSON.stringify(now.toSorted()) === JSON.stringify(expected) ? true : undefined;
      },
      45_000,
    );

  test.each([
    ['per alert', ", group_by: ['...']"],
    ['as Alertmanager groups them', ''],
  ])('leave nothing open behind: incidents %s', async (_what, groupBy) => {
    const before = await run(groupBy);
    await before.alertmanager.fire(firing('Ended'), firing('GoesOn'));
    await reaches([
      'opsgenie Ended open',
      'opsgenie GoesOn open',
      'pagerduty Ended open',
      'pagerduty GoesOn open',
    ]);
    await Promise.all([before.daemon.kill(), before.alertmanager.kill()]);
    const { alertmanager, daemon } = await run(groupBy);
    await alertmanager.fire(firing('GoesOn'));
    await reaches([
      'opsgenie Ended resolved',
      'opsgenie GoesOn open',
      'pagerduty Ended resolved',
      'pagerduty GoesOn open',
    ]);
    expect((await sandbox.summary()).requests.invalid).toBe(0);
    const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
    expect(metrics).toMatch(/pagerelay_reconciled_incidents_total\{what="read_back"\} [1-4]\n/);
    expect(daemon.output() + metrics).not.toContain('rest-key-of-20-chars');
  });
});
