import { describe, expect, test } from '@jest/globals';
import { createDuration } from '../../src/template/go-duration.ts';
import { humanizeDuration } from '../../src/template/go-duration-humanize.ts';
import { createMonth } from '../../src/template/go-time-names.ts';
import { slice, time } from '../support/go-values.ts';

// By the rules of Prometheus' own (github.com/prometheus/common, helpers/templates/humanize_duration.go).
describe('humanizeDuration', () => {
  test.each([
    [0, '0s'],
    [-0, '-0s'],
    [1, '1s'],
    [1.2345, '1.234s'],
    [12.345, '12.35s'],
    [10.125, '10.12s'],
    [59.996, '60s'],
    [60, '1m 0s'],
    [60.9, '1m 0s'],
    [899.99, '14m 59s'],
    [3600, '1h 0m 0s'],
    [36_610, '10h 10m 10s'],
    [86_400, '1d 0h 0m 0s'],
    [90_061.5, '1d 1h 1m 1s'],
    [-183_845, '-2d 3h 4m 5s'],
    [-1.5, '-1.5s'],
    [1e12, '11574074d 1h 46m 40s'],
  ])('%d s is %s', (seconds, text) => {
    expect(humanizeDuration(seconds)).toBe(text);
  });

  test.each([
    [0.1, '100ms'],
    [0.0001, '100us'],
    [0.12345, '123.5ms'],
    [-0.0015, '-1.5ms'],
    [0.99999, '1000ms'],
    [1e-9, '1ns'],
    [1e-24, '1ys'],
    [1e-30, '1e-06ys'],
  ])('less than a second: %d s is %s', (seconds, text) => {
    expect(humanizeDuration(seconds)).toBe(text);
  });

  test.each([
    [Number.NaN, 'NaN'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
  ])('%d is %s', (seconds, text) => {
    expect(humanizeDuration(seconds)).toBe(text);
  });

  test.each([
    [1_234_567n, '14d 6h 56m 7s'],
    [-1n, '-1s'],
    ['60.5', '1m 0s'],
    ['+.5e1', '5s'],
    ['1.', '1s'],
    ['-inf', '-Inf'],
    ['Infinity', '+Inf'],
    ['nan', 'NaN'],
    [createDuration(1_500_000_000n), '1.5s'],
    [createDuration(5_405_000_000_000n), '1h 30m 5s'],
    [createDuration(-1000n), '-1us'],
  ])('integers, texts and durations are taken too: %p', (value, text) => {
    expect(humanizeDuration(value)).toBe(text);
  });

  test.each([
    ['one', 'strconv.ParseFloat: parsing "one": invalid syntax'],
    ['', 'strconv.ParseFloat: parsing "": invalid syntax'],
    [' 1', 'strconv.ParseFloat: parsing " 1": invalid syntax'],
    ['1s', 'strconv.ParseFloat: parsing "1s": invalid syntax'],
    ['.', 'strconv.ParseFloat: parsing ".": invalid syntax'],
    ['-nan', 'strconv.ParseFloat: parsing "-nan": invalid syntax'],
    ['1e999', 'strconv.ParseFloat: parsing "1e999": value out of range'],
    [true, "can't convert bool to float"],
    [null, "can't convert <nil> to float"],
    [createMonth(7), "can't convert time.Month to float"],
    [slice('[]string', '1'), "can't convert []string to float"],
    [time('2026-01-01T00:00:00Z'), "can't convert time.Time to float"],
  ])('what is no number is an error: %p', (value, message) => {
    expect(humanizeDuration(value)).toEqual(new Error(message));
  });
});
