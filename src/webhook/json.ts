/**
 * JSON as data. Half a surrogate pair, which only an escape can bring in, is replaced: no vendor takes it, and
 * `encodeURIComponent` throws on it.
 */
export function parseJson(text: string): unknown {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return JSON.parse(text);
  return wellFormed(JSON.parse(text), 0);
}

/** Deeper than anything that is read: what lies below is dropped instead of walked. */
const MAX_DEPTH = 8;

function wellFormed(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return null;
  if (Array.isArray(value)) return value.map((item) => wellFormed(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name.toWellFormed(), wellFormed(item, depth + 1)]),
  );
}
