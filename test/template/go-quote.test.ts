import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canBackquote, goQuote, goQuoteRune, goQuoteToAscii } from '../../src/template/go-quote.ts';
import { unquoteGo } from '../../src/template/go-string.ts';
import { anyUnits } from '../support/texts.ts';

// Expected texts are what Go 1.19's printf gives with %q and %+q.
describe('goQuote', () => {
  test.each([
    ['', '""', '""'],
    ['plain', '"plain"', '"plain"'],
    ['\x07\b\f\n\r\t\v', String.raw`"\a\b\f\n\r\t\v"`, String.raw`"\a\b\f\n\r\t\v"`],
    ['"\\\'`', String.raw`"\"\\'${'`'}"`, String.raw`"\"\\'${'`'}"`],
    ['\0\x1b\x7f', String.raw`"\x00\x1b\x7f"`, String.raw`"\x00\x1b\x7f"`],
    ['\u0085\u00a0\u00ad', String.raw`"\u0085\u00a0\u00ad"`, String.raw`"\u0085\u00a0\u00ad"`],
    [
      '\u200b\u2028\ufeff\ue000',
      String.raw`"\u200b\u2028\ufeff\ue000"`,
      String.raw`"\u200b\u2028\ufeff\ue000"`,
    ],
    ['é漢', '"é漢"', String.raw`"\u00e9\u6f22"`],
    ['😀', '"😀"', String.raw`"\U0001f600"`],
    ['\u{e0001}\u{10ffff}', String.raw`"\U000e0001\U0010ffff"`, String.raw`"\U000e0001\U0010ffff"`],
    ['e\u0301', '"e\u0301"', String.raw`"e\u0301"`],
  ])('%j', (text, quoted, ascii) => {
    expect(goQuote(text)).toBe(quoted);
    expect(goQuoteToAscii(text)).toBe(ascii);
  });

  test('half a surrogate pair becomes U+FFFD', () => {
    expect(goQuote('a\ud83d"\ude00')).toBe('"a\ufffd\\"\ufffd"');
    expect(goQuoteToAscii('\ud83d')).toBe(String.raw`"\ufffd"`);
  });

  test('what is quoted reads back as the same text', () => {
    fc.assert(
      fc.property(anyUnits, (text) => {
        expect(unquoteGo(goQuote(text))).toBe(text.toWellFormed());
        expect(unquoteGo(goQuoteToAscii(text))).toBe(text.toWellFormed());
      }),
    );
  });
});

test.each<[bigint, string, string]>([
  [97n, "'a'", "'a'"],
  [39n, String.raw`'\''`, String.raw`'\''`],
  [34n, `'"'`, `'"'`],
  [92n, String.raw`'\\'`, String.raw`'\\'`],
  [10n, String.raw`'\n'`, String.raw`'\n'`],
  [127n, String.raw`'\x7f'`, String.raw`'\x7f'`],
  [233n, "'é'", String.raw`'\u00e9'`],
  [0x1f600n, "'😀'", String.raw`'\U0001f600'`],
  [0xd800n, "'\ufffd'", String.raw`'\ufffd'`],
  [0x110000n, "'\ufffd'", String.raw`'\ufffd'`],
  [-1n, "'\ufffd'", String.raw`'\ufffd'`],
])('the code point %d is quoted', (code, quoted, ascii) => {
  expect(goQuoteRune(code, false)).toBe(quoted);
  expect(goQuoteRune(code, true)).toBe(ascii);
});

test.each([
  ['a\tb"\\é😀', true],
  ['\u0085', true],
  ['`', false],
  ['\n', false],
  ['\r', false],
  ['\0', false],
  ['\x1f', false],
  ['\x7f', false],
  ['\ufeff', false],
])('whether %j can stand between backquotes: %s', (text, expected) => {
  expect(canBackquote(text)).toBe(expected);
});
