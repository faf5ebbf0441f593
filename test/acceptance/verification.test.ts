import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import {
  configFor,
  type Daemon,
  OPSGENIE_KEY,
  type Sandbox,
  startDaemon,
  startSandbox,
} from '../support/daemon.ts';
import { post, webhookBody } from '../support/post.ts';
import { eventually } from '../support/process.ts';

jest.setTimeout(60_000);

let sandbox: Sandbox;
let daemon: Daemon;
beforeAll(async () => {
  sandbox = await startSandbox();
  daemon = await startDaemon(configFor(sandbox.url, { root: 'opsgenie', route: "  group_by: ['...']" }));
});
afterEach(async () => {
  await sandbox.mend();
  await sandbox.clear();
});
afterAll(() => Promise.all([daemon.kill(), sandbox.kill()]));

const tell = (instance: string) => post(daemon.url, webhookBody([{ labels: { instance } }]));
const isLogged = (msg: string, instance: number) =>
  eventually(msg, () => daemon.logs().filter((entry) => entry.msg === msg)[instance]);

test('what Opsgenie accepted and then failed to do is sent once more', async () => {
  await sandbox.fault({ vendor: 'opsgenie', async_status: 'It did not work' });
  expect((await tell('a')).status).toBe(200);
  await sandbox.mend();
  expect((await sandbox.state()).incidents).toEqual([]);
  await eventually('the alert', async () => ((await sandbox.summary()).open === 1 ? true : undefined));
  const { incident_key } = (await isLogged('accepted but failed', 0)) as { incident_key: string };
  const answer = await fetch(`${daemon.url}/api/v1/decisions?incident_key=${incident_key}`);
  const { data } = (await answer.json()) as { data: readonly object[] };
  expect(data[0]).toMatchObject({ reason: 'failed_late', triggered_by: 'verification', outcome: 'accepted' });
});

test('what fails again is a dead letter; no key is in anything that is said of it', async () => {
  await sandbox.fault({ vendor: 'opsgenie', async_status: `Key ${OPSGENIE_KEY} has no team` });
  await tell('b');
  await isLogged('dead letter', 0);
  const answer = await fetch(`${daemon.url}/api/v1/dead-letters`);
  const text = await answer.text();
  expect(JSON.parse(text)).toMatchObject({ data: [{ action: 'trigger' }] });
  const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
  expect(metrics).toMatch(/accepted_but_failed_total\{receiver="opsgenie",.*action="trigger"\} [23]/);
  expect(text + metrics + daemon.output()).not.toContain(OPSGENIE_KEY);
});
