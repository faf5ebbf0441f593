import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { queryEscape, queryUnescape } from '../../src/template/go-url.ts';
import { anyText } from '../support/texts.ts';

// https://pkg.go.dev/net/url#QueryEscape; what amtool 0.25 renders.
describe('queryEscape', () => {
  test.each([
    ['a b~!*()é', 'a+b~%21%2A%28%29%C3%A9'],
    ["AZaz09-_.~'", 'AZaz09-_.~%27'],
    ['a=1&b=2/+%', 'a%3D1%26b%3D2%2F%2B%25'],
    ['😀\n', '%F0%9F%98%80%0A'],
    ['\ud800', '%EF%BF%BD'],
  ])('%j becomes %s', (text, expected) => {
    expect(queryEscape(text)).toBe(expected);
  });
});

describe('queryUnescape', () => {
  test.each([
    ['', ''],
    ['plain é', 'plain é'],
    ['a+b%20c', 'a b c'],
    ['%2B%25%2b', '+%+'],
    ['%C3%A9%f0%9f%98%80é', 'é😀é'],
    ['%2520', '%20'],
    ['a%ffb', 'a\ufffdb'],
    ['%00', '\0'],
  ])('%j becomes %j', (text, expected) => {
    expect(queryUnescape(text)).toBe(expected);
  });

  // net/url's unescape names up to three bytes.
  test.each([
    ['a%zz', '"%zz"'],
    ['%', '"%"'],
    ['50% off', '"% o"'],
    ['%a', '"%a"'],
    ['%2', '"%2"'],
    ['%41%4g1', '"%4g"'],
    ['%"x', '"%\\"x"'],
    ['%é', '"%é"'],
    ['%aé', '"%a\\xc3"'],
    ['%€', '"%\\xe2\\x82"'],
    ['%😀', '"%\\xf0\\x9f"'],
    ['%\né', '"%\\n\\xc3"'],
    ['%\ufffd', '"%\\xef\\xbf"'],
  ])('%j is refused as Go does', (text, wrong) => {
    expect(queryUnescape(text)).toEqual(new Error(`invalid URL escape ${wrong}`));
  });

  test('takes back what queryEscape did', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(queryUnescape(queryEscape(text))).toBe(text.toWellFormed());
      }),
    );
  });
});
