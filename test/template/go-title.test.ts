import { describe, expect, test } from '@jest/globals';
import { title } from '../../src/template/go-title.ts';

// What amtool 0.25 renders.
describe('title', () => {
  test.each([
    ['', ''],
    ['hello world', 'Hello World'],
    ["don't stop", "Don't Stop"],
    ["o'neil's", "O'neil's"],
    ["'quoted'", "'Quoted'"],
    ["a''b", "A''B"],
    ['foo-bar', 'Foo-Bar'],
    ['foo_bar', 'Foo_bar'],
    ['foo:bar', 'Foo:bar'],
    ['foo::bar', 'Foo::Bar'],
    ['foo.bar..baz', 'Foo.bar..Baz'],
    ['3rd 4x4', '3Rd 4X4'],
    ['ABC dEF', 'Abc Def'],
    ['x1y', 'X1y'],
    ['a/b', 'A/B'],
    ['KubePodNotReady', 'Kubepodnotready'],
    ['high cpu (web)', 'High Cpu (Web)'],
    ['1st-class_a', '1St-Class_a'],
    ['é ÀÉ', 'É Àé'],
    ['a’b·c', 'A’b·c'],
    ['a😀b', 'A😀B'],
  ])('%j becomes %j', (text, expected) => {
    expect(title(text)).toBe(expected);
  });

  test.each([
    ['a letter that begins as two', 'ßa ﬁsh ﬃ', 'Ssa Fish Ffi'],
    ['digraphs', 'ǆ ǅ Ǆ', 'ǅ ǅ ǅ'],
    ['an n with an apostrophe', 'ŉa', 'ʼNa'],
    ['final sigmas', 'ΟΔΟΣ ΣΑΣ ΣΣ', 'Οδος Σας Σς'],
    ['a sigma before a dot inside of a word', 'aΣ.b aΣ. b', 'Aσ.b Aς. B'],
    ['i with and without a dot', 'İI ıI', 'İi Ii'],
    ['Georgian, which has no capitals for this', 'ა Ა', 'ა Ა'],
    ['an iota below', 'ᾳ \u1fb7', 'ᾼ \u0391\u0342\u0345'],
    [
      'a mark, a soft hyphen and a joiner inside of a word',
      'a\u0301B a\u00adB a\u200dB',
      'A\u0301b A\u00adb A\u200db',
    ],
    ['a zero width space between words', 'a\u200bb', 'A\u200bB'],
    ['scripts without spaces', 'a日b aカb aไb', 'A日B AカB AไB'],
    ['scripts without case', 'a한b aאb', 'A한b Aאb'],
    ['Deseret', '𐐨𐐀', '𐐀𐐨'],
  ])('knows %s', (_, text, expected) => {
    expect(title(text)).toBe(expected);
  });

  test('takes time linear in the text, many sigmas with marks included', () => {
    const text = `aΣ${'\u0301'.repeat(1000)}`.repeat(500);
    expect(title(text)).toHaveLength(text.length);
  }, 5000);
});
