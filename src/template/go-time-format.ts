import { type DateTime, dateTimeAt } from './go-time-calendar.ts';
import { isFraction, splitLayout } from './go-time-layout.ts';
import type { Moment } from './go-time-moment.ts';
import { MONTHS, WEEKDAYS } from './go-time-names.ts';

export const RFC3339 = '2006-01-02T15:04:05Z07:00';

const RFC3339_NANO = '2006-01-02T15:04:05.999999999Z07:00';

/** Go's `Time.Format`. */
export function formatTime(moment: Moment, layout: string): string {
  const { offset, abbreviation } = moment.zone.at(moment.seconds);
  const shown = {
    at: dateTimeAt(moment.seconds + offset),
    nanoseconds: moment.nanoseconds,
    offset,
    abbreviation,
  };
  let text = '';
  for (const { literal, element } of splitLayout(layout)) text += literal + elementText(element, shown);
  return text;
}

/** Go's `Time.String`, which is also how a time is printed. */
export function timeText(moment: Moment): string {
  return formatTime(moment, '2006-01-02 15:04:05.999999999 -0700 MST');
}

/** What a JSON string of the time holds, or Go's error for one that RFC 3339 has no form for. */
export function timeJSON(moment: Moment): string | Error {
  const { offset } = moment.zone.at(moment.seconds);
  const { year } = dateTimeAt(moment.seconds + offset);
  if (year < 0 || year > 9999) return new Error('Time.MarshalJSON: year outside of range [0,9999]');
  if (Math.abs(offset) >= 24 * 3600) {
    return new Error('Time.MarshalJSON: timezone hour outside of range [0,23]');
  }
  return formatTime(moment, RFC3339_NANO);
}

interface Shown {
  readonly at: DateTime;
  readonly nanoseconds: number;
  readonly offset: number;
  readonly abbreviation: string;
}

const ELEMENTS: ReadonlyMap<string, (shown: Shown) => string> = new Map([
  ['2006', ({ at }) => padded(at.year, 4)],
  ['06', ({ at }) => padded(Math.abs(at.year) % 100, 2)],
  ['January', monthName],
  ['Jan', (shown) => monthName(shown).slice(0, 3)],
  ['1', ({ at }) => `${at.month}`],
  ['01', ({ at }) => padded(at.month, 2)],
  ['Monday', weekdayName],
  ['Mon', (shown) => weekdayName(shown).slice(0, 3)],
  ['2', ({ at }) => `${at.day}`],
  ['_2', ({ at }) => `${at.day}`.padStart(2)],
  ['02', ({ at }) => padded(at.day, 2)],
  ['__2', ({ at }) => `${at.yearDay}`.padStart(3)],
  ['002', ({ at }) => padded(at.yearDay, 3)],
  ['15', ({ at }) => padded(at.hour, 2)],
  ['3', ({ at }) => `${at.hour % 12 || 12}`],
  ['03', ({ at }) => padded(at.hour % 12 || 12, 2)],
  ['4', ({ at }) => `${at.minute}`],
  ['04', ({ at }) => padded(at.minute, 2)],
  ['5', ({ at }) => `${at.second}`],
  ['05', ({ at }) => padded(at.second, 2)],
  ['PM', ({ at }) => (at.hour < 12 ? 'AM' : 'PM')],
  ['pm', ({ at }) => (at.hour < 12 ? 'am' : 'pm')],
  ['MST', ({ offset, abbreviation }) => abbreviation || offsetText('-0700', offset)],
]);

function elementText(element: string, shown: Shown): string {
  if (element === '') return '';
  const text = ELEMENTS.get(element);
  if (text !== undefined) return text(shown);
  return isFraction(element) ? fractionText(element, shown.nanoseconds) : offsetText(element, shown.offset);
}

function monthName({ at }: Shown): string {
  return MONTHS[at.month - 1] ?? '';
}

function weekdayName({ at }: Shown): string {
  return WEEKDAYS[at.weekday] ?? '';
}

/** `.000` keeps its digits, `.999` loses zeros at the end, and itself where nothing is left. */
function fractionText(element: string, nanoseconds: number): string {
  const digits = padded(nanoseconds, 9).slice(0, element.length - 1);
  const kept = element.endsWith('9') ? digits.replace(/0+$/, '') : digits;
  return kept === '' ? '' : `${element.charAt(0)}${kept}`;
}

/** For elements from `-07` to `Z07:00:00`. As in Go, the sign is that of the whole minutes. */
function offsetText(element: string, offset: number): string {
  if (offset === 0 && element.startsWith('Z')) return 'Z';
  const isNegative = offset <= -60;
  const minutes = Math.floor(Math.abs(offset) / 60);
  const parts = [
    padded(Math.floor(minutes / 60), 2),
    padded(minutes % 60, 2),
    padded((isNegative ? -offset : offset) % 60, 2),
  ];
  const count = element.replace(/\D/g, '').length / 2;
  return `${isNegative ? '-' : '+'}${parts.slice(0, count).join(element.includes(':') ? ':' : '')}`;
}

/** At least so many digits, and a sign where it is negative. */
function padded(value: number, digits: number): string {
  const text = `${Math.abs(value)}`.padStart(digits, '0');
  return value < 0 ? `-${text}` : text;
}
