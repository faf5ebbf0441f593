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
};

const ESCAPE = /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;

/** The value of a double-quoted Go string literal, as strconv.Unquote gives it; undefined when it is none or not valid UTF-8. */
export function unquoteGo(literal: string): string | undefined {
  if (literal.length < 2 || !literal.startsWith('"') || !literal.endsWith('"')) return undefined;
  const body = literal.slice(1, -1);
  const bytes: Buffer[] = [];
  let at = 0;
  while (at < body.length) {
    const slash = body.indexOf('\\', at);
    const plain = body.slice(at, slash === -1 ? undefined : slash);
    if (/["\n]/.test(plain)) return undefined;
    bytes.push(Buffer.from(plain));
    if (slash === -1) break;
    ESCAPE.lastIndex = slash;
    const found = ESCAPE.exec(body);
    const value = found === null ? undefined : escaped(found);
    if (value === undefined) return undefined;
    bytes.push(value);
    at = ESCAPE.lastIndex;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes));
  } catch {
    return undefined;
  }
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
