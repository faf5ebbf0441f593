import { afterAll, expect, test } from '@jest/globals';
import { createAlertmanagerFunctions } from '../../src/template/alertmanager-functions.ts';
import { BUILTINS } from '../../src/template/builtins.ts';
import { createAmtool, describeWithAmtool } from '../support/amtool.ts';
import type { DataSet } from './corpus.ts';
import { createRandom, type Random } from './random.ts';

/** Characters that differ in case, words and escapes; all of them are in the Unicode version of amtool's Go, 13. */
const CHARACTERS = [
  ..."aaabBxyZ0123  ''..::_--/,;!?@#()[]éÉßΣΣσςİıſŉǆǅﬁﬃ’‘·日本カか한ไท٣ʰªⓐ𝐀𐐀𐐨ᾳᾼ\u0390Ł\t\n&<>\"=\\`~*+%",
  ...'\u0301\u0345\u200d\u00ad\u00a0\u2003\u0085\u200b\ufeff',
];

const ATOMS = [
  ...['a', 'b', 'é', '😀', '.', '[ab]', '[^a]', '\\w', '\\d', '\\s', '\\pL', '\\b', '\\B', '^', '$', ''],
  ...['(a)', '(b*)', '(a|)', '(?:ab|a)', '(?P<n>a|b)', '(?i:A)'],
];
const REPEATS = ['', '', '', '*', '+', '?', '{1,2}', '*?', '+?'];
const REPLACEMENTS = [
  ...['$0', '$1', `\${1}`, '$n', `\${n}`, '$$', '$', `\${2}a`, '$1x', `\${`, '}', '$é'],
  ...['x', '-', 'é'],
];
const PIECES = ['a', 'b', 'A', 'é', '😀', ' ', '1', '\n', 'ab', '_'];

const DATA: DataSet = {
  name: 'none',
  json: {
    receiver: '',
    status: '',
    alerts: [],
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: '',
  },
};

interface Case {
  readonly name: string;
  readonly args: readonly string[];
}

describeWithAmtool('functions of random texts, in amtool 0.25 and here', () => {
  const amtool = createAmtool([]);
  afterAll(() => amtool.close());

  const functions = new Map([...BUILTINS, ...createAlertmanagerFunctions({ now: () => 0 })]);

  async function differences(cases: readonly Case[]): Promise<unknown[]> {
    const there = await amtool.render(cases.map((each) => ({ template: templateOf(each), data: DATA })));
    return cases.flatMap((each, i) => {
      const here = functions.get(each.name)?.call(each.args);
      const rendered = there[i];
      const expected = rendered !== undefined && 'text' in rendered ? rendered.text : rendered?.error;
      return String(here) === expected ? [] : [{ ...each, expected, here }];
    });
  }

  test.each(['title', 'toUpper', 'toLower', 'html', 'js', 'urlquery', 'len'])('%s', async (name) => {
    const random = createRandom(name.length);
    const cases = Array.from({ length: 1000 }, () => ({ name, args: [text(random, CHARACTERS, 14)] }));
    expect(await differences(cases)).toEqual([]);
  });

  test('match and reReplaceAll', async () => {
    const random = createRandom(34);
    const cases: Case[] = [];
    while (cases.length < 3000) {
      const [expression, subject] = [pattern(random), text(random, PIECES, 9)];
      if (functions.get('match')?.call([expression, subject]) instanceof Error) continue;
      cases.push({ name: 'match', args: [expression, subject] });
      cases.push({ name: 'reReplaceAll', args: [expression, text(random, REPLACEMENTS, 4), subject] });
    }
    expect(await differences(cases)).toEqual([]);
  });
});

function templateOf({ name, args }: Case): string {
  return `{{ ${name} ${args.map(literal).join(' ')} }}`;
}

/** As Go's literal of escapes only. */
function literal(text: string): string {
  const escapes = Array.from(
    text,
    (char) => `\\U${(char.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
  );
  return `"${escapes.join('')}"`;
}

function text(random: Random, pieces: readonly string[], most: number): string {
  return Array.from({ length: random.below(most + 1) }, () => random.pick(pieces)).join('');
}

function pattern(random: Random): string {
  const parts = Array.from({ length: 1 + random.below(4) }, () => {
    const alternative = random.chance(1 / 6) ? '|' : '';
    return random.pick(ATOMS) + random.pick(REPEATS) + alternative;
  });
  return parts.join('');
}
