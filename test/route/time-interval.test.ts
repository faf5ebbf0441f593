import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { timeInterval, type WrittenSpec } from '../support/time-intervals.ts';

interface Case {
  readonly of: WrittenSpec;
  readonly inside: readonly string[];
  readonly outside: readonly string[];
}

const OFFICE: WrittenSpec = { times: [['09:00', '17:00']], weekdays: ['monday:friday'] };

// Alertmanager's documentation (docs/configuration.md) and tests (timeinterval/timeinterval_test.go), re-expressed.
const ALERTMANAGERS: Readonly<Record<string, Case>> = {
  'office hours': {
    of: OFFICE,
    inside: ['2020-05-04T15:04Z', '2020-05-05T10:04Z', '2020-07-08T09:00Z', '2020-07-08T16:59:59.999Z'],
    outside: ['2020-05-03T15:04Z', '2020-05-04T08:59:59.999Z', '2020-07-08T17:00Z', '2020-05-05T05:00Z'],
  },
  'some days of one month of one year': {
    of: { days_of_month: ['4:6'], months: ['april'], years: ['2020'] },
    inside: ['2020-04-04T15:04Z', '2020-04-05T00:00Z', '2020-04-06T23:59:59Z'],
    outside: ['2020-04-03T23:59Z', '2020-04-07T00:00Z', '2020-06-04T12:00Z', '2019-04-06T12:00Z'],
  },
  'the last three days of a month': {
    of: { days_of_month: ['-3:-1'] },
    inside: ['2020-01-29T15:04Z', '2020-01-31T15:04Z', '2020-06-30T00:00Z', '2020-02-29T23:05Z'],
    outside: ['2020-01-28T23:59Z', '2020-03-01T00:00Z', '2020-04-03T23:59Z', '2020-06-27T12:00Z'],
  },
  'days beyond the beginning of the month': {
    of: { days_of_month: ['-31:-1'], months: ['june'] },
    inside: ['2020-06-01T00:00Z', '2020-06-30T23:59Z'],
    outside: ['2020-05-31T23:59Z', '2020-07-01T00:00Z'],
  },
  'days beyond the end of the month': {
    of: { days_of_month: ['1:31'], months: ['february'] },
    inside: ['2020-02-01T00:00Z', '2020-02-29T23:59Z'],
    outside: ['2020-01-31T23:59Z', '2020-03-01T00:00Z'],
  },
  'days that the month does not have': {
    of: { days_of_month: ['30:31'], months: ['february'] },
    inside: [],
    outside: ['2021-02-28T13:00Z', '2021-03-01T13:00Z', '2020-02-29T13:00Z', '2021-01-30T13:00Z'],
  },
  'the last week of the first quarter, but for Saturdays': {
    of: {
      weekdays: ['monday:friday', 'sunday'],
      months: ['january:march'],
      days_of_month: ['-7:-1'],
      years: ['2020:2025', '2030:2035'],
      times: [['09:00', '17:00']],
    },
    inside: ['2021-01-27T09:00Z', '2021-01-28T16:59Z', '2025-03-31T13:00Z', '2034-01-31T13:00Z'],
    outside: ['2021-01-30T13:00Z', '2021-04-01T13:00Z', '2026-01-30T13:00Z', '2021-01-24T13:00Z'],
  },
  'all fields together': {
    of: {
      weekdays: ['monday:wednesday', 'saturday', 'sunday'],
      times: [['13:00', '15:00']],
      days_of_month: ['1', '10', '20:-1'],
      years: ['2020:2023'],
      months: ['january:march'],
    },
    inside: ['2021-01-10T13:00Z', '2021-01-30T14:24Z'],
    outside: ['2021-01-09T13:00Z', '2021-01-20T12:59Z', '2021-02-02T13:00Z', '2021-01-21T13:00Z'],
  },
  'office hours in Sydney': {
    of: { ...OFFICE, location: 'Australia/Sydney' },
    inside: ['2021-04-06T13:00+10:00', '2021-04-05T23:00Z'],
    outside: ['2021-04-06T13:00Z', '2021-04-02T23:00Z'],
  },
  'office hours in Sydney, in summer': {
    of: { ...OFFICE, months: ['november'], location: 'Australia/Sydney' },
    inside: ['2021-11-01T09:00+11:00', '2021-10-31T22:00Z'],
    outside: ['2021-10-31T21:59Z', '2021-10-29T03:00Z'],
  },
  'the end of the day': {
    of: { times: [['17:00', '24:00']] },
    inside: ['2026-01-01T17:00Z', '2026-01-01T23:59:59.999Z'],
    outside: ['2026-01-02T00:00Z', '2026-01-01T16:59Z'],
  },
};

