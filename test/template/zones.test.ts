import { describe, expect, test } from '@jest/globals';
import { formatTime } from '../../src/template/go-time-format.ts';
import type { Zone } from '../../src/template/value.ts';
import { createZones } from '../../src/template/zones.ts';

const JANUARY = Date.UTC(2026, 0, 15, 12) / 1000;
const JULY = Date.UTC(2026, 6, 15, 12) / 1000;

const zones = createZones();

function zoneNamed(name: string): Zone {
  const zone = zones.load(name);
  if (zone instanceof Error) throw zone;
  return zone;
}

function shownIn(name: string, seconds: number): string {
  return formatTime({ seconds, nanoseconds: 0, zone: zoneNamed(name) }, '-0700 MST');
}

// As the IANA time zone database has them (release 2025b).
test.each([
  ['Europe/Paris', '+0100 CET', '+0200 CEST'],
  ['Europe/London', '+0000 GMT', '+0100 BST'],
  ['Europe/Dublin', '+0000 GMT', '+0100 IST'],
  ['Europe/Lisbon', '+0000 WET', '+0100 WEST'],
  ['Europe/Helsinki', '+0200 EET', '+0300 EEST'],
  ['Europe/Istanbul', '+0300 +03', '+0300 +03'],
  ['Europe/Moscow', '+0300 MSK', '+0300 MSK'],
  ['Europe/Minsk', '+0300 +03', '+0300 +03'],
  ['Europe/Jersey', '+0000 GMT', '+0100 BST'],
  ['America/New_York', '-0500 EST', '-0400 EDT'],
  ['America/Chicago', '-0600 CST', '-0500 CDT'],
  ['America/Denver', '-0700 MST', '-0600 MDT'],
  ['America/Phoenix', '-0700 MST', '-0700 MST'],
  ['America/Los_Angeles', '-0800 PST', '-0700 PDT'],
  ['America/Anchorage', '-0900 AKST', '-0800 AKDT'],
  ['Pacific/Honolulu', '-1000 HST', '-1000 HST'],
  ['America/Halifax', '-0400 AST', '-0300 ADT'],
  ['America/St_Johns', '-0330 NST', '-0230 NDT'],
  ['America/Mexico_City', '-0600 CST', '-0600 CST'],
  ['America/Sao_Paulo', '-0300 -03', '-0300 -03'],
  ['America/Argentina/Buenos_Aires', '-0300 -03', '-0300 -03'],
  ['America/Havana', '-0500 CST', '-0400 CDT'],
  ['Asia/Kolkata', '+0530 IST', '+0530 IST'],
  ['Asia/Calcutta', '+0530 IST', '+0530 IST'],
  ['Asia/Colombo', '+0530 +0530', '+0530 +0530'],
  ['Asia/Kathmandu', '+0545 +0545', '+0545 +0545'],
  ['Asia/Tokyo', '+0900 JST', '+0900 JST'],
  ['Asia/Seoul', '+0900 KST', '+0900 KST'],
  ['Asia/Shanghai', '+0800 CST', '+0800 CST'],
  ['Asia/Hong_Kong', '+0800 HKT', '+0800 HKT'],
  ['Asia/Taipei', '+0800 CST', '+0800 CST'],
  ['Asia/Macau', '+0800 CST', '+0800 CST'],
  ['Asia/Singapore', '+0800 +08', '+0800 +08'],
  ['Asia/Manila', '+0800 PST', '+0800 PST'],
  ['Asia/Jakarta', '+0700 WIB', '+0700 WIB'],
  ['Asia/Karachi', '+0500 PKT', '+0500 PKT'],
  ['Asia/Dubai', '+0400 +04', '+0400 +04'],
  ['Asia/Jerusalem', '+0200 IST', '+0300 IDT'],
  ['Asia/Tehran', '+0330 +0330', '+0330 +0330'],
  ['Australia/Sydney', '+1100 AEDT', '+1000 AEST'],
  ['Australia/Adelaide', '+1030 ACDT', '+0930 ACST'],
  ['Australia/Perth', '+0800 AWST', '+0800 AWST'],
  ['Australia/Lord_Howe', '+1100 +11', '+1030 +1030'],
  ['Pacific/Auckland', '+1300 NZDT', '+1200 NZST'],
  ['Pacific/Chatham', '+1345 +1345', '+1245 +1245'],
  ['Pacific/Guam', '+1000 ChST', '+1000 ChST'],
  ['Pacific/Pago_Pago', '-1100 SST', '-1100 SST'],
  ['Africa/Johannesburg', '+0200 SAST', '+0200 SAST'],
  ['Africa/Lagos', '+0100 WAT', '+0100 WAT'],
  ['Africa/Nairobi', '+0300 EAT', '+0300 EAT'],
  ['Africa/Maputo', '+0200 CAT', '+0200 CAT'],
  ['Africa/Abidjan', '+0000 GMT', '+0000 GMT'],
  ['Antarctica/Casey', '+0800 +08', '+0800 +08'],
  ['EST5EDT', '-0500 EST', '-0400 EDT'],
  ['US/Pacific', '-0800 PST', '-0700 PDT'],
  ['GB', '+0000 GMT', '+0100 BST'],
  ['Etc/GMT+5', '-0500 -05', '-0500 -05'],
  ['Etc/UTC', '+0000 UTC', '+0000 UTC'],
  ['Zulu', '+0000 UTC', '+0000 UTC'],
  ['GMT', '+0000 GMT', '+0000 GMT'],
  ['Etc/Greenwich', '+0000 GMT', '+0000 GMT'],
])('%s is %s in January and %s in July', (name, january, july) => {
  expect([shownIn(name, JANUARY), shownIn(name, JULY)]).toEqual([january, july]);
  expect(zoneNamed(name).name).toBe(name);
});

