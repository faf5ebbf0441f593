import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createDuration } from '../../src/template/go-duration.ts';
import { PRINT_LIMIT, printValue, sprint, sprintf, sprintln } from '../../src/template/go-format.ts';
import { createMonth } from '../../src/template/go-time-names.ts';
import { typeName } from '../../src/template/go-type-name.ts';
import type { GoFunction, GoMap, GoSlice, Value } from '../../src/template/value.ts';
import { map, slice, struct, time } from '../support/go-values.ts';
import { anyUnits } from '../support/texts.ts';

const HOUR = createDuration(3_600_000_000_000n);
const NOON = time('2026-01-02T12:00:00Z');
const WORDS = slice('[]string', 'a', 'b c');
const KV = map('template.KV', { b: '2', a: '1' });
const ANYTHING = map('map[string]interface {}', {
  list: slice('[]interface {}', 1n, 'x', null, 2.5),
  none: null,
});
const PAIR = struct('template.Pair', { Name: 'n', Value: 'v' });
const DATA = struct('template.Data', { Status: 'firing', Labels: KV }, true);
const UPPER: GoFunction = {
  kind: 'func',
  name: 'toUpper',
  parameters: ['string'],
  isVariadic: false,
  call: () => '',
};

/** As Alertmanager's KV and Pairs since 0.26. */
function withText<T extends GoSlice | GoMap>(value: T, text: string): T {
  return { ...value, text: () => text };
}

