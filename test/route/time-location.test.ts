import { describe, expect, test } from '@jest/globals';
import { createWallClock } from '../../src/route/time-location.ts';

const TIME = Date.parse('2026-07-01T22:30:00Z');

function shown(location: string, ms = TIME): string {
  const clock = createWallClock(location);
  if (clock instanceof Error) throw clock;
  return clock(ms).toISOString().slice(0, 16);
}

describe('the clocks of a location', () => {
  test.each([
    ['UTC', '2026-07-01T22:30'],
    ['', '2026-07-01T22:30'],
    ['Europe/Berlin', '2026-07-02T00:30'],
    ['Australia/Sydney', '2026-07-02T08:30'],
    ['US/Pacific', '2026-07-01T15:30'],
    ['Asia/Calcutta', '2026-07-02T04:00'],
    ['Etc/GMT+5', '2026-07-01T17:30'],
    ['GMT', '2026-07-01T22:30'],
  ])('in %j show %s', (location, expected) => {
    expect(shown(location)).toBe(expected);
  });

  test('show midnight as the beginning of a day', () => {
    expect(shown('Europe/Berlin', Date.parse('2026-06-30T22:00Z'))).toBe('2026-07-01T00:00');
  });

  test('in Local show what those of this process do', () => {
    const here = new Date(TIME);
    const date = [here.getFullYear(), here.getMonth() + 1, here.getDate()];
    const [year, month, day, hours, minutes] = [...date, here.getHours(), here.getMinutes()].map((part) =>
      String(part).padStart(2, '0'),
    );
    expect(shown('Local')).toBe(`${year}-${month}-${day}T${hours}:${minutes}`);
  });
});

test.each([
  'Europe/Berln',
  'Berlin',
  'local',
  '+01:00',
  '-0530',
  '../etc/passwd',
  ' ',
  'UTC\0',
  '__proto__',
  '5',
])('there is no location %j', (location) => {
  const clock = createWallClock(location);
  expect(clock).toEqual(
    new Error(
      `must be the IANA name of a time zone, such as Europe/Berlin, or UTC or Local (got ${JSON.stringify(location)})`,
    ),
  );
});

// Intl knows them, as others than people mean; Go knows none of them.
test.each(['IST', 'AST', 'PST', 'europe/berlin', 'utc', '+01:00'])('%j is no location', (location) => {
  expect(createWallClock(location)).toBeInstanceOf(Error);
});
