import { readFile } from 'node:fs/promises';
import type { Config } from '../config/compile.ts';
import { load } from '../config/load.ts';
import { printProblem } from '../config/problem.ts';
import type { Terminal } from './terminal.ts';

/** The config in a file, to look into: nothing is sent with it. What is wrong goes to stderr; undefined when it cannot be used. */
export async function loadConfig(file: string, terminal: Terminal): Promise<Config | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (typeof text !== 'string') {
    terminal.stderr.write(`${file}: the file cannot be read (${text.code})\n`);
    return undefined;
  }
  const { config, problems } = load(text, file, { ...terminal, isDryRun: true });
  for (const problem of problems) terminal.stderr.write(`${printProblem(problem)}\n`);
  return config;
}
