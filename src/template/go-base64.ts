/** Alertmanager's `base64encode`: the alphabet for URLs, padded (Go's base64.URLEncoding). */
export function base64Encode(text: string): string {
  const encoded = Buffer.from(text).toString('base64url');
  return encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=');
}

/** Alertmanager's `base64decode`. Line ends are skipped; an error has Go's words. Bytes that are no UTF-8 become U+FFFD. */
export function base64Decode(text: string): string | Error {
  const wrong = firstWrong(text);
  if (wrong !== undefined) return new Error(`illegal base64 data at input byte ${wrong}`);
  return Buffer.from(text.replace(/[\r\n]/g, ''), 'base64url').toString('utf8');
}

/** The byte that Go's decoder stops at, if it does. All before it is ASCII, so that UTF-16 units count as bytes. */
function firstWrong(text: string): number | undefined {
  let at = 0;
  let digits = 0;
  for (; at < text.length; at++) {
    const char = text.charAt(at);
    if (/[A-Za-z0-9_-]/.test(char)) digits++;
    else if (!isLineEnd(char)) break;
  }
  const open = digits % 4;
  if (at === text.length) return open === 0 ? undefined : at - open;
  return text[at] === '=' && open >= 2 ? wrongPadding(text, at + 1, open) : at;
}

/** Two digits want two signs, three want one; nothing may follow. `at` is behind the first sign. */
function wrongPadding(text: string, at: number, digits: number): number | undefined {
  let end = skipLineEnds(text, at);
  if (digits === 2) {
    if (end === text.length) return end;
    if (text[end] !== '=') return end - 1;
    end = skipLineEnds(text, end + 1);
  }
  return end === text.length ? undefined : end;
}

function skipLineEnds(text: string, from: number): number {
  let at = from;
  while (isLineEnd(text.charAt(at))) at++;
  return at;
}

function isLineEnd(char: string): boolean {
  return char === '\n' || char === '\r';
}
