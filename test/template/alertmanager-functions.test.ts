import { describe, expect, test } from '@jest/globals';
import {
  type AlertmanagerFunctionsOptions,
  createAlertmanagerFunctions,
} from '../../src/template/alertmanager-functions.ts';
import { createDuration } from '../../src/template/go-duration.ts';
import { createTime } from '../../src/template/go-time.ts';
import type { GoTime, Value } from '../../src/template/value.ts';
import { createFixedZone } from '../../src/template/zone.ts';
import { map, slice, time } from '../support/go-values.ts';

const NOW = Date.parse('2026-03-01T12:00:00.250Z');

function createCall(options: Partial<AlertmanagerFunctionsOptions> = {}) {
  const functions = createAlertmanagerFunctions({ now: () => NOW, ...options });
  return (name: string, ...args: Value[]): Value | Error => {
    const fn = functions.get(name);
    if (fn === undefined) throw new Error(`there is no ${name}`);
    return fn.call(args);
  };
}

const call = createCall();

// template/template.go of Alertmanager 0.34.
describe('the set', () => {
  test('has all functions of Alertmanager', () => {
    const names =
      'append base64decode base64encode date dict humanizeDuration join list match mustToDate now reReplaceAll ' +
      'safeHtml safeUrl since stringSlice title toDate toJson toLower toUpper trimSpace tz urlUnescape';
    expect(new Set(createAlertmanagerFunctions({ now: () => 0 }).keys())).toEqual(new Set(names.split(' ')));
  });

  test.each([
    ['join', ['string', '[]string'], false],
    ['stringSlice', ['string'], true],
    ['list', ['any'], true],
    ['append', ['[]interface {}', 'any'], true],
    ['date', ['string', 'time.Time'], false],
    ['now', [], false],
    ['toJson', ['any'], false],
  ])('%s takes %j', (name, parameters, isVariadic) => {
    const fn = createAlertmanagerFunctions({ now: () => 0 }).get(name);
    expect(fn).toMatchObject({ kind: 'func', name, parameters, isVariadic });
  });
});

describe('texts', () => {
  test.each<[string, Value[], string]>([
    ['toUpper', ['straße'], 'STRAßE'],
    ['toLower', ['ΑΣ'], 'ασ'],
    ['title', ["don't stop"], "Don't Stop"],
    ['trimSpace', [' a\n'], 'a'],
    ['join', [', ', slice('[]string', 'a', 'b', '')], 'a, b, '],
    ['join', [', ', slice('[]string')], ''],
    ['safeHtml', ['<b>&'], '<b>&'],
    ['safeUrl', ['javascript:x'], 'javascript:x'],
    ['urlUnescape', ['a+b%20c'], 'a b c'],
    ['base64encode', ['ÿ?>'], 'w78_Pg=='],
    ['base64decode', ['w78_Pg=='], 'ÿ?>'],
    ['toJson', [slice('[]string', '<')], '["\\u003c"]'],
  ])('%s of %p is %j', (name, args, expected) => {
    expect(call(name, ...args)).toBe(expected);
  });

  test('join ends where the text would get too long', () => {
    const items = Array.from({ length: 2000 }, () => 'a');
    const tooLong = new Error('the text would have more than 1048576 characters');
    expect(call('join', 'b'.repeat(1000), slice('[]string', ...items))).toEqual(tooLong);
    expect(call('join', 'a'.repeat(1_048_577), slice('[]string', 'only one'))).toBe('only one');
  });

  test.each<[string, Value[], string]>([
    ['urlUnescape', ['a%zz'], 'invalid URL escape "%zz"'],
    ['base64decode', ['?'], 'illegal base64 data at input byte 0'],
    ['toJson', [Number.NaN], 'json: unsupported value: NaN'],
  ])('%s of %p is refused as Go does', (name, args, message) => {
    expect(call(name, ...args)).toEqual(new Error(message));
  });
});

// What amtool 0.25 renders.
describe('regular expressions', () => {
  test.each([
    ['b', 'abc', true],
    ['^b', 'abc', false],
    ['(?i)ABC', 'abc', true],
    ['', '', true],
    ['^.$', '😀', true],
    ['\\d{3}', 'a12', false],
  ])('match of %j in %j is %j', (pattern, text, expected) => {
    expect(call('match', pattern, text)).toBe(expected);
  });

  test('reReplaceAll takes pattern, replacement and text', () => {
    expect(call('reReplaceAll', '(.*):.*', '$1', 'host:9090')).toBe('host');
  });

  test.each([
    ['(', 'regexp: Compile(`(`): error parsing regexp: missing closing ): `(`'],
    ['a`(', 'regexp: Compile("a`("): error parsing regexp: missing closing ): `a`(`'],
  ])('a wrong pattern, as %j, is refused as Go does', (pattern, message) => {
    expect(call('reReplaceAll', pattern, '', 'x')).toEqual(new Error(message));
    expect(call('match', pattern, 'x')).toEqual(new Error(message.replace(/^.*?\): /, '')));
  });

  test('reReplaceAll ends where the text would get too long', () => {
    const text = 'a'.repeat(10_000);
    expect(call('reReplaceAll', 'a', text, text)).toEqual(
      new Error('the text would have more than 1048576 characters'),
    );
  });
});

