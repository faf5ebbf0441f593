import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { load } from '../../src/config/load.ts';
import { printProblem } from '../../src/config/problem.ts';

const FOLDER = new URL('../fixtures/config/', import.meta.url);

/** Variables that some of the files name; any other is not set. */
const ENV = { PAGERDUTY_KEY: 'a-key', OPSGENIE_KEY: 'another-key', EMPTY_KEY: ' \n' };

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

test('every file with a fault has its expected problems beside it, and none is left over', () => {
  const expected = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));
  expect(expected).toEqual(files.map((name) => name.replace(/yaml$/, 'txt')));
  expect(files.length).toBeGreaterThanOrEqual(35);
});

test.each(files)('%s', (name) => {
  const { config, problems } = load(read(name), name, { env: ENV, now: Date.now });
  const printed = problems.map((problem) => `${printProblem(problem)}\n`).join('');
  expect(printed).toBe(read(name.replace(/yaml$/, 'txt')));
  // Only warnings leave the config usable.
  expect(config !== undefined).toBe(problems.every(({ warning }) => warning));
});

function read(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}
