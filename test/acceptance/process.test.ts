import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  configFor,
  type DaemonOptions,
  pagerelay,
  type Sandbox,
  startDaemon,
  startSandbox,
} from '../support/daemon.ts';
import { post, webhookBody } from '../support/post.ts';
import { eventually, type Running } from '../support/process.ts';

jest.setTimeout(60_000);

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

async function daemonWith(config: Parameters<typeof configFor>[1], options: DaemonOptions = {}) {
  const daemon = await startDaemon(configFor(sandbox.url, config), options);
  started.push(daemon);
  return daemon;
}

async function output(args: readonly string[]): Promise<{ code: number | string; output: string }> {
  const running = pagerelay(args);
  started.push(running);
  const code = await running.ended;
  return { code, output: running.output() };
}

describe('stopping', () => {
  const extra = 'relay: { drain_timeout: 1s, shutdown_timeout: 3s }';

  test('SIGTERM: not ready, still serving, then what is under way ends, then exit 0', async () => {
    const daemon = await daemonWith({ extra, route: "  group_by: ['...']" });
    await sandbox.fault({ latency_ms: 2000 });
    const slow = post(daemon.url, webhookBody([{ labels: { n: '1' } }]));
    await sleep(100);
    daemon.signal('SIGTERM');
    await eventually(
      'it is not ready',
      async () => (await fetch(`${daemon.url}/-/ready`)).status === 503 || undefined,
    );
    expect((await fetch(`${daemon.url}/-/healthy`)).status).toBe(200);
    const late = post(daemon.url, webhookBody([{ labels: { n: '2' } }]));
    expect([(await slow).status, (await late).status]).toEqual([200, 200]);
    expect(await daemon.ended).toBe(0);
    expect((await sandbox.state()).incidents.length).toBe(4);
  });

  test.each([50, 150, 300, 450])('a signal after its first %i ms ends it too', async (ms) => {
    const config = join(mkdtempSync(join(tmpdir(), 'pagerelay-early-')), 'pagerelay.yaml');
    writeFileSync(config, configFor(sandbox.url, { extra: 'relay: { drain_timeout: 0s }' }));
    const running = pagerelay(['serve', `--config.file=${config}`, '--web.listen-address=127.0.0.1:0']);
    started.push(running);
    await sleep(ms);
    running.signal('SIGTERM');
    // The signal's own name: Node itself was not up yet.
    expect([0, 'SIGTERM']).toContain(await running.ended);
  });

  test('what is still under way after the grace is aborted and answered 503, so that Alertmanager keeps it', async () => {
    const daemon = await daemonWith({ extra: 'relay: { drain_timeout: 0s, shutdown_timeout: 500ms }' });
    await sandbox.fault({ hang: true });
    const hanging = post(daemon.url, webhookBody([{}]));
    await sleep(200);
    daemon.signal('SIGTERM');
    expect(await hanging).toMatchObject({ status: 503, notifications: [{ reason: 'contextCanceled' }, {}] });
    expect(await daemon.ended).toBe(0);
  });

  test('SIGINT does not drain; a second signal ends it at once', async () => {
    const daemon = await daemonWith({ extra });
    await sandbox.fault({ hang: true });
    const hanging = post(daemon.url, webhookBody([{}])).catch(() => 'cut off');
    await sleep(200);
    daemon.signal('SIGINT');
    await eventually('it is stopping', () => daemon.logs().find(({ msg }) => msg === 'stopping'));
    daemon.signal('SIGTERM');
    expect(await daemon.ended).toBe(0);
    expect(await hanging).toBe('cut off');
  });
});

