import { describe, expect, test } from '@jest/globals';
import { BUILTINS } from '../../src/template/builtins.ts';
import { createDuration } from '../../src/template/go-duration.ts';
import { createTime } from '../../src/template/go-time.ts';
import type { Value } from '../../src/template/value.ts';
import { createFixedZone } from '../../src/template/zone.ts';
import { map, slice, struct, time } from '../support/go-values.ts';

// Expected is what amtool 0.25 renders, unless said otherwise.

function call(name: string, ...args: Value[]): Value | Error {
  const fn = BUILTINS.get(name);
  if (fn === undefined) throw new Error(`there is no ${name}`);
  return fn.call(args);
}

const LABELS = map('template.KV', { alertname: 'Down', severity: 'page' });
const ALERT = struct('template.Alert', { Status: 'firing', Labels: LABELS });
const ALERTS = slice('template.Alerts', ALERT);
const PAIR = struct('template.Pair', { Name: 'a', Value: '1' });
const DATA = struct('template.Data', { Status: 'firing', Alerts: ALERTS }, true);
const ANYTHING = map('map[string]interface {}', { list: slice('[]interface {}', 1n) });
const MISSING_IS_NIL = { ...ANYTHING, zero: null };
const NOON = time('2026-01-02T12:00:00Z');

describe('the set', () => {
  test('has all of text/template but those that the engine calls itself', () => {
    const names = 'eq ge gt html index js le len lt ne not print printf println slice urlquery';
    expect(new Set(BUILTINS.keys())).toEqual(new Set(names.split(' ')));
  });

  test.each([
    ['not', ['any'], false],
    ['eq', ['any', 'any'], true],
    ['ne', ['any', 'any'], false],
    ['print', ['any'], true],
    ['printf', ['string', 'any'], true],
  ])('%s takes %j', (name, parameters, isVariadic) => {
    expect(BUILTINS.get(name)).toMatchObject({ kind: 'func', name, parameters, isVariadic });
  });
});

describe('eq and ne', () => {
  test.each<[Value, Value, boolean]>([
    ['a', 'a', true],
    ['a', 'b', false],
    ['', '', true],
    [1n, 1n, true],
    [1n, 2n, false],
    [1.5, 1.5, true],
    [0, -0, true],
    [true, true, true],
    [true, false, false],
    [null, null, true],
    [null, 'a', false],
    [1n, null, false],
    [null, ALERTS, false],
    [ALERTS, null, false],
    [null, slice('[]string'), false],
    [createDuration(5n), 5n, true],
    [5n, createDuration(6n), false],
    [PAIR, struct('template.Pair', { Name: 'a', Value: '1' }), true],
    [PAIR, struct('template.Pair', { Name: 'a', Value: '2' }), false],
    [NOON, time('2026-01-02T12:00:00Z'), true],
    [NOON, time('2026-01-02T12:00:01Z'), false],
    [NOON, createTime({ ...NOON, nanoseconds: 1 }), false],
    [NOON, createTime({ ...NOON, zone: createFixedZone(0) }), false],
    [NOON, PAIR, false],
    [DATA, DATA, true],
    [DATA, { ...DATA }, false],
  ])('of %p and %p: %j', (a, b, expected) => {
    expect(call('eq', a, b)).toBe(expected);
    expect(call('ne', a, b)).toBe(!expected);
  });

  test.each<[Value[], boolean | string]>([
    [['a', 'b', 'c', 'a'], true],
    [['a', 'b', 'c'], false],
    [['a', 'a', 1n], true],
    [['a', 'b', 1n], 'incompatible types for comparison'],
    [['a'], 'missing argument for comparison'],
    [[null], 'missing argument for comparison'],
  ])('eq looks at its arguments in order: %p: %j', (args, expected) => {
    expect(call('eq', ...args)).toEqual(typeof expected === 'string' ? new Error(expected) : expected);
  });

  test.each<[Value, Value, string]>([
    [1n, 1, 'incompatible types for comparison'],
    [1n, '1', 'incompatible types for comparison'],
    [true, 'true', 'incompatible types for comparison'],
    [1n, slice('[]string', 'a'), 'incompatible types for comparison'],
    [slice('[]string', 'a'), slice('[]string', 'a'), 'non-comparable type [a]: []string'],
    [LABELS, LABELS, 'non-comparable type map[alertname:Down severity:page]: template.KV'],
    [ALERT, ALERT, 'non-comparable type {firing map[alertname:Down severity:page]}: template.Alert'],
    [
      slice('[]string', 'a'),
      LABELS,
      'non-comparable types [a]: []string, template.KV: map[alertname:Down severity:page]',
    ],
  ])('refuse %p and %p as Go does', (a, b, message) => {
    expect(call('eq', a, b)).toEqual(new Error(message));
    expect(call('ne', a, b)).toEqual(new Error(message));
  });

  test('show no more than the beginning of what they refuse', () => {
    const large = slice('[]string', ...Array.from({ length: 100_000 }, (_, i) => `text ${i}`));
    expect(String(call('eq', large, large)).length).toBeLessThan(5000);
  });
});

