import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { codePoints, firstLine, truncate } from '../../src/notification/text.ts';
import { anyUnits } from '../support/texts.ts';

describe('truncate', () => {
  // Alertmanager's own table: notify/util_test.go.
  test.each([
    ['abcde', 2, 'ab'],
    ['abcde', 4, 'abc…'],
    ['abcde', 5, 'abcde'],
    ['abcdefgh', 5, 'abcd…'],
    ['a⌘cdef', 5, 'a⌘cd…'],
    ['世界cdef', 3, '世界c'],
    ['😀'.repeat(20), 19, `${'😀'.repeat(18)}…`],
  ])('%s to %i', (text, limit, expected) => {
    expect(truncate(text, limit)).toBe(expected);
  });

  test.each([
    ['', 0, ''],
    ['abc', 0, ''],
    ['😀😀', 1, '😀'],
    ['😀😀', 2, '😀😀'],
    ['abcde', 3, 'abc'],
    ['😀bcde', 4, '😀bc…'],
  ])('at the edges: %j to %i', (text, limit, expected) => {
    expect(truncate(text, limit)).toBe(expected);
  });

  test('cuts as a list of code points would be cut, whatever the text', () => {
    fc.assert(
      fc.property(anyUnits, fc.nat(32), (text, limit) => {
        const characters = [...text];
        const cut = limit > 3 ? [...characters.slice(0, limit - 1), '…'] : characters.slice(0, limit);
        expect(truncate(text, limit)).toBe(characters.length <= limit ? text : cut.join(''));
      }),
    );
  });
});

describe('codePoints', () => {
  test('counts what a string iterator yields: pairs as one, halves as one each', () => {
    fc.assert(
      fc.property(anyUnits, (text) => {
        expect(codePoints(text)).toBe([...text].length);
      }),
    );
  });
});

describe('firstLine', () => {
  test.each([
    ['one', 'one'],
    ['  one  \ntwo', 'one'],
    ['\n \t\n two\nthree', 'two'],
    ['one\r\ntwo', 'one'],
    ['', ''],
    [' \n\t\n', ''],
  ])('of %j is %j', (text, expected) => {
    expect(firstLine(text)).toBe(expected);
  });

  test('is found however many blank lines come before it', () => {
    expect(firstLine(`${'\n'.repeat(100)}disk full`)).toBe('disk full');
  });
});
