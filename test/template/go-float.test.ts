import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { floatText } from '../../src/template/go-float.ts';

describe('floatText', () => {
  // strconv's own rules; each also printed by Go 1.19.
  test.each<[number, string, number | undefined, string]>([
    [0, 'g', undefined, '0'],
    [-0, 'g', undefined, '-0'],
    [1, 'g', undefined, '1'],
    [100_000, 'g', undefined, '100000'],
    [1_000_000, 'g', undefined, '1e+06'],
    [123_456_789, 'g', undefined, '1.23456789e+08'],
    [0.0001, 'g', undefined, '0.0001'],
    [0.00001, 'g', undefined, '1e-05'],
    [5e-324, 'g', undefined, '5e-324'],
    [Number.MAX_VALUE, 'g', undefined, '1.7976931348623157e+308'],
    [100_000, 'g', 3, '1e+05'],
    [123.456, 'g', 0, '1e+02'],
    [100_000, 'g', 17, '100000'],
    [9.5, 'g', 1, '1e+01'],
    [0.1, 'G', 20, '0.10000000000000000555'],
    [1e21, 'G', undefined, '1E+21'],
    // Halves go to the even digit, and only where they are exact.
    [0.5, 'f', 0, '0'],
    [1.5, 'f', 0, '2'],
    [2.5, 'f', 0, '2'],
    [0.125, 'f', 2, '0.12'],
    [0.375, 'f', 2, '0.38'],
    [1.005, 'f', 2, '1.00'],
    [0.04, 'f', 1, '0.0'],
    [0.06, 'f', 1, '0.1'],
    [0.6, 'f', 0, '1'],
    [0.0004, 'f', 2, '0.00'],
    [9.995, 'f', 2, '9.99'],
    [99.5, 'f', 0, '100'],
    [-0.001, 'f', 2, '-0.00'],
    [2 ** 70, 'f', 1, '1180591620717411303424.0'],
    [12_345, 'e', 2, '1.23e+04'],
    [9.99, 'e', 0, '1e+01'],
    [0, 'e', 3, '0.000e+00'],
    [1e-100, 'E', 1, '1.0E-100'],
    [1, 'b', undefined, '4503599627370496p-52'],
    [0, 'b', undefined, '0p-1074'],
    [1.5, 'x', undefined, '0x1.8p+00'],
    [1.5, 'x', 0, '0x1p+01'],
    [0.1, 'x', 3, '0x1.99ap-04'],
    [1.999_999, 'x', 1, '0x1.0p+01'],
    [0, 'x', 2, '0x0.00p+00'],
    [5e-324, 'X', undefined, '0X1P-1074'],
    [Number.POSITIVE_INFINITY, 'g', undefined, '+Inf'],
    [Number.NEGATIVE_INFINITY, 'f', 3, '-Inf'],
    [Number.NaN, 'e', 3, 'NaN'],
  ])('%d under %s with precision %p is %s', (value, verb, precision, expected) => {
    expect(floatText(value, verb, precision)).toBe(expected);
  });

  const anyFloat = fc.double({ noNaN: true, noDefaultInfinity: true });

  test.each<[string, number | undefined]>([
    ['g', undefined],
    ['g', 17],
    ['e', 16],
    ['f', 1074],
  ])('%s with precision %p reads back as the same number', (verb, precision) => {
    fc.assert(
      fc.property(anyFloat, (value) => {
        expect(Number(floatText(value, verb, precision))).toBe(value);
      }),
    );
  });

  // JavaScript rounds exactly, too, but for halves, which it rounds away from zero.
  test('rounds as toExponential and toFixed do', () => {
    fc.assert(
      fc.property(anyFloat, fc.integer({ min: 0, max: 99 }), (value, precision) => {
        const exponential = floatText(Math.abs(value), 'e', precision).replace(/e([+-])0(\d)$/, 'e$1$2');
        fc.pre(!isHalf(value, precision));
        expect(exponential).toBe(Math.abs(value).toExponential(precision));
      }),
    );
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e20, noNaN: true }),
        fc.integer({ min: 0, max: 99 }),
        (value, precision) => {
          fc.pre(
            !floatText(value, 'f', 1074)
              .slice(0, -1074 + precision + 1)
              .endsWith('5'),
          );
          expect(floatText(value, 'f', precision)).toBe(value.toFixed(precision));
        },
      ),
    );
  });

  /** Whether five is the last digit of all, and the first that is cut. */
  function isHalf(value: number, precision: number): boolean {
    const digits =
      floatText(Math.abs(value), 'e', 1074).split('e')[0]?.replace('.', '').replace(/0+$/, '') ?? '';
    return digits.length === precision + 2 && digits.endsWith('5');
  }

  test('a million digits are no trouble', () => {
    expect(floatText(Math.PI, 'f', 1_000_000)).toHaveLength(1_000_002);
    expect(floatText(5e-324, 'f', 1_000_000)).toHaveLength(1_000_002);
  });
});
