import { readFile } from 'node:fs/promises';
import { load } from '../config/load.ts';
import { printProblem } from '../config/problem.ts';
import type { ExitCode, Terminal } from './terminal.ts';

/** Checks config files and prints everything wrong with them. 1 when any of them cannot be used. */
export async function check(files: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
    if (text instanceof Error) {
      terminal.stderr.write(`${file}: the file cannot be read (${text.code})\n`);
      exitCode = 1;
      continue;
    }
    const { config, problems } = load(text, file, terminal);
    for (const problem of problems) terminal.stderr.write(`${printProblem(problem)}\n`);
    if (config === undefined) exitCode = 1;
    else terminal.stdout.write(`${file}: ok, ${config.receivers.size} receivers\n`);
  }
  return exitCode;
}
