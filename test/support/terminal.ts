import { Writable } from 'node:stream';
import { run } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

export interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Terminal['env'];
  /** In ms since the epoch. */
  readonly now?: number;
}

/** Runs a command line in this process, without the program's name. */
export async function runCommand(
  argv: readonly string[],
  { env = {}, now }: CommandOptions = {},
): Promise<CommandEnd> {
  const stdout = collector();
  const stderr = collector();
  const code = await run(argv, '0.0.0', {
    stdout: stdout.stream,
    stderr: stderr.stream,
    env,
    now: now === undefined ? Date.now : () => now,
    onSignal: () => () => {},
  });
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function collector(): { readonly stream: Writable; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      chunks.push(chunk);
      callback();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