test.each([
  ['Europe/Paris', '2026-03-29T01:00:00Z', '+0100 CET', '+0200 CEST'],
  ['Europe/Paris', '2026-10-25T01:00:00Z', '+0200 CEST', '+0100 CET'],
  ['America/New_York', '2026-03-08T07:00:00Z', '-0500 EST', '-0400 EDT'],
  ['America/New_York', '2026-11-01T06:00:00Z', '-0400 EDT', '-0500 EST'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', '+1100 +11', '+1030 +1030'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z', '-1000 -10', '+1400 +14'],
])('%s changes at %s, to the second', (name, moment, before, after) => {
  const seconds = Date.parse(moment) / 1000;
  expect([shownIn(name, seconds - 1), shownIn(name, seconds)]).toEqual([before, after]);
});

describe('times far from now', () => {
  test.each([
    ['Europe/Paris', 561, 'LMT'],
    ['America/New_York', -17_762, 'LMT'],
    ['Asia/Tokyo', 33_539, 'LMT'],
    ['Etc/GMT-14', 50_400, '+14'],
  ])("%s at Go's zero time", (name, offset, abbreviation) => {
    expect(zoneNamed(name).at(-62_135_596_800)).toEqual({ offset, abbreviation });
  });

  test.each([1e13, 1e15, -1e13, -1e15])('%d s are no error, though no Date holds them', (seconds) => {
    expect(zoneNamed('Asia/Tokyo').at(seconds).offset).toBe(seconds > 0 ? 32_400 : 33_539);
  });
});

// Go: time.LoadLocation.
test.each(['', 'UTC', 'Local'])('%j is UTC', (name) => {
  const { name: own, at } = zoneNamed(name);
  expect({ own, ...at(JULY) }).toEqual({ own: 'UTC', offset: 0, abbreviation: 'UTC' });
});

test.each([
  'Nowhere',
  'Europe/Nowhere',
  'europe/paris',
  'Europe/paris',
  'utc',
  'local',
  // Intl knows these; to Go they are abbreviations.
  'PST',
  'IST',
  'CEST',
  '+02:00',
  'UTC+2',
  'Europe/',
  'Europe/Paris ',
  '/Europe/Paris',
  '../etc/passwd',
  'Europe/../../etc/passwd',
  '__proto__',
  'constructor',
  '\u0000',
  'Europe/A'.repeat(10_000),
])('%j is no zone', (name) => {
  expect(zones.load(name)).toEqual(new Error(`unknown time zone ${name}`));
});

test('a zone is made once, as long as few others are asked for', () => {
  const own = createZones();
  const first = own.load('Europe/Paris');
  expect(own.load('Europe/Paris')).toBe(first);
  for (const name of Intl.supportedValuesOf('timeZone')) own.load(name);
  expect(own.load('Europe/Paris')).not.toBe(first);
});
