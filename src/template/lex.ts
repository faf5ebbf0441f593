/** What a token is. A keyword's kind is the word itself. */
export type TokenKind =
  | 'assign'
  | 'block'
  | 'bool'
  | 'break'
  | 'char'
  | 'character constant'
  | 'complex'
  | 'continue'
  | 'declare'
  | 'define'
  | 'dot'
  | 'else'
  | 'end'
  | 'EOF'
  | 'error'
  | 'field'
  | 'identifier'
  | 'if'
  | 'left delimiter'
  | 'left paren'
  | 'nil'
  | 'number'
  | 'pipe'
  | 'range'
  | 'raw string'
  | 'right delimiter'
  | 'right paren'
  | 'space'
  | 'string'
  | 'template'
  | 'text'
  | 'variable'
  | 'with';

export interface Token {
  readonly kind: TokenKind;
  /** The text itself; of an error, its message. */
  readonly text: string;
  /** Where it begins in the template's text, and its line, from 1. */
  readonly at: number;
  readonly line: number;
}

export const KEYWORDS: ReadonlySet<string> = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
]);

const LEFT = '{{';
const RIGHT = '}}';
const LEFT_COMMENT = '/*';
const RIGHT_COMMENT = '*/';

const SPACE = /[ \t\r\n]/;
const SPACES = /[ \t\r\n]*/y;
/** What Go's lexer takes as part of a name (unicode.IsLetter, IsDigit and `_`). */
const WORD = /[\p{L}\p{Nd}_]*/uy;
/** Digits of a base may hold `_`; signs, exponents and `i` as in Go's lexer. What follows directly makes it bad. */
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
/** A quoted text up to its end; the end is missing where it does not match. */
const QUOTED = /"(?:[^"\\\n]|\\[^\n])*"/y;
const CHARACTER = /'(?:[^'\\\n]|\\[^\n])*'/y;

const SINGLE: Readonly<Record<string, TokenKind>> = { '=': 'assign', '|': 'pipe' };

/**
 * Splits a template's text into tokens as Go's text/template does (text/template/parse/lex.go). The last token is an
 * `EOF` or an `error`. Spaces between arguments are tokens; trim markers and comments are gone.
 */
