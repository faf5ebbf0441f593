import { describe, expect, test } from '@jest/globals';
import { createDuration, durationText } from '../../src/template/go-duration.ts';
import { callMethod, printed } from '../support/go-methods.ts';

const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

// Go: time.Duration.String and its test.
test.each([
  [0n, '0s'],
  [1n, '1ns'],
  [999n, '999ns'],
  [1000n, '1µs'],
  [1100n, '1.1µs'],
  [999_999n, '999.999µs'],
  [2_200_000n, '2.2ms'],
  [1_000_000_000n, '1s'],
  [3_300_000_000n, '3.3s'],
  [10_000_000_000n, '10s'],
  [59_999_999_999n, '59.999999999s'],
  [60_000_000_000n, '1m0s'],
  [245_000_000_000n, '4m5s'],
  [245_001_000_000n, '4m5.001s'],
  [3_600_000_000_000n, '1h0m0s'],
  [18_367_001_000_000n, '5h6m7.001s'],
  [360_000_000_000_000n, '100h0m0s'],
  [-1n, '-1ns'],
  [-1_500n, '-1.5µs'],
  [-5_400_000_000_000n, '-1h30m0s'],
  [MAX, '2562047h47m16.854775807s'],
  [MIN, '-2562047h47m16.854775808s'],
])('%d ns is %s', (nanoseconds, text) => {
  expect(durationText(nanoseconds)).toBe(text);
  expect(callMethod(createDuration(nanoseconds), 'String')).toBe(text);
});

test.each([
  ['Hours', 5_400_000_000_000n, 1.5],
  ['Minutes', -90_000_000_000n, -1.5],
  ['Seconds', 1_000_000_001n, 1.000000001],
  ['Seconds', MIN, -9223372036.854776],
  ['Milliseconds', 1_999_999n, 1n],
  ['Milliseconds', -1_999_999n, -1n],
  ['Microseconds', 1_999n, 1n],
  ['Nanoseconds', MIN, MIN],
])('%s of %d ns', (method, nanoseconds, expected) => {
  expect(callMethod(createDuration(nanoseconds), method)).toBe(expected);
});

// Go: the tests of time.Duration.Abs, Round and Truncate.
describe('results that are durations', () => {
  test.each([
    [-1n, 1n],
    [5n, 5n],
    [MIN, MAX],
    [MIN + 1n, MAX],
  ])('the size of %d ns', (nanoseconds, expected) => {
    expect(callMethod(createDuration(nanoseconds), 'Abs')).toMatchObject({
      type: 'time.Duration',
      value: expected,
    });
  });

  test.each([
    [0n, 1_000_000_000n, '0s'],
    [60_000_000_000n, -11_000_000_000n, '1m0s'],
    [60_000_000_000n, 0n, '1m0s'],
    [60_000_000_000n, 11_000_000_000n, '55s'],
    [120_000_000_000n, 60_000_000_000n, '2m0s'],
    [130_000_000_000n, 60_000_000_000n, '2m0s'],
    [150_000_000_000n, 60_000_000_000n, '3m0s'],
    [-150_000_000_000n, 60_000_000_000n, '-3m0s'],
    [-149_999_999_999n, 60_000_000_000n, '-2m0s'],
    [MAX, 3_600_000_000_000n, '2562047h47m16.854775807s'],
    [MIN, 3_600_000_000_000n, '-2562047h47m16.854775808s'],
    [10n, MAX, '0s'],
  ])('%d ns rounded to %d', (nanoseconds, unit, text) => {
    expect(printed(callMethod(createDuration(nanoseconds), 'Round', createDuration(unit)))).toBe(text);
  });

  test.each([
    [150_000_000_000n, 60_000_000_000n, '2m0s'],
    [-150_000_000_000n, 60_000_000_000n, '-2m0s'],
    [150_000_000_000n, 0n, '2m30s'],
    [MIN, 3_600_000_000_000n, '-2562047h0m0s'],
  ])('%d ns truncated to %d', (nanoseconds, unit, text) => {
    // A constant in a template comes as a plain int.
    expect(printed(callMethod(createDuration(nanoseconds), 'Truncate', unit))).toBe(text);
  });
});
