import { describe, expect, test } from '@jest/globals';
import { toLower, toUpper, trimSpace } from '../../src/template/go-strings.ts';

// What amtool 0.25 renders.
describe('toUpper', () => {
  test.each([
    ['', ''],
    ['disk full 99%', 'DISK FULL 99%'],
    ['straße', 'STRAßE'],
    ['ŉ ﬁ', 'ŉ ﬁ'],
    ['ǆ ǅ', 'Ǆ Ǆ'],
    ['ı ſ', 'I S'],
    ['\u0390', '\u0390'],
    ['ᾳ ᾷ ᾀ', 'ᾼ ᾷ ᾈ'],
    ['ა', 'Ა'],
    ['𐐨', '𐐀'],
    ['ÿ µ', 'Ÿ Μ'],
    ['ας', 'ΑΣ'],
    ['a\ud800b', 'A\ud800B'],
  ])('%j becomes %j', (text, expected) => {
    expect(toUpper(text)).toBe(expected);
  });
});

describe('toLower', () => {
  test.each([
    ['DISK Full 99%', 'disk full 99%'],
    ['İ I', 'i i'],
    ['ΑΣ Σ', 'ασ σ'],
    ['ẞ', 'ß'],
    ['\u212a\u212b', 'kå'],
    ['Ǆ ǅ', 'ǆ ǆ'],
    ['ᾼ', 'ᾳ'],
    ['Ა', 'ა'],
    ['𐐀', '𐐨'],
  ])('%j becomes %j', (text, expected) => {
    expect(toLower(text)).toBe(expected);
  });
});

// unicode.IsSpace.
describe('trimSpace', () => {
  test.each([
    ['\t\n\v\f\r a b\u0085\u00a0', 'a b'],
    ['\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000a', 'a'],
    ['\ufeffa\u200b', '\ufeffa\u200b'],
    [' \t', ''],
    ['', ''],
  ])('%j becomes %j', (text, expected) => {
    expect(trimSpace(text)).toBe(expected);
  });

  test('takes time linear in the text, spaces inside of it included', () => {
    const text = `a${' '.repeat(1_000_000)}b`;
    expect(trimSpace(` ${text} `)).toBe(text);
  }, 2000);
});
