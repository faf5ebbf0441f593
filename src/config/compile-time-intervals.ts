import { createTimeInterval, type TimeInterval, type TimeIntervalSpec } from '../route/time-interval.ts';
import { createWallClock, UTC_CLOCK, type WallClock } from '../route/time-location.ts';
import {
  parseDaysOfMonth,
  parseMonths,
  parseTimeOfDay,
  parseWeekdays,
  parseYears,
  type Range,
} from '../route/time-range.ts';
import type { Fault, Path } from './problem.ts';
import type { ConfigFile, TimeIntervalSettings } from './schema.ts';

const SECTIONS = ['time_intervals', 'mute_time_intervals'] as const;

type SpecSettings = TimeIntervalSettings['time_intervals'][number];
type ClockOf = (location: string) => WallClock | Error;

/** The time intervals of both sections by their names, for routes to refer to. Every fault is added to `faults`. */
export function compileTimeIntervals(
  file: Pick<ConfigFile, (typeof SECTIONS)[number]>,
  faults: Fault[],
): ReadonlyMap<string, TimeInterval> {
  const clockOf = clocks();
  const byName = new Map<string, TimeInterval>();
  for (const section of SECTIONS) {
    for (const [i, { name, time_intervals }] of file[section].entries()) {
      if (byName.has(name)) {
        faults.push({ path: [section, i, 'name'], message: `another time interval is called ${name} too` });
      }
      const specs = time_intervals.map((spec, j) =>
        compileSpec(spec, clockOf, [section, i, 'time_intervals', j], faults),
      );
      byName.set(name, createTimeInterval(name, specs));
    }
  }
  return byName;
}

/** The clock of each location, made once. */
function clocks(): ClockOf {
  const made = new Map<string, WallClock | Error>();
  return (location) => {
    const clock = made.get(location) ?? createWallClock(location);
    made.set(location, clock);
    return clock;
  };
}

function compileSpec(
  settings: SpecSettings,
  clockOf: ClockOf,
  path: Path,
  faults: Fault[],
): TimeIntervalSpec {
  const clock = clockOf(settings.location);
  if (clock instanceof Error) faults.push({ path: [...path, 'location'], message: clock.message });
  const { times, weekdays, days_of_month, months, years } = settings;
  return {
    times: compileRanges(times, compileTimes, [...path, 'times'], faults),
    weekdays: compileRanges(weekdays, parseWeekdays, [...path, 'weekdays'], faults),
    daysOfMonth: compileRanges(days_of_month, parseDaysOfMonth, [...path, 'days_of_month'], faults),
    months: compileRanges(months, parseMonths, [...path, 'months'], faults),
    years: compileRanges(years, parseYears, [...path, 'years'], faults),
    clock: clock instanceof Error ? UTC_CLOCK : clock,
  };
}

function compileRanges<Item>(
  items: readonly Item[] | undefined,
  parse: (item: Item) => Range | Error,
  path: Path,
  faults: Fault[],
): readonly Range[] | undefined {
  return items?.flatMap((item, i) => {
    const range = parse(item);
    if (!(range instanceof Error)) return [range];
    faults.push({ path: [...path, i], message: range.message });
    return [];
  });
}

/** The minutes from one time to the one before the other; the schema has checked both. */
function compileTimes({ start_time, end_time }: NonNullable<SpecSettings['times']>[number]): Range | Error {
  const start = parseTimeOfDay(start_time) ?? 0;
  const end = parseTimeOfDay(end_time) ?? 0;
  if (start < end) return { first: start, last: end - 1 };
  return new Error(
    `must end later than it begins (got ${start_time} to ${end_time}); what passes midnight takes two, one until 24:00 and one from 00:00`,
  );
}
