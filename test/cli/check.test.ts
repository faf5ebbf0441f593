import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runCommand } from '../support/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'pagerelay-check-'));
const fileWith = (name: string, text: string, mode = 0o600) => {
  const file = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
};

/** What the command says, without the folder's name. */
async function check(...argv: readonly string[]) {
  const { code, stdout, stderr } = await runCommand(['check', ...argv]);
  return { code, stdout: stdout.replaceAll(`${folder}/`, ''), stderr: stderr.replaceAll(`${folder}/`, '') };
}

const KEY = fileWith('key', 'a-key');
const OPEN_KEY = fileWith('open-key', 'a-key', 0o644);

const GOOD = fileWith(
  'good.yaml',
  `
route: { receiver: platform }
receivers: [{ name: platform, pagerduty_configs: [{ routing_key_file: ${KEY} }] }]
`,
);
const DOUBTFUL = fileWith(
  'doubtful.yaml',
  `
route:
  receiver: platform
  group_by: [cluster]
  routes:
  - { receiver: web, matchers: [team="web"] }
  - { receiver: platform, matchers: [team="web", severity="page"] }
receivers:
- name: platform
  pagerduty_configs:
  - { routing_key_file: ${OPEN_KEY}, description: '{{ .CommonLabels.x.y }}' }
- name: web
  pagerduty_configs:
  - { routing_key: k, dedup_key: storm }
  - { routing_key: k2 }
`,
);
const ALERTMANAGER = fileWith(
  'alertmanager.yml',
  `
route: { receiver: relay }
receivers:
- name: relay
  webhook_configs:
  - { url: 'http://pagerelay:9096/webhook/web', max_alerts: 5, send_resolved: false }
`,
);

describe('check', () => {
  test('says of a good file that it is', async () => {
    expect(await check(GOOD)).toEqual({ code: 0, stdout: 'good.yaml: ok, 1 receiver\n', stderr: '' });
  });

  test('warns of what is doubtful, in the order of the file; that alone is no failure', async () => {
    const { code, stdout, stderr } = await check(DOUBTFUL);
    expect([code, stdout]).toEqual([0, 'doubtful.yaml: ok, 2 receivers, 5 warnings\n']);
    expect(stderr.split('\n').map((line) => line.split(': warning: ')[0])).toEqual([
      'doubtful.yaml:6:5: route.routes[0]',
      'doubtful.yaml:7:5: route.routes[1]',
      'doubtful.yaml:11:25: receivers[0].pagerduty_configs[0].routing_key_file',
      expect.stringMatching(/^doubtful\.yaml:11:\d+: receivers\[0]\.pagerduty_configs\[0]\.description$/),
      'doubtful.yaml:14:34: receivers[1].pagerduty_configs[0].dedup_key',
      '',
    ]);
  });

  test('with --strict fails on a warning', async () => {
    const { code, stdout, stderr } = await check('--strict', GOOD, DOUBTFUL);
    expect([code, stdout]).toEqual([1, 'good.yaml: ok, 1 receiver\n']);
    expect(stderr).toContain('doubtful.yaml:7:5: route.routes[1]: warning: no alert takes this route');
  });

  test('fails on a file that cannot be used, and looks at the others all the same', async () => {
    const bad = fileWith('bad.yaml', 'route: { receiver: nobody }\nreceivers: [{ name: somebody }]\n');
    expect(await check(join(folder, 'none.yaml'), bad, GOOD)).toEqual({
      code: 1,
      stdout: 'good.yaml: ok, 1 receiver\n',
      stderr:
        'none.yaml: the file cannot be read (ENOENT)\n' +
        'bad.yaml:1:20: route.receiver: there is no receiver nobody (there are: somebody)\n',
    });
  });
});

test('check --web.config.file looks at that file as well', async () => {
  const web = fileWith('web.yaml', 'basic_auth_users: { anna: hunter2 }\n');
  const { code, stdout, stderr } = await check(`--web.config.file=${web}`, GOOD);
  expect([code, stdout]).toEqual([1, 'good.yaml: ok, 1 receiver\n']);
  expect(stderr).toMatch(
    /^web.yaml:1:27: basic_auth_users.anna: must be a bcrypt hash .* \(got <secret>\)\n$/,
  );
  const empty = fileWith('empty.yaml', '');
  expect(await check(`--web.config.file=${empty}`, GOOD)).toEqual({
    code: 0,
    stdout: 'empty.yaml: ok\ngood.yaml: ok, 1 receiver\n',
    stderr: '',
  });
});

describe('check --alertmanager', () => {
  test('tells what contradicts a config, with its place in that file, and what of the config nothing comes to', async () => {
    const found = await check(GOOD, `--alertmanager=${ALERTMANAGER}`);
    expect([found.code, found.stdout]).toEqual([0, 'good.yaml: ok, 1 receiver, 4 warnings\n']);
    const places = found.stderr.split('\n').map((line) => line.split(': warning: ')[0]);
    expect(places).toEqual([
      'good.yaml:3:21: receivers[0].name',
      'alertmanager.yml:6:12: receivers[0].webhook_configs[0].url',
      'alertmanager.yml:6:61: receivers[0].webhook_configs[0].max_alerts',
      'alertmanager.yml:6:79: receivers[0].webhook_configs[0].send_resolved',
      '',
    ]);
  });

  test('counts as warnings with --strict', async () => {
    const { code, stdout } = await check('--strict', GOOD, `--alertmanager=${ALERTMANAGER}`);
    expect([code, stdout]).toEqual([1, '']);
  });

  test('says nothing where the two agree', async () => {
    const agreeing = fileWith(
      'agreeing.yml',
      '{ route: { receiver: relay }, receivers: [{ name: relay, webhook_configs: [{ url: http://relay/webhook }] }] }',
    );
    expect(await check('--strict', GOOD, `--alertmanager=${agreeing}`)).toEqual({
      code: 0,
      stdout: 'good.yaml: ok, 1 receiver\n',
      stderr: '',
    });
  });

  test.each<[string, string, string]>([
    ['is missing', join(folder, 'none.yml'), 'none.yml: the file cannot be read (ENOENT)\n'],
    ['is none', fileWith('empty.yml', '{ route: {} }'), 'empty.yml:1:1: receivers is missing\n'],
    [
      'is no YAML',
      fileWith('broken.yml', 'route: ]'),
      expect.stringContaining('broken.yml:1:8: ') as unknown as string,
    ],
  ])('fails where that file %s, and looks at the config all the same', async (_which, file, stderr) => {
    expect(await check(GOOD, `--alertmanager=${file}`)).toEqual({
      code: 1,
      stdout: 'good.yaml: ok, 1 receiver\n',
      stderr,
    });
  });
});

test('what looks into a config takes an unset variable for a warning; check and the daemon do not', async () => {
  const unset = fileWith(
    'unset.yaml',
    `
route: { receiver: a, routes: [{ receiver: b, matchers: [team="b"] }] }
receivers:
- { name: a, pagerduty_configs: [{ routing_key_env: PAGERDUTY_KEY_A }] }
- { name: b, pagerduty_configs: [{ routing_key_env: PAGERDUTY_KEY_B }] }
`,
  );
  const message = 'environment variable PAGERDUTY_KEY_A is not set or empty';
  const shown = await runCommand(['routes', 'test', unset, 'team=b']);
  expect([shown.code, shown.stdout]).toEqual([0, 'b\n']);
  expect(shown.stderr).toContain(`routing_key_env: warning: ${message}`);
  const checked = await check(unset);
  expect(checked.code).toBe(1);
  expect(checked.stderr).toContain(`routing_key_env: ${message}`);
});
