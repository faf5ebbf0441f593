import { readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { byByteOrder } from '../template/byte-order.ts';

/**
 * The paths that match a pattern, as Go's filepath.Glob finds them, which Alertmanager's `templates` mean: `*`, `?` and
 * `[a-z]` within one name, `\\` before a character that means itself. Sorted; what cannot be read does not match. What
 * follows the last of these need not exist. Undefined: the pattern is malformed.
 */
export function glob(pattern: string, folder: string): readonly string[] | undefined {
  const steps = pattern.split('/').filter((step) => step !== '' && step !== '.');
  let found: readonly string[] = [isAbsolute(pattern) ? '/' : folder];
  for (const step of steps) {
    const names = /[*?[\\]/.test(step) ? toRegExp(step) : step;
    if (names === undefined) return undefined;
    found = found.flatMap((path) =>
      typeof names === 'string' ? [join(path, names)] : matching(path, names),
    );
  }
  return found;
}

function matching(folder: string, names: RegExp): readonly string[] {
  return namesIn(folder)
    .filter((name) => names.test(name))
    .sort(byByteOrder)
    .map((name) => join(folder, name));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

// The grammar of filepath.Match: in a set, `\`, `-` and `]` mean themselves only after a `\`.
const CHARACTER = String.raw`\\[^]|[^\\\]-]`;
const RANGE = `(${CHARACTER})(?:-(${CHARACTER}))?`;
const SET = String.raw`\[(\^|(?!\^))((?:${RANGE})+)\]`;
const TOKEN = String.raw`${SET}|\\[^]|[^[\\]`;

/** Undefined when the step is malformed. */
function toRegExp(step: string): RegExp | undefined {
  let source = '';
  let read = 0;
  for (const [token, not, set] of step.matchAll(new RegExp(TOKEN, 'guy'))) {
    read += token.length;
    if (set !== undefined) source += `[${not}${rangesOf(set)}]`;
    else if (token === '*') source += '.*';
    else source += token === '?' ? '.' : literally(token);
  }
  return read < step.length ? undefined : new RegExp(`^${source}$`, 'su');
}

/** A range that runs backwards holds nothing. */
function rangesOf(set: string): string {
  return Array.from(set.matchAll(new RegExp(RANGE, 'gu')), ([, first = '', last = first]) =>
    codePoint(first) > codePoint(last) ? '' : `${literally(first)}-${literally(last)}`,
  ).join('');
}

function literally(character: string): string {
  return `\\u{${codePoint(character).toString(16)}}`;
}

/** Of a character that may have a `\` before it. */
function codePoint(character: string): number {
  return character.codePointAt(character.length > 1 && character.startsWith('\\') ? 1 : 0) ?? 0;
}