const OWN: Readonly<Record<string, Case>> = {
  'a night, in two': {
    of: {
      times: [
        ['22:00', '24:00'],
        ['00:00', '06:00'],
      ],
    },
    inside: ['2026-01-01T22:00Z', '2026-01-01T23:59:59Z', '2026-01-02T00:00Z', '2026-01-02T05:59:59Z'],
    outside: ['2026-01-01T21:59:59Z', '2026-01-02T06:00Z'],
  },
  'the whole day': {
    of: { times: [['00:00', '24:00']], days_of_month: [15] },
    inside: ['2026-01-15T00:00Z', '2026-01-15T23:59:59.999Z'],
    outside: ['2026-01-14T23:59:59.999Z', '2026-01-16T00:00Z'],
  },
  'one minute': {
    of: { times: [['12:34', '12:35']] },
    inside: ['2026-01-15T12:34:00.000Z', '2026-01-15T12:34:59.999Z'],
    outside: ['2026-01-15T12:33:59.999Z', '2026-01-15T12:35:00.000Z'],
  },
  'the last day of February, in leap years too': {
    of: { days_of_month: [-1], months: [2] },
    inside: ['2027-02-28T12:00Z', '2028-02-29T12:00Z', '2000-02-29T12:00Z', '2100-02-28T12:00Z'],
    outside: ['2028-02-28T12:00Z', '2027-03-01T12:00Z', '2027-01-31T12:00Z'],
  },
  'days counted from the end, of which a short month has only some': {
    of: { days_of_month: ['-31:-28'] },
    inside: ['2027-02-01T12:00Z', '2028-02-01T12:00Z', '2028-02-02T12:00Z', '2026-01-04T12:00Z'],
    outside: ['2027-02-02T12:00Z', '2028-02-03T12:00Z', '2026-01-05T12:00Z', '2026-04-04T12:00Z'],
  },
  'the 29th from the end, which a February of 28 days does not have': {
    of: { days_of_month: [-29], months: ['february'] },
    inside: ['2028-02-01T12:00Z'],
    outside: ['2027-02-01T12:00Z', '2027-02-28T12:00Z'],
  },
  'days from the start to those from the end': {
    of: { days_of_month: ['2:-2'] },
    inside: ['2026-04-02T00:00Z', '2026-04-29T23:59Z', '2027-02-27T12:00Z'],
    outside: ['2026-04-01T23:59Z', '2026-04-30T00:00Z', '2027-02-28T12:00Z'],
  },
  'the 31st, in months that have one': {
    of: { days_of_month: ['31'] },
    inside: ['2026-12-31T12:00Z', '2026-07-31T12:00Z'],
    outside: ['2026-06-30T12:00Z', '2026-07-01T12:00Z'],
  },
  'a month by name in any case, and by number': {
    of: { months: ['MAY:August', 12] },
    inside: ['2026-05-01T00:00Z', '2026-08-31T23:59Z', '2026-12-31T23:59Z'],
    outside: ['2026-04-30T23:59Z', '2026-09-01T00:00Z', '2027-01-01T00:00Z'],
  },
  'years as numbers and ranges': {
    of: { years: [2026, '2028:2030'] },
    inside: ['2026-01-01T00:00Z', '2026-12-31T23:59:59.999Z', '2030-12-31T23:59Z'],
    outside: ['2025-12-31T23:59:59.999Z', '2027-06-01T00:00Z', '2031-01-01T00:00Z'],
  },
  'weekdays from the first to the last': {
    of: { weekdays: ['Sunday:SATURDAY'] },
    inside: ['2026-11-22T00:00Z', '2026-11-28T23:59Z', '2026-11-25T12:00Z'],
    outside: [],
  },
  'the hour that a spring night in Berlin does not have': {
    of: { times: [['02:00', '03:00']], location: 'Europe/Berlin' },
    inside: ['2026-03-28T01:30Z', '2026-03-30T00:30Z'],
    outside: ['2026-03-29T00:59:59Z', '2026-03-29T01:00Z', '2026-03-29T00:30Z', '2026-03-29T01:30Z'],
  },
  'the hour that an autumn night in Berlin has twice': {
    of: { times: [['02:00', '03:00']], location: 'Europe/Berlin' },
    inside: ['2026-10-25T00:00Z', '2026-10-25T00:59:59Z', '2026-10-25T01:00Z', '2026-10-25T01:59:59Z'],
    outside: ['2026-10-24T23:59:59Z', '2026-10-25T02:00Z'],
  },
  // Alertmanager takes it for the 30th: daysInMonth in timeinterval.go divides 743 hours by 24.
  'the last day of a month in which clocks go forward': {
    of: { days_of_month: [-1], months: ['march'], location: 'Europe/Berlin' },
    inside: ['2026-03-31T00:00+02:00', '2026-03-31T23:59+02:00'],
    outside: ['2026-03-30T12:00Z', '2026-03-31T22:00Z'],
  },
  'a new year that comes earlier in Auckland': {
    of: { days_of_month: [1], months: [1], years: [2027], location: 'Pacific/Auckland' },
    inside: ['2026-12-31T11:00Z', '2027-01-01T10:59Z'],
    outside: ['2026-12-31T10:59Z', '2027-01-01T11:00Z'],
  },
  'a day of the week that comes earlier in Kathmandu, by quarters of an hour': {
    of: { weekdays: ['monday'], times: [['00:00', '00:15']], location: 'Asia/Kathmandu' },
    inside: ['2026-11-22T18:15Z', '2026-11-22T18:29:59Z'],
    outside: ['2026-11-22T18:14:59Z', '2026-11-22T18:30Z', '2026-11-23T00:00Z'],
  },
  nothing: { of: {}, inside: ['1970-01-01T00:00Z', '2026-11-22T18:14:59Z'], outside: [] },
};