describe('lt, le, gt and ge', () => {
  test.each<[Value, Value, '<' | '=' | '>']>([
    [1n, 2n, '<'],
    [2n, 2n, '='],
    [-1n, -2n, '>'],
    [9_007_199_254_740_993n, 9_007_199_254_740_992n, '>'],
    [1.5, 2.5, '<'],
    ['a', 'b', '<'],
    ['B', 'a', '<'],
    ['', 'a', '<'],
    ['é', 'z', '>'],
    ['\uff5e', '😀', '<'],
    [createDuration(1n), 2n, '<'],
  ])('find %p and %p to be %s', (a, b, order) => {
    expect(call('lt', a, b)).toBe(order === '<');
    expect(call('le', a, b)).toBe(order !== '>');
    expect(call('gt', a, b)).toBe(order === '>');
    expect(call('ge', a, b)).toBe(order !== '<');
  });

  test.each<[Value, Value, string]>([
    [1n, 1.5, 'incompatible types for comparison'],
    ['a', 1n, 'incompatible types for comparison'],
    [true, 1n, 'incompatible types for comparison'],
    [true, false, 'invalid type for comparison'],
    [null, 1n, 'invalid type for comparison'],
    [1n, null, 'invalid type for comparison'],
    [LABELS, 1n, 'invalid type for comparison'],
    [NOON, NOON, 'invalid type for comparison'],
  ])('refuse %p and %p as Go does', (a, b, message) => {
    for (const name of ['lt', 'le', 'gt', 'ge']) expect(call(name, a, b)).toEqual(new Error(message));
  });
});

test.each<[Value, boolean]>([
  [null, true],
  [false, true],
  [0n, true],
  [0, true],
  ['', true],
  [slice('[]string'), true],
  [map('template.KV', {}), true],
  ['0', false],
  [1n, false],
  [LABELS, false],
  [ALERT, false],
])('not of %p is %j', (value, expected) => {
  expect(call('not', value)).toBe(expected);
});

describe('len', () => {
  test.each<[Value, bigint]>([
    ['', 0n],
    ['aé€😀', 10n],
    [ALERTS, 1n],
    [LABELS, 2n],
  ])('of %p is %p', (value, expected) => {
    expect(call('len', value)).toBe(expected);
  });

  test.each<[Value, string]>([
    [null, 'reflect: call of reflect.Value.Type on zero Value'],
    [3n, 'len of type int'],
    [1.5, 'len of type float64'],
    [ALERT, 'len of type template.Alert'],
    [DATA, 'len of type template.Data'],
    [NOON, 'len of type time.Time'],
    [createDuration(1n), 'len of type time.Duration'],
  ])('of %p is refused as Go does', (value, message) => {
    expect(call('len', value)).toEqual(new Error(message));
  });
});

describe('index', () => {
  test.each<[Value, Value[], Value]>([
    [1n, [], 1n],
    [ALERTS, [], ALERTS],
    [ALERTS, [0n], ALERT],
    [slice('[]string', 'a', 'b'), [createDuration(1n)], 'b'],
    [LABELS, ['severity'], 'page'],
    [LABELS, ['missing'], ''],
    [LABELS, ['constructor'], ''],
    [MISSING_IS_NIL, ['missing'], null],
    [MISSING_IS_NIL, ['list', 0n], 1n],
    ['abc', [1n], 98n],
    ['é', [0n], 195n],
    ['é', [1n], 169n],
  ])('%p at %p is %p', (item, indexes, expected) => {
    expect(call('index', item, ...indexes)).toEqual(expected);
  });

  test.each<[Value, Value[], string]>([
    [null, [], 'index of untyped nil'],
    [null, [1n], 'index of untyped nil'],
    [ALERTS, [1n], 'reflect: slice index out of range'],
    [ALERTS, [2n], 'index out of range: 2'],
    [ALERTS, [-1n], 'index out of range: -1'],
    [ALERTS, [9_223_372_036_854_775_807n], 'index out of range: 9223372036854775807'],
    ['abc', [3n], 'reflect: string index out of range'],
    ['é', [2n], 'reflect: string index out of range'],
    ['abc', [4n], 'index out of range: 4'],
    ['abc', [null], 'cannot index slice/array with nil'],
    ['abc', ['x'], 'cannot index slice/array with type string'],
    ['abc', [1], 'cannot index slice/array with type float64'],
    [LABELS, [1n], 'value has type int; should be string'],
    [LABELS, [null], 'value is nil; should be of type string'],
    [ALERTS, [0n, 'x'], "can't index item of type template.Alert"],
    [DATA, ['x'], "can't index item of type template.Data"],
    [1n, [0n], "can't index item of type int"],
    // What Go's funcs.go says; 0.25 has no values that can be nil.
    [MISSING_IS_NIL, ['missing', 'x'], 'index of nil pointer'],
  ])('%p at %p is refused as Go does', (item, indexes, message) => {
    expect(call('index', item, ...indexes)).toEqual(new Error(message));
  });
});

