import { loadConfig } from './load-config.ts';
import type { ExitCode, Terminal } from './terminal.ts';

/** Checks config files and prints everything wrong with them. 1 when any of them cannot be used. */
export async function check(files: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  for (const file of files) {
    const config = await loadConfig(file, terminal);
    if (config === undefined) exitCode = 1;
    else terminal.stdout.write(`${file}: ok, ${config.receivers.size} receivers\n`);
  }
  return exitCode;
}
