import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, jest, test } from '@jest/globals';
import { describeWithAlertmanager } from '../support/alertmanager.ts';
import { describeWithRedis } from '../support/redis.ts';

const TIMEOUT_MS = 300_000;
jest.setTimeout(TIMEOUT_MS + 10_000);

/** `npm run test:storm` in its short form, with one of its combinations. */
async function storm(...args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ['storm/run.mjs', '--short', '--no-build', ...args], {
    timeout: TIMEOUT_MS,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += String(chunk);
    });
  }
  await once(child, 'close');
  return { code: child.exitCode, said };
}

/** lost, stuck, extra, any repeats, invalid and early. */
const NOTHING_AMISS = / 0 +0 +0 +\d+ \(\d\.\d\d%\) +0 +0 /;

describeWithAlertmanager('two Alertmanagers, two replicas and failing vendors', () => {
  test('per group, without a store: nothing is lost, stuck, extra, invalid or early', async () => {
    const { code, said } = await storm('--vendors=both', '--per=group', '--store=none');
    expect(said).toMatch(NOTHING_AMISS);
    expect({ code, said }).toMatchObject({ code: 0 });
  });

  describeWithRedis('and a Redis', () => {
    test('per alert: nothing is repeated either', async () => {
      const { code, said } = await storm('--vendors=both', '--per=alert', '--store=redis');
      expect(said).toMatch(/ 0 +0 +0 +0 \(0\.00%\) +0 +0 /);
      expect({ code, said }).toMatchObject({ code: 0 });
    });
  });
});
