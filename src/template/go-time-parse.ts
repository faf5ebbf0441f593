import { dateAt, daysIn, daysTo } from './go-time-calendar.ts';
import { type Fields, readElement } from './go-time-element.ts';
import { splitLayout } from './go-time-layout.ts';
import type { Moment } from './go-time-moment.ts';
import type { Zone } from './value.ts';
import { createFixedZone, UTC } from './zone.ts';

/** Go's `time.ParseInLocation` with UTC; an error has Go's words (time/format.go). */
export function parseMoment(layout: string, text: string): Moment | Error {
  const whole = asBytes(text);
  const stretches = splitLayout(asBytes(layout));
  const fields: Fields = { year: 0, hour: 0, minute: 0, second: 0, nanoseconds: 0, isUTC: false };
  let rest = whole;
  for (const [index, { literal, element }] of stretches.entries()) {
    const skipped = skipLiteral(rest, literal);
    rest = skipped.rest;
    if (!skipped.isThere) return cannotParse(layout, whole, literal, rest);
    if (element === '') break;
    const after = readElement(rest, element, stretches[index + 1]?.element ?? '', fields);
    if (fields.outOfRange !== undefined) return parseError(whole, `${fields.outOfRange} out of range`);
    if (after === undefined) return cannotParse(layout, whole, element, rest);
    rest = after;
  }
  if (rest !== '') return parseError(whole, `extra text: ${quoted(rest)}`);
  const days = dayOf(fields);
  return typeof days === 'string' ? parseError(whole, days) : momentOf(fields, days);
}

/** The literal text of a layout is skipped; there, spaces stand for any number of spaces, at the end for none too. */
function skipLiteral(text: string, literal: string): { readonly rest: string; readonly isThere: boolean } {
  if (text.startsWith(literal) && !literal.includes(' '))
    return { rest: text.slice(literal.length), isThere: true };
  let rest = text;
  for (const [part] of literal.matchAll(/ +|[^ ]/g)) {
    const isSpace = part.startsWith(' ');
    const isThere = isSpace ? rest === '' || rest.startsWith(' ') : rest.startsWith(part);
    if (!isThere) return { rest, isThere };
    rest = isSpace ? rest.replace(/^ +/, '') : rest.slice(1);
  }
  return { rest, isThere: true };
}

/** Days from 1970, or what is wrong with the date. */
function dayOf({ year, month, day, yearDay }: Fields): number | string {
  const newYear = daysTo(year, 1, 1);
  if (yearDay === undefined) {
    const [theMonth, theDay] = [month ?? 1, day ?? 1];
    if (theDay < 1 || theDay > daysIn(year, theMonth)) return 'day out of range';
    return daysTo(year, theMonth, theDay);
  }
  if (yearDay < 1 || newYear + yearDay > daysTo(year + 1, 1, 1)) return 'day-of-year out of range';
  const date = dateAt(newYear + yearDay - 1);
  if (month !== undefined && month !== date.month) return 'day-of-year does not match month';
  if (day !== undefined && day !== date.day) return 'day-of-year does not match day';
  return newYear + yearDay - 1;
}

function momentOf(fields: Fields, days: number): Moment {
  const { hour, half, minute, second, nanoseconds } = fields;
  const [zone, offset] = zoneOf(fields);
  let hours = hour;
  if (half === 'pm' && hour < 12) hours += 12;
  if (half === 'am' && hour === 12) hours = 0;
  return { seconds: ((days * 24 + hours) * 60 + minute) * 60 + second - offset, nanoseconds, zone };
}

/**
 * The zone, and what the clock that was read is ahead of UTC, in seconds. As in Go, a clock with an abbreviation but no
 * offset is one of UTC, and `GMT-3` only says in which zone to show it.
 */
function zoneOf({ isUTC, offset, abbreviation = '' }: Fields): [Zone, number] {
  if (isUTC || ((offset ?? 0) === 0 && abbreviation === '')) return [UTC, 0];
  if (offset !== undefined) return [createFixedZone(offset, abbreviation), offset];
  const hours = abbreviation.startsWith('GMT') ? Number(abbreviation.slice('GMT'.length)) : 0;
  return [createFixedZone(hours * 3600, abbreviation), 0];
}

function cannotParse(layout: string, whole: string, element: string, rest: string): Error {
  const expected = `cannot parse ${quoted(rest)} as ${quoted(element)}`;
  return new Error(`parsing time ${quoted(whole)} as ${quoted(asBytes(layout))}: ${expected}`);
}

function parseError(whole: string, problem: string): Error {
  return new Error(`parsing time ${quoted(whole)}: ${problem}`);
}

/** One character per byte of the UTF-8 form: Go counts and quotes bytes here. */
function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function quoted(bytes: string): string {
  const escaped = bytes.replace(/[^ !#-[\]-\x7f]/g, (byte) =>
    byte === '"' || byte === '\\' ? `\\${byte}` : `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `"${escaped}"`;
}
