import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runCommand } from '../support/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'pagerelay-routes-'));
const fileWith = (name: string, text: string) => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

const CONFIG = fileWith(
  'good.yaml',
  `
time_intervals:
  - name: weekends
    time_intervals: [{ weekdays: ['saturday', 'sunday'] }]
  - name: office
    time_intervals: [{ times: [{ start_time: '09:00', end_time: '17:00' }] }]
route:
  receiver: platform
  routes:
    - matchers: [team="db"]
      receiver: db
      continue: true
      mute_time_intervals: [weekends]
    - matchers: ['team=~"db|web"']
      receiver: web team
      active_time_intervals: [office]
receivers:
  - name: platform
    pagerduty_configs: [{ routing_key_env: KEY }, { routing_key_env: KEY }]
    opsgenie_configs: [{ api_key_env: KEY }]
  - name: db
    opsgenie_configs: [{ api_key_env: KEY }]
  - name: web team
`,
);
const BAD = fileWith('bad.yaml', 'route: { receiver: a }\nreceivers: []\n');
const WARNED = fileWith(
  'warned.yaml',
  "route: { receiver: a, routes: [{ matchers: ['a=b!'] }] }\nreceivers: [{ name: a }]\n",
);

const routes = (...args: readonly string[]) =>
  runCommand(['routes', ...args], {
    env: { KEY: '0123456789abcdef0123456789abcdef' },
    now: Date.parse('2026-11-06T12:00:00Z'),
  });

describe('routes show', () => {
  test('draws the tree, and what each receiver sends to', async () => {
    expect(await routes('show', CONFIG)).toEqual({
      code: 0,
      stdout: `Routing tree:
.
└── default-route  receiver: platform  group_by: []  dedup: {window: 1h, resend_on: [severity, summary, alerts], repeats: forward}
    ├── {team="db"}  continue: true  receiver: db  mute_time_intervals: [weekends]
    └── {team=~"db|web"}  receiver: web team  active_time_intervals: [office]

Receivers:
  platform: pagerduty_configs[0], pagerduty_configs[1], opsgenie_configs[0]
  db: opsgenie_configs[0]
  web team: takes alerts and sends nothing
`,
      stderr: '',
    });
  });
});

describe('routes test', () => {
  test.each([
    [[], 'platform'],
    [['team=x'], 'platform'],
    [['team='], 'platform'],
    [['team=web'], 'web team'],
    [['team="db"', 'severity=page'], 'db,web team'],
    [['team=x', 'team=web'], 'web team'],
  ])('of %j prints %s', async (labels, receivers) => {
    expect(await routes('test', CONFIG, ...labels)).toEqual({
      code: 0,
      stdout: `${receivers}\n`,
      stderr: '',
    });
  });

  test.each([
    ['db,web team', 0, ''],
    ['web team,db', 1, 'expected web team,db, but these labels go to db,web team\n'],
    ['db', 1, 'expected db, but these labels go to db,web team\n'],
    ['', 1, 'expected , but these labels go to db,web team\n'],
  ])('--verify.receivers=%s exits with %i', async (expected, code, stderr) => {
    expect(await routes('test', CONFIG, `--verify.receivers=${expected}`, 'team=db')).toEqual({
      code,
      stdout: 'db,web team\n',
      stderr,
    });
  });

  test.each([
    ['2026-11-06T12:00:00Z', ''],
    [
      '2026-11-07T12:00:00Z',
      'db is muted at 2026-11-07T12:00:00.000Z: within mute_time_intervals weekends\n',
    ],
    // Friday 23:30 in UTC.
    [
      '2026-11-07T00:30:00+01:00',
      'web team is muted at 2026-11-06T23:30:00.000Z: outside active_time_intervals office\n',
    ],
    [
      '2026-11-08T08:59:59.999Z',
      'db is muted at 2026-11-08T08:59:59.999Z: within mute_time_intervals weekends\n' +
        'web team is muted at 2026-11-08T08:59:59.999Z: outside active_time_intervals office\n',
    ],
  ])('at %s routes that are muted match all the same, and are told of', async (at, stderr) => {
    const verify = '--verify.receivers=db,web team';
    expect(await routes('test', CONFIG, `--at=${at}`, verify, 'team=db')).toEqual({
      code: 0,
      stdout: 'db,web team\n',
      stderr,
    });
  });

  test.each([
    'now',
    '2026-11-07',
    '2026-11-07T10:00:00',
    '2026-11-07 10:00:00Z',
    '2026-02-30T10:00:00Z',
    '2026-13-01T10:00:00Z',
    '2026-11-07T24:00:00Z',
    '2026-11-07T10:60:00Z',
    '2026-11-07T10:00:00+24:00',
  ])('--at=%s is no moment', async (at) => {
    const { code, stdout, stderr } = await routes('test', CONFIG, `--at=${at}`);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('It must be a time, as 2026-11-07T10:00:00Z.');
  });

  test('labels that are none are wrong usage, whatever the file', async () => {
    expect(await routes('test', '/does/not/exist', 'team=db', 'team')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'cannot read "team": write name=value, or name="value" with \\" for a quote in it\n',
    });
  });
});

describe.each(['show', 'test'])('routes %s', (command) => {
  test('of a config with faults prints them as check does', async () => {
    const end = await routes(command, BAD);
    expect(end).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(':2:12: receivers: must not be empty\n'),
    });
    expect(end).toEqual(await runCommand(['check', BAD]));
  });

  test('of a config with warnings prints them, and does what it does', async () => {
    const { code, stdout, stderr } = await routes(command, WARNED);
    expect([code, stdout === '']).toEqual([0, false]);
    expect(stderr).toContain('warning: ');
  });

  test('of no file says so', async () => {
    expect(await routes(command, '/does/not/exist')).toEqual({
      code: 1,
      stdout: '',
      stderr: '/does/not/exist: the file cannot be read (ENOENT)\n',
    });
  });
});

test.each([[['routes']], [['routes', 'draw']], [['routes', 'show']], [['routes', 'test']]])(
  '%j is wrong usage',
  async (argv) => {
    const { code, stdout, stderr } = await runCommand(argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).not.toBe('');
  },
);
