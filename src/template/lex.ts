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
const LEFT_TRIM = /-[ \t\r\n]/y;
/** What Go's lexer takes as part of a name (unicode.IsLetter, IsDigit and `_`). */
const WORD = /[\p{L}\p{Nd}_]*/uy;
/** Digits of a base may hold `_`; signs, exponents and `i` as in Go's lexer. What follows directly makes it bad. */
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
/** A quoted text up to its end; the end is missing where it does not match. */
const QUOTED = /"(?:[^"\\\n]|\\[^\n])*"/y;
const RAW = /`[^`]*`/y;
const CHARACTER = /'(?:[^'\\\n]|\\[^\n])*'/y;

/**
 * Splits a template's text into tokens as Go's text/template does (text/template/parse/lex.go). The last token is an
 * `EOF` or an `error`. Spaces between arguments are tokens; trim markers and comments are gone.
 */
export function* lex(input: string): Generator<Token, void> {
  const lexer = new Lexer(input);
  let token: Token;
  do {
    token = lexer.next();
    yield token;
  } while (token.kind !== 'EOF' && token.kind !== 'error');
}

class Lexer {
  private readonly input: string;
  private at = 0;
  private line = 1;
  private isInAction = false;
  /** Parentheses that are open. */
  private parens = 0;

  constructor(input: string) {
    this.input = input;
  }

  next(): Token {
    return this.isInAction ? (this.rightDelimiter() ?? this.operand()) : this.textOrDelimiter();
  }

  /** The token from here to `end`, which is then here. */
  private token(kind: TokenKind, end: number): Token {
    const { at, line } = this;
    const text = this.input.slice(at, end);
    this.skip(end);
    return { kind, text, at, line };
  }

  private skip(end: number): void {
    const { input } = this;
    for (let i = input.indexOf('\n', this.at); i !== -1 && i < end; i = input.indexOf('\n', i + 1))
      this.line++;
    this.at = end;
  }

  private error(text: string): Token {
    return { kind: 'error', text, at: this.at, line: this.line };
  }

  /** Text up to the next action, or the delimiter that begins it; comments on the way are passed over. */
  private textOrDelimiter(): Token {
    const { input } = this;
    while (true) {
      const left = input.indexOf(LEFT, this.at);
      if (left === -1) return this.token(this.at < input.length ? 'text' : 'EOF', input.length);
      const isTrimming = endOf(LEFT_TRIM, input, left + LEFT.length) > left + LEFT.length;
      const kept = isTrimming ? withoutSpaceBefore(input, this.at, left) : left;
      if (kept > this.at) return this.token('text', kept);
      this.skip(left);
      const found = this.beginAction(left + LEFT.length + (isTrimming ? 2 : 0));
      if (found !== undefined) return found;
    }
  }

  /** The delimiter; nothing when it begins a comment, which is then over. `inside`: after it and its trim marker. */
  private beginAction(inside: number): Token | undefined {
    return this.input.startsWith(LEFT_COMMENT, inside)
      ? this.passComment(inside)
      : this.leftDelimiter(inside);
  }

  private leftDelimiter(inside: number): Token {
    const token = this.token('left delimiter', this.at + LEFT.length);
    this.skip(inside);
    this.isInAction = true;
    this.parens = 0;
    return token;
  }

  private passComment(inside: number): Token | undefined {
    this.skip(inside);
    const close = this.input.indexOf(RIGHT_COMMENT, this.at + LEFT_COMMENT.length);
    if (close === -1) return this.error('unclosed comment');
    const delimiter = rightDelimiterAt(this.input, close + RIGHT_COMMENT.length);
    if (delimiter === undefined) return this.error('comment ends before closing delimiter');
    this.skip(delimiter.trims ? endOf(SPACES, this.input, delimiter.end) : delimiter.end);
    return undefined;
  }

  private rightDelimiter(): Token | undefined {
    const delimiter = rightDelimiterAt(this.input, this.at);
    if (delimiter === undefined) return undefined;
    if (this.parens > 0) return this.error('unclosed left paren');
    if (delimiter.trims) this.skip(this.at + 2);
    const token = this.token('right delimiter', delimiter.end);
    if (delimiter.trims) this.skip(endOf(SPACES, this.input, this.at));
    this.isInAction = false;
    return token;
  }

  /** A token inside an action. */
  private operand(): Token {
    const { input, at } = this;
    const char = charAt(input, at);
    if (char === '') return this.error('unclosed action');
    if (SPACE.test(char)) return this.space();
    if (/[-+0-9]/.test(char)) return this.number();
    const punctuation = this.punctuation(char);
    if (punctuation !== undefined) return punctuation;
    if (endOf(WORD, input, at) > at) return this.word('identifier', at);
    if (char > ' ' && char <= '~') return this.token('char', at + 1);
    return this.error(`unrecognized character in action: ${unicodeName(char)}`);
  }

  private space(): Token {
    const end = endOf(SPACES, this.input, this.at);
    // The last space belongs to ` -}}`.
    return this.token('space', this.input.startsWith(`-${RIGHT}`, end) ? end - 1 : end);
  }

  /** What begins with a character of its own. */
  private punctuation(char: string): Token | undefined {
    const { input, at } = this;
    switch (char) {
      case '=':
        return this.token('assign', at + 1);
      case '|':
        return this.token('pipe', at + 1);
      case ':':
        return input[at + 1] === '=' ? this.token('declare', at + 2) : this.error('expected :=');
      case '"':
        return this.quoted(QUOTED, 'string', 'unterminated quoted string');
      case "'":
        return this.quoted(CHARACTER, 'character constant', 'unterminated character constant');
      case '`':
        return this.quoted(RAW, 'raw string', 'unterminated raw quoted string');
      case '$':
        return this.word('variable', at + 1);
      case '.':
        return /[^0-9]/.test(input[at + 1] ?? '') ? this.word('field', at + 1) : this.number();
      case '(':
        this.parens++;
        return this.token('left paren', at + 1);
      case ')':
        this.parens--;
        return this.parens < 0 ? this.error('unexpected right paren') : this.token('right paren', at + 1);
      default:
        return undefined;
    }
  }

  private quoted(pattern: RegExp, kind: TokenKind, unterminated: string): Token {
    const end = endOf(pattern, this.input, this.at);
    return end === this.at ? this.error(unterminated) : this.token(kind, end);
  }

  /** A field, a variable, a keyword or the name of a function: the word at `from`. */
  private word(kind: 'field' | 'variable' | 'identifier', from: number): Token {
    const { input, at } = this;
    const end = endOf(WORD, input, from);
    if (!endsWord(input, end)) return this.error(`bad character ${unicodeName(charAt(input, end))}`);
    if (kind === 'field' && end === from) return this.token('dot', end);
    if (kind !== 'identifier') return this.token(kind, end);
    const text = input.slice(at, end);
    if (KEYWORDS.has(text)) return this.token(text as TokenKind, end);
    return this.token(text === 'true' || text === 'false' ? 'bool' : 'identifier', end);
  }

  private number(): Token {
    const { input, at } = this;
    const isGood = (end: number) => endOf(WORD, input, end) === end;
    const bad = (end: number) => this.error(`bad number syntax: ${JSON.stringify(input.slice(at, end))}`);
    let end = endOf(NUMBER, input, at);
    const isComplex = isGood(end) && /[-+]/.test(input[end] ?? '');
    if (isComplex) end = endOf(NUMBER, input, end);
    if (!isGood(end)) return bad(end + charAt(input, end).length);
    if (isComplex && input[end - 1] !== 'i') return bad(end);
    return this.token(isComplex ? 'complex' : 'number', end);
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
function rightDelimiterAt(input: string, at: number): { end: number; trims: boolean } | undefined {
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
