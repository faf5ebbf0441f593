import { describe, expect, test } from '@jest/globals';
import { glob } from '../../src/config/glob.ts';
import { withFolder } from '../support/folder.ts';

/** Paths in a folder that has these files, as found. */
function found(names: readonly string[], pattern: string): readonly string[] | undefined {
  return withFolder(Object.fromEntries(names.map((name) => [name, ''])), (folder) =>
    glob(pattern, folder)?.map((path) => path.slice(folder.length + 1)),
  );
}

// Go's path/filepath, Match: the cases of its documentation and the odd ones of its grammar.
describe('a name', () => {
  test.each<[string, string, boolean]>([
    ['*', 'abc', true],
    ['*', '.hidden', true],
    ['*c', 'abc', true],
    ['a*', 'a', true],
    ['a*', 'abc', true],
    ['a*b*c*d*e*', 'axbxcxdxe', true],
    ['a*b?c*x', 'abxbbxdbxebxczzx', true],
    ['a*b?c*x', 'abxbbxdbxebxczzy', false],
    ['*x', 'xxx', true],
    ['a?b', 'a☺b', true],
    ['a?b', 'a😀b', true],
    ['a???b', 'a☺b', false],
    ['ab[c]', 'abc', true],
    ['ab[b-d]', 'abc', true],
    ['ab[e-g]', 'abc', false],
    ['ab[^c]', 'abc', false],
    ['ab[^e-g]', 'abc', true],
    ['a[^a]b', 'a☺b', true],
    ['a[^a][^a][^a]b', 'a☺b', false],
    ['[a-ζ]*', 'α', true],
    ['*[a-ζ]', 'A', false],
    ['[😀-😂]', '😁', true],
    ['[b-a]', 'a', false],
    ['[b-ac]', 'c', true],
    ['[^^]', 'a', true],
    ['[^^]', '^', false],
    ['[!a]', '!', true],
    ['[!a]', 'b', false],
    ['[[]', '[', true],
    ['[a*?]', '*', true],
    ['[a*?]', 'b', false],
    ['[\\d]', 'd', true],
    ['[\\d]', '1', false],
    ['[\\]a]', ']', true],
    ['[\\-x]', '-', true],
    ['[\\^a]', '^', true],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'acb', false],
    ['a\\bc*', 'abc', true],
    ['a.b*', 'axb', false],
    ['(a|b)*', 'a', false],
    ['(a|b)*', '(a|b)', true],
    ['{a,b}*', 'a', false],
    ['a*', 'A', false],
    ['*', 'a\nb', true],
  ])('%s and %j: %s', (pattern, name, matches) => {
    expect(found([name], pattern)).toEqual(matches ? [name] : []);
  });

  test.each([
    '[',
    '[]',
    '[^]',
    '[^',
    '[^bc',
    'a[',
    '[]a]',
    '[-]',
    '[x-]',
    '[-x]',
    '[a-b-c]',
    '[a-]b',
    'a*\\',
    'x*/[a/b]',
  ])('%s is malformed', (pattern) => {
    expect(found(['a', 'x'], pattern)).toBeUndefined();
  });
});

describe('a path', () => {
  const TREE = ['b.tmpl', 'a.tmpl', 'C.tmpl', 'x/1.tmpl', 'y/1.tmpl', 'y/2.tmpl', 'y/z/3.tmpl', 'note.txt'];
  test.each<[string, readonly string[]]>([
    ['*.tmpl', ['C.tmpl', 'a.tmpl', 'b.tmpl']],
    ['./*.tmpl', ['C.tmpl', 'a.tmpl', 'b.tmpl']],
    ['*/*.tmpl', ['x/1.tmpl', 'y/1.tmpl', 'y/2.tmpl']],
    ['y//*.tmpl', ['y/1.tmpl', 'y/2.tmpl']],
    ['[xy]/1.tmpl', ['x/1.tmpl', 'y/1.tmpl']],
    ['**/*.tmpl', ['x/1.tmpl', 'y/1.tmpl', 'y/2.tmpl']],
    ['x/../?.tmpl', ['C.tmpl', 'a.tmpl', 'b.tmpl']],
    ['note.txt/*', []],
    ['none/*', []],
    ['*?', ['C.tmpl', 'a.tmpl', 'b.tmpl', 'note.txt', 'x', 'y']],
  ])('%s', (pattern, paths) => {
    expect(found(TREE, pattern)).toEqual(paths);
  });

  test('without any of these is the path, be it there or not', () => {
    expect(glob('a/b.tmpl', '/folder')).toEqual(['/folder/a/b.tmpl']);
    expect(glob('/other/b.tmpl', '/folder')).toEqual(['/other/b.tmpl']);
  });

  // UTF-16, which JavaScript sorts by, has them the other way round.
  test('is sorted as bytes are', () => {
    expect(found(['\u{1f600}', '\uff21'], '*')).toEqual(['\uff21', '\u{1f600}']);
  });
});
