import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { buildWebhook } from '../../src/webhook/build-webhook.ts';
import { describeWithAlertmanager, startAlertmanager } from '../support/alertmanager.ts';
import {
  configFor,
  type Daemon,
  pagerelay,
  type Sandbox,
  startDaemon,
  startSandbox,
} from '../support/daemon.ts';
import { withPeers } from '../support/fake-alertmanager.ts';
import { always, withVendor } from '../support/fake-vendor.ts';
import { eventually, type Running } from '../support/process.ts';

jest.setTimeout(60_000);

describe('pagerelay send, through a running relay', () => {
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

  async function send(daemon: Daemon, ...args: readonly string[]) {
    const running = pagerelay(['send', `--url=${daemon.url}/webhook`, ...args]);
    started.push(running);
    return { code: await running.ended, output: running.output() };
  }

  test.each(["group_by: ['...']", 'group_by: [team]', 'group_by: []'])(
    'with %s: opens an incident at every vendor, changes it and closes it',
    async (groupBy) => {
      const daemon = await startDaemon(configFor(sandbox.url, { route: `  ${groupBy}` }));
      started.push(daemon);
      const incidents = async () =>
        (await sandbox.state()).incidents
          .map(({ vendor, status, count }) => `${vendor} ${status} ${count}`)
          .sort();

      const opened = await send(daemon, 'team=db', '--annotation=summary=one');
      expect(opened.code).toBe(0);
      expect(opened.output.split('\n')).toEqual([
        expect.stringMatching(/^receiver +integration +incident key +action +outcome +reason$/),
        expect.stringMatching(/^both +pagerduty_configs\[0\] +[0-9a-f]+ +trigger +accepted +first$/),
        expect.stringMatching(/^both +opsgenie_configs\[0\] +[0-9a-f]+ +trigger +accepted +first$/),
        '',
      ]);
      expect(await incidents()).toEqual(['opsgenie open 1', 'pagerduty open 1']);

      const again = await send(daemon, 'team=db', '--annotation=summary=two');
      expect([again.code, again.output]).toEqual([0, opened.output.replaceAll('first', 'changed')]);

      const closed = await send(daemon, '--status=resolved', 'team=db');
      expect(closed.code).toBe(0);
      expect(closed.output.match(/resolve +accepted +resolved$/gm)).toHaveLength(2);
      expect(await incidents()).toEqual(['opsgenie resolved 2', 'pagerduty resolved 2']);

      // A third one is not a lagging peer's: it begins later.
      expect((await send(daemon, 'team=db')).output).toMatch(/trigger +accepted +first/);
    },
  );

  test('is taken at once where Alertmanager, which does not have it, is looked at, and stays open', async () => {
    await withPeers([{}], async ([alertmanager], [asked]) => {
      const looks = `alertmanager_url: '${alertmanager}', reconcile_interval: 100ms, reconcile_after: 1s`;
      const config = configFor(sandbox.url, { root: 'pagerduty', extra: `relay: { ${looks} }` });
      const daemon = await startDaemon(config);
      started.push(daemon);
      const looked = () => asked?.filter((path) => path.includes('/alerts')).length ?? 0;
      const lookedAgain = (more: number) => {
        const before = looked();
        return eventually('looks', () => (looked() - before >= more ? true : undefined));
      };
      await lookedAgain(2);
      expect(await send(daemon, 'team=db')).toMatchObject({ code: 0 });
      await lookedAgain(20);
      const statuses = async () => (await sandbox.state()).incidents.map(({ status }) => status);
      expect(await statuses()).toEqual(['open']);
      expect(await send(daemon, 'team=db', '--status=resolved')).toMatchObject({ code: 0 });
      expect(await statuses()).toEqual(['resolved']);
    });
  });

  test('exits with 1 when a vendor has not accepted', async () => {
    const daemon = await startDaemon(configFor(sandbox.url, { root: 'pagerduty' }));
    started.push(daemon);
    await sandbox.fault({ vendor: 'pagerduty', status: 400 });
    const { code, output } = await send(daemon);
    await sandbox.mend();
    expect(code).toBe(1);
    expect(output).toMatch(/rejected +clientError: /);
    expect(output).toContain(`${daemon.url}/webhook answered 422: not everything was delivered\n`);
  });
});

describeWithAlertmanager('the webhook of send, beside that of a real Alertmanager', () => {
  const ALERTS = [
    { labels: { alertname: 'PagerelayTest' }, annotations: {} },
    {
      labels: { alertname: 'DiskFull', instance: 'db-1:9100', path: 'C:\\new "x"', _a: 'größer\nals' },
      annotations: { summary: 'db-1 is full', description: '' },
    },
  ] as const;

  test('is the same, but for who sends it', async () => {
    // Go writes no zeros at the end: these digits are the same in both.
    const atMs = Math.floor(Date.now() / 1000) * 1000 - 877;
    const startsAt = new Date(atMs).toISOString();
    const posted = await withVendor(always(200), async ({ url, requests }) => {
      const alertmanager = await startAlertmanager([url]);
      try {
        await alertmanager.fire(...ALERTS.map((alert) => ({ ...alert, startsAt })));
        await eventually('both are posted', () => (requests.length >= 2 ? true : undefined));
        await alertmanager.end(...ALERTS.map((alert) => ({ ...alert, startsAt })));
        await eventually('both ends are posted', () => (requests.length >= 4 ? true : undefined));
      } finally {
        await alertmanager.kill();
      }
      return requests.map(({ body }) => JSON.parse(body));
    });
    for (const alert of ALERTS) {
      for (const status of ['firing', 'resolved'] as const) {
        const theirs = posted.find(
          (webhook) => webhook.status === status && webhook.commonLabels.alertname === alert.labels.alertname,
        );
        const ours = JSON.parse(buildWebhook({ ...alert, status, atMs }));
        const { receiver, externalURL } = theirs;
        const { endsAt } = theirs.alerts[0];
        const [ourAlert] = ours.alerts;
        if (status === 'firing') expect(endsAt).toBe(ourAlert.endsAt);
        expect({ ...ours, receiver, externalURL, alerts: [{ ...ourAlert, endsAt }] }).toEqual(theirs);
      }
    }
  });
});
