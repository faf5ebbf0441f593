import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, jest, test } from '@jest/globals';
import { createFunctions } from '../src/template/functions.ts';

jest.setTimeout(60_000);

const commandsOf = (file: string) =>
  Array.from(readFileSync(file, 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm), ([, block = '']) =>
    block.trim().split('\n'),
  ).flat();

/** A folder in which the clone's files can be read, and files can be written beside them. */
function workplace(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-docs-'));
  for (const name of ['dist', 'docs', 'node_modules', 'package.json']) {
    symlinkSync(resolve(name), join(folder, name));
  }
  return folder;
}

const EXPECTED: Readonly<Record<string, RegExp>> = {
  'node dist/main.js explain docs/examples/pagerelay.yaml':
    /"summary": "DiskFull in eu-1: 1 firing since 10:02"/,
  'node dist/main.js import docs/examples/alertmanager.yml': /carried over: 2 integrations of 2 receivers/,
  'node dist/main.js check imported.yaml': /imported\.yaml: ok, 3 receivers/,
  'node dist/main.js explain imported.yaml': /"num_firing": 2/,
  'node dist/main.js routes test imported.yaml': /^db$/m,
};

describe.each(['docs/templates.md', 'docs/migrating.md'])('the commands of %s', (file) => {
  const cwd = workplace();
  test.each(commandsOf(file))('%s', async (command) => {
    const pattern = Object.entries(EXPECTED).find(([beginning]) => command.startsWith(beginning))?.[1];
    expect(pattern).toBeDefined();
    const { stdout } = await promisify(execFile)('sh', ['-c', `${command} 2>&1`], { cwd });
    expect(stdout).toMatch(pattern ?? /$^/);
  });
});

test('docs/templates.md names every function', () => {
  const text = readFileSync('docs/templates.md', 'utf8');
  const section = text.slice(text.indexOf('## Functions'), text.indexOf('Of the default templates'));
  const named = Array.from(section.matchAll(/`(\w+)`/g), ([, name = '']) => name);
  const known = [...createFunctions(Date.now).keys(), 'and', 'or', 'call', 'routeLabels'];
  expect(new Set(named)).toEqual(new Set(known));
});
