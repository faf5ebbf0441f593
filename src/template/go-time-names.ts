import type { GoInt, Methods } from './value.ts';

export const MONTHS: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

export const WEEKDAYS: readonly string[] = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
];

const NAME_METHODS: Methods = new Map([
  ['String', { parameters: [], isVariadic: false, call: (self: GoInt) => self.text() }],
]);

/** Go's `time.Month`: 1 to 12. */
export function createMonth(month: number): GoInt {
  const text = MONTHS[month - 1] ?? '';
  return { kind: 'int', type: 'time.Month', value: BigInt(month), methods: NAME_METHODS, text: () => text };
}

/** Go's `time.Weekday`: 0, Sunday, to 6. */
export function createWeekday(day: number): GoInt {
  const text = WEEKDAYS[day] ?? '';
  return { kind: 'int', type: 'time.Weekday', value: BigInt(day), methods: NAME_METHODS, text: () => text };
}
