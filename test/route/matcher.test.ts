import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Labels } from '../../src/notification/notification.ts';
import { compileMatcher, parseMatchers, printMatcher } from '../../src/route/matcher.ts';
import type { MatcherText, Operator } from '../../src/route/matcher-text.ts';
import { anyText, anyUnits } from '../support/texts.ts';

/** What the text says: the matchers printed, and the warning. */
function read(text: string): unknown {
  const parsed = parseMatchers(text);
  return parsed instanceof Error
    ? parsed.message
    : [parsed.matchers.map(printMatcher).join(','), parsed.warning];
}

function matches(text: string, labels: Labels): boolean {
  const parsed = parseMatchers(text);
  if (parsed instanceof Error) throw parsed;
  return parsed.matchers.every((matcher) => matcher.matches(labels));
}

// Alertmanager's fallback mode: matcher/compat/parse.go and its tests.
describe('parseMatchers', () => {
  test.each([
    ['{foo=bar,bar=baz}', 'foo="bar",bar="baz"'],
    ['{foo🙂=bar,bar=baz🙂}', '"foo🙂"="bar",bar="baz🙂"'],
    [' severity =~ "page|critical" ', 'severity=~"page|critical"'],
    ['', ''],
    ['{}', ''],
  ])('reads %s without a warning', (text, printed) => {
    expect(read(text)).toEqual([printed, undefined]);
  });

  test.each([
    [
      String.raw`foo=~"\d+"`,
      String.raw`foo=~"\\d+"`,
      String.raw`taken in classic syntax, as foo=~"\\d+"; in UTF-8 syntax: 5:10: "\d+": invalid input`,
    ],
    [
      'foo=',
      'foo=""',
      'taken in classic syntax, as foo=""; in UTF-8 syntax: end of input: expected label value',
    ],
    [
      'foo=one two',
      'foo="one two"',
      'taken in classic syntax, as foo="one two"; in UTF-8 syntax: 8:11: unexpected two: expected a comma or close brace',
    ],
    [
      String.raw`{foo="\xf0\x9f\x99\x82"}`,
      String.raw`foo="\\xf0\\x9f\\x99\\x82"`,
      String.raw`taken in classic syntax, as foo="\\xf0\\x9f\\x99\\x82"; quote the value to make it clear`,
    ],
  ])('reads %s in classic syntax, and says so', (text, printed, warning) => {
    expect(read(text)).toEqual([printed, warning]);
  });

  test.each([
    [',', '0:1: unexpected ,: expected label name'],
    ['foo="a"b"', '7:8: unexpected b: expected a comma or close brace'],
    ['größe', "end of input: expected an operator such as '=', '!=', '=~' or '!~'"],
    ['foo=~"["', 'error parsing regexp: missing closing ]: `[)$`'],
    ['foo=~"*"', 'error parsing regexp: missing argument to repetition operator: `*`'],
  ])('refuses %s', (text, message) => {
    expect(read(text)).toBe(message);
  });

  test('never throws: any text gives matchers or an error', () => {
    const nearly = fc.array(
      fc.constantFrom('foo', '=', '=~', '!~', '!=', '"', '{', '}', ',', '\\', '(', '[', '*', ' ', '😀'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          anyUnits,
          anyText(),
          nearly.map((parts) => parts.join('')),
        ),
        (text) => {
          const parsed = parseMatchers(text);
          expect(parsed instanceof Error || Array.isArray(parsed.matchers)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['braces', '{'.repeat(100_000)],
    ['commas', `a=b${','.repeat(100_000)}`],
    ['quotes', '"'.repeat(100_000)],
    ['groups', `a=~"${'('.repeat(100_000)}"`],
  ])('refuses 100,000 %s instead of running out of stack', (_, text) => {
    expect(parseMatchers(text)).toBeInstanceOf(Error);
  });
});

describe('printMatcher', () => {
  const name = fc.oneof(fc.constantFrom('a', '_x', 'job:rate', 'constructor'), anyText(1));
  const equality = fc.record({ name, operator: fc.constantFrom<Operator>('=', '!='), value: anyText() });
  const regex = fc.record({
    name,
    operator: fc.constantFrom<Operator>('=~', '!~'),
    value: fc.constantFrom('', '.*', 'a|b', '\\d+', '[^"]', '\\\\', 'a\nb', 'x{2,3}', '(?i)ä'),
  });

  test('what is printed is read back as the same, without a warning', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(equality, regex), { minLength: 1, maxLength: 4 }),
        (texts: MatcherText[]) => {
          const parsed = parseMatchers(`{${texts.map(printMatcher).join(',')}}`);
          if (parsed instanceof Error) throw parsed;
          expect(parsed.matchers.map(({ name, operator, value }) => ({ name, operator, value }))).toEqual(
            texts,
          );
          expect(parsed.warning).toBeUndefined();
        },
      ),
    );
  });
});

