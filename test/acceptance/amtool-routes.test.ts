import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { parseLabels } from '../../src/cli/label-argument.ts';
import { load } from '../../src/config/load.ts';
import { quoteForMatcher } from '../../src/notification/text.ts';
import { matchRoutes, type Route } from '../../src/route/route.ts';
import { describeWithAlertmanager } from '../support/alertmanager.ts';
import type { WrittenRoute } from '../support/routes.ts';
import { runCommand } from '../support/terminal.ts';

jest.setTimeout(240_000);

const SEED = 20_261_102;
const TREES = 56;
const LABEL_SETS = 20;
const LEVELS = 4;

const NAMES = ['a', 'b', 'c', 'team_1'];
const VALUES = ['', 'x', 'y', 'xy', 'x y', 'x=y', 'X', '"x"', 'x\\d', 'x\ny', 'x,y', '1'];
const EXPRESSIONS = [
  '',
  'x',
  'x|y',
  'x|',
  '.*',
  '.+',
  'x.*',
  '.*y',
  '[^x]',
  '(?i)x',
  '^x$',
  'x y|1',
  '\\w+',
  'x\\sy',
];

const name = fc.constantFrom(...NAMES);
/** Mostly a plain one, so that matchers hold often enough. */
const value = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('x', 'y', '') },
  { weight: 1, arbitrary: fc.constantFrom(...VALUES) },
);
const RECEIVERS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
const receiver = fc.constantFrom(...RECEIVERS);

/** One matcher in one of the forms that people write; a bare value only where it means itself. */
const matcher = fc
  .record({
    name,
    operator: fc.constantFrom('=', '!=', '=~', '!~'),
    value,
    expression: fc.constantFrom(...EXPRESSIONS),
    form: fc.constantFrom('plain', 'spaced', 'braced', 'bare'),
  })
  .map(({ name, operator, value, expression, form }) => {
    const text = operator.endsWith('~') ? expression : value;
    const quoted = quoteForMatcher(text);
    if (form === 'bare' && /^\w+$/.test(text)) return `${name}${operator}${text}`;
    if (form === 'spaced') return ` ${name} ${operator} ${quoted} `;
    return form === 'braced' ? `{${name}${operator}${quoted},}` : `${name}${operator}${quoted}`;
  });

const older = fc.record(
  {
    match: fc.dictionary(name, value, { minKeys: 1, maxKeys: 2 }),
    match_re: fc.dictionary(name, fc.constantFrom(...EXPRESSIONS), { minKeys: 1, maxKeys: 2 }),
  },
  { requiredKeys: [] },
);
const newer = fc.record({ matchers: fc.array(matcher, { minLength: 1, maxLength: 2, size: 'max' }) });

const settings = fc.oneof(
  { weight: 4, arbitrary: fc.record({ continue: fc.boolean(), receiver }) },
  { weight: 1, arbitrary: fc.record({ continue: fc.boolean() }) },
);

/** Routes up to so many levels deep, with conditions of one kind or of both. */
function routesOf(
  levels: number,
  conditions: fc.Arbitrary<WrittenRoute>,
): fc.Arbitrary<readonly WrittenRoute[]> {
  if (levels === 0) return fc.constant([]);
  const route = fc
    .tuple(conditions, settings, routesOf(levels - 1, conditions))
    .map(([conditions, settings, routes]): WrittenRoute => ({ ...conditions, ...settings, routes }));
  const many = levels === LEVELS ? { minLength: 4, maxLength: 6 } : { maxLength: 3 };
  return fc.array(route, { ...many, size: 'max' });
}

/** A label as an argument of the command line. A bare value is read as it is but for its escapes. */
const argument = fc
  .record({ name, value, quoted: fc.boolean() })
  .map(
    ({ name, value, quoted }) => `${name}=${quoted || value.includes('"') ? quoteForMatcher(value) : value}`,
  );

/** As the command finds them. */
function receiversOf(root: Route, texts: readonly string[]): string {
  const labels = parseLabels(texts);
  if (labels instanceof Error) return labels.message;
  return matchRoutes(root, labels)
    .map(({ receiver }) => receiver)
    .join(',');
}

interface Case {
  readonly file: string;
  readonly tree: WrittenRoute;
  readonly labelSets: readonly (readonly string[])[];
}

