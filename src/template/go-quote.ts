/** What strconv.IsPrint takes: letters, marks, numbers, punctuation, symbols, and of the spaces only ASCII's. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const ESCAPED = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|["\\]/gu;
const ESCAPED_IN_ASCII = /[^ -~]|["\\]/gu;

const REPLACEMENT = '\ufffd';

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
  ["'", "\\'"],
]);

/** `text` as a Go string literal in double quotes (strconv.Quote). */
export function goQuote(text: string): string {
  return `"${text.toWellFormed().replace(ESCAPED, escaped)}"`;
}

/** `text` as a Go string literal of ASCII characters only (strconv.QuoteToASCII). */
export function goQuoteToAscii(text: string): string {
  return `"${text.toWellFormed().replace(ESCAPED_IN_ASCII, escaped)}"`;
}

/** Whether `text` can stand unchanged between backquotes, on one line (strconv.CanBackquote). */
export function canBackquote(text: string): boolean {
  return !/(?![\t\u0080-\u009f])[\p{Cc}`\ufeff]/u.test(text);
}

/** A code point as a Go character literal in single quotes (strconv.QuoteRune, QuoteRuneToASCII). */
export function goQuoteRune(code: bigint, isAscii: boolean): string {
  const char = runeText(code);
  const isPlain = isAscii ? /^[ -~]$/.test(char) : isPrintable(char);
  return `'${isPlain && char !== "'" && char !== '\\' ? char : escaped(char)}'`;
}

/** A code point as text; U+FFFD where there is none. */
export function runeText(code: bigint): string {
  if (code < 0n || code > 0x10ffffn) return REPLACEMENT;
  return String.fromCodePoint(Number(code)).toWellFormed();
}

/** Whether Go prints a character as it is (strconv.IsPrint). */
export function isPrintable(char: string): boolean {
  return PRINTABLE.test(char);
}

function escaped(char: string): string {
  const short = SHORT_ESCAPES.get(char);
  if (short !== undefined) return short;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`;
  return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}
