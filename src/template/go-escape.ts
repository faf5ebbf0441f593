const HTML_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\0', '\ufffd'],
  ['"', '&#34;'],
  ["'", '&#39;'],
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
]);

/** Go's template.HTMLEscapeString. */
export function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, (char) => HTML_ESCAPES.get(char) ?? char);
}

/** Go's template.JSEscapeString: what is safe inside a string in JavaScript. DEL stays, as in Go. */
export function escapeJs(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\\'"]|[<>&=]|[^\p{L}\p{M}\p{N}\p{P}\p{S} \x7f]/gu, (char) =>
      /[\\'"]/.test(char) ? `\\${char}` : unicodeEscape(char),
    );
}

function unicodeEscape(char: string): string {
  const hex = (char.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `\\u${hex.padStart(4, '0')}`;
}
