import type { Matcher, RE2JS } from 're2js';
import { tooLong } from './too-long.ts';

/** A piece of the replacement: text, or the group whose text stands there. */
type Piece = string | number;

const MAX_MS = 500;
const MATCHES_BETWEEN_LOOKS = 16;

/**
 * Go's Regexp.ReplaceAllString. In the replacement `$1`, `${1}`, `$name` and `${name}` are groups, `$$` is `$`; a group that
 * is not there is empty, also that of `$1x`, which is called `1x`. A result over `maxLength` UTF-16 units is an error.
 *
 * Each match is found in time linear in the text, so that a pattern with many matches that each look far ahead takes
 * quadratic time, as in Go; here it ends with an error when it takes too long.
 */
export function replaceAll(
  regexp: RE2JS,
  text: string,
  replacement: string,
  maxLength: number,
): string | Error {
  const pieces = parseReplacement(replacement, regexp);
  const matcher = regexp.matcher(text);
  let result = '';
  let end = 0;
  let found = 0;
  const startedAt = performance.now();
  while (matcher.find()) {
    if (++found % MATCHES_BETWEEN_LOOKS === 0 && performance.now() - startedAt > MAX_MS) {
      return new Error(`the matches take more than ${MAX_MS} ms to find`);
    }
    const isEmptyAfterMatch = matcher.end() === end && matcher.start() === end && end > 0;
    if (isEmptyAfterMatch) continue;
    result += text.slice(end, matcher.start()) + expand(pieces, matcher);
    end = matcher.end();
    if (result.length > maxLength) return tooLong(maxLength);
  }
  return result + text.slice(end);
}

/** Go's regexp.Expand; a `$` that begins nothing of this stands for itself. */
function parseReplacement(replacement: string, regexp: RE2JS): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const found of replacement.matchAll(/\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu)) {
    const [whole, braced, bare] = found;
    const name = braced ?? bare;
    const group = name === undefined ? '$' : groupNumber(name, regexp);
    pieces.push(replacement.slice(at, found.index));
    if (group !== undefined) pieces.push(group);
    at = found.index + whole.length;
  }
  pieces.push(replacement.slice(at));
  return pieces;
}

function groupNumber(name: string, regexp: RE2JS): number | undefined {
  if (!/^(?:0|[1-9][0-9]*)$/.test(name)) {
    const groups = regexp.namedGroups();
    return Object.hasOwn(groups, name) ? groups[name] : undefined;
  }
  const group = Number(name);
  return group <= regexp.groupCount() ? group : undefined;
}

function expand(pieces: readonly Piece[], matcher: Matcher): string {
  let text = '';
  for (const piece of pieces) text += typeof piece === 'string' ? piece : (matcher.group(piece) ?? '');
  return text;
}
