import { unquoteGo } from '../template/go-string.ts';
import type { MatcherText, Operator } from './matcher-text.ts';

type TokenKind = '{' | '}' | ',' | 'operator' | 'quoted' | 'unquoted' | 'end';

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** In code points from the start of the input. */
  readonly start: number;
  readonly end: number;
}

const END_OF_INPUT = 'end of input';
/** Go's unicode.IsSpace: with U+0085, which JavaScript's `\s` lacks, and without U+FEFF, which it has. */
const IS_SPACE = /^[\t\n\v\f\r\u0085\p{Z}]$/u;
const RESERVED = /[\t\n\v\f\r\u0085\p{Z}{}!=~,\\"'`]/u;

/** A syntax error. It stays inside this file: the parser returns it as a value. */
class SyntaxFault extends Error {}

/**
 * Alertmanager's UTF-8 matcher syntax (matcher/parse): names and values are double-quoted Go strings, or bare where they
 * hold no white space and none of ``{}!=~,\"'` ``; the braces and a last comma are optional. Errors are Alertmanager's,
 * with its positions.
 */
export function parseUtf8(input: string): readonly MatcherText[] | Error {
  try {
    return new Parser(input).parse();
  } catch (error) {
    if (error instanceof SyntaxFault) return new Error(error.message);
    throw error;
  }
}

class Parser {
  readonly #lexer: Lexer;
  #peeked: Token | undefined;

  constructor(input: string) {
    this.#lexer = new Lexer(input);
  }

  parse(): readonly MatcherText[] {
    const matchers: MatcherText[] = [];
    const braced = this.#peek().kind === '{';
    if (braced) this.#next();
    let more = this.#peek().kind !== 'end' && this.#peek().kind !== '}';
    while (more) {
      matchers.push(this.#matcher());
      more = this.#anotherMatcher();
    }
    this.#close(braced);
    const rest = this.#next('expected end of input');
    if (rest.kind !== 'end') throw new SyntaxFault(`${place(rest)} ${rest.text}: expected end of input`);
    return matchers;
  }

  #matcher(): MatcherText {
    const name = unquoted(this.#expect(['quoted', 'unquoted'], 'expected label name'));
    const { text } = this.#expect(['operator'], "expected an operator such as '=', '!=', '=~' or '!~'");
    const value = unquoted(this.#expect(['quoted', 'unquoted'], 'expected label value'));
    return { name, operator: text as Operator, value };
  }

  /** Whether another matcher follows, after the comma that must then stand here. */
  #anotherMatcher(): boolean {
    const after = this.#peek('expected a comma or close brace');
    if (after.kind === 'end' || after.kind === '}') return false;
    this.#expect([','], 'expected a comma or close brace');
    const next = this.#peek('expected a matcher or close brace after comma');
    if (next.kind === 'end' || next.kind === '}') return false;
    if (next.kind === 'quoted' || next.kind === 'unquoted') return true;
    throw new SyntaxFault(
      `${place(next)} unexpected ${next.text}: expected a matcher or close brace after comma`,
    );
  }

  #close(braced: boolean): void {
    const token = this.#peek();
    if (token.kind === '}') {
      this.#next();
      if (!braced) throw new SyntaxFault(`0:${token.end}: }: expected opening brace`);
    } else if (braced) {
      throw new SyntaxFault(`0:${token.end}: ${END_OF_INPUT}: expected close brace`);
    }
  }

  #expect(kinds: readonly TokenKind[], otherwise: string): Token {
    const token = this.#next(otherwise);
    if (token.kind === 'end') throw new SyntaxFault(`${END_OF_INPUT}: ${otherwise}`);
    if (!kinds.includes(token.kind))
      throw new SyntaxFault(`${place(token)} unexpected ${token.text}: ${otherwise}`);
    return token;
  }

  #peek(otherwise?: string): Token {
    this.#peeked ??= this.#lexer.next(otherwise);
    return this.#peeked;
  }

  #next(otherwise?: string): Token {
    const token = this.#peek(otherwise);
    this.#peeked = undefined;
    return token;
  }
}

class Lexer {
  readonly #chars: readonly string[];
  #at = 0;

  constructor(input: string) {
    this.#chars = [...input];
  }

  /** The next token. `otherwise` says what the parser expects here, and ends the message of a fault. */
  next(otherwise?: string): Token {
    while (IS_SPACE.test(this.#char())) this.#at++;
    const start = this.#at;
    const char = this.#char();
    if (char === '') return { kind: 'end', text: END_OF_INPUT, start, end: start };
    if (char === '{' || char === '}' || char === ',') return this.#token(char, start, 1);
    if (char === '=' || char === '!') return this.#operator(char, start, otherwise);
    if (char === '"') return this.#quoted(start, otherwise);
    if (RESERVED.test(char)) this.#fail(`${start}:${start + 1}: ${char}: invalid input`, otherwise);
    let length = 0;
    while (this.#char(length) !== '' && !RESERVED.test(this.#char(length))) length++;
    return this.#token('unquoted', start, length);
  }

  #operator(char: string, start: number, otherwise: string | undefined): Token {
    const second = this.#char(1);
    if (second === '~' || (char === '!' && second === '=')) return this.#token('operator', start, 2);
    if (char === '=') return this.#token('operator', start, 1);
    const at = `${start}:${start + 1}:`;
    if (second === '') this.#fail(`${at} unexpected ${END_OF_INPUT}, expected one of '=~'`, otherwise);
    return this.#fail(`${at} ${char}: expected one of '=~'`, otherwise);
  }

  #quoted(start: number, otherwise: string | undefined): Token {
    let length = 1;
    for (; this.#char(length) !== '"'; length++) {
      if (this.#char(length) === '\\') length++;
      if (this.#char(length) === '') {
        const text = this.#chars.slice(start).join('');
        this.#fail(`${start}:${this.#chars.length}: ${text}: missing end "`, otherwise);
      }
    }
    return this.#token('quoted', start, length + 1);
  }

  #token(kind: TokenKind, start: number, length: number): Token {
    this.#at = start + length;
    return { kind, text: this.#chars.slice(start, this.#at).join(''), start, end: this.#at };
  }

  #char(ahead = 0): string {
    return this.#chars[this.#at + ahead] ?? '';
  }

  #fail(message: string, otherwise: string | undefined): never {
    throw new SyntaxFault(otherwise === undefined ? message : `${message}: ${otherwise}`);
  }
}

function unquoted(token: Token): string {
  if (token.kind !== 'quoted') return token.text;
  const value = unquoteGo(token.text);
  if (value === undefined) throw new SyntaxFault(`${place(token)} ${token.text}: invalid input`);
  return value;
}

function place({ start, end }: Token): string {
  return `${start}:${end}:`;
}
