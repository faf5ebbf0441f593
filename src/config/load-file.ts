import { readFile } from 'node:fs/promises';
import { sha256hex } from '../notification/incident-key.ts';
import type { Config } from './compile.ts';
import { load } from './load.ts';
import type { Problem } from './problem.ts';
import type { SecretContext } from './secret-source.ts';

export interface LoadedFile {
  readonly config?: Config;
  readonly problems: readonly Problem[];
  /** First 48 bits of the SHA-256 of its text. */
  readonly hash: number;
}

/** Reads a config file. That it cannot be read is a problem like any other. */
export async function loadFile(file: string, context: SecretContext): Promise<LoadedFile> {
  try {
    const text = await readFile(file, 'utf8');
    return { ...load(text, file, context), hash: Number.parseInt(sha256hex(text).slice(0, 12), 16) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const message = `the file cannot be read (${code})`;
    return { problems: [{ file, line: 1, column: 1, path: '', message, warning: false }], hash: 0 };
  }
}
