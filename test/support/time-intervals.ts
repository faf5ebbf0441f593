import { compileTimeIntervals } from '../../src/config/compile-time-intervals.ts';
import type { Fault } from '../../src/config/problem.ts';
import type { TimeIntervalSettings } from '../../src/config/schema.ts';
import type { TimeInterval } from '../../src/route/time-interval.ts';
import type { RangeText } from '../../src/route/time-range.ts';

type SpecSettings = TimeIntervalSettings['time_intervals'][number];

/** One time of an interval as a user writes it, but for its hours: `['09:00', '17:00']`. Without a location, UTC. */
export interface WrittenSpec {
  readonly times?: readonly (readonly [start: string, end: string])[];
  readonly weekdays?: readonly string[];
  readonly days_of_month?: readonly RangeText[];
  readonly months?: readonly RangeText[];
  readonly years?: readonly RangeText[];
  readonly location?: string;
}

/** The compiled interval of these times. A fault in one is a mistake in the test, and is thrown. */
export function timeInterval(name: string, ...specs: readonly WrittenSpec[]): TimeInterval {
  const faults: Fault[] = [];
  const settings = { name, time_intervals: specs.map(asSettings) };
  const compiled = compileTimeIntervals({ time_intervals: [settings], mute_time_intervals: [] }, faults);
  const interval = compiled.get(name);
  if (interval === undefined || faults.length > 0) throw new Error(JSON.stringify(faults));
  return interval;
}

function asSettings({ times, ...spec }: WrittenSpec): SpecSettings {
  const hours = times?.map(([start_time, end_time]) => ({ start_time, end_time }));
  return {
    location: 'UTC',
    ...spec,
    ...(hours === undefined ? {} : { times: hours }),
  } as SpecSettings;
}
