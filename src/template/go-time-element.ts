import { isFraction } from './go-time-layout.ts';
import { MONTHS, WEEKDAYS } from './go-time-names.ts';

/** What has been read of a time. */
export interface Fields {
  year: number;
  month?: number;
  day?: number;
  yearDay?: number;
  hour: number;
  half?: 'am' | 'pm';
  minute: number;
  second: number;
  nanoseconds: number;
  /** By name, or by a `Z`. */
  isUTC: boolean;
  /** Seconds east of UTC. */
  offset?: number;
  abbreviation?: string;
  /** The name of what was read and is no such thing, as `month` for 13. */
  outOfRange?: string;
}

/** Gives what is left of the text behind the element, or undefined when the text does not begin with one. */
type Reader = (text: string, fields: Fields) => string | undefined;

/**
 * Reads one element of a layout from the start of `text` into `fields`, by the rules of Go's `time.Parse`. `next` is the
 * element behind it in the layout.
 */
export function readElement(text: string, element: string, next: string, fields: Fields): ReturnType<Reader> {
  if (isFraction(element)) return readFraction(text, element, fields);
  const rest = (READERS.get(element) ?? offset(element))(text, fields);
  const isSecond = element === '5' || element === '05';
  return isSecond && rest !== undefined && !isFraction(next) ? readAnyFraction(rest, fields) : rest;
}

const DIGITS = /^\d\d?/;
const TWO_DIGITS = /^\d\d/;

const READERS: ReadonlyMap<string, Reader> = new Map([
  ['2006', number(/^\d{4}/, setYear)],
  ['06', number(/^(?:\d\d|[+-]\d)/, setShortYear)],
  ['January', oneOf(MONTHS, setMonth)],
  ['Jan', oneOf(shortened(MONTHS), setMonth)],
  ['1', number(DIGITS, setMonth)],
  ['01', number(TWO_DIGITS, setMonth)],
  // The day of the week has to be one, not the right one.
  ['Monday', oneOf(WEEKDAYS, () => {})],
  ['Mon', oneOf(shortened(WEEKDAYS), () => {})],
  ['2', number(DIGITS, setDay)],
  ['_2', number(/^ ?\d\d?/, setDay)],
  ['02', number(TWO_DIGITS, setDay)],
  ['__2', number(/^ {0,2}\d{1,3}/, setYearDay)],
  ['002', number(/^\d{3}/, setYearDay)],
  ['15', number(DIGITS, hourBelow(24))],
  ['3', number(DIGITS, hourBelow(13))],
  ['03', number(TWO_DIGITS, hourBelow(13))],
  ['4', number(DIGITS, setMinute)],
  ['04', number(TWO_DIGITS, setMinute)],
  ['5', number(DIGITS, setSecond)],
  ['05', number(TWO_DIGITS, setSecond)],
  ['PM', half('AM', 'PM')],
  ['pm', half('am', 'pm')],
  ['MST', readAbbreviation],
]);

type Setter = (fields: Fields, value: number) => void;

function number(pattern: RegExp, set: Setter): Reader {
  return (text, fields) => {
    const found = pattern.exec(text);
    if (found === null) return undefined;
    set(fields, Number(found[0]));
    return text.slice(found[0].length);
  };
}

/** One of these names in any case; its number counts from 1. */
function oneOf(names: readonly string[], set: Setter): Reader {
  const lower = names.map((name) => name.toLowerCase());
  return (text, fields) => {
    const start = text.slice(0, 'September'.length).toLowerCase();
    const index = lower.findIndex((name) => start.startsWith(name));
    if (index === -1) return undefined;
    set(fields, index + 1);
    return text.slice(lower[index]?.length);
  };
}

function shortened(names: readonly string[]): readonly string[] {
  return names.map((name) => name.slice(0, 3));
}

function setYear(fields: Fields, value: number): void {
  fields.year = value;
}

/** As in Go, 69 is 1969 and 68 is 2068. */
function setShortYear(fields: Fields, value: number): void {
  fields.year = value + (value >= 69 ? 1900 : 2000);
}

function setMonth(fields: Fields, value: number): void {
  if (value < 1 || value > 12) fields.outOfRange = 'month';
  fields.month = value;
}

function setDay(fields: Fields, value: number): void {
  fields.day = value;
}

function setYearDay(fields: Fields, value: number): void {
  fields.yearDay = value;
}

function hourBelow(limit: number): Setter {
  return (fields, value) => {
    if (value >= limit) fields.outOfRange = 'hour';
    fields.hour = value;
  };
}

