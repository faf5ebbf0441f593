import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ask, IDLE, withApp } from './support/app.ts';
import { webhookBody } from './support/post.ts';
import { eventually } from './support/process.ts';
import { tlsText } from './support/tls.ts';

const times = (log: string, message: string) => log.split(`"msg":"${message}"`).length - 1;
const EVERY = { reloadEveryMs: 50 };
const withLevel = (level: string) => `${IDLE.replace('relay: {', `relay: { log_level: ${level},`)}`;

test('a change of content is loaded once, without being asked', async () => {
  await withApp({ app: EVERY }, async ({ write, log }) => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(times(log(), 'config loaded')).toBe(0);
    write('pagerelay.yaml', `${IDLE}# changed\n`);
    await eventually('the change is loaded', () => (times(log(), 'config loaded') === 1 ? 1 : undefined));
    // The same content written again is no change.
    write('pagerelay.yaml', `${IDLE}# changed\n`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(times(log(), 'config loaded')).toBe(1);
  });
});

test('what is refused is said once, and changes nothing', async () => {
  await withApp({ app: EVERY }, async ({ ports: [port], write, log }) => {
    write('pagerelay.yaml', 'route: {}\n');
    await eventually('it is refused', () => (times(log(), 'config refused') === 1 ? 1 : undefined));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(times(log(), 'config refused')).toBe(1);
    expect(log()).toContain('pagerelay.yaml:1:1: receivers is missing');
    const { text } = await ask(port, '/metrics');
    expect(text).toContain('pagerelay_config_last_reload_successful 0');
    expect((await ask(port, '/webhook', { method: 'POST', body: webhookBody([{}]) })).status).toBe(200);
  });
});

test("Kubernetes' way to change a ConfigMap: a link to a folder is swapped", async () => {
  await withApp({}, async ({ folder }) => {
    const version = (name: string, text: string) => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'pagerelay.yaml'), text);
      symlinkSync(name, join(folder, `..data_${name}`));
      renameSync(join(folder, `..data_${name}`), join(folder, '..data'));
    };
    version('one', IDLE);
    symlinkSync('..data/pagerelay.yaml', join(folder, 'mounted.yaml'));
    await withApp(
      { app: { ...EVERY, configFile: join(folder, 'mounted.yaml') } },
      async ({ ports: [port], log }) => {
        version('two', IDLE.replaceAll('nobody', 'somebody'));
        const body = webhookBody([]);
        await eventually('the new receiver is known', async () => {
          const { status } = await ask(port, '/webhook/somebody', { method: 'POST', body });
          return status === 200 ? true : undefined;
        });
        expect(log()).not.toContain('config refused');
      },
    );
  });
});

test('templates and the web config are looked at as well', async () => {
  const config = `${IDLE}templates: ['*.tmpl']\n`;
  const files = { 'a.tmpl': '{{ define "a" }}a{{ end }}' };
  await withApp({ config, web: '', files, app: EVERY }, async ({ ports: [port], write, log }) => {
    write('b.tmpl', '{{ define "b" }}b{{ end');
    await eventually('the new template is refused', () => (log().includes('b.tmpl:1') ? true : undefined));
    write('b.tmpl', '{{ define "b" }}b{{ end }}');
    write('web.yaml', 'scopes: { metrics: { bearer_token_files: [a.tmpl] } }');
    await eventually('the token file is no token', () => (log().includes('web.yaml:1:') ? true : undefined));
    write('token', 'a-token');
    write('web.yaml', 'scopes: { metrics: { bearer_token_files: [token] } }');
    await eventually('a token is wanted', async () =>
      (await ask(port, '/metrics')).status === 401 ? true : undefined,
    );
  });
});

test('the level of the log changes with the config, and back to that of the command line', async () => {
  await withApp({ config: withLevel('error') }, async ({ app, write, log }) => {
    await app.reload();
    expect(log()).toBe('');
    write('pagerelay.yaml', withLevel('info'));
    await app.reload();
    expect(times(log(), 'config loaded')).toBe(1);
    write('pagerelay.yaml', withLevel('loud'));
    expect(await app.reload()).toMatchObject([
      { path: 'relay.log_level', message: 'must be one of debug, info, warn, error (got "loud")' },
    ]);
    write('pagerelay.yaml', IDLE);
    await app.reload();
    expect(times(log(), 'config loaded')).toBe(2);
  });
});

test('what takes a restart is refused once as well', async () => {
  await withApp({ web: '', app: EVERY }, async ({ write, log }) => {
    write('cert.pem', tlsText('server.pem'));
    write('key.pem', tlsText('server-key.pem'));
    write('web.yaml', 'tls_server_config: { cert_file: cert.pem, key_file: key.pem }');
    await eventually('it is refused', () => (times(log(), 'config refused') === 1 ? 1 : undefined));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(times(log(), 'config refused')).toBe(1);
  });
});

test('with an interval of 0 nothing is looked at', async () => {
  await withApp({}, async ({ write, log }) => {
    write('pagerelay.yaml', 'route: {}\n');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(log()).toBe('');
  });
});

test('what was refused is tried again when what was missing is there, and said once', async () => {
  const tls = 'tls_server_config: { cert_file: server.pem, key_file: key.pem }';
  const files = { 'server.pem': tlsText('server.pem'), 'key.pem': tlsText('server-key.pem') };
  await withApp({ web: tls, files, app: EVERY }, async ({ write, log }) => {
    write('web.yaml', tls.replace('server.pem', 'next.pem'));
    await eventually('it is refused', () => (times(log(), 'config refused') === 1 ? true : undefined));
    await new Promise((resolve) => setTimeout(resolve, 300));
    write('next.pem', tlsText('server.pem'));
    await eventually('it is loaded', () => (times(log(), 'config loaded') === 1 ? true : undefined));
    expect(times(log(), 'config refused')).toBe(1);
  });
});
