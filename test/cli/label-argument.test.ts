import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseLabels } from '../../src/cli/label-argument.ts';
import { quoteForMatcher } from '../../src/notification/text.ts';
import { anyText } from '../support/texts.ts';

describe('an argument that gives a label', () => {
  // The ones that amtool 0.25 takes too give the same there; it knows ASCII names only, and refuses a quote in a bare value.
  test.each([
    ['a=b', { a: 'b' }],
    ['a=', { a: '' }],
    ['a=""', { a: '' }],
    ['a=b=c', { a: 'b=c' }],
    ['a==b', { a: '=b' }],
    ['a=b,c=d', { a: 'b,c=d' }],
    ['a={b}', { a: '{b}' }],
    ['a=two words', { a: 'two words' }],
    ['a="two words"', { a: 'two words' }],
    ['a=" b "', { a: ' b ' }],
    [' a = b ', { a: 'b' }],
    [String.raw`a="say \"hi\""`, { a: 'say "hi"' }],
    [String.raw`a=say \"hi\"`, { a: 'say "hi"' }],
    ['a=say "hi"', { a: 'say "hi"' }],
    [String.raw`a=one\ntwo`, { a: 'one\ntwo' }],
    [String.raw`a="one\ntwo"`, { a: 'one\ntwo' }],
    [String.raw`a=C:\\new`, { a: String.raw`C:\new` }],
    [String.raw`a=\d+\.`, { a: String.raw`\d+\.` }],
    [String.raw`a="\d+"`, { a: String.raw`\d+` }],
    ["a='b'", { a: "'b'" }],
    ['a="~/x"', { a: '~/x' }],
    ['_a:b1=c', { '_a:b1': 'c' }],
    ['größe=groß', { größe: 'groß' }],
    ['"two words"=b', { 'two words': 'b' }],
    [String.raw`"a\"=b"=c`, { 'a"=b': 'c' }],
  ])('%s', (text, expected) => {
    expect(parseLabels([text])).toEqual(expected);
  });

  test.each([
    'a',
    '',
    '=',
    '=b',
    '""=b',
    'a b=c',
    'a!=b',
    'a=~b',
    'a!~b',
    '{a="b"}',
    'a="b',
    'a="b"c',
    'a="b",c="d"',
    'a="b"}',
    String.raw`a="b\"`,
    '"a=b',
    '"a"b=c',
  ])('%j is none', (text) => {
    expect(parseLabels([text])).toEqual(
      new Error(
        `cannot read ${JSON.stringify(text)}: write name=value, or name="value" with \\" for a quote in it`,
      ),
    );
  });

  test('of two with one name the last counts, and the first that is none is told of', () => {
    expect(parseLabels(['a=1', 'b=2', 'a=3'])).toEqual({ a: '3', b: '2' });
    expect(parseLabels(['a=1', 'b', 'c'])).toMatchObject({ message: expect.stringContaining('"b"') });
  });

  test.each(['__proto__', 'constructor', 'toString'])('%s is only a name', (name) => {
    const labels = parseLabels([`${name}=x`]);
    expect(Object.entries(labels)).toEqual([[name, 'x']]);
    expect(Object.getPrototypeOf(labels)).toBe(Object.prototype);
  });

  test('whatever the text, quoted it is what it was', () => {
    fc.assert(
      fc.property(anyText(1), anyText(), (name, value) => {
        const text = `${quoteForMatcher(name)}=${quoteForMatcher(value)}`;
        expect(parseLabels([text])).toEqual(Object.fromEntries([[name, value]]));
      }),
    );
  });
});
