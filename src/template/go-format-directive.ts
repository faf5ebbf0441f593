import type { Value } from './value.ts';

/** How one operand is printed: what `%+-8.3q` says. */
export interface Directive {
  /** One character. */
  readonly verb: string;
  readonly plus: boolean;
  readonly minus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  /** Never together with `minus`. */
  readonly zero: boolean;
  /** In code points. */
  readonly width: number | undefined;
  readonly precision: number | undefined;
  /** `%+v`, which does not count as `plus`: structs have the names of their fields. */
  readonly hasFieldNames: boolean;
  /** `%#v`, which does not count as `sharp`: values are written as in a Go program. */
  readonly isGoSyntax: boolean;
}

/** `%v` */
export const PLAIN: Directive = {
  verb: 'v',
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
  hasFieldNames: false,
  isGoSyntax: false,
};

/** Where the reading of a format is. */
export interface Cursor {
  readonly format: string;
  readonly values: readonly Value[];
  /** Where the last `]` of the format is: none is looked for after it, again and again. */
  readonly lastBracket: number;
  /** What is read next, of `format` and of `values`. */
  at: number;
  operand: number;
  /** Whether an operand was asked for by its number, as in `%[1]d`: then it is no fault that some are left. */
  isReordered: boolean;
  /** Of the conversion that is being read: whether a number `[n]` was read last, and whether none was wrong or out of place. */
  isAfterIndex: boolean;
  isIndexGood: boolean;
}

export function createCursor(format: string, values: readonly Value[]): Cursor {
  return {
    format,
    values,
    lastBracket: format.lastIndexOf(']'),
    at: 0,
    operand: 0,
    isReordered: false,
    isAfterIndex: false,
    isIndexGood: true,
  };
}

/** What a conversion, as `%5d`, asks for. */
export interface Conversion {
  /** What is printed without an operand: faults in Go's form, as `%!(BADWIDTH)`. */
  readonly text: string;
  /** How the next operand is printed, if one is. */
  readonly directive?: Directive;
}

type Flags = Pick<Directive, 'plus' | 'minus' | 'sharp' | 'space' | 'zero'>;

/** A width or a precision. */
interface Measure {
  readonly value: number | undefined;
  /** That it was to be an operand, as in `%*d`, and none fits. */
  readonly isBad: boolean;
}

const NO_MEASURE: Measure = { value: undefined, isBad: false };

/** Largest width, precision or operand's number (fmt's tooLarge). */
const MAX_NUMBER = 1e6;

/** Reads what stands after a `%`: flags, width, precision, verb; before each but the flags an operand's number can stand (fmt's doPrintf). */
export function readConversion(cursor: Cursor): Conversion {
  const { format, values } = cursor;
  cursor.isIndexGood = true;
  const flags = readFlags(cursor);
  readIndex(cursor);
  const width = readWidth(cursor);
  // Go takes a point at the very end for the verb.
  const hasPoint = format[cursor.at] === '.' && cursor.at + 1 < format.length;
  const precision = hasPoint ? readPrecision(cursor) : NO_MEASURE;
  if (!cursor.isAfterIndex) readIndex(cursor);
  const faults = (width.isBad ? '%!(BADWIDTH)' : '') + (precision.isBad ? '%!(BADPREC)' : '');
  if (cursor.at >= format.length) return { text: `${faults}%!(NOVERB)` };
  const verb = String.fromCodePoint(format.codePointAt(cursor.at) ?? 0);
  cursor.at += verb.length;
  if (verb === '%') return { text: `${faults}%` };
  if (!cursor.isIndexGood) return { text: `${faults}%!${verb}(BADINDEX)` };
  if (cursor.operand >= values.length) return { text: `${faults}%!${verb}(MISSING)` };
  return { text: faults, directive: directive(verb, flags, width.value, precision.value) };
}

