/** Whole numbers from `first` to `last`, both included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** One value or two with a colon between them: `5`, `'5'`, `'1:5'`. */
export type RangeText = string | number;

/** In the order of their numbers: Sunday is 0, as in Alertmanager. */
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
/** January is 1. */
const MONTHS = [
  ...['january', 'february', 'march', 'april', 'may', 'june'],
  ...['july', 'august', 'september', 'october', 'november', 'december'],
];

const SHORTEST_MONTH = 28;

/** `HH:MM`, from 00:00 to 24:00, in minutes since midnight; undefined when it is no such time. */
export function parseTimeOfDay(text: string): number | undefined {
  const found = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/.exec(text);
  if (found === null) return undefined;
  const [, hours = '24', minutes = '0'] = found;
  return Number(hours) * 60 + Number(minutes);
}

/** Days of the week by their names, in any case; Sunday is 0. The error says what is wrong and what is allowed. */
export function parseWeekdays(text: RangeText): Range | Error {
  const range = parseRange(text, (day) => placeIn(WEEKDAYS, day));
  if (range === undefined) {
    return refusal('must be a day of the week, sunday to saturday, or a range such as monday:friday', text);
  }
  if (range.first <= range.last) return range;
  return refusal(`must not run past saturday: write ${inTwo(range, 0, WEEKDAYS)}`, text);
}

/** Months by their names, in any case, or numbers; January is 1. The error says what is wrong and what is allowed. */
export function parseMonths(text: RangeText): Range | Error {
  const range = parseRange(text, (month) => {
    const place = placeIn(MONTHS, month);
    return place === undefined ? numberWithin(month, 1, 12) : place + 1;
  });
  if (range === undefined) {
    return refusal('must be a month, january to december or 1 to 12, or a range such as may:august', text);
  }
  if (range.first <= range.last) return range;
  return refusal(`must not run past december: write ${inTwo(range, 1, MONTHS)}`, text);
}

/** Years. The error says what is wrong and what is allowed. */
export function parseYears(text: RangeText): Range | Error {
  const range = parseRange(text, (year) => numberWithin(year, 1, 9999));
  if (range === undefined) {
    return refusal('must be a year such as 2026, or a range such as 2026:2030', text);
  }
  return range.first <= range.last ? range : refusal('must not end before it begins', text);
}

/**
 * Days of the month, 1 to 31, or -1 to -31 counted from its end. The error says what is wrong and what is allowed: the
 * rules are Alertmanager's (timeinterval/timeinterval.go, DayOfMonthRange).
 */
export function parseDaysOfMonth(text: RangeText): Range | Error {
  const range = parseRange(text, (day) => (Number(day) === 0 ? undefined : numberWithin(day, -31, 31)));
  if (range === undefined) {
    const allowed = '1 to 31 or, from its end, -1 to -31';
    return refusal(`must be a day of the month, ${allowed}, or a range such as 1:5 or -3:-1`, text);
  }
  const { first, last } = range;
  if (first < 0 && last > 0) return refusal('must end with a negative day, as it begins with one', text);
  if (first > 0 && last < 0) {
    const isBackwards = first >= SHORTEST_MONTH + 1 + last;
    return isBackwards ? refusal('must begin before it ends in a month of 28 days too', text) : range;
  }
  return first <= last ? range : refusal('must not end before it begins', text);
}

function parseRange(text: RangeText, parse: (value: string) => number | undefined): Range | undefined {
  const [begin = '', end = begin, ...rest] = String(text).split(':', 3);
  const first = parse(begin);
  const last = parse(end);
  return first === undefined || last === undefined || rest.length > 0 ? undefined : { first, last };
}

function placeIn(names: readonly string[], name: string): number | undefined {
  const place = names.indexOf(name.toLowerCase());
  return place === -1 ? undefined : place;
}

/** A whole number as Go's strconv.Atoi reads it, where it is within these bounds. */
function numberWithin(text: string, least: number, most: number): number | undefined {
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  return number >= least && number <= most ? number : undefined;
}

/** What a range that runs past the end of `names` means, in two that do not; `start` is the first name's number. */
function inTwo({ first, last }: Range, start: number, names: readonly string[]): string {
  const upToEnd = names.slice(first - start);
  const fromStart = names.slice(0, last - start + 1);
  return [upToEnd, fromStart]
    .map((part) => (part.length === 1 ? part[0] : `${part[0]}:${part.at(-1)}`))
    .join(', ');
}

function refusal(rule: string, text: RangeText): Error {
  return new Error(`${rule} (got ${JSON.stringify(text)})`);
}