describe('sprintf', () => {
  // What Go 1.19 prints.
  test.each<[string, readonly Value[], string]>([
    ['', [], ''],
    ['100%%', [], '100%'],
    ['%5%|%-5%', [], '%|%'],
    ['%v %v %v %v', ['a', 1n, 1.5, true], 'a 1 1.5 true'],
    ['%5s|%-5s|%05s|%.2s|%6.2q', ['é', 'é', 'é', 'éàü', 'éàü'], '    é|é    |0000é|éà|  "éà"'],
    [
      '%d|%5d|%-5d|%05d|%+d|% d|%.3d|%8.3d|%08.3d',
      Array(9).fill(42n),
      '42|   42|42   |00042|+42| 42|042|     042|     042',
    ],
    ['%.0d|%5.0d|%05.d', [0n, 0n, 0n], '|     |     '],
    ['%x %X %#x %#X %08x %#08x', Array(6).fill(-255n), '-ff -FF -0xff -0XFF -00000ff -0x00000ff'],
    ['%b %#b %o %#o %O %#O', Array(6).fill(8n), '1000 0b1000 10 010 0o10 0o010'],
    [
      '%c|%3c|%-3c|%q|%+q|%U|%#U|%#.6U',
      Array(8).fill(233n),
      "é|  é|é  |'é'|'\\u00e9'|U+00E9|U+00E9 'é'|U+0000E9 'é'",
    ],
    ['%d %d', [2n ** 63n - 1n, -(2n ** 63n)], '9223372036854775807 -9223372036854775808'],
    ['%U %c %x', [-1n, -1n, -(2n ** 63n)], 'U+FFFFFFFFFFFFFFFF \ufffd -8000000000000000'],
    ['%t|%7t|%-7t|%07t', [true, false, true, true], 'true|  false|true   |000true'],
    [
      '%x|%X|% x|%#x|%# x|%.1x|%6x|%-6x|%06x',
      Array(9).fill('é'),
      'c3a9|C3A9|c3 a9|0xc3a9|0xc3 0xa9|c3|  c3a9|c3a9  |00c3a9',
    ],
    ['%x|%#x|% x|%4x', ['', '', '', ''], '|||    '],
    ['%q|%+q|%#q|%#q', ['a"é', 'a"é', 'a"é', 'a`'], '"a\\"é"|"a\\"\\u00e9"|`a"é`|"a`"'],
    [
      '%f|%.2f|%8.2f|%-8.2f|%08.2f|%+.2f|% .2f|%.0f',
      Array(8).fill(-1.255),
      '-1.255000|-1.25|   -1.25|-1.25   |-0001.25|-1.25|-1.25|-1',
    ],
    [
      '%e|%E|%g|%G|%.3g',
      Array(5).fill(1234567),
      '1.234567e+06|1.234567E+06|1.234567e+06|1.234567E+06|1.23e+06',
    ],
    ['%#v|%#g|%#.3g|%#.0f|%#.0e|%#x', [1, 1, 1, 1, 1, 1.5], '1|1.00000|1.00|1.|1.e+00|0x1.8000p+00'],
    ['%v %v %v', [1e6, 1e20, 1e-5], '1e+06 1e+20 1e-05'],
    ['%T %T %T %T %T %8T|', ['', 1n, 1, true, null, WORDS], 'string int float64 bool <nil> []string|'],
    ['%T %T %T', [HOUR, NOON, DATA], 'time.Duration time.Time *template.Data'],
    ['%v|%5v|%#v|%d', [null, null, null, null], '<nil>|<nil>|<nil>|%!d(<nil>)'],
  ])('%j', (format, values, expected) => {
    expect(sprintf(format, values)).toBe(expected);
  });

  // fmt's tests of the same; a template has no way to such numbers in Alertmanager 0.25.
  test.each<[string, number, string]>([
    ['%v', Number.POSITIVE_INFINITY, '+Inf'],
    ['%.1f', Number.NEGATIVE_INFINITY, '-Inf'],
    ['% f', Number.NaN, ' NaN'],
    ['%+f', Number.NaN, '+NaN'],
    ['%20f', Number.POSITIVE_INFINITY, '                +Inf'],
    ['% 20F', Number.POSITIVE_INFINITY, '                 Inf'],
    ['%020f', Number.NEGATIVE_INFINITY, '                -Inf'],
    ['%-020E', Number.NaN, 'NaN                 '],
    ['%#8g', Number.NaN, '     NaN'],
  ])('%s of %d', (format, value, expected) => {
    expect(sprintf(format, [value])).toBe(expected);
  });

  test.each<[string, readonly Value[], string]>([
    ['%d', ['hi'], '%!d(string=hi)'],
    ['%5d', ['hi'], '%!d(string=   hi)'],
    ['%s', [5n], '%!s(int=5)'],
    ['%s', [true], '%!s(bool=true)'],
    ['%t', [1.5], '%!t(float64=1.5)'],
    ['%z %é %!', [1n, 2n, 3n], '%!z(int=1) %!é(int=2) %!!(int=3)'],
    ['%w', [WORDS], '%!w([]string=[a b c])'],
    ['%d', [WORDS], '[%!d(string=a) %!d(string=b c)]'],
    ['%d', [], '%!d(MISSING)'],
    ['%d %d', [1n], '1 %!d(MISSING)'],
    ['%', [1n], '%!(NOVERB)%!(EXTRA int=1)'],
    ['%-5', [], '%!(NOVERB)'],
    ['%.', [3n], '%!.(int=3)'],
    ['x', [1n, 'a', null, WORDS], 'x%!(EXTRA int=1, string=a, <nil>, []string=[a b c])'],
    ['%t %p', [HOUR, HOUR], '%!t(time.Duration=3600000000000) %!p(time.Duration=3600000000000)'],
    ['%p %p', ['a', PAIR], '%!p(string=a) %!p(template.Pair={n v})'],
  ])('%j with what does not fit', (format, values, expected) => {
    expect(sprintf(format, values)).toBe(expected);
  });

  test.each<[string, readonly Value[], string]>([
    ['%*d|%-*d|%*d', [4n, 1n, 4n, 2n, -4n, 3n], '   1|2   |3   '],
    ['%.*f', [2n, 1.005], '1.00'],
    ['%*d', [createMonth(3), 7n], '  7'],
    ['%*d', ['x', 7n], '%!(BADWIDTH)7'],
    ['%*d', [1_000_001n, 7n], '%!(BADWIDTH)7'],
    ['%*d', [], '%!(BADWIDTH)%!d(MISSING)'],
    ['%.*d', [-1n, 7n], '%!(BADPREC)7'],
    ['%.*d', [2.5, 7n], '%!(BADPREC)7'],
    ['%10000010d', [7n], '%!(NOVERB)%!(EXTRA int=7)'],
    ['%[2]d %[1]d', [1n, 2n], '2 1'],
    ['%[2]*[1]d|', [1n, 3n], '  1|'],
    ['%6.[1]*[2]f', [2n, 1.005], '  1.00'],
    ['%[3]d', [1n], '%!d(BADINDEX)'],
    ['%[0]d', [1n], '%!d(BADINDEX)'],
    ['%[x]d', [1n], '%!d(BADINDEX)'],
    ['%[]d', [1n], '%!d(BADINDEX)'],
    ['%[]', [1n], '%!](BADINDEX)'],
    ['%[1', [1n], '%!(NOVERB)'],
    ['%[1d', [1n], '%!d(BADINDEX)'],
    ['%[1]5d', [1n], '%!d(BADINDEX)'],
    ['%[1].2d', [1n], '%!d(BADINDEX)'],
    ['%[2]d', [1n, 2n, 3n], '2'],
  ])('%j: widths, precisions and numbers of operands', (format, values, expected) => {
    expect(sprintf(format, values)).toBe(expected);
  });

  test.each<[Value, string, string, string]>([
    [WORDS, '[a b c]', '[a b c]', '[]string{"a", "b c"}'],
    [KV, 'map[a:1 b:2]', 'map[a:1 b:2]', 'template.KV{"a":"1", "b":"2"}'],
    [
      ANYTHING,
      'map[list:[1 x <nil> 2.5] none:<nil>]',
      'map[list:[1 x <nil> 2.5] none:<nil>]',
      'map[string]interface {}{"list":[]interface {}{1, "x", interface {}(nil), 2.5}, "none":interface {}(nil)}',
    ],
    [PAIR, '{n v}', '{Name:n Value:v}', 'template.Pair{Name:"n", Value:"v"}'],
    [
      DATA,
      '&{firing map[a:1 b:2]}',
      '&{Status:firing Labels:map[a:1 b:2]}',
      '&template.Data{Status:"firing", Labels:template.KV{"a":"1", "b":"2"}}',
    ],
    [slice('[]string'), '[]', '[]', '[]string{}'],
    [HOUR, '1h0m0s', '1h0m0s', '3600000000000'],
    [
      NOON,
      '2026-01-02 12:00:00 +0000 UTC',
      '2026-01-02 12:00:00 +0000 UTC',
      'time.Date(2026, time.January, 2, 12, 0, 0, 0, time.UTC)',
    ],
    [slice('[]time.Duration', HOUR), '[1h0m0s]', '[1h0m0s]', '[]time.Duration{3600000000000}'],
  ])('%#v', (value, plain, named, goSyntax) => {
    expect(sprintf('%v', [value])).toBe(plain);
    expect(sprintf('%s', [value])).toBe(
      plain.replaceAll('1 x <nil> 2.5', '%!s(int=1) x <nil> %!s(float64=2.5)'),
    );
    expect(sprintf('%+v', [value])).toBe(named);
    expect(sprintf('%#v', [value])).toBe(goSyntax);
  });

  test('flags, width and precision hold for each member', () => {
    expect(sprintf('%4.1q|%03d', [WORDS, slice('[]int', 1n, 22n)])).toBe('[ "a"  "b"]|[001 022]');
    expect(sprintf('%x', [KV])).toBe('map[61:31 62:32]');
  });

  test('keys are in the order of their UTF-8 form', () => {
    const keys = { '😀': '3', '\uff41': '2', a: '1', '': '0' };
    expect(sprintf('%v', [map('template.KV', keys)])).toBe('map[:0 a:1 \uff41:2 😀:3]');
  });

  test('keys that mean something in JavaScript are only keys', () => {
    const entries = new Map([
      ['constructor', 'c'],
      ['__proto__', 'p'],
    ]);
    expect(sprintf('%v', [{ ...KV, entries }])).toBe('map[__proto__:p constructor:c]');
  });

  test('what has a String method prints by it, but for %#v and verbs that are not for text', () => {
    const pairs = withText(slice('template.Pairs', PAIR), 'n=v');
    const kv = withText(KV, 'a=1, b=2');
    expect(sprintf('%v|%s|%q|%x|%6v|%.1s', Array(6).fill(pairs))).toBe('n=v|n=v|"n=v"|6e3d76|   n=v|n');
    expect(sprintf('%#v', [pairs])).toBe('template.Pairs{template.Pair{Name:"n", Value:"v"}}');
    expect(sprintf('%d', [pairs])).toBe('[{%!d(string=n) %!d(string=v)}]');
    expect(sprintf('%v', [slice('[]interface {}', kv, 1n)])).toBe('[a=1, b=2 1]');
    expect(sprintf('%w', [kv])).toBe('%!w(template.KV=map[a:1 b:2])');
    expect(sprintf('%d %x %c', [HOUR, HOUR, createMonth(9)])).toBe('3600000000000 3168306d3073 \t');
  });

  test('a time under a verb that is not for text shows its fields', () => {
    expect(sprintf('%d', [time('1970-01-01T00:00:00.5Z')])).toBe('{500000000 62135596800 0}');
    expect(sprintf('%t', [time('0001-01-01T00:00:00Z')])).toBe(
      '{%!t(uint64=0) %!t(int64=0) %!t(*time.Location=<nil>)}',
    );
  });

  test('addresses are always the same one', () => {
    expect(sprintf('%v|%p|%#p|%d', [UPPER, WORDS, DATA, UPPER])).toBe(
      '0xc000000000|0xc000000000|c000000000|824633720832',
    );
    expect(sprintf('%s', [UPPER])).toBe('%!s(func()=0xc000000000)');
    expect(sprintf('%v %#v', [slice('[]interface {}', DATA), slice('[]interface {}', DATA)])).toBe(
      '[0xc000000000] []interface {}{(*template.Data)(0xc000000000)}',
    );
  });

  test('half a surrogate pair becomes U+FFFD', () => {
    expect(sprintf('\ud83d%s|%v|%3q|%x|%\ude00', ['\ude00', '\ud83d', '\ud83d', '\ud83d', 1n])).toBe(
      '\ufffd\ufffd|\ufffd|"\ufffd"|efbfbd|%!\ufffd(int=1)',
    );
  });
});

