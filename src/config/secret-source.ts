import { readFile, stat } from 'node:fs/promises';
import { sha256hex } from '../notification/incident-key.ts';
import { Secret, type SecretSource } from '../notification/secret.ts';
import type { Path } from './problem.ts';

/** How long a credential read from a file is used before the file is read again, in ms. */
const REREAD_AFTER_MS = 1000;

/** What a secret must be to be used. */
export interface SecretRules {
  /** For messages: `a key`. */
  readonly what: string;
  /** No such file is larger; a wrong path may lead to a file of any size. */
  readonly maxBytes: number;
  /** Whether a file may hold two, one in each line: the second is for where the first is refused. */
  readonly mayBeTwo?: true;
  /** What is wrong with a value, without the value. */
  fault(value: string): string | undefined;
}

/** A key, a token or a secret: one word. */
export const CREDENTIAL: SecretRules = { what: 'a key', maxBytes: 64 * 1024, fault: credentialFault };

/** The key of a vendor's account. */
export const VENDOR_KEY: SecretRules = { ...CREDENTIAL, mayBeTwo: true };

export interface SecretContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  /** Nothing will be sent: a variable that is not set is a warning, and keeps nothing from being shown. */
  readonly isDryRun?: true;
  /** Every file that holds a secret is added here. */
  readonly secretFiles?: SecretFile[];
}

/** A setting that names a file with a secret. */
export interface SecretFile {
  readonly path: Path;
  readonly file: string;
  readonly source: SecretSource;
}

/** A credential written into the config. */
export function literalSecret(name: string, value: string): SecretSource {
  const secret = new Secret(value);
  return { name, id: sha256hex(value), read: () => secret };
}

/** The credential of an environment variable that is not set: its account is told from others by the variable. */
export function unsetSecret(name: string, variable: string): SecretSource {
  return { ...literalSecret(name, ''), id: sha256hex(`$${variable}`) };
}

/** A credential in a file, trimmed, or two while one follows the other. A file that cannot be read, or holds none, is an error only while it is so. */
export function fileSecret(
  name: string,
  path: string,
  { now }: SecretContext,
  rules: SecretRules = CREDENTIAL,
): SecretSource {
  let readAt = Number.NEGATIVE_INFINITY;
  let value: Secret | Error = new Error(`${name} was not read yet`);
  /** The one that was refused last. */
  let passedOver: string | undefined;
  let reading: Promise<Secret | Error> | undefined;
  return {
    name,
    id: path,
    read() {
      if (value instanceof Secret && now() - readAt < REREAD_AFTER_MS) return value;
      reading ??= reread();
      return reading;
    },
    passOver(refused) {
      if (value instanceof Error || value.reveal() !== refused.reveal()) return;
      passedOver = refused.reveal();
      value = inOrderOfUse(refused);
    },
  };

  async function reread(): Promise<Secret | Error> {
    const found = await readSecret(name, path, rules);
    if (!holds(found, passedOver)) passedOver = undefined;
    value = found instanceof Error ? found : inOrderOfUse(found);
    readAt = now();
    reading = undefined;
    return value;
  }

  /** An error says nothing of what the file holds. */
  function holds(found: Secret | Error, text: string | undefined): boolean {
    return found instanceof Error || found.reveal() === text || found.next()?.reveal() === text;
  }

  function inOrderOfUse(secret: Secret): Secret {
    const next = secret.next();
    const isRefused = next !== undefined && secret.reveal() === passedOver;
    return isRefused ? new Secret(next.reveal(), new Secret(secret.reveal())) : secret;
  }
}

/** What is wrong with a credential that no request can carry: it goes into a header or a JSON text as it is. */
function credentialFault(value: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(value) ? undefined : 'holds white space or characters that no key has';
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

async function readSecret(name: string, path: string, rules: SecretRules): Promise<Secret | Error> {
  // Somebody may have put the key itself where its file should be named.
  const where = path.includes('/') ? path : 'the file';
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > rules.maxBytes)
      return new Error(`${name}: ${where} is no file with ${rules.what}`);
    const text = (await readFile(path, 'utf8')).trim();
    if (text === '') return new Error(`${name}: ${where} is empty`);
    const [first = '', second, ...more] = rules.mayBeTwo ? linesOf(text) : [text];
    if (more.length > 0) return new Error(`${name}: ${where} holds more than two keys`);
    const fault = rules.fault(first) ?? (second === undefined ? undefined : rules.fault(second));
    if (fault !== undefined) return new Error(`${name}: ${where} ${fault}`);
    return new Secret(first, second === undefined ? undefined : new Secret(second));
  } catch (error) {
    return new Error(`${name}: ${where} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
