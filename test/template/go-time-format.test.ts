import { describe, expect, test } from '@jest/globals';
import { parseAlertTime } from '../../src/template/go-time.ts';
import { formatTime, timeJSON, timeText } from '../../src/template/go-time-format.ts';
import type { Moment } from '../../src/template/go-time-moment.ts';
import { createFixedZone, UTC } from '../../src/template/zone.ts';

const at = (seconds: number, zone = UTC): Moment => ({ seconds, nanoseconds: 0, zone });

// What is expected in the tables was made by Go itself, with amtool 0.25 (Go 1.19).
describe('formatTime', () => {
  test.each([
    ['2006 06', '2026 26'],
    ['January Jan 01 1', 'July Jul 07 7'],
    ['Monday Mon', 'Saturday Sat'],
    ['02 2 _2|__2 002', '04 4  4|185 185'],
    ['15 03 3 04 4 05 5', '09 09 9 05 5 06 6'],
    ['PM pm', 'AM am'],
    ['MST', '+0200'],
    ['-0700 -07:00 -07 -070000 -07:00:00', '+0200 +02:00 +02 +020000 +02:00:00'],
    ['Z0700 Z07:00 Z07 Z070000 Z07:00:00', '+0200 +02:00 +02 +020000 +02:00:00'],
  ])('2026-07-04T09:05:06.070800900+02:00 as %j', (layout, text) => {
    expect(formatTime(parseAlertTime('2026-07-04T09:05:06.070800900+02:00'), layout)).toBe(text);
  });

  test.each([
    ['Mon, 02 Jan 2006 15:04:05 MST', 'Thu, 29 Feb 2024 12:00:00 UTC'],
    ['Z0700 Z07:00 Z07 Z070000 Z07:00:00', 'Z Z Z Z Z'],
    ['-0700 -07:00 -07', '+0000 +00:00 +00'],
    ['3:04PM 03pm', '12:00PM 12pm'],
    ['__2 002', ' 60 060'],
    ['.0 .000 .999 ,9', '.5 .500 .5 ,5'],
  ])('2024-02-29T12:00:00.5Z as %j', (layout, text) => {
    expect(formatTime(parseAlertTime('2024-02-29T12:00:00.5Z'), layout)).toBe(text);
  });

  test.each([
    ['Jan _2 15:04:05.000', 'Dec 31 23:59:59.999'],
    ['2006-01-02T15:04:05.999999999Z07:00', '1999-12-31T23:59:59.999999999-05:30'],
    ['.0 .00 .000000000 .00000000000 .9 .999 ,000 ,999', '.9 .99 .999999999 .999999999 .9 .999 ,999 ,999'],
    ['3:04PM', '11:59PM'],
    ['__2 002 06', '365 365 99'],
    ['MST -07 -07:00:00', '-0530 -05 -05:30:00'],
  ])('1999-12-31T23:59:59.999999999-05:30 as %j', (layout, text) => {
    expect(formatTime(parseAlertTime('1999-12-31T23:59:59.999999999-05:30'), layout)).toBe(text);
  });

  test.each([
    ['2006-01-02 3:04PM', '0987-12-05 12:30AM'],
    ['MST -0700 Z07:00', '-0001 -0001 -00:01'],
    ['_2 __2 002', ' 5 339 339'],
    ['Mon Monday', 'Wed Wednesday'],
  ])('0987-12-05T00:30:00-00:01 as %j', (layout, text) => {
    expect(formatTime(parseAlertTime('0987-12-05T00:30:00-00:01'), layout)).toBe(text);
  });

  test.each([
    ['2006-01-02T15:04:05.999999999Z07:00', '0001-01-01T00:00:00Z'],
    ['Mon Jan _2 15:04:05 2006', 'Mon Jan  1 00:00:00 0001'],
    ['.000|.999', '.000|'],
    ['06', '01'],
  ])('0001-01-01T00:00:00Z as %j', (layout, text) => {
    expect(formatTime(parseAlertTime('0001-01-01T00:00:00Z'), layout)).toBe(text);
  });

  test.each([
    ['', ''],
    ['no such thing', 'no such thing'],
    ['Janet', 'Janet'],
    ['January', 'July'],
    ['Januaryx', 'Julyx'],
    ['Jane Jan', 'Jane Jul'],
    ['JanJan', 'JulJul'],
    ['jan JAN', 'jan JAN'],
    ['Month Mon', 'Month Sat'],
    ['Mondays', 'Saturdays'],
    ['MSTM', '+0200M'],
    ['_2006', '_2026'],
    ['__2006', '185026'],
    ['___2', '_185'],
    ['__ 2', '__ 4'],
    ['2006006', '2026026'],
    ['20060', '20260'],
    ['200', '400'],
    ['_ _0', '_ _0'],
    ['00', '00'],
    ['0 07 08 09', '0 07 08 09'],
    ['002002', '185185'],
    ['0021', '1857'],
    ['1515', '0909'],
    ['151', '097'],
    ['PMpm P p', 'AMam P p'],
    ['Z7 Z Z070', 'Z7 Z +020'],
    ['Z07:0', '+02:0'],
    ['-7 -070', '-7 +020'],
    ['-07:0:00', '+02:0:00'],
    ['.5 .1', '.6 .7'],
    ['05.000', '06.070'],
    ['05.0001', '06.0007'],
    ['05.9990', '06.9990'],
    ['05,999', '06,07'],
    ['.999,000', '.07,070'],
    ['.00.99', '.07.07'],
    ['05. 05,', '06. 06,'],
    ["01/02 03:04:05PM '06 -0700", "07/04 09:05:06AM '26 +0200"],
    ['02é01日2006', '04é07日2026'],
    ['{2006}"01"\\02', '{2026}"07"\\04'],
    ['Monday, 02-Jan-06 15:04:05 MST', 'Saturday, 04-Jul-26 09:05:06 +0200'],
  ])('what is no element stays, %j', (layout, text) => {
    expect(formatTime(parseAlertTime('2026-07-04T09:05:06.070800900+02:00'), layout)).toBe(text);
  });

  test.each([
    [253_402_300_800, '10000-01-01 00 Sat 001'],
    [-62_135_596_801, '0000-12-31 00 Sun 366'],
    [-62_167_219_201, '-0001-12-31 01 Fri 365'],
    [-70_000_000_000, '-0249-10-15 49 Fri 288'],
    [9_999_987_926_400, '318857-01-01 57 Mon 001'],
  ])('years of other than four digits: %i s', (seconds, text) => {
    expect(formatTime(at(seconds), '2006-01-02 06 Mon 002')).toBe(text);
  });

  test.each([
    [3600, 'CET', 'MST -0700', 'CET +0100'],
    [0, 'GMT', 'MST Z07:00 -07', 'GMT Z +00'],
    [12_600, '+0330', 'MST Z07:00', '+0330 +03:30'],
    [0, '', 'MST', '+0000'],
    [561, 'LMT', '-0700 -070000 -07:00:00 Z07:00', '+0009 +000921 +00:09:21 +00:09'],
    [-561, 'LMT', '-0700 -070000 -07:00:00 Z07:00', '-0009 -000921 -00:09:21 -00:09'],
    // Go takes the sign from the whole minutes.
    [-30, '', 'MST -0700 -07:00:00', '+0000 +0000 +00:00:-30'],
  ])('a zone of %i s called %j as %j', (offset, abbreviation, layout, text) => {
    expect(formatTime(at(0, createFixedZone(offset, abbreviation)), layout)).toBe(text);
  });
});

