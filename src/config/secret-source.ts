import { readFile } from 'node:fs/promises';
import { Secret, type SecretSource } from '../notification/secret.ts';

/** How long a credential read from a file is used before the file is read again, in ms. */
const REREAD_AFTER_MS = 1000;

export interface SecretContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
}

/** A credential written into the config. */
export function literalSecret(name: string, value: string): SecretSource {
  const secret = new Secret(value);
  return { name, read: () => secret };
}

/** A credential in a file, trimmed. A file that cannot be read, or is empty, is an error only while it is so. */
export function fileSecret(name: string, path: string, { now }: SecretContext): SecretSource {
  let readAt = Number.NEGATIVE_INFINITY;
  let value: Secret | Error = new Error(`${name} was not read yet`);
  return {
    name,
    read() {
      if (value instanceof Secret && now() - readAt < REREAD_AFTER_MS) return value;
      return reread();
    },
  };

  async function reread(): Promise<Secret | Error> {
    readAt = now();
    value = await readSecret(name, path);
    return value;
  }
}

async function readSecret(name: string, path: string): Promise<Secret | Error> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    return text === '' ? new Error(`${name}: ${path} is empty`) : new Secret(text);
  } catch (error) {
    return new Error(`${name}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
