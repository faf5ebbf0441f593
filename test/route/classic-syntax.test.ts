import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseClassic } from '../../src/route/classic-syntax.ts';
import type { MatcherText, Operator } from '../../src/route/matcher-text.ts';
import { anyText, anyUnits } from '../support/texts.ts';

const one = (name: string, operator: Operator, value: string): readonly MatcherText[] => [
  { name, operator, value },
];

describe('parseClassic', () => {
  // Alertmanager's own tables: pkg/labels/parse_test.go and matcher/compliance/compliance_test.go.
  test.each<[string, readonly MatcherText[]]>([
    ['', []],
    ['{}', []],
    ['{foo="bar"}', one('foo', '=', 'bar')],
    ['{foo=~"bar.*"}', one('foo', '=~', 'bar.*')],
    ['{foo!="bar"}', one('foo', '!=', 'bar')],
    ['{foo!~"bar.*"}', one('foo', '!~', 'bar.*')],
    ['{foo=""}', one('foo', '=', '')],
    ['{foo="bar,quux", job="job1"}', [...one('foo', '=', 'bar,quux'), ...one('job', '=', 'job1')]],
    ['{foo = "bar", dings != "bums", }', [...one('foo', '=', 'bar'), ...one('dings', '!=', 'bums')]],
    ['foo=bar,dings!=bums', [...one('foo', '=', 'bar'), ...one('dings', '!=', 'bums')]],
    [
      String.raw`{quote="She said: \"Hi, ladies! That's gender-neutral…\""}`,
      one('quote', '=', `She said: "Hi, ladies! That's gender-neutral…"`),
    ],
    ['statuscode=~"5.."', one('statuscode', '=~', '5..')],
    ['tricky=~~~', one('tricky', '=~', '~~')],
    [String.raw`trickier==\\=\=\"`, one('trickier', '=', String.raw`=\=\="`)],
    [
      String.raw`contains_quote != "\"" , contains_comma !~ "foo,bar" , `,
      [...one('contains_quote', '!=', '"'), ...one('contains_comma', '!~', 'foo,bar')],
    ],
    [String.raw`{foo=bar\n}`, one('foo', '=', 'bar\n')],
    [String.raw`{foo=bar\t}`, one('foo', '=', String.raw`bar\t`)],
    [String.raw`{foo=bar\}`, one('foo', '=', 'bar\\')],
    [String.raw`{foo=bar\\}`, one('foo', '=', 'bar\\')],
    ["{foo='}", one('foo', '=', "'")],
    ['{foo=bar}}', one('foo', '=', 'bar}')],
    ['{foo=bar}},}', one('foo', '=', 'bar}}')],
    ['{foo=,bar=}}', [...one('foo', '=', ''), ...one('bar', '=', '}')]],
    ['job=', one('job', '=', '')],
    ['{foo=', one('foo', '=', '')],
    ['{foo=}b', one('foo', '=', '}b')],
  ])('reads %s', (text, expected) => {
    expect(parseClassic(text)).toEqual(expected);
  });

  // Go's \s in a regular expression is ASCII; what else looks like space belongs to the value.
  test('keeps a no-break space in the value, as Alertmanager does', () => {
    expect(parseClassic('foo=\u00a0bar')).toEqual(one('foo', '=', '\u00a0bar'));
  });

  test.each([
    ['{,}', 'bad matcher format: '],
    ['foo!bar', 'bad matcher format: foo!bar'],
    ['{{foo=', 'bad matcher format: {foo='],
    ['{invalid-name = "valid label"}', 'bad matcher format: invalid-name = "valid label"'],
    ['0foo=bar', 'bad matcher format: 0foo=bar'],
    ['größe=1', 'bad matcher format: größe=1'],
    ['job="value', 'matcher value contains unescaped double quote: "value'],
    ['job=value"', 'matcher value contains unescaped double quote: value"'],
    [String.raw`trickier==\\=\=\""`, String.raw`matcher value contains unescaped double quote: =\\=\=\""`],
    ['contains_unescaped_quote = foo"bar', 'matcher value contains unescaped double quote: foo"bar'],
    [String.raw`"{foo=\"bar"}`, String.raw`bad matcher format: "{foo=\"bar"`],
    [String.raw`"foo=\"bar"`, String.raw`bad matcher format: "foo=\"bar"`],
    [String.raw`"foo=\"bar\""`, String.raw`bad matcher format: "foo=\"bar\""`],
    [String.raw`"foo=\"bar\"`, String.raw`bad matcher format: "foo=\"bar\"`],
    ['"foo="bar""', 'bad matcher format: "foo="bar""'],
  ])('refuses %s', (text, message) => {
    expect(parseClassic(text)).toEqual(new Error(message));
  });

  test('never throws: any text gives matchers or an error', () => {
    fc.assert(
      fc.property(fc.oneof(anyUnits, anyText()), (text) => {
        const parsed = parseClassic(text);
        expect(parsed instanceof Error || Array.isArray(parsed)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
