import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  parseDaysOfMonth,
  parseMonths,
  parseTimeOfDay,
  parseWeekdays,
  parseYears,
  type RangeText,
} from '../../src/route/time-range.ts';

const PARSERS = {
  weekdays: parseWeekdays,
  daysOfMonth: parseDaysOfMonth,
  months: parseMonths,
  years: parseYears,
};
type Kind = keyof typeof PARSERS;

describe('a time of day', () => {
  test.each([
    ['00:00', 0],
    ['00:01', 1],
    ['01:35', 95],
    ['09:05', 545],
    ['17:39', 1059],
    ['19:59', 1199],
    ['23:59', 1439],
    ['24:00', 1440],
  ])('%s is minute %d', (text, minutes) => {
    expect(parseTimeOfDay(text)).toBe(minutes);
  });

  test.each([
    ...['24:01', '25:00', '01:99', '12:60', '9:00', '09:0', '0900', '09:00:00', '09:00 ', ' 09:00', '-1:00'],
    ...['', ':', '09', '9am', '09:00\n', '٠٩:٠٠', '24:00:00', '1:5:'],
  ])('%j is none', (text) => {
    expect(parseTimeOfDay(text)).toBeUndefined();
  });
});

describe('a range', () => {
  test.each<[Kind, RangeText, number, number]>([
    ['weekdays', 'sunday', 0, 0],
    ['weekdays', 'Monday:FRIDAY', 1, 5],
    ['weekdays', 'sunday:saturday', 0, 6],
    ['weekdays', 'saturday:saturday', 6, 6],
    ['daysOfMonth', 1, 1, 1],
    ['daysOfMonth', -1, -1, -1],
    ['daysOfMonth', '5', 5, 5],
    ['daysOfMonth', '+5', 5, 5],
    ['daysOfMonth', '05', 5, 5],
    ['daysOfMonth', '1:31', 1, 31],
    ['daysOfMonth', '28:31', 28, 31],
    ['daysOfMonth', '-31:-1', -31, -1],
    ['daysOfMonth', '-3:-3', -3, -3],
    ['daysOfMonth', '1:-1', 1, -1],
    ['daysOfMonth', '27:-1', 27, -1],
    ['daysOfMonth', '10:-18', 10, -18],
    ['months', 1, 1, 1],
    ['months', 'january', 1, 1],
    ['months', 'January:december', 1, 12],
    ['months', '3:5', 3, 5],
    ['months', '1:may', 1, 5],
    ['months', 'december', 12, 12],
    ['years', 2026, 2026, 2026],
    ['years', '2026:2030', 2026, 2030],
    ['years', '2026:2026', 2026, 2026],
  ])('of %s: %j is %d to %d', (kind, text, first, last) => {
    expect(PARSERS[kind](text)).toEqual({ first, last });
  });

  const weekday = 'must be a day of the week, sunday to saturday, or a range such as monday:friday';
  const dayOfMonth =
    'must be a day of the month, 1 to 31 or, from its end, -1 to -31, or a range such as 1:5 or -3:-1';
  const month = 'must be a month, january to december or 1 to 12, or a range such as may:august';
  const year = 'must be a year such as 2026, or a range such as 2026:2030';
  const backwards = 'must not end before it begins';
  const tooClose = 'must begin before it ends in a month of 28 days too';
  test.each<[Kind, RangeText, string]>([
    ['weekdays', 'blurgsday:flurgsday', weekday],
    ['weekdays', 'mon', weekday],
    ['weekdays', '1:3', weekday],
    ['weekdays', 1, weekday],
    ['weekdays', '', weekday],
    ['weekdays', 'monday:', weekday],
    ['weekdays', ':monday', weekday],
    ['weekdays', 'monday : friday', weekday],
    ['weekdays', 'monday:tuesday:friday', weekday],
    ['weekdays', 'constructor', weekday],
    ['weekdays', 'friday:monday', 'must not run past saturday: write friday:saturday, sunday:monday'],
    ['weekdays', 'saturday:sunday', 'must not run past saturday: write saturday, sunday'],
    ['weekdays', 'Monday:Sunday', 'must not run past saturday: write monday:saturday, sunday'],
    ['daysOfMonth', 0, dayOfMonth],
    ['daysOfMonth', '-0', dayOfMonth],
    ['daysOfMonth', '0:5', dayOfMonth],
    ['daysOfMonth', 32, dayOfMonth],
    ['daysOfMonth', '1:50', dayOfMonth],
    ['daysOfMonth', '-50:-20', dayOfMonth],
    ['daysOfMonth', 'first', dayOfMonth],
    ['daysOfMonth', '1.5', dayOfMonth],
    ['daysOfMonth', '0x1f', dayOfMonth],
    ['daysOfMonth', '1e1', dayOfMonth],
    ['daysOfMonth', '1:2:3', dayOfMonth],
    ['daysOfMonth', '-15:5', 'must end with a negative day, as it begins with one'],
    ['daysOfMonth', '-31:31', 'must end with a negative day, as it begins with one'],
    ['daysOfMonth', '10:-25', tooClose],
    ['daysOfMonth', '10:-19', tooClose],
    ['daysOfMonth', '28:-1', tooClose],
    ['daysOfMonth', '31:30', backwards],
    ['daysOfMonth', '-1:-3', backwards],
    ['months', 'martius:june', month],
    ['months', 'march:junius', month],
    ['months', 'jan', month],
    ['months', 0, month],
    ['months', 13, month],
    ['months', '11:13', month],
    ['months', '-1', month],
    ['months', 'december:january', 'must not run past december: write december, january'],
    ['months', '11:2', 'must not run past december: write november:december, january:february'],
    ['years', 'soon', year],
    ['years', 0, year],
    ['years', -2026, year],
    ['years', '12026', year],
    ['years', 1e21, year],
    ['years', '2026-2030', year],
    ['years', '2022:2020', backwards],
  ])('of %s: %j is refused: it %s', (kind, text, rule) => {
    expect(PARSERS[kind](text)).toEqual(new Error(`${rule} (got ${JSON.stringify(text)})`));
  });

  test('is a range or an error, whatever the text', () => {
    const part = fc.oneof(
      fc.integer({ min: -40, max: 40 }).map(String),
      fc.constantFrom('monday', 'may'),
      fc.string(),
    );
    const text = fc.oneof(
      part,
      fc.tuple(part, part).map(([a, b]) => `${a}:${b}`),
      fc.integer(),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(...Object.values(PARSERS)), (written, parse) => {
        const range = parse(written);
        if (range instanceof Error) expect(range.message).toContain(`(got ${JSON.stringify(written)})`);
        else expect(Number.isInteger(range.first) && Number.isInteger(range.last)).toBe(true);
      }),
    );
  });
});
