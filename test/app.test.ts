import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type App, createApp } from '../src/app.ts';
import { createLogger } from '../src/observe/log.ts';
import { createSandbox } from '../src/sandbox/sandbox.ts';
import { configFor } from './support/daemon.ts';
import { post, webhookBody } from './support/post.ts';
import { eventually } from './support/process.ts';

/** The daemon put together in this process, beside a sandbox. */
describe('the app', () => {
  const configFile = join(mkdtempSync(join(tmpdir(), 'pagerelay-app-')), 'pagerelay.yaml');
  const lines: string[] = [];
  const log = createLogger({
    level: 'debug',
    format: 'json',
    write: (line) => lines.push(line),
    now: Date.now,
  });
  const options = {
    configFile,
    listen: { host: '127.0.0.1', port: 0 },
    maxConnections: 512,
    reloadEveryMs: 0,
    version: '1.2.3',
    env: {},
    log,
    setLogLevel: () => {},
    now: Date.now,
  };
  let sandbox: Server;
  let sandboxUrl: string;
  let app: App;
  let url: string;

  beforeAll(async () => {
    sandbox = createSandbox(Date.now);
    sandbox.listen(0, '127.0.0.1');
    await once(sandbox, 'listening');
    sandboxUrl = `http://127.0.0.1:${(sandbox.address() as AddressInfo).port}`;
    writeFileSync(configFile, configFor(sandboxUrl, { extra: 'relay: { drain_timeout: 0s }' }));
    const created = await createApp(options);
    if ('length' in created) throw new Error(JSON.stringify(created));
    app = created;
    url = `http://127.0.0.1:${(await app.start())[0]?.port}`;
  });
  afterAll(async () => {
    await app.stop({ drain: true });
    sandbox.close();
    sandbox.closeAllConnections();
  });

  test.each([
    ['GET', '/-/healthy', 200, 'pagerelay is alive\n'],
    ['GET', '/healthz', 200, 'pagerelay is alive\n'],
    ['GET', '/-/ready', 200, 'pagerelay is ready\n'],
    ['GET', '/readyz', 200, 'pagerelay is ready\n'],
    ['POST', '/-/reload', 200, 'the config was reloaded\n'],
    ['GET', '/api/v1/decisions?receiver=nobody', 200, '{"status":"success","data":[]}'],
    ['GET', '/api/v1/dead-letters', 200, '{"status":"success","data":[]}'],
    ['GET', '/', 404, '{"error":"there is nothing at GET /"}'],
    ['GET', '/webhooks', 404, '{"error":"there is nothing at GET /webhooks"}'],
    ['GET', '/%', 404, '{"error":"there is nothing at GET /%"}'],
  ])('%s %s: %i', async (method, path, status, text) => {
    const answer = await fetch(`${url}${path}`, { method });
    expect([answer.status, await answer.text()]).toEqual([status, text]);
  });

  test('one incident from firing to resolve at both vendors', async () => {
    expect((await post(url, webhookBody([{}]))).status).toBe(200);
    expect((await post(url, webhookBody([{ status: 'resolved' }]))).status).toBe(200);
    const state = (await (await fetch(`${sandboxUrl}/sandbox/incidents`)).json()) as {
      incidents: { status: string }[];
    };
    expect(state.incidents.map(({ status }) => status)).toEqual(['resolved', 'resolved']);
  });

  test('shows its metrics, with every label set from the start', async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('pagerelay_build_info{version="1.2.3",nodeversion="');
    expect(text).toContain(
      'pagerelay_notifications_total{receiver="jsm",integration="opsgenie_configs[0]",action="trigger"} 0',
    );
    expect(text).toContain(
      'pagerelay_truncations_total{integration="pagerduty_configs[0]",field="summary"} 0',
    );
    expect(text).toMatch(/pagerelay_config_hash \d+/);
  });

  test('refuses a faulty config with its problems, and one that is gone', async () => {
    expect(await createApp({ ...options, configFile: '/does/not/exist' })).toEqual([
      {
        file: '/does/not/exist',
        line: 1,
        column: 1,
        path: '',
        message: 'the file cannot be read (ENOENT)',
        warning: false,
      },
    ]);
    writeFileSync(configFile, 'route: {}\nreceivers: []\n');
    expect(await app.reload()).toHaveLength(2);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain(
      'pagerelay_config_last_reload_successful 0',
    );
  });

  test('a vendor that hangs costs its own share only: the other one is told at once', async () => {
    const extra = 'relay: { drain_timeout: 0s, delivery_timeout: 3s }';
    writeFileSync(configFile, configFor(sandboxUrl, { extra }));
    expect(await app.reload()).toEqual([]);
    await fetch(`${sandboxUrl}/sandbox`, { method: 'DELETE' });
    const headers = { 'Content-Type': 'application/json' };
    const fault = JSON.stringify({ vendor: 'pagerduty', hang: true, duration: '30s' });
    await fetch(`${sandboxUrl}/sandbox/faults`, { method: 'POST', headers, body: fault });
    let isAnswered = false;
    const posting = post(url, webhookBody([{ fingerprint: 'f'.repeat(16) }])).finally(() => {
      isAnswered = true;
    });
    await eventually('Opsgenie has it', async () => {
      const summary = await (await fetch(`${sandboxUrl}/sandbox/summary?vendor=opsgenie`)).json();
      return (summary as { open: number }).open === 1 || undefined;
    });
    expect(isAnswered).toBe(false);
    const { status, notifications } = await posting;
    expect([status, notifications.map(({ outcome }) => outcome)]).toEqual([503, ['unavailable', 'accepted']]);
    await fetch(`${sandboxUrl}/sandbox/faults`, { method: 'DELETE' });
  });

  test('takes ten thousand alerts of 1.5 kB in one webhook, an incident each, as often as Alertmanager has to send it', async () => {
    const route = "  group_by: ['...']";
    writeFileSync(
      configFile,
      configFor(sandboxUrl, { root: 'pagerduty', extra: 'relay: { drain_timeout: 0s }', route }),
    );
    expect(await app.reload()).toEqual([]);
    await fetch(`${sandboxUrl}/sandbox`, { method: 'DELETE' });
    const description = 'd'.repeat(1_200);
    const body = webhookBody(
      Array.from({ length: 10_000 }, (_, i) => ({
        labels: { instance: `web-${i}` },
        annotations: { description },
        fingerprint: i.toString(16).padStart(16, '0'),
      })),
    );
    expect(body.length).toBeGreaterThan(14_000_000);
    let [status, times] = [0, 0];
    while (status !== 200 && times++ < 30) ({ status } = await post(url, body));
    expect(status).toBe(200);
    const summary = await (await fetch(`${sandboxUrl}/sandbox/summary`)).json();
    expect(summary).toMatchObject({ open: 10_000, extra: 0 });
    // Nobody knows what came of the requests, one for each connection, that a deadline has cut.
    expect((summary as { repeats: number }).repeats).toBeLessThanOrEqual(64 * (times - 1));
  }, 300_000);

  test('its log has no line that is not JSON', () => {
    const text = lines.join('');
    expect(text).toContain('"msg":"notification accepted"');
    for (const line of text.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });
});
