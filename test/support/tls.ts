import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The path of a certificate or key that is for tests only (test/fixtures/tls/make.sh). */
export function tlsFile(name: string): string {
  return fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
}

export function tlsText(name: string): string {
  return readFileSync(tlsFile(name), 'utf8');
}
