const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

const ESCAPE = /\\(?:([abfnrtv\\"'])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;

/** The value of a double-quoted Go string literal, as strconv.Unquote gives it; undefined when it is none or not valid UTF-8. */
export function unquoteGo(literal: string): string | undefined {
  if (!isQuotedWith('"', literal)) return undefined;
  const bytes = bytesOf(literal.slice(1, -1), '"');
  try {
    return bytes && new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * The value of a Go string literal, double-quoted or raw; undefined when it is none. Bytes that are no UTF-8 are read as
 * U+FFFD: texts leave as JSON, where they would become that.
 */
export function stringLiteral(literal: string): string | undefined {
  if (isQuotedWith('`', literal)) return literal.slice(1, -1).replaceAll('\r', '');
  return isQuotedWith('"', literal) ? bytesOf(literal.slice(1, -1), '"')?.toString('utf8') : undefined;
}

/** The value of a Go character literal as `'a'`: a code point, or a byte's value; undefined when it is none. */
export function characterLiteral(literal: string): number | undefined {
  if (!isQuotedWith("'", literal)) return undefined;
  const body = literal.slice(1, -1);
  const bytes = bytesOf(body, "'");
  if (bytes === undefined) return undefined;
  if (/^\\(x|[0-7])/.test(body)) return bytes.length === 1 ? bytes[0] : undefined;
  const [char, ...more] = bytes.toString('utf8');
  return more.length === 0 ? char?.codePointAt(0) : undefined;
}

function isQuotedWith(quote: string, literal: string): boolean {
  return literal.length >= 2 && literal.startsWith(quote) && literal.endsWith(quote);
}

/** The bytes that the inside of a literal stands for; undefined when an escape is none, or a quote or a line's end is not escaped. */
function bytesOf(body: string, quote: '"' | "'"): Buffer | undefined {
  const bytes: Buffer[] = [];
  let at = 0;
  while (at < body.length) {
    const slash = body.indexOf('\\', at);
    const plain = body.slice(at, slash === -1 ? undefined : slash);
    if (plain.includes(quote) || plain.includes('\n')) return undefined;
    bytes.push(Buffer.from(plain));
    if (slash === -1) break;
    ESCAPE.lastIndex = slash;
    const found = ESCAPE.exec(body);
    // Each kind of literal takes only its own quote as an escape.
    const value =
      found === null || (found[1] !== quote && /["']/.test(found[1] ?? '')) ? undefined : escaped(found);
    if (value === undefined) return undefined;
    bytes.push(value);
    at = ESCAPE.lastIndex;
  }
  return Buffer.concat(bytes);
}

/** The bytes that an escape stands for: `\x` and octal ones are single bytes, the others are characters. */
function escaped([, simple, hex, octal, short, long]: RegExpExecArray): Buffer | undefined {
  if (simple !== undefined) return Buffer.from(SIMPLE_ESCAPES[simple] ?? '');
  if (hex !== undefined) return Buffer.from([Number.parseInt(hex, 16)]);
  if (octal !== undefined) {
    const byte = Number.parseInt(octal, 8);
    return byte > 255 ? undefined : Buffer.from([byte]);
  }
  const code = Number.parseInt(short ?? long ?? '', 16);
  const valid = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return valid ? Buffer.from(String.fromCodePoint(code)) : undefined;
}
