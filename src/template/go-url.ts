import { goQuote } from './go-quote.ts';

/** Go's url.QueryEscape: only letters, digits and `-_.~` stay; a space becomes `+`. */
export function queryEscape(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%20', '+')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Go's url.QueryUnescape. Bytes that are no UTF-8 become U+FFFD, which they would in JSON. */
export function queryUnescape(text: string): string | Error {
  if (!/[%+]/.test(text)) return text;
  const wrong = /%(?![0-9a-fA-F]{2})/.exec(text);
  if (wrong !== null) return new Error(`invalid URL escape ${escapeText(text.slice(wrong.index))}`);
  const bytes = Buffer.from(text.replaceAll('+', ' '));
  return percentDecoded(bytes).toString('utf8');
}

const PERCENT = 0x25;

function percentDecoded(bytes: Buffer): Buffer {
  const decoded = Buffer.alloc(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const isEscape = bytes[i] === PERCENT;
    decoded[length++] = isEscape
      ? Number.parseInt(bytes.toString('latin1', i + 1, i + 3), 16)
      : (bytes[i] ?? 0);
    if (isEscape) i += 2;
  }
  return decoded.subarray(0, length);
}

/** The wrong escape, quoted: the percent sign and up to two bytes, which can be parts of a character. */
function escapeText(rest: string): string {
  const bytes = Buffer.from(rest.slice(0, 3)).subarray(0, 3);
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return goQuote(text);
  const shown = Array.from(bytes, (byte) =>
    byte < 0x80 ? goQuote(String.fromCharCode(byte)).slice(1, -1) : `\\x${byte.toString(16)}`,
  );
  return `"${shown.join('')}"`;
}
