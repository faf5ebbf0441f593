import { createDuration, type DurationArgument, nanosecondsOf } from './go-duration.ts';
import {
  add,
  addDate,
  compare,
  roundTime,
  sinceEpoch,
  subtract,
  truncateTime,
} from './go-time-arithmetic.ts';
import { type DateTime, dateTimeAt } from './go-time-calendar.ts';
import { formatTime, RFC3339, timeText } from './go-time-format.ts';
import { type Moment, ZERO_SECONDS } from './go-time-moment.ts';
import { createMonth, createWeekday } from './go-time-names.ts';
import { parseMoment } from './go-time-parse.ts';
import type { GoTime, Method, Methods, Parameter, Value } from './value.ts';
import { UTC } from './zone.ts';

export function createTime({ seconds, nanoseconds, zone }: Moment): GoTime {
  return { kind: 'time', type: 'time.Time', seconds, nanoseconds, zone, methods: TIME_METHODS };
}

/** What Alertmanager sends, RFC 3339 with up to nine digits of a second. What cannot be read is Go's zero time. */
export function parseAlertTime(text: string): GoTime {
  const time = parseTime(RFC3339, text);
  return time instanceof Error ? createTime(ZERO) : time;
}

/** Go's `time.ParseInLocation` with UTC; an error has Go's words. */
export function parseTime(layout: string, text: string): GoTime | Error {
  const moment = parseMoment(layout, text);
  return moment instanceof Error ? moment : createTime(moment);
}

const ZERO: Moment = { seconds: ZERO_SECONDS, nanoseconds: 0, zone: UTC };

/**
 * The methods of `time.Time` that give one value which a template can use. Of Go's, those are left out that give bytes,
 * several values or a `*time.Location`.
 */
const TIME_METHODS: Methods = new Map([
  ['Add', method(['time.Duration'], (time, d: DurationArgument) => createTime(add(time, nanosecondsOf(d))))],
  [
    'AddDate',
    method(['int', 'int', 'int'], (time, years: bigint, months: bigint, days: bigint) => {
      const moment = addDate(time, years, months, days);
      return moment instanceof Error ? moment : createTime(moment);
    }),
  ],
  ['After', method(['time.Time'], (time, other: GoTime) => compare(time, other) > 0)],
  ['Before', method(['time.Time'], (time, other: GoTime) => compare(time, other) < 0)],
  ['Compare', method(['time.Time'], (time, other: GoTime) => BigInt(compare(time, other)))],
  ['Day', shown(({ day }) => BigInt(day))],
  ['Equal', method(['time.Time'], (time, other: GoTime) => compare(time, other) === 0)],
  ['Format', method(['string'], (time, layout: string) => formatTime(time, layout))],
  ['Hour', shown(({ hour }) => BigInt(hour))],
  ['IsZero', method([], (time) => compare(time, ZERO) === 0)],
  // What a template gives must not depend on the machine, and Alertmanager's images run in UTC.
  ['Local', method([], inUTC)],
  ['Minute', shown(({ minute }) => BigInt(minute))],
  ['Month', shown(({ month }) => createMonth(month))],
  ['Nanosecond', method([], ({ nanoseconds }) => BigInt(nanoseconds))],
  [
    'Round',
    method(['time.Duration'], (time, d: DurationArgument) => createTime(roundTime(time, nanosecondsOf(d)))),
  ],
  ['Second', shown(({ second }) => BigInt(second))],
  ['String', method([], timeText)],
  ['Sub', method(['time.Time'], (time, other: GoTime) => createDuration(subtract(time, other)))],
  [
    'Truncate',
    method(['time.Duration'], (time, d: DurationArgument) =>
      createTime(truncateTime(time, nanosecondsOf(d))),
    ),
  ],
  ['UTC', method([], inUTC)],
  ['Unix', method([], ({ seconds }) => BigInt(seconds))],
  ['UnixMicro', since1970In(1000n)],
  ['UnixMilli', since1970In(1_000_000n)],
  ['UnixNano', since1970In(1n)],
  ['Weekday', shown(({ weekday }) => createWeekday(weekday))],
  ['Year', shown(({ year }) => BigInt(year))],
  ['YearDay', shown(({ yearDay }) => BigInt(yearDay))],
]);

function method<A extends readonly Value[]>(
  parameters: readonly Parameter[],
  give: (time: GoTime, ...args: A) => Value | Error,
): Method {
  return { parameters, isVariadic: false, call: (self: GoTime, args: A) => give(self, ...args) };
}

/** A method that reads the calendar or the clock in the time's zone. */
function shown(give: (dateTime: DateTime) => Value): Method {
  return method([], ({ seconds, zone }) => give(dateTimeAt(seconds + zone.at(seconds).offset)));
}

/** Rounded down to whole units of so many ns; as in Go, what an int64 has no room for comes out wrong. */
function since1970In(unit: bigint): Method {
  return method([], (time) => {
    const total = sinceEpoch(time);
    const rest = BigInt(time.nanoseconds) % unit;
    return BigInt.asIntN(64, (total - rest) / unit);
  });
}

function inUTC(time: GoTime): GoTime {
  return createTime({ ...time, zone: UTC });
}