test.each([
  ['2026-01-02T03:04:05Z', '2026-01-02 03:04:05 +0000 UTC'],
  ['2026-01-02T03:04:05.100+02:00', '2026-01-02 03:04:05.1 +0200 +0200'],
  ['0001-01-01T00:00:00Z', '0001-01-01 00:00:00 +0000 UTC'],
])('timeText: %s is printed as %s', (text, printed) => {
  expect(timeText(parseAlertTime(text))).toBe(printed);
});

test.each([
  '2026-01-02T03:04:05Z',
  '2026-01-02T03:04:05.123456789-05:30',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.1Z',
])('timeJSON: %s comes out as it came in', (text) => {
  expect(timeJSON(parseAlertTime(text))).toBe(text);
});

// Go 1.20, time/format_rfc3339.go.
test.each([
  ['the year 10000', at(253_402_300_800), 'year outside of range [0,9999]'],
  ['the year -1', at(-62_167_219_201), 'year outside of range [0,9999]'],
  ['an offset of a day', at(0, createFixedZone(86_400)), 'timezone hour outside of range [0,23]'],
])('timeJSON: %s has no form in JSON', (_what, moment, problem) => {
  expect(timeJSON(moment)).toEqual(new Error(`Time.MarshalJSON: ${problem}`));
});
