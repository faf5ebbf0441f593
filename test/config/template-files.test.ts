import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { load } from '../../src/config/load.ts';
import { printProblem } from '../../src/config/problem.ts';
import { withFolder } from '../support/folder.ts';
import { aTrigger } from '../support/notifications.ts';
import { sent } from '../support/payloads.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;

interface Tried {
  /** With the folder as `.`. */
  readonly problems: readonly string[];
  /** The event's title; undefined when the config was refused. */
  readonly summary: string | undefined;
}

/** Loads a config with these template files and patterns, whose description is `text`. */
function tried(
  files: Files,
  templates: readonly string[],
  text: string,
  prepare: (folder: string) => void = () => {},
): Tried {
  return withFolder(files, (folder) => {
    prepare(folder);
    const config = {
      templates: templates.map((pattern) => pattern.replace('FOLDER', folder)),
      route: { receiver: 'team' },
      receivers: [{ name: 'team', pagerduty_configs: [{ routing_key: 'k'.repeat(32), description: text }] }],
    };
    const loaded = load(JSON.stringify(config), join(folder, 'pagerelay.yaml'), { env: {}, now: Date.now });
    const vendor = loaded.config?.receivers.get('team')?.integrations[0]?.notifier;
    const payload = vendor && (sent(vendor, aTrigger()).body.payload as { readonly summary: string });
    return {
      problems: loaded.problems.map((problem) => printProblem(problem).replaceAll(folder, '.')),
      summary: payload?.summary,
    };
  });
}

const title = (text: string) => `{{ define "title" }}${text}{{ end }}`;
const CALL = '{{ template "title" . }}';

describe('templates', () => {
  test.each<[string, Files, readonly string[], string]>([
    ['a file beside the config', { 'a.tmpl': title('A') }, ['a.tmpl'], 'A'],
    ['a file by its whole path', { 'a.tmpl': title('A') }, ['FOLDER/a.tmpl'], 'A'],
    ['files of a pattern', { 'x/a.tmpl': title('A'), 'x/b.txt': title('B') }, ['*/[a-c].tmpl'], 'A'],
    ['a later pattern redefines', { 'a.tmpl': title('A'), 'b.tmpl': title('B') }, ['b.tmpl', 'a.tmpl'], 'A'],
    ['in one pattern, the later name', { 'a.tmpl': title('A'), 'b.tmpl': title('B') }, ['*.tmpl'], 'B'],
    [
      'one that only has blanks redefines nothing',
      { 'a.tmpl': title('A'), 'b.tmpl': title(' \n') },
      ['*.tmpl'],
      'A',
    ],
    [
      'templates of one file call those of another',
      { 'a.tmpl': title('{{ template "name" . }}!'), 'b.tmpl': '{{ define "name" }}B{{ end }}' },
      ['*.tmpl'],
      'B!',
    ],
    ['a file is a template by its own name', { 'a.tmpl': '{{ .Status }}' }, ['*.tmpl'], 'firing'],
    ['what the setting itself defines wins for that setting', { 'a.tmpl': title('A') }, ['a.tmpl'], 'own'],
  ])('%s', (what, files, patterns, summary) => {
    const text = {
      'a file is a template by its own name': '{{ template "a.tmpl" . }}',
      'what the setting itself defines wins for that setting': `${title('own')}${CALL}`,
    }[what];
    expect(tried(files, patterns, text ?? CALL)).toEqual({ problems: [], summary });
  });

  test("a user's __subject takes the place of Alertmanager's, wherever that is called", () => {
    const files = { 'a.tmpl': '{{ define "__subject" }}{{ .CommonLabels.alertname }} is on{{ end }}' };
    const text = '{{ template "pagerduty.default.description" . }}';
    expect(tried({}, [], text).summary).toBe('[FIRING:1] DiskFull (db-1:9100 critical)');
    expect(tried(files, ['*.tmpl'], text).summary).toBe('DiskFull is on');
  });

  test('a pattern that no file matches is a warning, and so is what is then not defined', () => {
    expect(tried({ 'a.txt': title('A') }, ['*.tmpl', 'none.tmpl'], CALL)).toEqual({
      problems: [
        './pagerelay.yaml:1:15: templates[0]: warning: no file matches',
        './pagerelay.yaml:1:24: templates[1]: warning: no file matches',
        expect.stringMatching(
          /description: warning: template "title" not defined: where it is called, the setting's default is sent$/,
        ),
      ],
      summary: 'Disk of db-1 is full',
    });
  });

  test('every faulty file is told of, by its own line and column; the texts that use it are not', () => {
    const files = {
      'a.tmpl': title('A'),
      'b.tmpl': '{{ define "b" }}\n  {{ if }}\n{{ end }}',
      'c.tmpl': '{{ define "c" }}\n\n {{ kaput }}{{ end }}',
    };
    const { problems, summary } = tried(files, ['*.tmpl'], '{{ template "c" . }}');
    expect(summary).toBeUndefined();
    expect(problems).toEqual([
      './b.tmpl:2:9: template: b.tmpl:2: missing value for if',
      './c.tmpl:3:5: template: c.tmpl:3: function "kaput" not defined',
    ]);
  });

  test.each<[string, Files, string, (folder: string) => void, string]>([
    ['a malformed pattern', {}, '[a.tmpl', () => {}, 'malformed pattern (got "[a.tmpl")'],
    ['a folder', {}, 'x', (folder) => mkdirSync(join(folder, 'x')), './x: is not a file'],
    [
      'a link that leads nowhere',
      {},
      '*.tmpl',
      (folder) => symlinkSync('gone', join(folder, 'a.tmpl')),
      './a.tmpl: cannot be read (ENOENT)',
    ],
    [
      'a link that leads to itself',
      {},
      'a/b.tmpl',
      (folder) => symlinkSync('a', join(folder, 'a')),
      './a/b.tmpl: cannot be read (ELOOP)',
    ],
    [
      'a name that no file can have',
      {},
      'n'.repeat(300),
      () => {},
      `./${'n'.repeat(300)}: cannot be read (ENAMETOOLONG)`,
    ],
    ['a device', {}, '/dev/zero', () => {}, '/dev/zero: is not a file'],
    [
      'a file over 1 MiB',
      { 'a.tmpl': Buffer.alloc(1024 * 1024 + 1, 'x') },
      'a.tmpl',
      () => {},
      './a.tmpl: larger than 1048576 bytes',
    ],
  ])('%s is refused', (_what, files, pattern, prepare, message) => {
    const { problems, summary } = tried(files, [pattern], 'x', prepare);
    expect(problems).toEqual([`./pagerelay.yaml:1:15: templates[0]: ${message}`]);
    expect(summary).toBeUndefined();
  });

  test('more than 1,000 files are refused', () => {
    const files = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`${i}.tmpl`, '']));
    expect(tried(files, ['*.tmpl'], 'x').problems).toEqual([
      './pagerelay.yaml:1:15: templates[0]: more than 1000 files match',
    ]);
  });

  test('1 MiB of a file, and bytes that are no UTF-8, are taken', () => {
    const files = {
      'a.tmpl': Buffer.concat([Buffer.from(title('A')), Buffer.alloc(1024 * 1024 - 40, 0xff)]),
    };
    expect(tried(files, ['a.tmpl'], CALL)).toEqual({ problems: [], summary: 'A' });
  });
});
