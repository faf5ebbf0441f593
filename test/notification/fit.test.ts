import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { JSON_BYTES, type Json, type Measure, trimToFit } from '../../src/notification/fit.ts';
import { codePoints } from '../../src/notification/text.ts';
import { anyText } from '../support/texts.ts';

/** As Opsgenie counts its details: names and values in characters, no punctuation. */
const CHARACTERS: Measure = { text: codePoints, perValue: 0 };

const flat = fc.dictionary(anyText(1), fc.oneof(anyText(), fc.string({ minLength: 60, maxLength: 400 })), {
  maxKeys: 12,
});

describe('trimToFit', () => {
  test('leaves alone what fits, to the last byte', () => {
    const value = { a: 'x'.repeat(100) };
    const exact = 4 + 3 + 102 + 2;
    expect(trimToFit(value, exact, JSON_BYTES)).toEqual({ value, cut: 0, omitted: 0 });
    expect(trimToFit(value, exact - 1, JSON_BYTES)).toEqual({
      value: { a: `${'x'.repeat(96)}…` },
      cut: 1,
      omitted: 0,
    });
  });

  test('cuts the longest texts first, down to one common length', () => {
    const value = { long: 'x'.repeat(500), short: 'y'.repeat(100), longer: 'z'.repeat(900) };
    const names = 'longshortlonger'.length;
    expect(trimToFit(value, names + 100 + 2 * 200, CHARACTERS)).toEqual({
      value: { long: `${'x'.repeat(199)}…`, short: 'y'.repeat(100), longer: `${'z'.repeat(199)}…` },
      cut: 2,
      omitted: 0,
    });
  });

  test('leaves out whole values from the end where even short texts are too many', () => {
    const value = { a: 'x'.repeat(50), b: 'y'.repeat(50), c: 'z'.repeat(50) };
    expect(trimToFit(value, 110, CHARACTERS)).toEqual({
      value: { a: 'x'.repeat(50), b: 'y'.repeat(50) },
      cut: 0,
      omitted: 1,
    });
  });

  test('keeps a later value that fits after one that did not', () => {
    const value = { a: 'x'.repeat(60), b: 'y'.repeat(60), c: 'z' };
    expect(trimToFit(value, 63, CHARACTERS)).toEqual({
      value: { a: 'x'.repeat(60), c: 'z' },
      cut: 0,
      omitted: 1,
    });
  });

  test('trims inside lists and objects', () => {
    const value = { firing: [{ summary: 'x'.repeat(300) }, { summary: 'ok' }], count: 2, more: null };
    const names = 'firing summary summary count more'.replaceAll(' ', '').length;
    const rest = 'ok2null'.length;
    expect(trimToFit(value, names + rest + 100, CHARACTERS)).toEqual({
      value: { firing: [{ summary: `${'x'.repeat(99)}…` }, { summary: 'ok' }], count: 2, more: null },
      cut: 1,
      omitted: 0,
    });
  });

  // "Never half a code point", and as much of the text as the room allows: 499 characters and the ellipsis.
  test('uses all of the room where characters take two UTF-16 units', () => {
    expect(trimToFit({ a: '😀'.repeat(1000) }, 501, CHARACTERS)).toEqual({
      value: { a: `${'😀'.repeat(499)}…` },
      cut: 1,
      omitted: 0,
    });
  });

  test('cuts between code points also where the budget ends inside of one', () => {
    for (const budget of [80, 81, 82, 83, 84, 85]) {
      const { value } = trimToFit({ a: '😀'.repeat(50) }, budget, JSON_BYTES);
      expect(value.a).toMatch(/^(😀)+…$/u);
    }
  });

  test('keeps a value named __proto__ as a value, and pollutes nothing', () => {
    const value = JSON.parse(`{"__proto__":{"polluted":"yes"},"a":"${'x'.repeat(300)}"}`) as {
      readonly [name: string]: Json;
    };
    const { value: kept } = trimToFit(value, 150, JSON_BYTES);
    expect(Object.keys(kept)).toEqual(['__proto__', 'a']);
    expect(JSON.stringify(kept)).toMatch(/^\{"__proto__":\{"polluted":"yes"\},"a":"x+…"\}$/);
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  test('a budget too small for anything leaves an empty object or list', () => {
    expect(trimToFit({ a: 'x' }, 0, JSON_BYTES).value).toEqual({});
    expect(trimToFit(['x'], 0, JSON_BYTES).value).toEqual([]);
  });
});

describe('trimToFit, whatever the value', () => {
  test('never exceeds the budget in bytes', () => {
    fc.assert(
      fc.property(
        fc.dictionary(anyText(), fc.jsonValue()),
        fc.integer({ min: 2, max: 600 }),
        (value, budget) => {
          const { value: kept } = trimToFit(value as { readonly [name: string]: Json }, budget, JSON_BYTES);
          expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThanOrEqual(budget);
        },
      ),
    );
  });

  test('never exceeds the budget in characters', () => {
    fc.assert(
      fc.property(flat, fc.nat(2000), (value, budget) => {
        const kept = Object.entries(trimToFit(value, budget, CHARACTERS).value);
        expect(
          kept.reduce((sum, [name, text]) => sum + codePoints(name) + codePoints(text), 0),
        ).toBeLessThanOrEqual(budget);
      }),
    );
  });

  test('what is kept is whole, or a start that ends between code points in an ellipsis; the counts say which', () => {
    fc.assert(
      fc.property(flat, fc.nat(2000), (value, budget) => {
        const fitted = trimToFit(value, budget, JSON_BYTES);
        const kept = Object.entries(fitted.value);
        const changed = kept.filter(([name, text]) => text !== value[name]);
        for (const [name, text] of changed) {
          expect(text.endsWith('…')).toBe(true);
          expect(text.isWellFormed()).toBe(true);
          expect(value[name]?.startsWith(text.slice(0, -1))).toBe(true);
        }
        expect(fitted.cut).toBe(changed.length);
        if (budget >= 4) expect(fitted.omitted).toBe(Object.keys(value).length - kept.length);
      }),
    );
  });

  test('something is kept as soon as there is room for one short text', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ maxLength: 10 }), fc.string({ maxLength: 5000 }), { minKeys: 1 }),
        (value) => {
          expect(Object.keys(trimToFit(value, 200, JSON_BYTES).value)).not.toEqual([]);
        },
      ),
    );
  });
});