export function* lex(input: string): Generator<Token, void> {
  let at = 0;
  let line = 1;
  let parens = 0;

  /** The token from `at` to `end`, which becomes `at`. */
  const token = (kind: TokenKind, end: number): Token => {
    const text = input.slice(at, end);
    const made = { kind, text, at, line };
    skip(end);
    return made;
  };
  const skip = (end: number): void => {
    for (let i = input.indexOf('\n', at); i !== -1 && i < end; i = input.indexOf('\n', i + 1)) line++;
    at = end;
  };
  const error = (text: string): Token => ({ kind: 'error', text, at, line });

  while (true) {
    // Text, up to the next action.
    const left = input.indexOf(LEFT, at);
    const end = left === -1 ? input.length : left;
    const trims = left !== -1 && input[left + 2] === '-' && SPACE.test(input[left + 3] ?? '');
    const kept = trims ? withoutSpaceBefore(input, at, end) : end;
    if (kept > at) yield token('text', kept);
    skip(end);
    if (left === -1) break;

    const inside = left + LEFT.length + (trims ? 2 : 0);
    if (input.startsWith(LEFT_COMMENT, inside)) {
      skip(inside);
      const close = input.indexOf(RIGHT_COMMENT, at + LEFT_COMMENT.length);
      if (close === -1) return yield error('unclosed comment');
      const after = close + RIGHT_COMMENT.length;
      const delimiter = rightDelimiter(input, after);
      if (delimiter === undefined) return yield error('comment ends before closing delimiter');
      skip(delimiter.trims ? endOf(SPACES, input, delimiter.end) : delimiter.end);
      continue;
    }
    yield token('left delimiter', left + LEFT.length);
    skip(inside);
    parens = 0;

    // An action, up to its right delimiter.
    while (true) {
      const delimiter = rightDelimiter(input, at);
      if (delimiter !== undefined) {
        if (parens > 0) return yield error('unclosed left paren');
        if (delimiter.trims) skip(at + 2);
        yield token('right delimiter', delimiter.end);
        if (delimiter.trims) skip(endOf(SPACES, input, at));
        break;
      }
      const made = next();
      yield made;
      if (made.kind === 'error') return;
    }
  }
  yield { kind: 'EOF', text: '', at, line };

  /** The next token of an action. */
  function next(): Token {
    const char = String.fromCodePoint(input.codePointAt(at) ?? 0);
    if (at >= input.length) return error('unclosed action');
    if (SPACE.test(char)) {
      const end = endOf(SPACES, input, at);
      // The last space belongs to ` -}}`.
      const isTrimming = input.startsWith(`-${RIGHT}`, end);
      return token('space', isTrimming ? end - 1 : end);
    }
    const single = SINGLE[char];
    if (single !== undefined) return token(single, at + 1);
    switch (char) {
      case ':':
        return input[at + 1] === '=' ? token('declare', at + 2) : error('expected :=');
      case '"':
        return quoted(QUOTED, 'string', 'unterminated quoted string');
      case "'":
        return quoted(CHARACTER, 'character constant', 'unterminated character constant');
      case '`': {
        const close = input.indexOf('`', at + 1);
        return close === -1 ? error('unterminated raw quoted string') : token('raw string', close + 1);
      }
      case '$':
        return word('variable', at + 1);
      case '.': {
        const digit = input[at + 1];
        if (digit !== undefined && !/[0-9]/.test(digit)) return word('field', at + 1);
        return number();
      }
      case '(':
        parens++;
        return token('left paren', at + 1);
      case ')':
        parens--;
        return parens < 0 ? error('unexpected right paren') : token('right paren', at + 1);
    }
    if (/[-+0-9]/.test(char)) return number();
    if (endOf(WORD, input, at) > at) return word('identifier', at);
    if (char > ' ' && char <= '~') return token('char', at + 1);
    return error(`unrecognized character in action: ${unicodeName(char)}`);
  }

  function quoted(pattern: RegExp, kind: TokenKind, unterminated: string): Token {
    const end = endOf(pattern, input, at);
    return end === at ? error(unterminated) : token(kind, end);
  }

  /** A field, a variable, a keyword or the name of a function: the word at `from`. */
  function word(kind: 'field' | 'variable' | 'identifier', from: number): Token {
    const end = endOf(WORD, input, from);
    if (!endsWord(input, end)) return error(`bad character ${unicodeName(charAt(input, end))}`);
    const text = input.slice(at, end);
    if (kind === 'field' && end === from) return token('dot', end);
    if (kind !== 'identifier') return token(kind, end);
    if (KEYWORDS.has(text)) return token(text as TokenKind, end);
    return token(text === 'true' || text === 'false' ? 'bool' : 'identifier', end);
  }

  function number(): Token {
    let end = endOf(NUMBER, input, at);
    const sign = input[end];
    let kind: TokenKind = 'number';
    if (isGood(end) && (sign === '+' || sign === '-')) {
      end = endOf(NUMBER, input, end);
      kind = 'complex';
      if (isGood(end) && input[end - 1] !== 'i') return bad(end);
    }
    return isGood(end) ? token(kind, end) : bad(end + charAt(input, end).length);
  }

  function isGood(end: number): boolean {
    return endOf(WORD, input, end) === end;
  }

  function bad(end: number): Token {
    return error(`bad number syntax: ${JSON.stringify(input.slice(at, end))}`);
  }
}

/** Where what `pattern` (sticky) matches at `from` ends; `from` when it does not match. */
function endOf(pattern: RegExp, input: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(input) ? pattern.lastIndex : from;
}

function withoutSpaceBefore(input: string, from: number, end: number): number {
  let kept = end;
  while (kept > from && SPACE.test(input[kept - 1] ?? '')) kept--;
  return kept;
}

/** The right delimiter at `at`, with or without its trim marker. */
function rightDelimiter(input: string, at: number): { end: number; trims: boolean } | undefined {
  if (SPACE.test(input[at] ?? '') && input.startsWith(`-${RIGHT}`, at + 1))
    return { end: at + 2 + RIGHT.length, trims: true };
  return input.startsWith(RIGHT, at) ? { end: at + RIGHT.length, trims: false } : undefined;
}

/** What may follow a word directly. */
function endsWord(input: string, at: number): boolean {
  return at >= input.length || /[ \t\r\n.,|:()]/.test(input[at] ?? '') || input.startsWith(RIGHT, at);
}

function charAt(input: string, at: number): string {
  return at < input.length ? String.fromCodePoint(input.codePointAt(at) ?? 0) : '';
}

/** As Go's `%#U`: `U+0040 '@'`. */
function unicodeName(char: string): string {
  const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char) ? `U+${code} '${char}'` : `U+${code}`;
}
