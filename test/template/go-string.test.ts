import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { unquoteGo } from '../../src/template/go-string.ts';
import { anyUnits } from '../support/texts.ts';

// https://go.dev/ref/spec#String_literals and strconv.Unquote.
describe('unquoteGo', () => {
  test.each([
    ['""', ''],
    ['"bar"', 'bar'],
    [String.raw`"\a\b\f\n\r\t\v\\\""`, '\x07\b\f\n\r\t\v\\"'],
    [String.raw`"\x41\101\u0041\U00000041"`, 'AAAA'],
    [String.raw`"\xf0\x9f\x99\x82"`, '🙂'],
    [String.raw`"\360\237\231\202"`, '🙂'],
    [String.raw`"\U0001f642"`, '🙂'],
    [String.raw`"\xff\u00ff"`, undefined],
    [String.raw`"\u00ff"`, 'ÿ'],
    ['"a\tb\rc\u2028d"', 'a\tb\rc\u2028d'],
    ['"\ufeffa"', '\ufeffa'],
    [String.raw`"\U0010ffff"`, '\u{10ffff}'],
    [String.raw`"\000"`, '\0'],
  ])('%s is %j', (literal, expected) => {
    expect(unquoteGo(literal)).toBe(expected);
  });

  test.each([
    ['nothing', ''],
    ['one quote', '"'],
    ['no quotes', 'bar'],
    ['no end', '"bar'],
    ['an escaped end', String.raw`"bar\"`],
    ['single quotes', "'b'"],
    ['a raw string', '`bar`'],
    ['an unescaped quote', '"a"b"'],
    ['a line break', '"a\nb"'],
    ['an unknown escape', String.raw`"bar\w"`],
    ['an escaped single quote', String.raw`"\'"`],
    ['half a byte', String.raw`"\x4"`],
    ['two octal digits', String.raw`"\41"`],
    ['an octal number over a byte', String.raw`"\400"`],
    ['three digits of four', String.raw`"\u004"`],
    ['a code point beyond Unicode', String.raw`"\U00110000"`],
    ['half a surrogate pair', String.raw`"\ud83d\ude42"`],
    ['bytes that are not UTF-8', String.raw`"\xf0\x9f"`],
  ])('refuses %s', (_, literal) => {
    expect(unquoteGo(literal)).toBeUndefined();
  });

  test('never throws', () => {
    fc.assert(fc.property(anyUnits, (text) => void unquoteGo(`"${text}"`)));
  });

  test('gives back every character by its code point', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = [...text].map((c) => `\\U${(c.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`);
        expect(unquoteGo(`"${escaped.join('')}"`)).toBe(text);
      }),
    );
  });
});