describe('slice', () => {
  test.each<[string, Value[], string]>([
    ['abc', [], 'abc'],
    ['abc', [1n], 'bc'],
    ['abc', [1n, 2n], 'b'],
    ['abc', [3n], ''],
    ['abc', [0n, 0n], ''],
    ['aé€', [1n, 3n], 'é'],
    ['aé€', [0n, 2n], 'a\ufffd'],
  ])('of the text %j from %p is %j', (text, indexes, expected) => {
    expect(call('slice', text, ...indexes)).toBe(expected);
  });

  const letters = slice('[]string', 'a', 'b', 'c');
  test.each<[Value[], string[]]>([
    [[], ['a', 'b', 'c']],
    [[1n], ['b', 'c']],
    [
      [0n, 2n],
      ['a', 'b'],
    ],
    [[0n, 1n, 2n], ['a']],
    [[3n], []],
  ])('of a list from %p is %j, of the same type', (indexes, expected) => {
    expect(call('slice', letters, ...indexes)).toEqual(slice('[]string', ...expected));
  });

  test.each<[Value, Value[], string]>([
    [null, [], 'slice of untyped nil'],
    ['abc', [4n], 'index out of range: 4'],
    ['abc', [-1n], 'index out of range: -1'],
    ['abc', [3n, 1n], 'invalid slice index: 3 > 1'],
    ['abc', [1n, 2n, 3n], 'cannot 3-index slice a string'],
    ['abc', [1n, 2n, 3n, 4n], 'too many slice indexes: 4'],
    ['abc', [null], 'cannot index slice/array with nil'],
    ['abc', [1], 'cannot index slice/array with type float64'],
    [letters, [0n, 2n, 1n], 'invalid slice index: 2 > 1'],
    [letters, [4n], 'index out of range: 4'],
    [LABELS, [1n], "can't slice item of type template.KV"],
    [ALERT, [], "can't slice item of type template.Alert"],
    // In Alertmanager the data is a pointer.
    [DATA, [], "can't slice item of type *template.Data"],
  ])('of %p from %p is refused as Go does', (item, indexes, message) => {
    expect(call('slice', item, ...indexes)).toEqual(new Error(message));
  });
});

describe('the printers', () => {
  test.each<[string, Value[], string]>([
    ['print', [], ''],
    ['print', [1n, 2n, 'a', 'b', null, null, 3n], '1 2ab<nil> <nil> 3'],
    ['println', [1n, 'a'], '1 a\n'],
    ['printf', ['%d-%s', 1n, 'x'], '1-x'],
    ['html', [], ''],
    ['html', [null], '&lt;no value&gt;'],
    ['html', [1n, 2n, 'a<', 'b', null, null, 3n], '1 2a&lt;b&lt;no value&gt;&lt;no value&gt;3'],
    ['html', [LABELS], 'map[alertname:Down severity:page]'],
    ['html', [PAIR], '{a 1}'],
    ['html', [struct('template.Pair', { Name: '<', Value: '1' }, true)], '{&lt; 1}'],
    ['js', ['a', null, true], 'a\\u003Cno value\\u003Etrue'],
    ['js', [null], '\\u003Cno value\\u003E'],
    ['urlquery', ['a b', 1n], 'a+b1'],
    ['urlquery', [1n, 2n], '1+2'],
  ])('%s of %p is %j', (name, args, expected) => {
    expect(call(name, ...args)).toBe(expected);
  });
});
