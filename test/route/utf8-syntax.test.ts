import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { MatcherText, Operator } from '../../src/route/matcher-text.ts';
import { parseUtf8 } from '../../src/route/utf8-syntax.ts';
import { anyText, anyUnits } from '../support/texts.ts';

const one = (name: string, operator: Operator, value: string): readonly MatcherText[] => [
  { name, operator, value },
];

const foobar = one('foo', '=', 'bar');

describe('parseUtf8', () => {
  // Alertmanager's own table: matcher/parse/parse_test.go.
  test.each<[string, readonly MatcherText[]]>([
    ['', []],
    ['{}', []],
    ['{foo=bar}', foobar],
    ['{foo=bar,}', foobar],
    ['{foo!=bar}', one('foo', '!=', 'bar')],
    ['{foo=~[a-z]+}', one('foo', '=~', '[a-z]+')],
    ['{foo!~[a-z]+}', one('foo', '!~', '[a-z]+')],
    ['{foo=🙂}', one('foo', '=', '🙂')],
    ['{foo=🙂bar}', one('foo', '=', '🙂bar')],
    ['foo=bar', foobar],
    ['foo=bar,', foobar],
    ['foo!=bar', one('foo', '!=', 'bar')],
    ['foo=~[a-z]+', one('foo', '=~', '[a-z]+')],
    ['foo!~[a-z]+', one('foo', '!~', '[a-z]+')],
    ['{"foo"="bar"}', foobar],
    ['{"foo"="bar",}', foobar],
    ['{"foo"!="bar"}', one('foo', '!=', 'bar')],
    ['{"foo"=~"[a-z]+"}', one('foo', '=~', '[a-z]+')],
    ['{"foo"!~"[a-z]+"}', one('foo', '!~', '[a-z]+')],
    [String.raw`{"foo"=~"\\d+"}`, one('foo', '=~', '\\d+')],
    ['{"foo"="🙂"}', one('foo', '=', '🙂')],
    [String.raw`{"foo"="\xf0\x9f\x99\x82"}`, one('foo', '=', '🙂')],
    [String.raw`{"foo"="\U0001f642"}`, one('foo', '=', '🙂')],
    ['{"foo"="🙂bar"}', one('foo', '=', '🙂bar')],
    [String.raw`{"foo"="bar\n"}`, one('foo', '=', 'bar\n')],
    [String.raw`{"foo"="bar\t"}`, one('foo', '=', 'bar\t')],
    [String.raw`{"foo"="\"bar\""}`, one('foo', '=', '"bar"')],
    [String.raw`{"foo"="bar\\"}`, one('foo', '=', 'bar\\')],
    ['"foo"="bar"', foobar],
    ['"foo"="bar",', foobar],
    ['foo=bar,bar!=baz', [...foobar, ...one('bar', '!=', 'baz')]],
    ['{foo=bar,bar!=baz}', [...foobar, ...one('bar', '!=', 'baz')]],
    ['{foo="bar",bar!="baz"}', [...foobar, ...one('bar', '!=', 'baz')]],
  ])('reads %s', (text, expected) => {
    expect(parseUtf8(text)).toEqual(expected);
  });

  test.each<[string, readonly MatcherText[]]>([
    [' { foo = bar , } ', foobar],
    ['foo\n=\tbar', foobar],
    ['foo=""', one('foo', '=', '')],
    ['my-label.1/2=$x', one('my-label.1/2', '=', '$x')],
    ['"my label"="}"', one('my label', '=', '}')],
    // U+202F is white space, U+200B is not (unicode.IsSpace).
    ['foo\u202f=\u202fbar', foobar],
    ['foo=\u200bbar', one('foo', '=', '\u200bbar')],
  ])('reads %j', (text, expected) => {
    expect(parseUtf8(text)).toEqual(expected);
  });

  // unicode.IsSpace and JavaScript's \s differ in these two: U+0085 is space only in Go, U+FEFF only in JavaScript.
  test.each<[string, readonly MatcherText[]]>([
    ['foo=\u0085bar', foobar],
    ['foo=\ufeffbar', one('foo', '=', '\ufeffbar')],
  ])("takes for white space what Go's unicode.IsSpace does: %j", (text, expected) => {
    expect(parseUtf8(text)).toEqual(expected);
  });

  // Alertmanager's own table, with its texts.
  test.each([
    [',', '0:1: unexpected ,: expected label name'],
    ['{,}', '1:2: unexpected ,: expected label name'],
    ['{', '0:1: end of input: expected close brace'],
    ['}', '0:1: }: expected opening brace'],
    ['foo=bar}', '0:8: }: expected opening brace'],
    ['{foo=bar', '0:8: end of input: expected close brace'],
    ['{foo=:"bar"}', '6:11: unexpected "bar": expected a comma or close brace'],
    [String.raw`{foo="bar\w"}`, String.raw`5:12: "bar\w": invalid input`],
    [String.raw`{"foo"=~"\d+"}`, String.raw`8:13: "\d+": invalid input`],
    [String.raw`{foo=bar\n}`, String.raw`8:9: \: invalid input: expected a comma or close brace`],
    [String.raw`{"foo"="\xf0\x9f"}`, String.raw`7:17: "\xf0\x9f": invalid input`],
  ])('refuses %s', (text, message) => {
    expect(parseUtf8(text)).toEqual(new Error(message));
  });

  // From its grammar: matcher/parse/parse.go, with the lexer's texts of lexer_test.go.
  test.each([
    ['foo', "end of input: expected an operator such as '=', '!=', '=~' or '!~'"],
    ['foo=', 'end of input: expected label value'],
    ['foo=,', '4:5: unexpected ,: expected label value'],
    ['=bar', '0:1: unexpected =: expected label name'],
    ['foo bar', "4:7: unexpected bar: expected an operator such as '=', '!=', '=~' or '!~'"],
    ['foo=bar baz', '8:11: unexpected baz: expected a comma or close brace'],
    ['foo=bar,,', '8:9: unexpected ,: expected a matcher or close brace after comma'],
    ['{foo=bar}}', '9:10: }: expected end of input'],
    ['{} foo', '3:6: foo: expected end of input'],
    ['{{foo=bar}}', '1:2: unexpected {: expected label name'],
    ['foo="bar', '4:8: "bar: missing end ": expected label value'],
    ["foo='bar'", "4:5: ': invalid input: expected label value"],
    // Positions count characters: the emoji is one.
    ['🙂=bar}', '0:6: }: expected opening brace'],
  ])('refuses %s', (text, message) => {
    expect(parseUtf8(text)).toEqual(new Error(message));
  });

  // The first as in grafana/mimir pkg/alertmanager (the same parser), the second as in lexer_test.go.
  test.each([
    ['foo!bar', "3:4: !: expected one of '=~': expected an operator such as '=', '!=', '=~' or '!~'"],
    [
      'foo!',
      "3:4: unexpected end of input, expected one of '=~': expected an operator such as '=', '!=', '=~' or '!~'",
    ],
  ])('refuses a lone exclamation mark with the text of Alertmanager: %s', (text, message) => {
    expect(parseUtf8(text)).toEqual(new Error(message));
  });

  test('never throws: any text gives matchers or an error', () => {
    fc.assert(
      fc.property(fc.oneof(anyUnits, anyText()), (text) => {
        const parsed = parseUtf8(text);
        expect(parsed instanceof Error || Array.isArray(parsed)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
