import { describe, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import { AliasFault, createExpand, toData } from '../../src/import/go-yaml.ts';

function read(text: string): unknown {
  const doc = parseDocument(text, { schema: 'failsafe', customTags: ['null'], merge: true });
  expect(doc.errors).toEqual([]);
  if (doc.contents === null) return null;
  const expanded = createExpand(doc)(doc.contents);
  return expanded instanceof AliasFault ? `${expanded.offset}: ${expanded.message}` : toData(expanded);
}

describe('go-yaml reads', () => {
  test.each<readonly [string, string, unknown]>([
    [
      'plain scalars as they were written',
      '[1.10, 007, yes, 0x1F, 2026-01-01, .inf]',
      ['1.10', '007', 'yes', '0x1F', '2026-01-01', '.inf'],
    ],
    ['names without a value as none', '{a: , b: ~, c: null, d: "", e: "~"}', { d: '', e: '~' }],
    ['nothing in a list as nothing', '[~, a]', [null, 'a']],
    ['an alias as what it stands for', '{a: &x {b: 1}, c: *x}', { a: { b: '1' }, c: { b: '1' } }],
    ['an alias as the last anchor before it', '[&x 1, *x, &x 2, *x]', ['1', '1', '2', '2']],
    [
      'a merge key',
      '{a: &x {b: 1, c: 2}, d: {<<: *x, c: 3}}',
      { a: { b: '1', c: '2' }, d: { b: '1', c: '3' } },
    ],
    ['a merge key that comes later as what holds', '{c: 3, <<: {b: 1, c: 2}}', { c: '2', b: '1' }],
    ['the first of a list of merged maps', '{<<: [{a: 1}, {a: 2, b: 3}]}', { a: '1', b: '3' }],
    ['a merge key in what is merged', '{<<: {a: 1, <<: {b: 2}}}', { a: '1', b: '2' }],
    ['a quoted << as a name', '{"<<": {a: 1}}', { '<<': { a: '1' } }],
    [
      'details united with merged ones',
      '{<<: {details: {a: 1}}, details: {b: 2}}',
      { details: { a: '1', b: '2' } },
    ],
    [
      'match united, match_re too',
      '{<<: {match: {a: 1}, match_re: {c: 3}}, match: {b: 2}, match_re: {d: 4}}',
      { match: { a: '1', b: '2' }, match_re: { c: '3', d: '4' } },
    ],
    ['matchers after merged ones', '{<<: {matchers: [a]}, matchers: [b, c]}', { matchers: ['a', 'b', 'c'] }],
    [
      'any other list or map instead of the merged one',
      '{<<: {routes: [a], http_config: {a: 1}}, routes: [b], http_config: {b: 2}}',
      { routes: ['b'], http_config: { b: '2' } },
    ],
    [
      'names as any others that JavaScript knows',
      '{__proto__: 1, constructor: {toString: 2}}',
      Object.fromEntries<unknown>([
        ['__proto__', '1'],
        ['constructor', { toString: '2' }],
      ]),
    ],
    ['a map as a name by its text', '{? {a: 1} : b}', { '{"a":"1"}': 'b' }],
  ])('%s', (_what, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test('what is united once still stands alone elsewhere', () => {
    const text = '[&x {details: {a: 1}, matchers: [a]}, {<<: *x, details: {b: 2}, matchers: [b]}, *x]';
    const first = { details: { a: '1' }, matchers: ['a'] };
    expect(read(text)).toEqual([first, { details: { a: '1', b: '2' }, matchers: ['a', 'b'] }, first]);
  });

  test.each([
    ['an alias to nothing', '[a, *x]', '4: there is no anchor &x before it'],
    ['an alias before its anchor', '[*x, &x a]', '1: there is no anchor &x before it'],
    ['an alias inside what it names', '{a: &x {b: [*x]}}', '12: *x is a part of what it names'],
    [
      'lists that are nested too deep',
      `${'['.repeat(600)}${']'.repeat(600)}`,
      '501: nested deeper than 500 levels',
    ],
  ])('%s as a fault', (_what, text, fault) => {
    expect(read(text)).toBe(fault);
  });

  test('a bomb as a fault, soon', () => {
    const levels = Array.from({ length: 30 }, (_, i) => `- &a${i + 1} [*a${i}, *a${i}, *a${i}, *a${i}]\n`);
    const begun = performance.now();
    expect(read(`- &a0 x\n${levels.join('')}`)).toMatch(/its aliases stand for more than 1000000 values/);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});