describe('times', () => {
  const noon = time('2026-03-01T12:00:00Z');

  test('now is the clock, in UTC', () => {
    expect(call('now')).toEqual(time('2026-03-01T12:00:00.250Z'));
    expect(createCall({ now: () => -1.5 })('now')).toMatchObject({ seconds: -1, nanoseconds: 998_000_000 });
  });

  test.each<[GoTime, bigint]>([
    [noon, 250_000_000n],
    [time('2026-03-01T11:59:00Z'), 60_250_000_000n],
    [time('2026-03-01T12:00:01Z'), -750_000_000n],
    [time('0001-01-01T00:00:00Z'), 9_223_372_036_854_775_807n],
  ])('since %p is a duration', (then, value) => {
    expect(call('since', then)).toMatchObject({ kind: 'int', type: 'time.Duration', value });
  });

  test('date writes a time in its zone', () => {
    expect(call('date', '2 Jan 2006 15:04 MST', noon)).toBe('1 Mar 2026 12:00 UTC');
    expect(call('date', '15:04 -0700', createTime({ ...noon, zone: createFixedZone(19_800) }))).toBe(
      '17:30 +0530',
    );
  });

  test('tz moves a time to a zone', () => {
    const inParis = call('tz', 'Europe/Paris', noon) as GoTime;
    expect(call('date', '2006-01-02T15:04:05 MST', inParis)).toBe('2026-03-01T13:00:00 CET');
    expect(call('tz', 'Europe/Atlantis', noon)).toEqual(new Error('unknown time zone Europe/Atlantis'));
  });

  test('toDate and mustToDate read a time', () => {
    const expected = time('2026-03-01T00:00:00Z');
    expect(call('toDate', '2006-01-02', '2026-03-01')).toEqual(expected);
    expect(call('mustToDate', '2006-01-02', '2026-03-01')).toEqual(expected);
  });

  test('of what is no time, toDate makes the zero time and mustToDate an error', () => {
    expect(call('toDate', '2006-01-02', 'soon')).toEqual(time('0001-01-01T00:00:00Z'));
    expect(call('mustToDate', '2006-01-02', 'soon')).toEqual(
      new Error('parsing time "soon" as "2006-01-02": cannot parse "soon" as "2006"'),
    );
  });

  test.each<[Value, string]>([
    [3661n, '1h 1m 1s'],
    ['90', '1m 30s'],
    [createDuration(1_500_000_000n), '1.5s'],
  ])('humanizeDuration of %p is %j', (value, expected) => {
    expect(call('humanizeDuration', value)).toBe(expected);
  });
});

describe('collections', () => {
  test('stringSlice and list make lists, empty ones too', () => {
    expect(call('stringSlice', 'a', 'b')).toEqual(slice('[]string', 'a', 'b'));
    expect(call('stringSlice')).toEqual(slice('[]string'));
    expect(call('list', 1n, 'a', null)).toEqual(slice('[]interface {}', 1n, 'a', null));
    expect(call('list')).toEqual(slice('[]interface {}'));
  });

  test('append makes a longer list and leaves the one before as it is', () => {
    const before = slice('[]interface {}', 1n);
    expect(call('append', before, 'a', null)).toEqual(slice('[]interface {}', 1n, 'a', null));
    expect(call('append', before)).toEqual(before);
    expect(before.items).toEqual([1n]);
  });

  test('dict makes a map, whose missing keys are nil', () => {
    const expected = { ...map('map[string]interface {}', { a: 2n, b: null }), zero: null };
    expect(call('dict', 'a', 1n, 'b', null, 'a', 2n)).toEqual(expected);
    expect(call('dict')).toEqual({ ...map('map[string]interface {}', {}), zero: null });
  });

  test('dict takes every name as a key', () => {
    expect(call('toJson', call('dict', '__proto__', 1n, 'constructor', 2n) as Value)).toBe(
      '{"__proto__":1,"constructor":2}',
    );
  });

  test.each<[Value[], string]>([
    [['a'], 'dict requires an even number of arguments'],
    [[1n, 'a', 'b'], 'dict requires an even number of arguments'],
    [['a', 1n, 2n, 'b'], 'dict keys must be strings'],
    [[null, 1n], 'dict keys must be strings'],
  ])('dict of %p is refused as Alertmanager does', (args, message) => {
    expect(call('dict', ...args)).toEqual(new Error(message));
  });
});
