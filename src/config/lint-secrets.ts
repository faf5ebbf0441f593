import { stat } from 'node:fs/promises';
import { type Fault, printPath } from './problem.ts';
import type { SecretFile } from './secret-source.ts';

/** Settings whose files are read like secrets, and are none. */
const PUBLIC: ReadonlySet<unknown> = new Set(['ca_file', 'cert_file', 'username_file']);

/**
 * Secret files that cannot be used by whoever runs this, and those that others can read or change. What several entries
 * share is told of once.
 */
export async function lintSecrets(files: readonly SecretFile[]): Promise<readonly Fault[]> {
  const places = new Map(files.map((file) => [printPath(file.path), file]));
  const found = await Promise.all(
    Array.from(places.values(), async (file): Promise<readonly Fault[]> => {
      const message = await faultOf(file);
      return message === undefined ? [] : [{ path: file.path, message, warning: true }];
    }),
  );
  return found.flat();
}

async function faultOf({ path, file, source }: SecretFile): Promise<string | undefined> {
  const secret = await source.read();
  if (secret instanceof Error) return secret.message;
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return undefined;
  const mode = found.mode & 0o777;
  if ((mode & 0o022) !== 0) return `others can change ${file} (mode ${octal(mode)}): chmod go-w`;
  if (PUBLIC.has(path.at(-1)) || (mode & 0o004) === 0) return undefined;
  return `everybody on this machine can read ${file} (mode ${octal(mode)}): chmod o=, or defaultMode: 0440 for a Kubernetes Secret`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