describe('reloading', () => {
  test.each([
    ['SIGHUP', (daemon: { signal: (signal: 'SIGHUP') => void }) => daemon.signal('SIGHUP')],
    ['POST /-/reload', (daemon: { url: string }) => void fetch(`${daemon.url}/-/reload`, { method: 'POST' })],
  ])('%s takes the new config, and what is remembered stays', async (_how, reload) => {
    const daemon = await daemonWith({ root: 'pagerduty', extra: 'dedup: { max_entries: 10 }' });
    const body = webhookBody([{}]);
    expect((await post(daemon.url, body)).notifications).toMatchObject([{ reason: 'first' }]);
    writeFileSync(
      daemon.configFile,
      configFor(sandbox.url, { root: 'both', extra: 'dedup: { max_entries: 20 }' }),
    );
    reload(daemon);
    await eventually('it is loaded', () => daemon.logs().find(({ msg }) => msg === 'config loaded'));
    expect((await post(daemon.url, body, '/webhook/pagerduty')).notifications).toMatchObject([
      { reason: 'duplicate' },
    ]);
    expect((await post(daemon.url, body)).notifications).toHaveLength(2);
  });

  test('a config with faults is refused with all of them, changes nothing, and shows in the metrics', async () => {
    const daemon = await daemonWith({});
    writeFileSync(daemon.configFile, 'route: { receiver: nobody }\nreceivers: [{ nam: x }]\n');
    const answer = await fetch(`${daemon.url}/-/reload`, { method: 'POST' });
    expect(answer.status).toBe(500);
    expect((await answer.text()).split('\n').map((line) => line.replace(/^.*\//, ''))).toEqual([
      'pagerelay.yaml:2:13: receivers[0]: name is missing',
      'pagerelay.yaml:2:15: receivers[0].nam: unknown field; did you mean name?',
      '',
    ]);
    const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
    expect(metrics).toContain('pagerelay_config_last_reload_successful 0');
    expect((await post(daemon.url, webhookBody([{}]))).status).toBe(200);
  });
});

describe('the command line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-cli-'));
  const bad = join(folder, 'bad.yaml');
  writeFileSync(bad, 'route: { receiver: a }\nreceivers: []\n');

  test.each([
    [['--help'], 0, 'Usage: pagerelay'],
    [['serve', '--help'], 0, '--web.listen-address'],
    [['--version'], 0, '0.'],
    [[], 2, 'Usage: pagerelay'],
    [['nonsense'], 2, "unknown command 'nonsense'"],
    [['serve', '--log.level=loud'], 2, 'Allowed choices are debug, info, warn, error'],
    [['serve', '--web.listen-address=nowhere'], 2, 'It must be host:port.'],
    [['serve', '--config.file=/does/not/exist'], 1, 'the file cannot be read (ENOENT)'],
    [['serve', `--config.file=${bad}`], 1, 'bad.yaml:2:12: receivers: must not be empty'],
    [['check', bad], 1, 'bad.yaml:2:12: receivers: must not be empty'],
    [['check', '/does/not/exist'], 1, 'the file cannot be read (ENOENT)'],
    [['sandbox', '--listen=0.0.0.0:9097'], 2, 'loopback only'],
  ])('%j exits with %i', async (args, code, text) => {
    const result = await output(args);
    expect(result.code).toBe(code);
    expect(result.output).toContain(text);
  });

  test('serve says that its address is taken', async () => {
    const { host } = new URL(sandbox.url);
    const config = join(folder, 'good.yaml');
    writeFileSync(config, configFor(sandbox.url));
    const result = await output(['serve', `--config.file=${config}`, `--web.listen-address=${host}`]);
    expect(result).toEqual({ code: 1, output: `cannot listen on ${host}: EADDRINUSE\n` });
  });

  test('logs can be logfmt, and quieter', async () => {
    const config = join(folder, 'good.yaml');
    writeFileSync(config, configFor(sandbox.url));
    const serve = [
      'serve',
      `--config.file=${config}`,
      '--web.listen-address=127.0.0.1:0',
      '--log.format=logfmt',
    ];
    const talking = pagerelay(serve);
    const quiet = pagerelay([...serve, '--log.level=warn']);
    started.push(talking, quiet);
    await eventually(
      'it says so',
      () => / level=info msg=listening address=127/.test(talking.output()) || undefined,
    );
    quiet.signal('SIGTERM');
    await quiet.ended;
    expect(quiet.output()).toBe('');
  });
});
