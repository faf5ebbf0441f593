import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually, type Running, start } from './support/process.ts';

jest.setTimeout(180_000);

const README = readFileSync('README.md', 'utf8');
const commands = Array.from(README.matchAll(/^```sh\n([\s\S]*?)^```/gm), ([, block = '']) => block)
  // A block is one command when it goes on over several lines, else one per line.
  .flatMap((block) => (block.includes("'{\n") ? [block.trim()] : block.trim().split('\n')));

/** Run by .ci/run itself, or by the very run of this test. */
const RUN_ELSEWHERE = ['npm test', 'npm run check'];
const OWN_TEST = ['npm start', 'npm run bench'];

const run = (command: string) =>
  promisify(execFile)('sh', ['-c', `${command} 2>&1`]).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    ({ code, stdout }: { code: number; stdout: string }) => ({ code, output: stdout }),
  );

describe('the commands of the README', () => {
  let demo: Running;

  beforeAll(async () => {
    demo = start('npm', ['start', '--silent'], { env: { HOME: process.env.HOME ?? '/' }, asGroup: true });
    await eventually(
      'npm start has shown everything',
      () => /Ctrl-C ends it/.exec(demo.output()) ?? undefined,
      120_000,
    );
  });
  afterAll(async () => {
    demo.signal('SIGINT');
    await demo.ended;
  });

  test('npm start opens and closes incidents at every vendor', () => {
    for (const line of [
      'pagerduty resolved 7% of requests fail (sent 1 time)',
      'opsgenie  resolved db-2 is 90 s behind (sent 1 time)',
      'opsgenie  open     db-1 is 85% full (sent 1 time)',
      'jsm       open     p99 is above 2 s (sent 1 time)',
    ]) {
      expect(demo.output()).toContain(line);
    }
  });

  const expected: Readonly<Record<string, RegExp>> = {
    "curl -H 'Content-Type: application/json' http://127.0.0.1:9096/webhook":
      /"receiver":"platform".*"outcome":"accepted","reason":"first"/,
    "curl 'http://127.0.0.1:9097/sandbox/incidents?status=open'": /db-1 has no space left/,
    'curl http://127.0.0.1:9096/metrics': /^pagerelay_notifications_total\{/m,
    "curl -H 'Content-Type: application/json' http://127.0.0.1:9097/sandbox/faults": /"status":503/,
    'node dist/main.js import': /carried over: 2 integrations of 2 receivers/,
    'node dist/main.js explain': /notification 1: trigger to db-critical, pagerduty_configs\[0\]/,
    'node dist/main.js routes show': /└── default-route {2}receiver: platform/,
    'node dist/main.js routes test': /^db-critical$/m,
    'node dist/main.js send': /accepted +first/,
    'node dist/main.js check': /several-faults\.yaml:21:9: .* did you mean timeout\?/,
  };

  test.each(commands.filter((command) => ![...RUN_ELSEWHERE, ...OWN_TEST].includes(command)))(
    '%s',
    async (command) => {
      const pattern = Object.entries(expected).find(([beginning]) => command.startsWith(beginning))?.[1];
      expect(pattern).toBeDefined();
      // The half minute for which PagerDuty is taken down is over by then for people.
      if (command.includes(' send ')) await fetch('http://127.0.0.1:9097/sandbox', { method: 'DELETE' });
      const { code, output } = await run(command);
      expect(output).toMatch(pattern ?? /$^/);
      expect(code).toBe(command.startsWith('node dist/main.js check') ? 1 : 0);
    },
  );

  test('npm run bench measures, here in its shortest form', async () => {
    const { output } = await run('npm run --silent bench -- --rounds=1 --scale=0.02 --no-limits');
    expect(output).toMatch(
      /alerts\/webhook .*\n +1 +bare .*\n +1 +pagerelay .*\n +1000 +bare .*\n +1000 +pagerelay /s,
    );
    expect(output).toMatch(/remembered .*\n +1 .*\n +1000 .*\n +10000 .*\n +100000 /);
    expect(output).toMatch(/peak RSS with 100,000 incidents remembered, under load: \d+ MiB/);
    expect(output).toMatch(/PagerDuty's default description for one alert: \d+\.\d µs of CPU/);
  });

  test('those that are run elsewhere are scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const command of [...RUN_ELSEWHERE, ...OWN_TEST]) {
      expect(commands).toContain(command);
      expect(scripts).toHaveProperty(command.replace(/^npm (run )?/, ''));
    }
    expect(readFileSync('.ci/run', 'utf8')).toMatch(/npm run --silent check\nnpm test --silent/);
  });
});
