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

  test('its log has no line that is not JSON', () => {
    const text = lines.join('');
    expect(text).toContain('"msg":"notification accepted"');
    for (const line of text.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });
});