function setMinute(fields: Fields, value: number): void {
  if (value >= 60) fields.outOfRange = 'minute';
  fields.minute = value;
}

function setSecond(fields: Fields, value: number): void {
  if (value >= 60) fields.outOfRange = 'second';
  fields.second = value;
}

function half(am: string, pm: string): Reader {
  return (text, fields) => {
    const mark = text.slice(0, 2);
    if (mark !== am && mark !== pm) return undefined;
    fields.half = mark === am ? 'am' : 'pm';
    return text.slice(2);
  };
}

/** `.000` wants as many characters as it has; `.999` takes any number of digits, or nothing. */
function readFraction(text: string, element: string, fields: Fields): string | undefined {
  if (element.endsWith('9')) return readAnyFraction(text, fields);
  const digits = text.slice(1, element.length);
  // Go reads a sign here, and then refuses what is negative.
  if (text.length < element.length || !/^[.,]/.test(text) || !/^[+-]?\d*$/.test(digits.slice(0, 9))) {
    return undefined;
  }
  const nanoseconds = nanosecondsOf(digits);
  if (nanoseconds < 0) fields.outOfRange = 'fractional second';
  fields.nanoseconds = nanoseconds;
  return text.slice(element.length);
}

/** A fraction may follow the second whether or not the layout has one. */
function readAnyFraction(text: string, fields: Fields): string {
  const found = /^[.,](\d+)/.exec(text);
  if (found === null) return text;
  fields.nanoseconds = nanosecondsOf(found[1] ?? '');
  return text.slice(found[0].length);
}

function nanosecondsOf(digits: string): number {
  return Number(digits.slice(0, 9).padEnd(9, '0'));
}

/** Go takes offsets of 24 hours, 60 minutes and 60 seconds, as people write them. */
const OFFSET_PARTS = [
  { name: 'time zone offset hour', limit: 24, seconds: 3600 },
  { name: 'time zone offset minute', limit: 60, seconds: 60 },
  { name: 'time zone offset second', limit: 60, seconds: 1 },
];

/** For `-0700` and its kin; an element with a `Z` also takes that. */
function offset(element: string): Reader {
  return (text, fields) => {
    if (element.startsWith('Z') && text.startsWith('Z')) {
      fields.isUTC = true;
      return text.slice(1);
    }
    const own = text.slice(0, element.length);
    const size = own.length === element.length ? readOffsetSize(element, own, fields) : undefined;
    if (size === undefined || !/^[+-]/.test(own)) return undefined;
    fields.offset = own.startsWith('-') ? -size : size;
    return text.slice(element.length);
  };
}

/** Seconds without sign of `own`, which is as long as `element`. */
function readOffsetSize(element: string, own: string, fields: Fields): number | undefined {
  const pairs = element.includes(':') ? own.slice(1).split(':') : (own.slice(1).match(/../gs) ?? []);
  let size = 0;
  for (const [index, { name, limit, seconds }] of OFFSET_PARTS.slice(0, pairs.length).entries()) {
    const pair = pairs[index] ?? '';
    if (!/^\d\d$/.test(pair)) return undefined;
    if (Number(pair) > limit) fields.outOfRange = name;
    size += Number(pair) * seconds;
  }
  return size;
}

/** `UTC`, or what looks like an abbreviation of the zone database (Go's parseTimeZone). */
function readAbbreviation(text: string, fields: Fields): string | undefined {
  if (text.startsWith('UTC')) {
    fields.isUTC = true;
    return text.slice('UTC'.length);
  }
  const abbreviation = text.length < 3 ? undefined : abbreviationAt(text);
  if (abbreviation === undefined) return undefined;
  fields.abbreviation = abbreviation;
  return text.slice(abbreviation.length);
}

function abbreviationAt(text: string): string | undefined {
  const mixed = /^(?:ChST|MeST)/.exec(text)?.[0];
  if (mixed !== undefined) return mixed;
  if (text.startsWith('GMT')) return `GMT${hoursAt(text.slice('GMT'.length)) ?? ''}`;
  if (/^[+-]/.test(text)) return hoursAt(text);
  const capitals = /^[A-Z]*/.exec(text)?.[0] ?? '';
  return /^(?:[A-Z]{3}|[A-Z]{3,4}T|WITA)$/.test(capitals) ? capitals : undefined;
}

/** A sign and up to 23. */
function hoursAt(text: string): string | undefined {
  const found = /^[+-](\d+)/.exec(text);
  return found !== null && Number(found[1]) <= 23 ? found[0] : undefined;
}
