import { codePoints } from '../notification/text.ts';
import type { Directive } from './go-format-directive.ts';
import { canBackquote, goQuote, goQuoteToAscii } from './go-quote.ts';

/** A string under a verb; undefined when the verb is not for strings. */
export function formatText(text: string, directive: Directive): string | undefined {
  switch (directive.verb) {
    case 'v':
      return directive.isGoSyntax ? formatQuoted(text, directive) : formatPlain(text, directive);
    case 's':
      return formatPlain(text, directive);
    case 'q':
      return formatQuoted(text, directive);
    case 'x':
    case 'X':
      return padded(hexText(text, directive), directive);
    default:
      return undefined;
  }
}

/** A string as it is, cut to the precision. */
export function formatPlain(text: string, directive: Directive): string {
  return padded(cut(text.toWellFormed(), directive.precision), directive);
}

/** Filled up to the width: with blanks, or with zeros where that was asked for, whatever the text is. */
export function padded(text: string, { width, minus, zero }: Directive): string {
  if (width === undefined || width === 0) return text;
  const missing = width - codePoints(text);
  if (missing <= 0) return text;
  return minus ? text + ' '.repeat(missing) : (zero ? '0' : ' ').repeat(missing) + text;
}

/** Filled up to the width with blanks. */
export function paddedWithBlanks(text: string, directive: Directive): string {
  return padded(text, directive.zero ? { ...directive, zero: false } : directive);
}

function formatQuoted(text: string, directive: Directive): string {
  const shown = cut(text.toWellFormed(), directive.precision);
  if (directive.sharp && canBackquote(shown)) return padded(`\`${shown}\``, directive);
  return padded(directive.plus ? goQuoteToAscii(shown) : goQuote(shown), directive);
}

/** The first code points of a text. */
function cut(text: string, count: number | undefined): string {
  if (count === undefined || text.length <= count) return text;
  let end = 0;
  for (let left = count; left > 0 && end < text.length; left--) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

/** The bytes of a text, of which the precision says how many. */
function hexText(text: string, { verb, precision, sharp, space }: Directive): string {
  const bytes = Buffer.from(text).subarray(0, precision);
  const prefix = sharp && bytes.length > 0 ? '0x' : '';
  const digits = bytes.toString('hex');
  const hex = prefix + (space ? digits.replace(/..(?!$)/g, `$& ${prefix}`) : digits);
  return verb === 'X' ? hex.toUpperCase() : hex;
}
