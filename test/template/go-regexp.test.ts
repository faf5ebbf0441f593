import { describe, expect, test } from '@jest/globals';
import { createRegexps } from '../../src/template/go-regexp.ts';
import { replaceAll } from '../../src/template/go-regexp-replace.ts';

function compiled(pattern: string) {
  const regexp = createRegexps().compile(pattern);
  if (regexp instanceof Error) throw regexp;
  return regexp;
}

describe('compiling', () => {
  // What amtool 0.25 says.
  test.each([
    ['(', 'missing closing ): `(`'],
    [')', 'unexpected ): `)`'],
    ['[a', 'missing closing ]: `[a`'],
    ['[z-a]', 'invalid character class range: `z-a`'],
    ['a**', 'invalid nested repetition operator: `**`'],
    ['*', 'missing argument to repetition operator: `*`'],
    ['a{1001}', 'invalid repeat count: `{1001}`'],
    ['\\8', 'invalid escape sequence: `\\8`'],
    ['a\\', 'trailing backslash at end of expression: ``'],
    ['\\pX', 'invalid character class range: `\\pX`'],
    ['(?z)', 'invalid or unsupported Perl syntax: `(?z`'],
    ['(?P<é>a)', 'invalid named capture: `(?P<é>`'],
  ])('refuses %j as Go does', (pattern, message) => {
    expect(createRegexps().compile(pattern)).toEqual(new Error(`error parsing regexp: ${message}`));
  });

  test('names the whole pattern where all of it is too much', () => {
    const pattern = `${'(a*'.repeat(1001)}${')'.repeat(1001)}`;
    expect(createRegexps().compile(pattern)).toEqual(
      new Error(`error parsing regexp: expression nests too deeply: \`${pattern}\``),
    );
  });

  test('refuses a pattern that would take seconds', () => {
    expect(createRegexps().compile('a'.repeat(65_537))).toEqual(
      new Error('error parsing regexp: it is longer than 65536 characters'),
    );
  });

  test('compiles a pattern once while it is in use', () => {
    const regexps = createRegexps();
    expect(regexps.compile('a+')).toBe(regexps.compile('a+'));
  });

  test('keeps no more than 64 patterns', () => {
    const regexps = createRegexps();
    const first = regexps.compile('first');
    for (let i = 0; i < 64; i++) regexps.compile(`other${i}`);
    expect(regexps.compile('first')).not.toBe(first);
  });

  test('keeps large patterns for as long as all together are not too large', () => {
    const regexps = createRegexps();
    const large = (letter: string) => `(?:${letter}{1000}){1}`.repeat(60);
    const first = regexps.compile(large('a'));
    expect(regexps.compile(large('a'))).toBe(first);
    for (const letter of 'bcde') regexps.compile(large(letter));
    expect(regexps.compile(large('a'))).not.toBe(first);
  });
});

// What amtool 0.25 renders.
describe('replacing', () => {
  test.each([
    ['a', 'b', 'banana', 'bbnbnb'],
    ['\\.[^.]*$', '', 'www.example.com', 'www.example'],
    ['([^:]+):.*', '$1', 'host:9090', 'host'],
    ['(?i)STRASSE', 'x', 'strasse', 'x'],
    ['.', 'x', 'é😀a', 'xxx'],
    ['(?s).', '.', 'a\nb', '...'],
    ['^', '> ', 'x\ny', '> x\ny'],
    ['(?m)^', '> ', 'x\ny', '> x\n> y'],
    ['z', 'x', 'abc', 'abc'],
  ])('%j by %j in %j gives %j', (pattern, replacement, text, expected) => {
    expect(replaceAll(compiled(pattern), text, replacement, 100)).toBe(expected);
  });

  test.each([
    ['x*', '-', 'abc', '-a-b-c-'],
    ['b*', '-', 'abcbb', '-a-c-'],
    ['', '-', 'é😀', '-é-😀-'],
    ['$', '!', 'x', 'x!'],
    ['\\b', '|', 'ab cd', '|ab| |cd|'],
    ['a|b|', '.', 'cab', '.c..'],
    ['x*', '-', '', '-'],
  ])(
    'of empty matches, %j by %j in %j, those that touch no match before',
    (pattern, replacement, text, expected) => {
      expect(replaceAll(compiled(pattern), text, replacement, 100)).toBe(expected);
    },
  );

  test.each([
    ['(a)(b)?', '[$1|$2]', 'ab a', '[a|b] [a|]'],
    ['(?P<n>a+)', '<$n>', 'caat', 'c<aa>t'],
    ['(?P<n>a+)', `\${n}x$nx`, 'caat', 'caaxt'],
    ['(a)', `$1x \${1}x`, 'a', ' ax'],
    ['(a)', `$01 $2 \${9}`, 'a', '  '],
    ['(a)', '$99999999999', 'a', ''],
    ['(a)', '$0$0', 'a', 'aa'],
    ['a', '$$1', 'a', '$1'],
    ['a', `$ \${ \${} $-`, 'a', `$ \${ \${} $-`],
    ['a', '$constructor$__proto__', 'a', ''],
    ['a', '\\1 $& $`', 'a', '\\1 $& $`'],
  ])('expands groups: %j by %j in %j gives %j', (pattern, replacement, text, expected) => {
    expect(replaceAll(compiled(pattern), text, replacement, 100)).toBe(expected);
  });

  test('ends where the text gets too long', () => {
    const text = 'a'.repeat(100_000);
    expect(replaceAll(compiled('a'), text, text, 1_000_000)).toEqual(
      new Error('the text would have more than 1000000 characters'),
    );
  });

  test('takes time linear in the text where other engines backtrack', () => {
    const text = `${'a'.repeat(20_000)}b`;
    expect(replaceAll(compiled('(a*)*$'), text, '', 100_000)).toBe(text);
  }, 5000);
});
