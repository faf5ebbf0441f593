import { mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { runCommand } from '../support/terminal.ts';

const KEY = 'K3yThatNobodyMayEverSee012345678';
const ALERTMANAGER = `
route: { receiver: team a }
templates: ['tmpl/*.tmpl', /etc/alertmanager/*.tmpl]
receivers:
- name: team a
  pagerduty_configs:
  - routing_key: ${KEY}
  - service_key: ${KEY}
    severity: critical
`;

function folderWith(files: Readonly<Record<string, string>>): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-import-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o644 });
  return (name) => join(folder, name);
}

test('without outputs both files go to stdout as YAML documents, and the notes to stderr', async () => {
  const at = folderWith({ 'alertmanager.yml': ALERTMANAGER });
  const { code, stdout, stderr } = await runCommand(['import', at('alertmanager.yml')]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^# =+ pagerelay\.yaml =+\n[\s\S]*\n---\n# =+ alertmanager\.yml =+\n/);
  const [config, alertmanager] = parseAllDocuments(stdout).map((doc): unknown => doc.toJS());
  expect(config).toMatchObject({
    templates: ['tmpl/*.tmpl', '/etc/alertmanager/*.tmpl'],
    receivers: [{ name: 'team a', pagerduty_configs: [{ routing_key: KEY, enrich: false }] }],
  });
  expect(alertmanager).toMatchObject({
    receivers: [
      {
        pagerduty_configs: [{ service_key: KEY }],
        webhook_configs: [
          { url: 'http://pagerelay:9096/webhook/team%20a', send_resolved: true, max_alerts: 0 },
        ],
      },
    ],
  });
  expect(stderr).toBe(
    `${at('alertmanager.yml')}:8:5: receivers[0].pagerduty_configs[1]: warning: stays in alertmanager.yml: service_key is for the Events API v1; create an "Events API v2" integration on the service and set its key as routing_key
carried over: 1 integration of 1 receiver
keys that stand in the config as text: 1; routing_key_file and api_key_file, or _env, keep them out of it
`,
  );
});

test('the outputs are files that only their owner can read, with the templates as they are found from there', async () => {
  const at = folderWith({ 'alertmanager.yml': ALERTMANAGER });
  const elsewhere = folderWith({});
  const args = ['import', at('alertmanager.yml'), '--relay.url=https://relay.example.org/team/'];
  const outputs = [`--output.config=${elsewhere('relay.yaml')}`, `--output.alertmanager=${at('new.yml')}`];
  const { code, stdout } = await runCommand([...args, ...outputs]);
  expect([code, stdout]).toEqual([0, '']);
  for (const file of [elsewhere('relay.yaml'), at('new.yml')])
    expect(statSync(file).mode & 0o777).toBe(0o600);
  const folder = basename(at(''));
  expect(readFileSync(elsewhere('relay.yaml'), 'utf8')).toContain(
    `templates:\n  - ../${folder}/tmpl/*.tmpl\n  - /etc/alertmanager/*.tmpl\n`,
  );
  expect(readFileSync(at('new.yml'), 'utf8')).toContain(
    'url: https://relay.example.org/team/webhook/team%20a\n',
  );
});

test.each([
  ['--output.config', /^# Made by/, /^route: /],
  ['--output.alertmanager', /^route: /, /^# Made by/],
])('with %s alone the other is on stdout, alone', async (flag, file, other) => {
  const at = folderWith({ 'alertmanager.yml': ALERTMANAGER });
  const { code, stdout } = await runCommand(['import', at('alertmanager.yml'), `${flag}=${at('out')}`]);
  expect(code).toBe(0);
  expect(readFileSync(at('out'), 'utf8')).toMatch(file);
  expect(stdout).toMatch(other);
  expect(stdout).not.toContain('---');
});

test('a file that exists is left alone, and the other is not written either', async () => {
  const at = folderWith({ 'alertmanager.yml': ALERTMANAGER, 'old.yml': 'old' });
  const args = ['import', at('alertmanager.yml'), `--output.config=${at('new.yaml')}`];
  const end = await runCommand([...args, `--output.alertmanager=${at('old.yml')}`]);
  const message = `${at('old.yml')} exists: remove it, or overwrite it with --force\n`;
  expect(end).toEqual({ code: 1, stdout: '', stderr: message });
  expect(readFileSync(at('old.yml'), 'utf8')).toBe('old');
  expect(() => statSync(at('new.yaml'))).toThrow('ENOENT');
});

test('with --force it is overwritten, and no longer readable for others', async () => {
  const at = folderWith({ 'alertmanager.yml': ALERTMANAGER });
  symlinkSync(at('alertmanager.yml'), at('link.yml'));
  const args = ['import', at('alertmanager.yml'), `--output.config=${at('new.yaml')}`];
  expect((await runCommand([...args, `--output.alertmanager=${at('link.yml')}`, '--force'])).code).toBe(0);
  expect(readFileSync(at('alertmanager.yml'), 'utf8')).toContain('webhook_configs');
  expect(statSync(at('alertmanager.yml')).mode & 0o777).toBe(0o600);
});

test('what cannot be read or written is named', async () => {
  const at = folderWith({ 'alertmanager.yml': ALERTMANAGER });
  expect(await runCommand(['import', at('nothing.yml')])).toEqual({
    code: 1,
    stdout: '',
    stderr: `${at('nothing.yml')}: the file cannot be read (ENOENT)\n`,
  });
  const output = at('nowhere/relay.yaml');
  expect(await runCommand(['import', at('alertmanager.yml'), `--output.config=${output}`])).toEqual({
    code: 1,
    stdout: '',
    stderr: `${output}: the file cannot be written (ENOENT)\n`,
  });
});

test('faults of the file are told with their places, and nothing is written', async () => {
  const at = folderWith({ 'alertmanager.yml': 'route:\n  receiver: nobody\nreceivers: [{ name: a }]\n' });
  expect(await runCommand(['import', at('alertmanager.yml'), `--output.config=${at('new.yaml')}`])).toEqual({
    code: 1,
    stdout: '',
    stderr: `${at('alertmanager.yml')}:2:13: route.receiver: there is no receiver nobody (there are: a)\n`,
  });
  expect(() => statSync(at('new.yaml'))).toThrow('ENOENT');
});

test('a file that begins a document itself is one document on stdout', async () => {
  const at = folderWith({ 'alertmanager.yml': `# Ours.\n---${ALERTMANAGER}` });
  const { stdout } = await runCommand(['import', at('alertmanager.yml')]);
  expect(parseAllDocuments(stdout)).toHaveLength(2);
});

test('a broken template file is told with its own place', async () => {
  const at = folderWith({
    'alertmanager.yml': 'templates: [a.tmpl]\nroute: { receiver: a }\nreceivers: [{ name: a }]\n',
    'a.tmpl': 'text\n{{ if }}{{ end }}\n',
  });
  const { code, stderr } = await runCommand(['import', at('alertmanager.yml')]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/a\.tmpl:2:\d+: .*missing value for if\n$/);
});

test.each([
  [[]],
  [['a.yml', 'b.yml']],
  [['a.yml', '--alertmanager.version=new']],
  [['a.yml', '--relay.url=pagerelay:9096']],
  [['a.yml', '--relay.url=http://me:secret@relay']],
  [['a.yml', '--relay.url=http://relay/?a=b']],
])('%j is wrong usage', async (args) => {
  expect((await runCommand(['import', ...args])).code).toBe(2);
});
