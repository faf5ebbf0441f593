import { readFile, stat } from 'node:fs/promises';
import { sha256hex } from '../notification/incident-key.ts';
import { Secret, type SecretSource } from '../notification/secret.ts';

/** How long a credential read from a file is used before the file is read again, in ms. */
const REREAD_AFTER_MS = 1000;

/** No credential is longer; a wrong path may lead to a file of any size. */
const MAX_FILE_BYTES = 64 * 1024;

export interface SecretContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
}

/** A credential written into the config. */
export function literalSecret(name: string, value: string): SecretSource {
  const secret = new Secret(value);
  return { name, id: sha256hex(value), read: () => secret };
}

/** A credential in a file, trimmed. A file that cannot be read, or holds none, is an error only while it is so. */
export function fileSecret(name: string, path: string, { now }: SecretContext): SecretSource {
  let readAt = Number.NEGATIVE_INFINITY;
  let value: Secret | Error = new Error(`${name} was not read yet`);
  let reading: Promise<Secret | Error> | undefined;
  return {
    name,
    id: path,
    read() {
      if (value instanceof Secret && now() - readAt < REREAD_AFTER_MS) return value;
      reading ??= reread();
      return reading;
    },
  };

  async function reread(): Promise<Secret | Error> {
    value = await readSecret(name, path);
    readAt = now();
    reading = undefined;
    return value;
  }
}

/** What is wrong with a credential that no request can carry: it goes into a header or a JSON text as it is. */
export function credentialFault(value: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(value) ? undefined : 'holds white space or characters that no key has';
}

async function readSecret(name: string, path: string): Promise<Secret | Error> {
  // Somebody may have put the key itself where its file should be named.
  const where = path.includes('/') ? path : 'the file';
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > MAX_FILE_BYTES)
      return new Error(`${name}: ${where} is no file with a key`);
    const text = (await readFile(path, 'utf8')).trim();
    if (text === '') return new Error(`${name}: ${where} is empty`);
    const fault = credentialFault(text);
    return fault === undefined ? new Secret(text) : new Error(`${name}: ${where} ${fault}`);
  } catch (error) {
    return new Error(`${name}: ${where} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
