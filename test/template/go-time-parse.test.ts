import { describe, expect, test } from '@jest/globals';
import { parseAlertTime, parseTime } from '../../src/template/go-time.ts';
import { timeText } from '../../src/template/go-time-format.ts';

function read(layout: string, text: string): string {
  const time = parseTime(layout, text);
  return time instanceof Error ? time.message : timeText(time);
}

// By the rules of Go's time/format.go; those of RFC 3339 were compared with amtool 0.25.
describe('parseTime', () => {
  test.each([
    ['2006-01-02', '2026-02-03', '2026-02-03 00:00:00 +0000 UTC'],
    ['', '', '0000-01-01 00:00:00 +0000 UTC'],
    ['3:04PM', '12:30AM', '0000-01-01 00:30:00 +0000 UTC'],
    ['3:04PM', '12:30PM', '0000-01-01 12:30:00 +0000 UTC'],
    ['03pm', '11pm', '0000-01-01 23:00:00 +0000 UTC'],
    ['15 PM', '14 AM', '0000-01-01 14:00:00 +0000 UTC'],
    ['06', '69', '1969-01-01 00:00:00 +0000 UTC'],
    ['06', '68', '2068-01-01 00:00:00 +0000 UTC'],
    ['Jan 2 2006', 'fEB 29 2024', '2024-02-29 00:00:00 +0000 UTC'],
    ['January _2 2006', 'december  5 1999', '1999-12-05 00:00:00 +0000 UTC'],
    ['Monday 1/2', 'SUNDAY 7/31', '0000-07-31 00:00:00 +0000 UTC'],
    ['Mon 02', 'tue 01', '0000-01-01 00:00:00 +0000 UTC'],
    ['2006 002', '2024 366', '2024-12-31 00:00:00 +0000 UTC'],
    ['2006 __2', '2023   5', '2023-01-05 00:00:00 +0000 UTC'],
    ['2006 002 Jan 02', '2024 060 Feb 29', '2024-02-29 00:00:00 +0000 UTC'],
    ['15:4:5', '7:08:9', '0000-01-01 07:08:09 +0000 UTC'],
  ])('dates and clocks: %j of %j is %s', (layout, text, expected) => {
    expect(read(layout, text)).toBe(expected);
  });

  test.each([
    ['15:04:05', '01:02:03.5', '0000-01-01 01:02:03.5 +0000 UTC'],
    ['15:04:05', '01:02:03,1234567899', '0000-01-01 01:02:03.123456789 +0000 UTC'],
    ['05.999', '03', '0000-01-01 00:00:03 +0000 UTC'],
    ['05.9', '03.123456', '0000-01-01 00:00:03.123456 +0000 UTC'],
    ['05.000', '03,120', '0000-01-01 00:00:03.12 +0000 UTC'],
    ['05.000000000000', '03.123456789123', '0000-01-01 00:00:03.123456789 +0000 UTC'],
    ['05.000', '03.+12', '0000-01-01 00:00:03.012 +0000 UTC'],
  ])('fractions of a second: %j of %j is %s', (layout, text, expected) => {
    expect(read(layout, text)).toBe(expected);
  });

  test.each([
    ['15 MST', '12 UTC', '0000-01-01 12:00:00 +0000 UTC'],
    ['15 MST', '12 CEST', '0000-01-01 12:00:00 +0000 CEST'],
    ['15 MST', '12 WITA', '0000-01-01 12:00:00 +0000 WITA'],
    ['15 MST', '12 ChST', '0000-01-01 12:00:00 +0000 ChST'],
    ['15 MST', '12 GMT', '0000-01-01 12:00:00 +0000 GMT'],
    ['15 MST', '12 GMT-3', '0000-01-01 09:00:00 -0300 GMT-3'],
    ['15 MST', '12 +03', '0000-01-01 12:00:00 +0000 +03'],
    ['15 MST -0700', '12 CET +0100', '0000-01-01 12:00:00 +0100 CET'],
    ['15 -0700', '12 +0000', '0000-01-01 12:00:00 +0000 UTC'],
    ['15 -07', '12 -05', '0000-01-01 12:00:00 -0500 -0500'],
    ['15 -07:00', '12 +05:30', '0000-01-01 12:00:00 +0530 +0530'],
    ['15 -070000', '12 +000921', '0000-01-01 12:00:00 +0009 +0009'],
    ['15 Z07:00:00', '12 -00:09:21', '0000-01-01 12:00:00 -0009 -0009'],
    ['15 Z07', '12 Z', '0000-01-01 12:00:00 +0000 UTC'],
    ['15Z0700', '12+2460', '0000-01-01 12:00:00 +2500 +2500'],
  ])('zones: %j of %j is %s', (layout, text, expected) => {
    expect(read(layout, text)).toBe(expected);
  });

  test.each([
    ['a 2  b', 'a      3 b', '0000-01-03 00:00:00 +0000 UTC'],
    ['2 ', '3', '0000-01-03 00:00:00 +0000 UTC'],
    ['é2', 'é3', '0000-01-03 00:00:00 +0000 UTC'],
  ])('spaces are worth any number of spaces: %j of %j', (layout, text, expected) => {
    expect(read(layout, text)).toBe(expected);
  });

  test.each([
    ['2006-01-02', 'x', 'cannot parse "x" as "2006"'],
    ['2006-01-02', '', 'cannot parse "" as "2006"'],
    ['2006-01-02', '202-01-02', 'cannot parse "202-01-02" as "2006"'],
    ['2006-01-02', '2026-1-02', 'cannot parse "1-02" as "01"'],
    ['2006-01-02', '2026/01/02', 'cannot parse "/01/02" as "-"'],
    ['2006 at 15', '2026 as 15', 'cannot parse "s 15" as " at "'],
    ['Jan', 'Foo', 'cannot parse "Foo" as "Jan"'],
    ['Monday', 'Moonday', 'cannot parse "Moonday" as "Monday"'],
    ['3PM', '3pm', 'cannot parse "pm" as "PM"'],
    ['3pm', '3p', 'cannot parse "p" as "pm"'],
    ['002', '36', 'cannot parse "36" as "002"'],
    ['06', '6', 'cannot parse "6" as "06"'],
    ['05.000', '03.12', 'cannot parse ".12" as ".000"'],
    ['05.000', '03x123', 'cannot parse "x123" as ".000"'],
    ['-07:00', '+0200', 'cannot parse "+0200" as "-07:00"'],
    ['-07:00', '+02.00', 'cannot parse "+02.00" as "-07:00"'],
    ['-0700', 'x0200', 'cannot parse "x0200" as "-0700"'],
    ['Z0700', '+02x0', 'cannot parse "+02x0" as "Z0700"'],
    ['MST', 'CE', 'cannot parse "CE" as "MST"'],
    ['MST', 'ABCD', 'cannot parse "ABCD" as "MST"'],
    ['MST', 'ABCDEFT', 'cannot parse "ABCDEFT" as "MST"'],
    ['MST', '+24', 'cannot parse "+24" as "MST"'],
    ['é2"', '\n\\', 'cannot parse "\\x0a\\\\" as "\\xc3\\xa9"'],
  ])('%j of %j: %s', (layout, text, problem) => {
    const quoted = (part: string) => JSON.stringify(part).replace('é', '\\xc3\\xa9').replace('\\n', '\\x0a');
    expect(read(layout, text)).toBe(`parsing time ${quoted(text)} as ${quoted(layout)}: ${problem}`);
  });

  test.each([
    ['01', '13', 'month out of range'],
    ['1', '0', 'month out of range'],
    ['15', '24', 'hour out of range'],
    ['3', '13', 'hour out of range'],
    ['4', '60', 'minute out of range'],
    ['5', '60', 'second out of range'],
    ['05.000', '03.-12', 'fractional second out of range'],
    ['-0700', '+2500', 'time zone offset hour out of range'],
    ['-0700', '+2361', 'time zone offset minute out of range'],
    ['-070000', '+235961', 'time zone offset second out of range'],
    ['2', '0', 'day out of range'],
    ['2006-01-02', '2023-02-29', 'day out of range'],
    ['2006-01-02', '2100-02-29', 'day out of range'],
    ['2006 002', '2023 366', 'day-of-year out of range'],
    ['2006 002', '2024 367', 'day-of-year out of range'],
    ['002', '000', 'day-of-year out of range'],
    ['002 01', '032 01', 'day-of-year does not match month'],
    ['002 2', '032 2', 'day-of-year does not match day'],
    ['2006', '20260', 'extra text: "0"'],
    ['', 'é', 'extra text: "\\xc3\\xa9"'],
  ])('%j of %j: %s', (layout, text, problem) => {
    expect(read(layout, text)).toBe(`parsing time "${text.replace('é', '\\xc3\\xa9')}": ${problem}`);
  });
});

