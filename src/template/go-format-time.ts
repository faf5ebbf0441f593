import { goQuote } from './go-quote.ts';
import { dateTimeAt } from './go-time-calendar.ts';
import type { Moment } from './go-time-moment.ts';
import { MONTHS } from './go-time-names.ts';

/** A time as it is written in a Go program (`Time.GoString`): `time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)`. */
export function timeInGoSyntax({ seconds, nanoseconds, zone }: Moment): string {
  const { year, month, day, hour, minute, second } = dateTimeAt(seconds + zone.at(seconds).offset);
  const location = NAMED_LOCATIONS.get(zone.name) ?? `time.Location(${goQuote(zone.name)})`;
  return `time.Date(${year}, time.${MONTHS[month - 1]}, ${day}, ${hour}, ${minute}, ${second}, ${nanoseconds}, ${location})`;
}

const NAMED_LOCATIONS: ReadonlyMap<string, string> = new Map([
  ['UTC', 'time.UTC'],
  ['Local', 'time.Local'],
]);