describe('a matcher', () => {
  // A missing label is an empty one: pkg/labels/matcher.go.
  test.each<[string, Labels, boolean]>([
    ['foo=bar', { foo: 'bar' }, true],
    ['foo=bar', { foo: 'Bar' }, false],
    ['foo=bar', {}, false],
    ['foo=""', {}, true],
    ['foo=""', { foo: '' }, true],
    ['foo=""', { foo: 'x' }, false],
    ['foo!=x', {}, true],
    ['foo!=""', {}, false],
    ['foo=~".*"', {}, true],
    ['foo=~".+"', {}, false],
    ['foo!~".+"', {}, true],
    ['foo=~""', {}, true],
    ['foo=~"a|"', {}, true],
    ['constructor=""', {}, true],
    ['constructor=~".+"', {}, false],
    ['__proto__=""', {}, true],
    ['toString!=""', {}, false],
    ['constructor=x', { constructor: 'x' }, true],
    ['"my label"=x', { 'my label': 'x' }, true],
    ['a=1,b=2', { a: '1', b: '2' }, true],
    ['a=1,b=2', { a: '1' }, false],
  ])('%s on %j: %s', (text, labels, expected) => {
    expect(matches(text, labels)).toBe(expected);
  });

  // The whole value must match, with or without special characters in the expression: ^(?:…)$.
  test.each<[string, string, boolean]>([
    ['prod', 'prod', true],
    ['prod', 'production', false],
    ['prod', 'preprod', false],
    ['a|b', 'a', true],
    ['a|b', 'b', true],
    ['a|b', 'ab', false],
    ['a|b', 'a|b', false],
    ['a|bc?', 'ab', false],
    ['^prod$', 'prod', true],
    ['[a]', 'a\n', false],
    ['a', 'a\n', false],
    ['a.b', 'a\nb', false],
    ['(?s)a.b', 'a\nb', true],
    ['(?i)prod', 'PROD', true],
    ['.', '😀', true],
    [String.raw`\\d`, '٣', false],
    ['(?P<env>prod)', 'prod', true],
    ['[[:alpha:]]+', 'abc', true],
  ])('foo=~"%s" on %j: %s', (expression, value, expected) => {
    expect(matches(`foo=~"${expression}"`, { foo: value })).toBe(expected);
    expect(matches(`foo!~"${expression}"`, { foo: value })).toBe(!expected);
  });

  test('a list of plain words matches exactly its words', () => {
    const word = fc.stringMatching(/^[\w:/ @-]{1,6}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), word, (words, other) => {
        const matcher = compileMatcher({ name: 'x', operator: '=~', value: words.join('|') });
        if (matcher instanceof Error) throw matcher;
        expect(words.every((x) => matcher.matches({ x }))).toBe(true);
        expect(matcher.matches({ x: other })).toBe(words.includes(other));
      }),
    );
  });
});

describe("regular expressions are RE2's, not JavaScript's", () => {
  test.each([
    ['lookahead', 'a(?=b)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['negative lookahead', '(?!b)a', 'error parsing regexp: invalid or unsupported Perl syntax: `(?!`'],
    ['a back-reference', '(a)\\1', 'error parsing regexp: invalid escape sequence: `\\1`'],
    ['too many repetitions', 'a{1001}', 'error parsing regexp: invalid repeat count: `{1001}`'],
    ['a JavaScript escape', '\\u0041', 'error parsing regexp: invalid escape sequence: `\\u`'],
  ])('refuses %s', (_, value, message) => {
    expect(compileMatcher({ name: 'foo', operator: '=~', value })).toEqual(new Error(message));
  });

  // JavaScript's own engine would take longer than the universe has lasted.
  test.each(['(a+)+$', '(a|a)*b', '(a|aa)+', '(.*)*x'])('answers %s on a long value at once', (value) => {
    const matcher = compileMatcher({ name: 'foo', operator: '=~', value });
    if (matcher instanceof Error) throw matcher;
    const start = performance.now();
    expect(matcher.matches({ foo: `${'a'.repeat(10_000)}!` })).toBe(false);
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});