describe('sprint', () => {
  test.each<[readonly Value[], string]>([
    [[], ''],
    [[1n, 2n, 'a', 'b', 3n, 4.5, true], '1 2ab3 4.5 true'],
    [[null, null, 'a', null], '<nil> <nil>a<nil>'],
    [[WORDS, KV, HOUR, 'x', DATA], '[a b c] map[a:1 b:2] 1h0m0sx&{firing map[a:1 b:2]}'],
  ])('%j puts spaces between what is no string', (values, expected) => {
    expect(sprint(values)).toBe(expected);
  });

  test('sprintln puts them everywhere', () => {
    expect(sprintln([1n, 'a', 'b', null])).toBe('1 a b <nil>\n');
    expect(sprintln([])).toBe('\n');
  });
});

test.each<[Value, string]>([
  ['text', 'text'],
  ['half \ud83d', 'half \ufffd'],
  [5n, '5'],
  [1e6, '1e+06'],
  [false, 'false'],
  [null, '<no value>'],
  [slice('[]interface {}', null), '[<nil>]'],
  [DATA, '{firing map[a:1 b:2]}'],
  [withText(KV, 'a=1, b=2'), 'a=1, b=2'],
  [HOUR, '1h0m0s'],
  [NOON, '2026-01-02 12:00:00 +0000 UTC'],
])('an action prints %p as %s', (value, expected) => {
  expect(printValue(value)).toBe(expected);
});

