import { lstatSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { TemplateText } from '../template/node.ts';
import { createTemplates, type Templates } from '../template/templates.ts';
import type { GoFunction } from '../template/value.ts';
import { glob } from './glob.ts';
import type { Fault, Path } from './problem.ts';

/** A template file is text that people write; a wrong pattern may lead to files of any size and number. */
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_FILES = 1000;

interface TemplateFile extends TemplateText {
  readonly path: string;
}

/** The templates of all files that the patterns lead to, after Alertmanager's own. Patterns are relative to `folder`. */
export function compileTemplateFiles(
  patterns: readonly string[],
  folder: string,
  functions: ReadonlyMap<string, GoFunction>,
  faults: Fault[],
): Templates {
  const files: TemplateFile[] = [];
  for (const [i, pattern] of patterns.entries()) {
    const path: Path = ['templates', i];
    const found = filesOf(pattern, folder, path, faults);
    if (files.length + found.length > MAX_FILES) {
      faults.push({ path, message: `more than ${MAX_FILES} files match` });
      break;
    }
    for (const file of found) {
      const text = readTemplate(file);
      if (text instanceof Error) faults.push({ path, message: `${file}: ${text.message}` });
      else files.push({ name: basename(file), text, path: file });
    }
  }
  const templates = createTemplates(files, functions);
  if ('compile' in templates) return templates;
  for (const { message, source, line, column } of templates) {
    const { path = '' } = files.find((file) => file === source) ?? {};
    faults.push({ path: ['templates'], message, within: { file: path, line, column } });
  }
  return NO_TEMPLATES;
}

function filesOf(pattern: string, folder: string, path: Path, faults: Fault[]): readonly string[] {
  const found = glob(pattern, folder)?.filter(isThere);
  if (found === undefined) {
    faults.push({ path, message: `malformed pattern (got ${JSON.stringify(pattern)})` });
  } else if (found.length === 0) {
    faults.push({ path, message: 'no file matches', warning: true });
  }
  return found ?? [];
}

/** Stands in while a file is faulty: then nothing that uses it is known to be right or wrong. */
const NO_TEMPLATES: Templates = {
  compile: (text) => ({
    source: text,
    constant: undefined,
    unknown: [],
    mentions: () => new Set(),
    render: () => text,
  }),
};

/** A link that leads nowhere is there, too: somebody meant something by it. */
function isThere(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // Reading it will say why.
    return true;
  }
}

function readTemplate(file: string): string | Error {
  try {
    const stats = statSync(file);
    if (!stats.isFile()) return new Error('is not a file');
    if (stats.size > MAX_FILE_BYTES) return new Error(`larger than ${MAX_FILE_BYTES} bytes`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    return new Error(`cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
