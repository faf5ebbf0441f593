import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { load } from '../../src/config/load.ts';
import { printProblem } from '../../src/config/problem.ts';
import type { Version } from '../../src/import/entry.ts';
import { matchRoutes } from '../../src/route/route.ts';
import { describeWithAmtool } from '../support/amtool.ts';
import { imported } from '../support/import.ts';

const FOLDER = new URL('../fixtures/import/', import.meta.url);

/** Folders with an alertmanager.yml as people write them, and what becomes of it. */
const names = readdirSync(FOLDER);

/** These use what Alertmanager has had only since then; the others are of 0.25. */
const NEWER: Readonly<Record<string, Version>> = { 'structured-details': [0, 34], 'utf-8': [0, 27] };

function read(name: string, file: string): string {
  return readFileSync(new URL(`${name}/${file}`, FOLDER), 'utf8');
}

describe.each(names)('%s', (name) => {
  const { config, alertmanager, notes } = imported(read(name, 'alertmanager.yml'), {
    version: NEWER[name] ?? [0, 25],
  });

  test('becomes this config', () => {
    expect(config).toBe(read(name, 'pagerelay.yaml'));
  });

  test('leaves this alertmanager.yml', () => {
    expect(alertmanager).toBe(read(name, 'reduced.yml'));
  });

  test('has these notes', () => {
    expect(notes.map((note) => `${printProblem(note)}\n`).join('')).toBe(read(name, 'notes.txt'));
  });
});

test('there are more than a dozen', () => {
  expect(names.length).toBeGreaterThanOrEqual(12);
});

describeWithAmtool('amtool', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-import-'));
  const amtool = (args: readonly string[]) =>
    spawnSync('amtool', args, { encoding: 'utf8', env: { PATH: process.env.PATH ?? '', HOME: folder } });
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };

  test.each(names.filter((name) => NEWER[name] === undefined))('accepts what is left of %s', (name) => {
    for (const file of ['alertmanager.yml', 'reduced.yml']) {
      const { status, stderr } = amtool(['check-config', write(file, read(name, file))]);
      expect({ file, status, stderr }).toEqual({ file, status: 0, stderr: '' });
    }
  });

  const LABELS: Readonly<Record<string, readonly string[]>> = {
    'kube-prometheus': [
      'alertname=Watchdog',
      'severity=critical',
      'severity=info',
      'alertname=InfoInhibitor severity=info',
    ],
    'multi-team': [
      'team=database severity=critical env=prod',
      'team=database severity=critical env=test',
      'team=database',
      'team=shop severity=warning',
      'team=shop severity=info audit=yes',
      'audit=yes team=shop severity=critical',
    ],
    'anchors-and-merge-keys': ['team=b', 'team=b severity=critical', 'severity=critical', 'team=a'],
    'old-matchers': [
      'env=1 version=1.10 on=yes zip=007',
      'env=1 version=1.1 on=yes zip=7',
      'foo=bar baz=c x=1 team=db-1',
      'foo=bar baz=a x=1 team=db-1',
    ],
  };
  const cases = Object.entries(LABELS).flatMap(([name, sets]) =>
    sets.map((labels) => [name, labels] as const),
  );

  test.each(cases)('routes as the config that came of %s: %s', (name, labels) => {
    const { config } = load(read(name, 'pagerelay.yaml'), 'pagerelay.yaml', { env: {}, now: Date.now });
    if (config === undefined) throw new Error('it does not load');
    const pairs = labels.split(' ');
    const set = Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]));
    const ours = matchRoutes(config.route, set).map(({ receiver }) => receiver);
    for (const file of ['alertmanager.yml', 'reduced.yml']) {
      const path = write(file, read(name, file));
      const { stdout } = amtool(['config', 'routes', 'test', `--config.file=${path}`, ...pairs]);
      expect({ file, receivers: stdout.trim().split(',') }).toEqual({ file, receivers: ours });
    }
  });
});
