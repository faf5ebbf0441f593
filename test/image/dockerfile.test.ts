import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

// @ts-expect-error: a script
const { nodeFlags } = (await import('../../tools/node-flags.mjs')) as { nodeFlags: readonly string[] };
const lines = readFileSync('Dockerfile', 'utf8').replaceAll('\\\n', ' ').split('\n');
const stages = lines
  .join('\n')
  .split(/^(?=FROM )/m)
  .filter((stage) => stage.startsWith('FROM '));
const last = stages.at(-1) ?? '';

describe('the Dockerfile', () => {
  test('builds in a stage of its own, from the lock file, and leaves out what is for developers', () => {
    expect(stages).toHaveLength(2);
    expect(stages[0]).toMatch(/^RUN npm ci --ignore-scripts$/m);
    expect(stages[0]).toContain('npm ci --omit=dev --ignore-scripts');
    expect(last).not.toMatch(/npm (ci|install)|COPY \. /);
  });

  test('runs as a user that Kubernetes knows not to be root, and Node as the first process', () => {
    expect(last).toMatch(/^USER 65532:65532$/m);
    // In a list: no shell stands between Node and SIGTERM.
    expect(last).toMatch(
      /^ENTRYPOINT \["node", "--max-semi-space-size=8", "--v8-pool-size=1", "\/app\/dist\/main\.js"\]$/m,
    );
    expect(last).toMatch(/^CMD \["serve", /m);
  });

  test('says what it is', () => {
    for (const label of ['title', 'description', 'licenses']) {
      expect(last).toContain(`org.opencontainers.image.${label}=`);
    }
  });

  test('takes nothing into the build but what it names', () => {
    const ignored = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(ignored[0]).toBe('*');
    expect(ignored.slice(1).every((line) => line.startsWith('!'))).toBe(true);
  });
});

test.each([
  ['the systemd unit', 'docs/examples/pagerelay.service', /^ExecStart=\S*node (.*) \S*\/main\.js /m],
  ['docs/install.md', 'docs/install.md', /flags of Node[^`]*`([^`]*)`/],
])('%s gives Node the flags that the image gives it', (_what, file, pattern) => {
  const [, flags = ''] = pattern.exec(readFileSync(file, 'utf8')) ?? [];
  expect(flags.split(' ')).toEqual(nodeFlags);
});