const at = (text: string) => Date.parse(text);

describe.each(Object.entries({ ...ALERTMANAGERS, ...OWN }))(
  'an interval of %s',
  (name, { of, inside, outside }) => {
    const interval = timeInterval(name, of);
    if (inside.length > 0) test.each(inside)('contains %s', (time) => expect(holds(time)).toBe(true));
    if (outside.length > 0)
      test.each(outside)('does not contain %s', (time) => expect(holds(time)).toBe(false));

    function holds(time: string): boolean {
      return interval.contains(at(time));
    }
  },
);

describe('a named interval', () => {
  test('holds when any of its times does', () => {
    const offHours = timeInterval(
      'off-hours',
      { weekdays: ['saturday', 'sunday'] },
      { times: [['17:00', '24:00']] },
    );
    expect(offHours.contains(at('2026-11-21T12:00Z'))).toBe(true);
    expect(offHours.contains(at('2026-11-23T18:00Z'))).toBe(true);
    expect(offHours.contains(at('2026-11-23T12:00Z'))).toBe(false);
  });

  test('takes each of its times in its own location', () => {
    const mornings = timeInterval(
      'mornings',
      { times: [['06:00', '07:00']], location: 'America/New_York' },
      { times: [['06:00', '07:00']], location: 'Asia/Tokyo' },
    );
    expect(
      ['10:30', '11:30', '21:30', '06:30'].map((time) => mornings.contains(at(`2026-11-23T${time}Z`))),
    ).toEqual([false, true, true, false]);
  });

  test('never holds without any', () => {
    expect(timeInterval('never').contains(at('2026-11-23T12:00Z'))).toBe(false);
  });
});

describe('whatever the time and the place', () => {
  const ms = fc.integer({ min: at('1980-01-01T00:00Z'), max: at('2100-01-01T00:00Z') });
  const location = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/St_Johns',
    'Pacific/Kiritimati',
    'Asia/Kolkata',
  );
  const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);
  const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

  test.each<[string, readonly WrittenSpec[]]>([
    ['day of the week', weekdays.map((day) => ({ weekdays: [day] }))],
    ['month', upTo(12).map((month) => ({ months: [month] }))],
    ['day from the start of the month', upTo(31).map((day) => ({ days_of_month: [day] }))],
    ['day from the end of the month', upTo(31).map((day) => ({ days_of_month: [-day] }))],
    ['hour', upTo(24).map((hour) => ({ times: [[`${two(hour - 1)}:00`, `${two(hour)}:00`] as const] }))],
  ])('it is in one %s, and in no other', (_of, specs) => {
    const intervals = new Map<string, ReturnType<typeof timeInterval>[]>();
    fc.assert(
      fc.property(ms, location, (time, place) => {
        const all =
          intervals.get(place) ?? specs.map((spec) => timeInterval('one', { ...spec, location: place }));
        intervals.set(place, all);
        expect(all.filter((interval) => interval.contains(time))).toHaveLength(1);
      }),
    );
  });

  test('a range holds when one of its days does', () => {
    const day = fc.integer({ min: 0, max: 6 });
    fc.assert(
      fc.property(ms, day, day, (time, a, b) => {
        const [first, last] = a < b ? [a, b] : [b, a];
        const range = timeInterval('range', { weekdays: [`${weekdays[first]}:${weekdays[last]}`] });
        const days = timeInterval('days', { weekdays: weekdays.slice(first, last + 1) });
        expect(range.contains(time)).toBe(days.contains(time));
      }),
    );
  });

  test('what holds in one zone holds in another as many hours later as it is behind', () => {
    const hours = fc.integer({ min: 1, max: 12 });
    const spec = fc.record({
      days_of_month: fc.constantFrom(['1:10'], ['-5:-1'], ['10:-10', 1]),
      weekdays: fc.constantFrom(['monday:friday'], ['saturday', 'sunday:tuesday']),
      times: fc.constantFrom([['09:00', '17:00'] as const], [['00:00', '12:30'] as const]),
    });
    fc.assert(
      fc.property(ms, hours, spec, (time, behind, written) => {
        const utc = timeInterval('utc', written);
        // The signs of these names are the other way round.
        const later = timeInterval('later', { ...written, location: `Etc/GMT+${behind}` });
        expect(later.contains(time + behind * 3_600_000)).toBe(utc.contains(time));
      }),
    );
  });
});

function two(number: number): string {
  return String(number).padStart(2, '0');
}
