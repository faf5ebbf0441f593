import type { Path } from './problem.ts';

/** The text of the scalar at a place in the data, as written; undefined when it stands in quotes or is none. */
export type PlainText = (path: Path) => string | undefined;

/** What YAML 1.1, and so Alertmanager (go-yaml, resolve.go), takes as a boolean where one is wanted. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'true', 'True', 'TRUE'].map(
    (text) => [text, true] as const,
  ),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'false', 'False', 'FALSE'].map(
    (text) => [text, false] as const,
  ),
]);

/**
 * Reads the scalar at `path` again where it has another type than `wanted`, as Alertmanager reads it: a number or
 * boolean without quotes is the text that was written where a text is wanted (`1.10` stays so), and `yes` or `off`
 * a boolean where a boolean is wanted. Anything else stays as it is.
 */
export function readAsWanted(root: unknown, path: Path, wanted: unknown, plainText: PlainText): void {
  const name = path.at(-1);
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((at, step) => (isContainer(at) ? at[step] : undefined), root);
  if (name === undefined || !isContainer(parent)) return;
  const value = readAs(wanted, parent[name], () => plainText(path));
  // Not by assignment, for which `__proto__` is no common name.
  if (value !== undefined) Object.defineProperty(parent, name, { value });
}

/**
 * Makes texts of the numbers in `value`, which stands at `path`, that a number would not bring back as they were written:
 * `1.10`, `01234`, and those with more digits than a number has.
 */
export function keepDigits(value: unknown, path: Path, plainText: PlainText): void {
  if (!isContainer(value)) return;
  for (const [name, item] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(name) : name];
    if (typeof item !== 'number') {
      keepDigits(item, at, plainText);
      continue;
    }
    const text = plainText(at);
    if (text !== undefined && text !== String(item)) Object.defineProperty(value, name, { value: text });
  }
}

function readAs(
  wanted: unknown,
  value: unknown,
  text: () => string | undefined,
): string | boolean | undefined {
  if (wanted === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return text();
  if (wanted === 'boolean' && typeof value === 'string') return BOOLEANS.get(text() ?? '');
  return undefined;
}

function isContainer(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}
