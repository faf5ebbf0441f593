/** What a calendar and a clock show. Years count as in ISO 8601: 0 is the year before 1. */
export interface DateTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  /** 1 to 366. */
  readonly yearDay: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const DAY = 86_400;

const DAYS_IN_400_YEARS = 146_097;

/** From 0000-03-01 to 1970-01-01. */
const DAYS_TO_1970 = 719_468;

const THURSDAY = 4;

/** The date and time in the Gregorian calendar at `seconds` since 1970 on a clock of this place. */
export function dateTimeAt(seconds: number): DateTime {
  const days = Math.floor(seconds / DAY);
  const time = seconds - days * DAY;
  // Named one by one: a spread takes over twenty times as long.
  const { year, month, day } = dateAt(days);
  return {
    year,
    month,
    day,
    yearDay: days - daysTo(year, 1, 1) + 1,
    weekday: modulo(days + THURSDAY, 7),
    hour: Math.floor(time / 3600),
    minute: Math.floor(time / 60) % 60,
    second: time % 60,
  };
}

/** Days from 1970-01-01 to a date. The day may be outside of the month, and counts on from there. */
export function daysTo(year: number, month: number, day: number): number {
  // A year that begins in March has its leap day at its end, and its months before that need no table.
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = modulo(month - 3, 12);
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + daysBeforeMonth(marchMonth) + day - 1 - DAYS_TO_1970;
}

/** How many days a month has. */
export function daysIn(year: number, month: number): number {
  const next = month === 12 ? daysTo(year + 1, 1, 1) : daysTo(year, month + 1, 1);
  return next - daysTo(year, month, 1);
}

/** The date `days` after 1970-01-01. */
export function dateAt(days: number): {
  readonly year: number;
  readonly month: number;
  readonly day: number;
} {
  const sinceMarch = days + DAYS_TO_1970;
  const era = Math.floor(sinceMarch / DAYS_IN_400_YEARS);
  const dayOfEra = sinceMarch - era * DAYS_IN_400_YEARS;
  // Days without the leap days before them: one after each 4 years, none after 100, but one after 400.
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((dayOfYear * 5 + 2) / 153);
  const year = era * 400 + yearOfEra + (marchMonth >= 10 ? 1 : 0);
  return { year, month: modulo(marchMonth + 2, 12) + 1, day: dayOfYear - daysBeforeMonth(marchMonth) + 1 };
}

/** Days before a month that is counted from March, 0: five months from March and from August have 153 days. */
function daysBeforeMonth(marchMonth: number): number {
  return Math.floor((marchMonth * 153 + 2) / 5);
}

/** What is left of a division that rounds down. */
export function modulo(value: number, divisor: number): number {
  return value - Math.floor(value / divisor) * divisor;
}