describeWithAlertmanager('amtool config routes, on generated trees', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-amtool-routes-'));
  let cases: readonly Case[];

  beforeAll(() => {
    const arbitrary = fc.tuple(
      fc.oneof(routesOf(LEVELS, newer), routesOf(LEVELS, fc.oneof(newer, older))),
      fc.array(fc.array(argument, { minLength: 1, maxLength: 6, size: 'max' }), {
        minLength: LABEL_SETS,
        maxLength: LABEL_SETS,
      }),
    );
    cases = fc.sample(fc.noBias(arbitrary), { seed: SEED, numRuns: TREES }).map(([routes, labelSets], i) => {
      const tree = { receiver: 'root', routes };
      const receivers = ['root', ...RECEIVERS].map((name) => ({ name }));
      const file = join(folder, `${i}.yml`);
      // JSON is YAML, and both programs take the file.
      writeFileSync(file, JSON.stringify({ route: tree, receivers }));
      return { file, tree, labelSets };
    });
  });

  /** What amtool prints for each of these arguments, each run ended by a mark. */
  async function amtool(runs: readonly (readonly string[])[]): Promise<readonly string[]> {
    const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
    const lines = runs.map((args) => `amtool config routes ${args.map(quote).join(' ')} 2>&1; echo "#$?"`);
    const script = join(folder, 'runs.sh');
    writeFileSync(script, lines.join('\n'));
    const { stdout } = await promisify(execFile)('sh', [script], {
      maxBuffer: 1 << 26,
      env: { PATH: process.env.PATH ?? '', HOME: folder },
    });
    return stdout
      .replaceAll('Warning: --config.file flag overrides the --alertmanager.url.\n', '')
      .split(/(?<=^#\d+\n)/m);
  }

  test('routes test prints what amtool prints', async () => {
    const pairs = cases.flatMap(({ file, labelSets }) => {
      const { config } = load(readFileSync(file, 'utf8'), file, { env: {}, now: Date.now });
      if (config === undefined) throw new Error(`${file} does not load`);
      const { route } = config;
      return labelSets.map((labels) => ({ file, labels, ours: `${receiversOf(route, labels)}\n#0\n` }));
    });
    const theirs = await amtool(
      pairs.map(({ file, labels }) => ['test', `--config.file=${file}`, ...labels]),
    );
    const compared = pairs.map((pair, i) => ({ ...pair, theirs: theirs[i] }));
    expect(compared.filter((pair) => pair.ours !== pair.theirs)).toEqual([]);
    const ours = pairs.map((pair) => pair.ours);
    // What is compared is worth it: most goes somewhere below the root, and much to several receivers.
    expect(ours.length).toBeGreaterThan(1000);
    expect(new Set(ours).size).toBeGreaterThan(50);
    expect(ours.filter((text) => text.includes(',')).length).toBeGreaterThan(150);
    expect(ours.filter((text) => text === 'root\n#0\n').length).toBeLessThan(ours.length / 2);
  });

  test('routes test prints it as a command, too', async () => {
    for (const { file, labelSets } of cases.slice(0, 20)) {
      const [labels = []] = labelSets;
      const [theirs] = await amtool([['test', `--config.file=${file}`, ...labels]]);
      const { code, stdout } = await runCommand(['routes', 'test', file, ...labels]);
      expect({ file, labels, printed: `${stdout}#${code}\n` }).toEqual({ file, labels, printed: theirs });
    }
  });

  test('routes show draws what amtool draws', async () => {
    // Of match_re amtool shows the anchors that it adds.
    const plain = cases.filter(({ tree }) => !JSON.stringify(tree).includes('match_re'));
    const theirs = await amtool(plain.map(({ file }) => ['show', `--config.file=${file}`]));
    for (const [i, { file }] of plain.entries()) {
      const { stdout } = await runCommand(['routes', 'show', file]);
      const drawn = stdout.replace(/ {2}group_by: \[\] {2}dedup: .*/, '').replace(/Receivers:.*/s, '#0\n');
      expect({ file, drawn }).toEqual({ file, drawn: theirs[i]?.replaceAll('\u00a0', ' ') });
    }
    expect(plain.length).toBeGreaterThan(10);
  });
});