function directive(
  verb: string,
  flags: Flags,
  width: number | undefined,
  precision: number | undefined,
): Directive {
  const isLeft = flags.minus || (width !== undefined && width < 0);
  const isValue = verb === 'v';
  return {
    verb,
    space: flags.space,
    minus: isLeft,
    zero: flags.zero && !isLeft,
    plus: flags.plus && !isValue,
    sharp: flags.sharp && !isValue,
    hasFieldNames: flags.plus && isValue,
    isGoSyntax: flags.sharp && isValue,
    width: width === undefined ? undefined : Math.abs(width),
    precision,
  };
}

function readFlags(cursor: Cursor): Flags {
  const begin = cursor.at;
  while (cursor.at < cursor.format.length && '+-# 0'.includes(cursor.format[cursor.at] ?? '')) cursor.at++;
  const flags = cursor.format.slice(begin, cursor.at);
  return {
    plus: flags.includes('+'),
    minus: flags.includes('-'),
    sharp: flags.includes('#'),
    space: flags.includes(' '),
    zero: flags.includes('0'),
  };
}

/** Negative where an operand is: then it is as with the flag `-`. */
function readWidth(cursor: Cursor): Measure {
  if (cursor.format[cursor.at] === '*') return readOperand(cursor);
  const value = readNumber(cursor);
  // As in `%[3]2d`: the number stands at the wrong place.
  if (cursor.isAfterIndex && value !== undefined) cursor.isIndexGood = false;
  return { value, isBad: false };
}

/** A `.` alone is a precision of 0; a negative operand is none. */
function readPrecision(cursor: Cursor): Measure {
  cursor.at++;
  if (cursor.isAfterIndex) cursor.isIndexGood = false;
  readIndex(cursor);
  if (cursor.format[cursor.at] !== '*') return { value: readNumber(cursor) ?? 0, isBad: false };
  const { value } = readOperand(cursor);
  return value === undefined || value < 0 ? { value: undefined, isBad: true } : { value, isBad: false };
}

/** A `*`: the next operand, if it is an int that is not too large. */
function readOperand(cursor: Cursor): Measure {
  cursor.at++;
  cursor.isAfterIndex = false;
  if (cursor.operand >= cursor.values.length) return { value: undefined, isBad: true };
  const int = intOf(cursor.values[cursor.operand++]);
  const isGood = int !== undefined && int >= -MAX_NUMBER && int <= MAX_NUMBER;
  return { value: isGood ? Number(int) : undefined, isBad: !isGood };
}

function intOf(value: Value | undefined): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'object' && value?.kind === 'int' ? value.value : undefined;
}

/** An operand's number in brackets, counted from 1, if one is here. */
function readIndex(cursor: Cursor): void {
  cursor.isAfterIndex = false;
  const { format, at, values, lastBracket } = cursor;
  if (format[at] !== '[') return;
  cursor.isReordered = true;
  // Go looks for the other bracket only where there is room for a digit, too.
  if (lastBracket < at || at + 2 >= format.length) {
    cursor.isIndexGood = false;
    cursor.at++;
    return;
  }
  const close = format.indexOf(']', at);
  cursor.at = close + 1;
  const number = numberOf(format.slice(at + 1, close));
  cursor.isAfterIndex = number !== undefined;
  if (number !== undefined && number >= 1 && number <= values.length) cursor.operand = number - 1;
  else cursor.isIndexGood = false;
}

/** The digits that are here. Where they are too large the rest of the format is given up. */
function readNumber(cursor: Cursor): number | undefined {
  const begin = cursor.at;
  while (/[0-9]/.test(cursor.format[cursor.at] ?? '')) cursor.at++;
  if (cursor.at === begin) return undefined;
  const number = numberOf(cursor.format.slice(begin, cursor.at));
  if (number === undefined) cursor.at = cursor.format.length;
  return number;
}

/** Undefined where it is none, or too large: Go looks at that before it adds each digit (fmt's parsenum). */
function numberOf(digits: string): number | undefined {
  if (!/^[0-9]+$/.test(digits)) return undefined;
  const number = Number(digits);
  return Math.floor(number / 10) > MAX_NUMBER ? undefined : number;
}