describe('parseAlertTime', () => {
  test.each([
    ['2026-01-02T03:04:05.123456789Z', 1_767_323_045, 123_456_789, 0],
    ['2026-01-02T03:04:05Z', 1_767_323_045, 0, 0],
    ['2026-01-02T03:04:05.5+02:00', 1_767_315_845, 500_000_000, 7200],
    ['2026-01-02T03:04:05+00:00', 1_767_323_045, 0, 0],
    ['1969-12-31T23:59:59.999999999Z', -1, 999_999_999, 0],
    ['0001-01-01T00:00:00Z', -62_135_596_800, 0, 0],
    ['9999-12-31T23:59:59Z', 253_402_300_799, 0, 0],
    ['0000-01-01T00:00:00-23:59', -62_167_132_860, 0, -86_340],
  ])('%s', (text, seconds, nanoseconds, offset) => {
    const time = parseAlertTime(text);
    expect({ seconds: time.seconds, nanoseconds: time.nanoseconds }).toEqual({ seconds, nanoseconds });
    expect(time.zone.at(seconds).offset).toBe(offset);
  });

  test.each([
    '',
    'yesterday',
    '2026-01-02',
    '2026-02-30T00:00:00Z',
    '2026-01-02T24:00:00Z',
    '2026-01-02T03:04:05',
    '2026-01-02T03:04:05Z ',
    '1767323045',
    '+262142-01-01T00:00:00Z',
    '2'.repeat(100_000),
  ])('%j cannot be read and is the zero time', (text) => {
    expect(timeText(parseAlertTime(text))).toBe('0001-01-01 00:00:00 +0000 UTC');
  });
});
