import { spawnSync } from 'node:child_process';
import { describe, test } from '@jest/globals';

/**
 * Tests that need a real program from Debian's packages, which `npm test` installs where it can. Without it they are
 * reported as skipped; with CI=true that is a failure.
 */
export function describeWith(program: string, name: string, tests: () => void): void {
  if (spawnSync('sh', ['-c', `command -v ${program}`]).status === 0) describe(name, tests);
  else if (process.env.CI === 'true') {
    test(`${name}: ${program} is installed`, () => {
      throw new Error(`${program} is not installed, and with CI=true nothing may be skipped`);
    });
  } else describe.skip(`${name} (no ${program} here)`, tests);
}
