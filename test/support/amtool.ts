import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from '@jest/globals';
import type { DataSet, TemplateFile } from '../template/corpus.ts';

const version = spawnSync('amtool', ['--version'], { encoding: 'utf8' }).stdout ?? '';
const isInstalled = version.includes('version 0.25.');

/**
 * Tests that need amtool 0.25 (of Debian's Alertmanager, which `npm test` installs where it can): another version has
 * other functions and another Go. Without it they are reported as skipped; with CI=true that is a failure.
 */
export function describeWithAmtool(name: string, tests: () => void): void {
  if (isInstalled) describe(name, tests);
  else if (process.env.CI === 'true') {
    test(`${name}: amtool 0.25 is installed`, () => {
      throw new Error(`amtool 0.25 is not installed, and with CI=true nothing may be skipped (${version})`);
    });
  } else describe.skip(`${name} (no amtool 0.25 here)`, tests);
}

/** Where Debian's package has Alertmanager's default templates. */
const DEFAULT_TEMPLATES = '/usr/share/prometheus/alertmanager/default.tmpl';

/** What became of a template: its text, or the error in Go's words. */
export type Rendered = { readonly text: string } | { readonly error: string };

export interface Rendering {
  readonly template: string;
  readonly data: DataSet;
  /** That it will most likely fail, so that it is better not put in one call with others. */
  readonly isDoubtful?: boolean;
}

export interface Amtool {
  /** What each becomes, in few calls. */
  render(renderings: readonly Rendering[]): Promise<Rendered[]>;
  /** How often amtool was called. */
  calls(): number;
  close(): void;
}

/** No template of the tests prints it. */
const SEPARATOR = '\u0001next\u0001';
const BATCH = 150;
/** What a template defines or calls, but for Alertmanager's defaults. */
const NAMED = /\{\{-?\s*(?:define|block|template)\s+(["`])(?!__|\w+\.default\.)(.*?)\1/g;
/** What takes the place of a default, for all templates of the call. */
const REDEFINES = /\{\{-?\s*(?:define|block)\s+["`](?:__|\w+\.default\.)/;

/** Renders with these files of the user after Alertmanager's default templates. It must be closed. */
export function createAmtool(files: readonly TemplateFile[], concurrency = 2): Amtool {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-amtool-'));
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
  const own = `--template.glob=${join(folder, '*.tmpl')}`;
  const enter = createGate(concurrency);
  const dataFiles = new Map<DataSet, string>();
  let calls = 0;

  function dataFile(data: DataSet): string {
    const known = dataFiles.get(data);
    if (known !== undefined) return known;
    const file = join(folder, `${data.name}.json`);
    writeFileSync(file, JSON.stringify(data.json));
    dataFiles.set(data, file);
    return file;
  }

  async function run(text: string, data: DataSet, more: readonly string[] = []): Promise<Rendered> {
    calls++;
    const args = ['template', 'render', `--template.glob=${DEFAULT_TEMPLATES}`, own, ...more];
    return enter(() =>
      amtool([...args, `--template.text=${text}`, `--template.data=${dataFile(data)}`], folder),
    );
  }

  /** Each as a file of its own, so that none sees another's variables, blocks or trim markers. */
  async function batch(templates: readonly string[], data: DataSet): Promise<Rendered[]> {
    const [only = ''] = templates;
    if (templates.length === 1) return [await run(only, data)];
    const together = mkdtempSync(join(folder, 'batch-'));
    for (const [index, template] of templates.entries())
      writeFileSync(join(together, `${index}.tmpl`), template);
    const text = templates.map((_, index) => `{{ template "${index}.tmpl" . }}`).join(SEPARATOR);
    const rendered = await run(text, data, [`--template.glob=${join(together, '*.tmpl')}`]);
    if ('text' in rendered) return rendered.text.split(SEPARATOR).map((each) => ({ text: each }));
    const middle = Math.ceil(templates.length / 2);
    const halves = [templates.slice(0, middle), templates.slice(middle)];
    return (await Promise.all(halves.map((half) => batch(half, data)))).flat();
  }

  async function render(renderings: readonly Rendering[]): Promise<Rendered[]> {
    const results: Rendered[] = [];
    const tasks: Promise<void>[] = [];
    for (const group of grouped(renderings)) {
      const [first] = group;
      if (first === undefined) continue;
      const templates = group.map(({ rendering }) => rendering.template);
      tasks.push(
        batch(templates, first.rendering.data).then((rendered) => {
          if (rendered.length !== group.length) throw new Error('a template printed the separator');
          for (const [index, { at }] of group.entries()) results[at] = rendered[index] ?? { error: '' };
        }),
      );
    }
    await Promise.all(tasks);
    return results;
  }

  return { render, calls: () => calls, close: () => rmSync(folder, { recursive: true }) };
}

interface Placed {
  readonly rendering: Rendering;
  readonly at: number;
}

interface Group {
  readonly placed: Placed[];
  /** Names are shared by all templates of a call, so that two that say the same name need a call each. */
  readonly names: Set<string>;
}

/** Those that can be rendered in one call, with their places in the whole. */
function grouped(renderings: readonly Rendering[]): Placed[][] {
  const groups: Placed[][] = [];
  const open = new Map<DataSet, Group>();
  for (const [at, rendering] of renderings.entries()) {
    const placed = { rendering, at };
    if (rendering.isDoubtful === true || REDEFINES.test(rendering.template)) {
      groups.push([placed]);
      continue;
    }
    const names = Array.from(rendering.template.matchAll(NAMED), ([, , name]) => name ?? '');
    let group = open.get(rendering.data);
    if (
      group === undefined ||
      group.placed.length === BATCH ||
      names.some((name) => group?.names.has(name))
    ) {
      group = { placed: [], names: new Set() };
      open.set(rendering.data, group);
      groups.push(group.placed);
    }
    group.placed.push(placed);
    for (const name of names) group.names.add(name);
  }
  return groups;
}

function amtool(args: readonly string[], home: string): Promise<Rendered> {
  const env = { PATH: process.env.PATH ?? '', TZ: 'UTC', HOME: home };
  return new Promise((resolve, reject) => {
    execFile(
      'amtool',
      args,
      { env, encoding: 'buffer', maxBuffer: 1 << 28, timeout: 60_000 },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ text: asText(stdout) });
        const failure = /^amtool: error: ([\s\S]*?)\n*$/.exec(asText(stderr))?.[1];
        if (failure === undefined) reject(new Error(`amtool: ${error.message}`));
        else resolve({ error: failure });
      },
    );
  });
}

/** Bytes that are no UTF-8, which Go prints where it cuts a character, show as U+FFFD. */
function asText(bytes: Buffer): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** Lets this many through at a time. */
function createGate(width: number): <T>(task: () => Promise<T>) => Promise<T> {
  let free = width;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free--;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
