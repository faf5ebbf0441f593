/** Number of code points in `text`: the unit Alertmanager calls runes and vendors call characters. */
export function codePoints(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    if (isHighSurrogate(text.charCodeAt(i)) && isLowSurrogate(text.charCodeAt(i + 1))) i++;
    count++;
  }
  return count;
}

/**
 * `text` cut to at most `limit` code points, the last one being `…` where something was cut.
 * Up to a limit of 3 there is no room for an ellipsis, as in Alertmanager's TruncateInRunes (notify/util.go).
 */
export function truncate(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const kept = limit > 3 ? limit - 1 : limit;
  let cut = text.length;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    if (count === kept) cut = Math.min(cut, i);
    if (count === limit) return limit > 3 ? `${text.slice(0, cut)}…` : text.slice(0, cut);
    if (isHighSurrogate(text.charCodeAt(i)) && isLowSurrogate(text.charCodeAt(i + 1))) i++;
    count++;
  }
  return text;
}

/** The same in memory of its own, for what is kept long: a part of a text holds the whole of it in memory. */
export function ownCopy(text: string, limit: number): string {
  return Buffer.from(truncate(text, limit)).toString();
}

/** A text as one segment of a path: those of dots alone would lead elsewhere. It must be well-formed. */
export function pathSegment(text: string): string {
  const segment = encodeURIComponent(text);
  return /^\.{1,2}$/.test(segment) ? segment.replaceAll('.', '%2E') : segment;
}

/** The first line of `text` that is not blank, trimmed; empty when there is none. */
export function firstLine(text: string): string {
  return /\S.*/.exec(text)?.[0].trimEnd() ?? '';
}

/** A label name or value as it is quoted in a matcher, in the form that Alertmanager's two matcher syntaxes read alike. */
export function quoteForMatcher(text: string): string {
  if (!/["\\\n]/.test(text)) return `"${text}"`;
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** A label name in a matcher: quoted only where it must be. */
export function nameForMatcher(name: string): string {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) ? name : quoteForMatcher(name);
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
