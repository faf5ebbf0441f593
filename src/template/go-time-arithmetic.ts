import { saturated } from './go-duration.ts';
import { dateTimeAt, daysTo, modulo } from './go-time-calendar.ts';
import { type Moment, ZERO_SECONDS } from './go-time-moment.ts';
import type { Zone } from './value.ts';

const SECOND = 1_000_000_000n;

const DAY = 86_400;

/** How far from year 0 `addDate` goes: the seconds of these years are exact in a number. */
const MAX_YEAR = 100_000_000n;

/** Go's `Time.Add`; `duration` in ns. */
export function add(moment: Moment, duration: bigint): Moment {
  const total = sinceEpoch(moment) + duration;
  const nanoseconds = floorModulo(total, SECOND);
  return { ...moment, seconds: Number((total - nanoseconds) / SECOND), nanoseconds: Number(nanoseconds) };
}

/** Go's `Time.AddDate`: days past the end of a month count on in the next. Past 100 million years it is an error. */
export function addDate(moment: Moment, years: bigint, months: bigint, days: bigint): Moment | Error {
  const { seconds, zone } = moment;
  const local = seconds + zone.at(seconds).offset;
  const date = dateTimeAt(local);
  const month = (BigInt(date.year) + years) * 12n + BigInt(date.month - 1) + months;
  if (!isWithin(month, MAX_YEAR * 12n) || !isWithin(days, MAX_YEAR * 365n)) {
    return new Error('AddDate: the result is over 100 million years away');
  }
  const [year, monthOfYear] = [Math.floor(Number(month) / 12), modulo(Number(month), 12) + 1];
  const day = daysTo(year, monthOfYear, date.day) + Number(days);
  return { ...moment, seconds: fromLocal(day * DAY + modulo(local, DAY), zone) };
}

/** The moment at which a clock in `zone` shows `local`, chosen as by Go's `time.Date` where there are two or none. */
function fromLocal(local: number, zone: Zone): number {
  const guess = zone.at(local).offset;
  return guess === 0 ? local : local - zone.at(local - guess).offset;
}

/** Go's `Time.Sub`: ns from `start` to `end`, or the nearest that a duration holds. */
export function subtract(end: Moment, start: Moment): bigint {
  return saturated(sinceEpoch(end) - sinceEpoch(start));
}

/** Go's `Time.Compare`: -1, 0 or 1. */
export function compare(a: Moment, b: Moment): number {
  return Math.sign(a.seconds - b.seconds || a.nanoseconds - b.nanoseconds);
}

/** Go's `Time.Truncate`: down to a multiple of `unit`, in ns, since the zero time. */
export function truncateTime(moment: Moment, unit: bigint): Moment {
  return unit <= 0n ? moment : add(moment, -sinceMultiple(moment, unit));
}

/** Go's `Time.Round`: to the nearest multiple of `unit`, in ns, since the zero time; halves go up. */
export function roundTime(moment: Moment, unit: bigint): Moment {
  if (unit <= 0n) return moment;
  const excess = sinceMultiple(moment, unit);
  return add(moment, excess * 2n < unit ? -excess : unit - excess);
}

function sinceMultiple(moment: Moment, unit: bigint): bigint {
  return floorModulo(sinceEpoch(moment) - BigInt(ZERO_SECONDS) * SECOND, unit);
}

/** Since 1970, in ns. */
export function sinceEpoch({ seconds, nanoseconds }: Moment): bigint {
  return BigInt(seconds) * SECOND + BigInt(nanoseconds);
}

/** What is left of a division that rounds down. */
function floorModulo(value: bigint, divisor: bigint): bigint {
  const rest = value % divisor;
  return rest < 0n ? rest + divisor : rest;
}

function isWithin(value: bigint, limit: bigint): boolean {
  return value >= -limit && value <= limit;
}
