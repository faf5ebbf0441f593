import { createRandom, type Random } from './random.ts';

/** What a template is made of, for the mutations: delimiters, literals, names, white space, single characters. */
const TOKENS = /\{\{-?|-?\}\}|\/\*|\*\/|"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)*'|:=|[.$]?\w+|\s+|./gsu;

const INSERTED = [
  ...[
    '{{',
    '}}',
    '{{-',
    '-}}',
    '{{/*',
    '*/}}',
    '(',
    ')',
    '|',
    '.',
    ',',
    ':=',
    '=',
    '$',
    '"',
    '`',
    "'",
    '\\',
    '-',
    '!',
  ],
  ...[
    ' if ',
    ' else ',
    ' end ',
    ' range ',
    ' with ',
    ' define ',
    ' template ',
    ' block ',
    ' break ',
    ' continue ',
  ],
  ...[
    ' nil ',
    ' true ',
    ' $x ',
    ' $v0 ',
    ' 1 ',
    ' 0x ',
    ' 1.5e ',
    ' "s" ',
    " 'c' ",
    ' print ',
    ' unknown ',
    '.Foo',
    '.5',
  ],
  ...[' ', '\n', '\t', 'é', '😀', '\u00a0', '\ufeff'],
];

/** The template with one to three tokens dropped, put in, doubled, replaced or swapped; it may be valid still. The same for the same seed. */
export function mutateTemplate(template: string, seed: number): string {
  const random = createRandom(seed);
  const tokens = template.match(TOKENS) ?? [];
  for (let left = 1 + random.below(3); left > 0; left--) mutate(tokens, random);
  return tokens.join('');
}

function mutate(tokens: string[], random: Random): void {
  const at = random.below(tokens.length + 1);
  const token = tokens[at] ?? '';
  const mutations: readonly (() => void)[] = [
    () => tokens.splice(at, 1),
    () => tokens.splice(at, 1),
    () => tokens.splice(at, 0, random.pick(INSERTED)),
    () => tokens.splice(at, 0, random.pick(INSERTED)),
    () => tokens.splice(at, 1, random.pick(INSERTED)),
    () => tokens.splice(at, 0, token),
    () => tokens.splice(at, 2, tokens[at + 1] ?? '', token),
    () => tokens.splice(at, 1, Array.from(token).slice(1).join('')),
    () => tokens.splice(at),
  ];
  random.pick(mutations)();
}
