import type { Labels } from '../notification/notification.ts';

const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
/** Stands in no UTF-8 text. */
const SEPARATOR = Buffer.from([0xff]);

/**
 * An alert's fingerprint as Alertmanager computes it (prometheus/common, model/signature.go): FNV-1a of 64 bits over
 * names and values in the byte order of the names, each followed by 0xff; 16 hex digits.
 */
export function fingerprint(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => [Buffer.from(name), Buffer.from(value)] as const,
  );
  pairs.sort(([a], [b]) => Buffer.compare(a, b));
  let hash = OFFSET;
  for (const [name, value] of pairs) {
    for (const byte of Buffer.concat([name, SEPARATOR, value, SEPARATOR])) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * PRIME);
    }
  }
  return hash.toString(16).padStart(16, '0');
}