test('types have their names', () => {
  const values = ['', 1n, 1.5, true, null, WORDS, KV, PAIR, DATA, HOUR, NOON, UPPER];
  expect(values.map(typeName)).toEqual([
    'string',
    'int',
    'float64',
    'bool',
    '<nil>',
    '[]string',
    'template.KV',
    'template.Pair',
    '*template.Data',
    'time.Duration',
    'time.Time',
    'func()',
  ]);
});

describe('whatever is printed', () => {
  const anyValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      anyUnits,
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.double(),
      fc.constantFrom<Value>(null, true, HOUR, NOON, PAIR, DATA, UPPER),
      fc.array(tie('value'), { maxLength: 3 }).map((items) => slice('[]interface {}', ...items)),
      fc
        .dictionary(anyUnits, tie('value'), { maxKeys: 3 })
        .map((entries) => map('map[string]interface {}', entries)),
    ),
  })).value;
  const anyFormat = fc
    .array(fc.oneof(fc.constantFrom(...'%%%%%+-# 0123.*[]vTtdqxXgfs'), anyUnits))
    .map((parts) => parts.join(''));

  test('is well-formed text, and never an exception', () => {
    fc.assert(
      fc.property(anyFormat, fc.array(anyValue, { maxLength: 4 }), (format, values) => {
        for (const text of [
          sprintf(format, values, 10_000),
          sprint(values),
          sprintln(values),
          ...values.map((value) => printValue(value)),
        ]) {
          expect(text.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  /** A list that holds itself twice, so many levels deep. */
  function doubled(levels: number): Value {
    let value: Value = slice('[]interface {}', 1n);
    for (let i = 0; i < levels; i++) value = slice('[]interface {}', value, value);
    return value;
  }

  test('is cut beyond the limit, and no further', () => {
    expect(sprintf('%s|%s', ['abc', 'def'], 3)).toBe('abc|');
    expect(sprintf('%s', ['abcdef'], 3)).toBe('abcdef');
    expect(sprintf('%d', [slice('[]int', 1n, 2n, 3n, 4n)], 3)).toBe('[1 2');
    expect(sprintf('%s', ['abc'], 3)).toBe('abc');
  });

  test.each<[string, () => string]>([
    ['many wide operands', () => sprintf('%999999[1]d'.repeat(10_000), [1n])],
    ['many precise operands', () => sprintf('%.999999[1]f'.repeat(10_000), [1.5])],
    ['a long text many times', () => sprintf('%[1]q'.repeat(10_000), ['\0'.repeat(100_000)])],
    ['a list of exponential length', () => printValue(doubled(64))],
    ['the same as a wrong operand', () => sprintf('%t', [doubled(64)])],
    ['the same one time too many', () => sprintf('', [doubled(64), doubled(64)])],
    ['the same with others', () => sprint([doubled(64), doubled(64)])],
  ])('stays within bounds: %s', (_, print) => {
    const { length } = print();
    expect(length).toBeGreaterThan(PRINT_LIMIT);
    expect(length).toBeLessThan(2 * PRINT_LIMIT);
  });

  test('can be nested as deep as one likes', () => {
    let value: Value = 1n;
    for (let i = 0; i < 100_000; i++) value = slice('[]interface {}', value);
    expect(printValue(value)).toBe(`${'['.repeat(100_000)}1${']'.repeat(100_000)}`);
  });

  test('takes time in proportion to the format', () => {
    const begin = performance.now();
    sprintf('%['.repeat(400_000), [1n]);
    sprintf(`%${'9'.repeat(1_000_000)}d`, [1n]);
    sprintf(`%${'-'.repeat(1_000_000)}d`, [1n]);
    expect(performance.now() - begin).toBeLessThan(3000);
  });
});
