import { describe, expect, test } from '@jest/globals';
import { createDuration } from '../../src/template/go-duration.ts';
import { createTime, parseAlertTime } from '../../src/template/go-time.ts';
import type { GoTime } from '../../src/template/value.ts';
import { createZones } from '../../src/template/zones.ts';
import { callMethod, printed } from '../support/go-methods.ts';

const SUMMER = '2026-07-04T09:05:06.070800900+02:00';
const SAME_IN_UTC = '2026-07-04T07:05:06.0708009Z';
const ZERO = '0001-01-01T00:00:00Z';
const LAST_OF_JANUARY = '2026-01-31T23:59:59.999999999Z';
const LEAP_DAY = '2024-02-29T12:00:00.5Z';
const BEFORE_LEAP_DAY = '2024-02-29T12:00:00.499999999Z';

function inZone(name: string, text: string): GoTime {
  const zone = createZones().load(name);
  if (zone instanceof Error) throw zone;
  return createTime({ ...parseAlertTime(text), zone });
}

// What is expected in the tables was made by Go itself, with amtool 0.25 (Go 1.19), where no other source is given.
describe('methods without arguments', () => {
  test.each([
    [SUMMER, 'Year', '2026'],
    [SUMMER, 'YearDay', '185'],
    [SUMMER, 'Month', 'July'],
    [SUMMER, 'Day', '4'],
    [SUMMER, 'Weekday', 'Saturday'],
    [SUMMER, 'Hour', '9'],
    [SUMMER, 'Minute', '5'],
    [SUMMER, 'Second', '6'],
    [SUMMER, 'Nanosecond', '70800900'],
    [SUMMER, 'Unix', '1783148706'],
    [SUMMER, 'UnixMilli', '1783148706070'],
    [SUMMER, 'UnixMicro', '1783148706070800'],
    [SUMMER, 'UnixNano', '1783148706070800900'],
    [SUMMER, 'IsZero', 'false'],
    [SUMMER, 'UTC', '2026-07-04 07:05:06.0708009 +0000 UTC'],
    [SUMMER, 'Local', '2026-07-04 07:05:06.0708009 +0000 UTC'],
    [SUMMER, 'String', '2026-07-04 09:05:06.0708009 +0200 +0200'],
    [ZERO, 'Year', '1'],
    [ZERO, 'YearDay', '1'],
    [ZERO, 'Weekday', 'Monday'],
    [ZERO, 'Unix', '-62135596800'],
    [ZERO, 'UnixMilli', '-62135596800000'],
    [ZERO, 'UnixNano', '-6795364578871345152'],
    [ZERO, 'IsZero', 'true'],
    ['0001-01-01T00:00:00.000000001Z', 'IsZero', 'false'],
    ['0001-01-01T02:00:00+02:00', 'IsZero', 'true'],
    ['1969-12-31T23:59:59.9999Z', 'UnixMilli', '-1'],
    [LEAP_DAY, 'YearDay', '60'],
  ])('%s %s is %s', (time, method, text) => {
    expect(printed(callMethod(parseAlertTime(time), method))).toBe(text);
  });

  test('the calendar and the clock are those of the zone', () => {
    const time = inZone('America/New_York', '2026-01-01T03:30:00Z');
    const read = (method: string) => printed(callMethod(time, method));
    expect(['Year', 'YearDay', 'Month', 'Day', 'Weekday', 'Hour', 'Minute'].map(read)).toEqual([
      ...['2025', '365', 'December', '31', 'Wednesday', '22', '30'],
    ]);
    expect(read('String')).toBe('2025-12-31 22:30:00 -0500 EST');
  });

  test.each([
    ['Month', { type: 'time.Month', value: 7n }],
    ['Weekday', { type: 'time.Weekday', value: 6n }],
  ])('%s is a number with a name', (method, expected) => {
    const value = callMethod(parseAlertTime(SUMMER), method);
    expect(value).toMatchObject({ kind: 'int', ...expected });
    expect(callMethod(value, 'String')).toBe(printed(value));
  });
});

describe('comparison', () => {
  test.each([
    [SUMMER, SAME_IN_UTC, 0],
    [LEAP_DAY, BEFORE_LEAP_DAY, 1],
    [BEFORE_LEAP_DAY, LEAP_DAY, -1],
    [ZERO, SUMMER, -1],
  ])('%s with %s', (a, b, order) => {
    const [time, other] = [parseAlertTime(a), parseAlertTime(b)];
    const results = ['Compare', 'Before', 'Equal', 'After'].map((method) => callMethod(time, method, other));
    expect(results).toEqual([BigInt(order), order < 0, order === 0, order > 0]);
  });
});

