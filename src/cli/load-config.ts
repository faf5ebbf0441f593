import { readFile } from 'node:fs/promises';
import type { Config } from '../config/compile.ts';
import { load } from '../config/load.ts';
import { printProblem } from '../config/problem.ts';
import type { Terminal } from './terminal.ts';

/** The config in a file; what is wrong with it goes to stderr. Undefined when it cannot be used. */
export async function loadConfig(file: string, terminal: Terminal): Promise<Config | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (typeof text !== 'string') {
    terminal.stderr.write(`${file}: the file cannot be read (${text.code})\n`);
    return undefined;
  }
  const { config, problems } = load(text, file, terminal);
  for (const problem of problems) terminal.stderr.write(`${printProblem(problem)}\n`);
  return config;
}
