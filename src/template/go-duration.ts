import type { GoInt, Method, Methods, Value } from './value.ts';

const MICROSECOND = 1000n;
const MILLISECOND = 1_000_000n;
const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;

/** Go's int64, in ns: some 292 years. */
const MAX = 2n ** 63n - 1n;
const MIN = -MAX - 1n;

/** Go's `time.Duration`, in ns. */
export function createDuration(nanoseconds: bigint): GoInt {
  return {
    kind: 'int',
    type: 'time.Duration',
    value: nanoseconds,
    methods: DURATION_METHODS,
    text: () => durationText(nanoseconds),
  };
}

/** What a parameter of type `time.Duration` gets: a duration, or a number of ns. */
export type DurationArgument = GoInt | bigint;

export function nanosecondsOf(duration: DurationArgument): bigint {
  return typeof duration === 'bigint' ? duration : duration.value;
}

/** Go's `Duration.String`, as `1h2m3.5s` or `1.5µs`. */
export function durationText(duration: bigint): string {
  if (duration === 0n) return '0s';
  const sign = duration < 0n ? '-' : '';
  const size = duration < 0n ? -duration : duration;
  if (size < MICROSECOND) return `${sign}${size}ns`;
  if (size < MILLISECOND) return `${sign}${decimal(size, 3)}µs`;
  if (size < SECOND) return `${sign}${decimal(size, 6)}ms`;
  const hours = size >= HOUR ? `${size / HOUR}h` : '';
  const minutes = size >= MINUTE ? `${(size % HOUR) / MINUTE}m` : '';
  return `${sign}${hours}${minutes}${decimal(size % MINUTE, 9)}s`;
}

/** `value` with its last `digits` behind a point, without zeros at the end. */
function decimal(value: bigint, digits: number): string {
  const text = `${value}`.padStart(digits + 1, '0');
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`.replace(/\.?0+$/, '');
}

/** As Go counts it: the whole units, then the rest as a fraction. */
function inUnits(duration: bigint, unit: bigint): number {
  return Number(duration / unit) + Number(duration % unit) / Number(unit);
}

/** A duration in s, as Go's `Duration.Seconds`. */
export function durationSeconds(duration: bigint): number {
  return inUnits(duration, SECOND);
}

/** Go's `Duration.Round`: to the nearest multiple, halves away from zero. */
function round(duration: bigint, unit: bigint): bigint {
  if (unit <= 0n) return duration;
  const sign = duration < 0n ? -1n : 1n;
  const excess = (duration * sign) % unit;
  const rounded = duration * sign - excess + (excess * 2n < unit ? 0n : unit);
  return saturated(rounded * sign);
}

/** Go's `Duration.Truncate`: to a multiple, towards zero. */
function truncate(duration: bigint, unit: bigint): bigint {
  return unit <= 0n ? duration : duration - (duration % unit);
}

/** The nearest that a duration holds. */
export function saturated(nanoseconds: bigint): bigint {
  if (nanoseconds > MAX) return MAX;
  return nanoseconds < MIN ? MIN : nanoseconds;
}

const DURATION_METHODS: Methods = new Map([
  ['Abs', plain((value) => createDuration(saturated(value < 0n ? -value : value)))],
  ['Hours', plain((value) => inUnits(value, HOUR))],
  ['Microseconds', plain((value) => value / MICROSECOND)],
  ['Milliseconds', plain((value) => value / MILLISECOND)],
  ['Minutes', plain((value) => inUnits(value, MINUTE))],
  ['Nanoseconds', plain((value) => value)],
  ['Round', toUnit(round)],
  ['Seconds', plain(durationSeconds)],
  ['String', plain(durationText)],
  ['Truncate', toUnit(truncate)],
]);

function plain(give: (value: bigint) => Value): Method {
  return { parameters: [], isVariadic: false, call: (self: GoInt) => give(self.value) };
}

function toUnit(give: (value: bigint, unit: bigint) => bigint): Method {
  return {
    parameters: ['time.Duration'],
    isVariadic: false,
    call: (self: GoInt, [unit]: readonly [DurationArgument]) =>
      createDuration(give(self.value, nanosecondsOf(unit))),
  };
}
