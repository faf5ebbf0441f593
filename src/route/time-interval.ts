import type { WallClock } from './time-location.ts';
import type { Range } from './time-range.ts';

/**
 * One of the times that a time interval is made of (Alertmanager's `<time_interval_spec>`). Every field that is given
 * must hold, and a field holds when one of its ranges does.
 */
export interface TimeIntervalSpec {
  /** Minutes since midnight. */
  readonly times: readonly Range[] | undefined;
  /** 0 is Sunday. */
  readonly weekdays: readonly Range[] | undefined;
  /** 1 to 31; from the end of the month -1 to -31. */
  readonly daysOfMonth: readonly Range[] | undefined;
  /** 1 to 12. */
  readonly months: readonly Range[] | undefined;
  readonly years: readonly Range[] | undefined;
  /** Of the location that all of this is meant in. */
  readonly clock: WallClock;
}

/** A named time interval of the config. */
export interface TimeInterval {
  readonly name: string;
  /** Whether it holds at a time, in ms since the epoch. */
  contains(ms: number): boolean;
}

/** It holds when any of `specs` does; without any, never. */
export function createTimeInterval(name: string, specs: readonly TimeIntervalSpec[]): TimeInterval {
  return { name, contains: (ms) => specs.some((spec) => holds(spec, spec.clock(ms))) };
}

function holds({ times, weekdays, daysOfMonth, months, years }: TimeIntervalSpec, at: Date): boolean {
  return (
    anyHas(times, at.getUTCHours() * 60 + at.getUTCMinutes()) &&
    anyHas(weekdays, at.getUTCDay()) &&
    anyHas(months, at.getUTCMonth() + 1) &&
    anyHas(years, at.getUTCFullYear()) &&
    anyHas(daysOfMonth?.map(fromStartOf(at)), at.getUTCDate())
  );
}

function anyHas(ranges: readonly Range[] | undefined, value: number): boolean {
  return ranges === undefined || ranges.some(({ first, last }) => first <= value && value <= last);
}

/**
 * Turns days counted from the end of a month into those from its start. What lies outside the month matches none of its
 * days: nothing need be clamped. (Alertmanager takes the month in which clocks go forward for one day shorter than it
 * is, as it divides its hours by 24: daysInMonth in timeinterval/timeinterval.go. Here it has all of its days.)
 */
function fromStartOf(month: Date): (days: Range) => Range {
  const length = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 0)).getUTCDate();
  const fromStart = (day: number) => (day < 0 ? length + 1 + day : day);
  return ({ first, last }) => ({ first: fromStart(first), last: fromStart(last) });
}