describe('arithmetic', () => {
  test.each([
    [LEAP_DAY, 500_000_000n, '2024-02-29 12:00:01 +0000 UTC'],
    [LEAP_DAY, -500_000_001n, '2024-02-29 11:59:59.999999999 +0000 UTC'],
    [LAST_OF_JANUARY, 1n, '2026-02-01 00:00:00 +0000 UTC'],
  ])('%s plus %d ns', (time, duration, text) => {
    expect(printed(callMethod(parseAlertTime(time), 'Add', createDuration(duration)))).toBe(text);
    // A constant in a template comes as a plain int.
    expect(printed(callMethod(parseAlertTime(time), 'Add', duration))).toBe(text);
  });

  test.each([
    [SUMMER, SAME_IN_UTC, '0s'],
    [BEFORE_LEAP_DAY, LEAP_DAY, '-1ns'],
    [LAST_OF_JANUARY, ZERO, '2562047h47m16.854775807s'],
    [ZERO, LAST_OF_JANUARY, '-2562047h47m16.854775808s'],
  ])('from %s, %s is %s away', (time, start, text) => {
    expect(printed(callMethod(parseAlertTime(time), 'Sub', parseAlertTime(start)))).toBe(text);
  });

  test.each([
    [LAST_OF_JANUARY, [0n, 1n, 0n], '2026-03-03 23:59:59.999999999 +0000 UTC'],
    [LAST_OF_JANUARY, [0n, -1n, 0n], '2025-12-31 23:59:59.999999999 +0000 UTC'],
    [LEAP_DAY, [1n, 0n, 0n], '2025-03-01 12:00:00.5 +0000 UTC'],
    [LEAP_DAY, [-4n, 0n, 0n], '2020-02-29 12:00:00.5 +0000 UTC'],
    [LEAP_DAY, [0n, -14n, 0n], '2022-12-29 12:00:00.5 +0000 UTC'],
    [SUMMER, [0n, 0n, -185n], '2025-12-31 09:05:06.0708009 +0200 +0200'],
    [SUMMER, [10_000n, 13n, 400n], '12028-09-07 09:05:06.0708009 +0200 +0200'],
    [ZERO, [-2n, 0n, 0n], '-0001-01-01 00:00:00 +0000 UTC'],
  ])('%s and %p years, months and days', (time, amounts, text) => {
    expect(printed(callMethod(parseAlertTime(time), 'AddDate', ...amounts))).toBe(text);
  });

  test.each([
    ['2026-03-28T01:30:00Z', '2026-03-29 03:30:00 +0200 CEST'],
    ['2026-10-24T00:30:00Z', '2026-10-25 02:30:00 +0100 CET'],
    ['2026-10-26T01:30:00Z', '2026-10-27 02:30:00 +0100 CET'],
  ])('a day after %s in Paris the clock shows the same, where it can', (time, text) => {
    expect(printed(callMethod(inZone('Europe/Paris', time), 'AddDate', 0n, 0n, 1n))).toBe(text);
  });

  test.each([
    [2n ** 63n - 1n, 0n, 0n],
    [0n, -(2n ** 63n), 0n],
    [0n, 0n, 2n ** 63n - 1n],
    [100_000_000n, 0n, 0n],
  ])('%d years, %d months, %d days from now are too far', (years, months, days) => {
    const moved = callMethod(parseAlertTime(SUMMER), 'AddDate', years, months, days);
    expect(moved).toEqual(new Error('AddDate: the result is over 100 million years away'));
  });

  test('a time far away keeps its second', () => {
    const far = callMethod(parseAlertTime(SUMMER), 'AddDate', 99_990_000n, 0n, 0n);
    expect(printed(far)).toBe('99992026-07-04 09:05:06.0708009 +0200 +0200');
  });

  test.each([
    [LEAP_DAY, 'Round', 1_000_000_000n, '2024-02-29 12:00:01 +0000 UTC'],
    [BEFORE_LEAP_DAY, 'Round', 1_000_000_000n, '2024-02-29 12:00:00 +0000 UTC'],
    [SUMMER, 'Round', 86_400_000_000_000n, '2026-07-04 02:00:00 +0200 +0200'],
    [SUMMER, 'Round', 604_800_000_000_000n, '2026-07-06 02:00:00 +0200 +0200'],
    [SUMMER, 'Round', -5n, '2026-07-04 09:05:06.0708009 +0200 +0200'],
    [SUMMER, 'Truncate', 86_400_000_000_000n, '2026-07-04 02:00:00 +0200 +0200'],
    [SUMMER, 'Truncate', 0n, '2026-07-04 09:05:06.0708009 +0200 +0200'],
    ['0000-12-31T23:00:00Z', 'Truncate', 86_400_000_000_000n, '0000-12-31 00:00:00 +0000 UTC'],
  ])('%s: %s(%d)', (time, method, unit, text) => {
    expect(printed(callMethod(parseAlertTime(time), method, createDuration(unit)))).toBe(text);
  });
});

test('Format takes a layout', () => {
  expect(callMethod(parseAlertTime(SUMMER), 'Format', '02.01.06 15:04')).toBe('04.07.26 09:05');
});
