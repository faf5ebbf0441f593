import { describe, expect, test } from '@jest/globals';
import { escapeHtml, escapeJs } from '../../src/template/go-escape.ts';

// What amtool 0.25 renders.
test.each([
  ['<a href="x">it\'s & more</a>', '&lt;a href=&#34;x&#34;&gt;it&#39;s &amp; more&lt;/a&gt;'],
  ['a\0b', 'a\ufffdb'],
  ['é`=\u2028', 'é`=\u2028'],
])('escapeHtml turns %j into %j', (text, expected) => {
  expect(escapeHtml(text)).toBe(expected);
});

describe('escapeJs', () => {
  test.each([
    ['\\\'"', '\\\\\\\'\\"'],
    ['<>&=`', '\\u003C\\u003E\\u0026\\u003D`'],
    ['\0\x01\n\x1f', '\\u0000\\u0001\\u000A\\u001F'],
    ['a b\x7f', 'a b\x7f'],
    ['é漢😀', 'é漢😀'],
    ['\u0085\u00a0\u00ad\u200b\u2028\ufeff', '\\u0085\\u00A0\\u00AD\\u200B\\u2028\\uFEFF'],
    ['\u{e0001}', '\\uE0001'],
    ['\ud800', '\ufffd'],
  ])('turns %j into %j', (text, expected) => {
    expect(escapeJs(text)).toBe(expected);
  });
});
