import { floatText } from './go-float.ts';
import type { Directive } from './go-format-directive.ts';
import { padded, paddedWithBlanks } from './go-format-text.ts';
import { goQuoteRune, isPrintable, runeText } from './go-quote.ts';

/** A bool under a verb; undefined when the verb is not for bools. */
export function formatBool(value: boolean, directive: Directive): string | undefined {
  return directive.verb === 't' || directive.verb === 'v' ? padded(String(value), directive) : undefined;
}

/** A whole number of 64 bits under a verb; undefined when the verb is not for whole numbers. */
export function formatInteger(value: bigint, directive: Directive): string | undefined {
  switch (directive.verb) {
    case 'v':
    case 'd':
      return digits(value, 10, directive);
    case 'b':
      return digits(value, 2, directive);
    case 'o':
    case 'O':
      return digits(value, 8, directive);
    case 'x':
    case 'X':
      return digits(value, 16, directive);
    case 'c':
      return padded(runeText(value), directive);
    case 'q':
      return padded(goQuoteRune(value, directive.plus), directive);
    case 'U':
      return formatUnicode(BigInt.asUintN(64, value), directive);
    default:
      return undefined;
  }
}

/**
 * An address under a verb; undefined when the verb is not for pointers. `isNil`: there is none. Otherwise it is a made-up
 * one: Go's are others each time, so nobody can mean to print them.
 */
export function formatPointer(isNil: boolean, type: string, directive: Directive): string | undefined {
  const address = isNil ? 0n : SOME_ADDRESS;
  switch (directive.verb) {
    case 'v': {
      if (directive.isGoSyntax) {
        return `(${type})(${isNil ? 'nil' : digits(address, 16, { ...directive, sharp: true })})`;
      }
      return isNil ? padded('<nil>', directive) : formatPointer(isNil, type, { ...directive, verb: 'p' });
    }
    case 'p':
      return digits(address, 16, { ...directive, sharp: !directive.sharp });
    case 'b':
    case 'o':
    case 'd':
    case 'x':
    case 'X':
      return formatInteger(address, directive);
    default:
      return undefined;
  }
}

const SOME_ADDRESS = 0xc000000000n;

/** A float64 under a verb; undefined when the verb is not for floats. */
export function formatFloat(value: number, directive: Directive): string | undefined {
  const verb = FLOAT_VERBS.get(directive.verb);
  if (verb === undefined) return undefined;
  const text = floatText(value, verb, directive.precision ?? (/[eEf]/.test(verb) ? 6 : undefined));
  const unsigned = text.replace(/^[-+]/, '');
  const sign = signOf(text.startsWith('-'), directive);
  // +Inf always has its sign.
  if (!Number.isFinite(value)) return paddedWithBlanks(sign === '' ? text : sign + unsigned, directive);
  const isSharp = directive.sharp && verb !== 'b';
  const shown = isSharp ? withPoint(unsigned, verb, directive.precision) : unsigned;
  if (!directive.zero) return padded(sign + shown, directive);
  return sign + shown.padStart((directive.width ?? 0) - sign.length, '0');
}

function signOf(isNegative: boolean, { plus, space }: Directive): string {
  if (isNegative) return '-';
  if (plus) return '+';
  return space ? ' ' : '';
}

/** By verb, how strconv calls it. */
const FLOAT_VERBS: ReadonlyMap<string, string> = new Map([
  ['v', 'g'],
  ['b', 'b'],
  ['e', 'e'],
  ['E', 'E'],
  ['f', 'f'],
  ['F', 'f'],
  ['g', 'g'],
  ['G', 'G'],
  ['x', 'x'],
  ['X', 'X'],
]);

/** The flag `#`: always a point, and for some verbs the zeros that a precision, or else 6, asks for. */
function withPoint(text: string, verb: string, precision = 6): string {
  const exponent = (/x/i.test(verb) ? /p.*$/i : /e.*$/i).exec(text)?.[0] ?? '';
  const mantissa = text.slice(0, text.length - exponent.length);
  const pointed = mantissa.includes('.') ? mantissa : `${mantissa}.`;
  // For hexadecimals Go counts the x as a digit, too (fmt's fmtFloat).
  const significant = mantissa === '0' ? 1 : mantissa.replace('.', '').replace(/^0+/, '').length;
  const missing = /[gGx]/.test(verb) ? Math.max(precision - significant, 0) : 0;
  return pointed + '0'.repeat(missing) + exponent;
}

/** With prefix and sign. A precision is a least number of digits; with the flag 0 the width is, as far as a sign leaves room. */
function digits(value: bigint, base: 2 | 8 | 10 | 16, directive: Directive): string {
  const { verb, zero, width, precision } = directive;
  if (precision === 0 && value === 0n) return ' '.repeat(width ?? 0);
  const isNegative = value < 0n;
  const sign = signOf(isNegative, directive);
  const least = precision ?? (zero && width !== undefined ? width - sign.length : 0);
  const shown = (isNegative ? -value : value).toString(base).padStart(least, '0');
  const prefixed = prefix(base, shown, directive) + shown;
  const cased = verb === 'X' ? prefixed.toUpperCase() : prefixed;
  return paddedWithBlanks(sign + cased, directive);
}

function prefix(base: 2 | 8 | 10 | 16, shown: string, { verb, sharp }: Directive): string {
  if (base === 2 && sharp) return '0b';
  if (base === 16 && sharp) return '0x';
  if (base !== 8) return '';
  return (verb === 'O' ? '0o' : '') + (sharp && !shown.startsWith('0') ? '0' : '');
}

/** As `U+00E9`, and with the flag `#` as `U+00E9 'é'`. */
function formatUnicode(code: bigint, directive: Directive): string {
  const hex = code
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(directive.precision ?? 0, 4), '0');
  const char = runeText(code);
  const isShown = directive.sharp && code <= 0x10ffffn && isPrintable(String.fromCodePoint(Number(code)));
  return paddedWithBlanks(isShown ? `U+${hex} '${char}'` : `U+${hex}`, directive);
}
