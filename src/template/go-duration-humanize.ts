import { durationSeconds } from './go-duration.ts';
import { floatText } from './go-float.ts';
import { goQuote } from './go-quote.ts';
import { typeName } from './go-type-name.ts';
import type { Value } from './value.ts';

/**
 * Prometheus' `humanizeDuration` of seconds or of a `time.Duration` (github.com/prometheus/common, helpers/templates):
 * `1d 2h 3m 4s`, `12.35s`, `100ms`. What is no number gives an error in Go's words.
 */
export function humanizeDuration(value: Value): string | Error {
  const seconds = secondsOf(value);
  if (seconds instanceof Error) return seconds;
  if (!Number.isFinite(seconds)) return fourDigits(seconds);
  if (seconds === 0) return `${fourDigits(seconds)}s`;
  if (Math.abs(seconds) < 1) return inFractions(seconds);
  return `${seconds < 0 ? '-' : ''}${inUnits(Math.abs(seconds))}`;
}

function secondsOf(value: Value): number | Error {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return parseSeconds(value);
  const type = typeName(value);
  const isDuration =
    value !== null && typeof value === 'object' && value.kind === 'int' && type === 'time.Duration';
  return isDuration ? durationSeconds(value.value) : new Error(`can't convert ${type} to float`);
}

/** strconv.ParseFloat, but for hexadecimal numbers and `_` between digits: no label or annotation is written so. */
function parseSeconds(text: string): number | Error {
  const problem = (what: string) => new Error(`strconv.ParseFloat: parsing ${goQuote(text)}: ${what}`);
  if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return problem('invalid syntax');
  const seconds = Number(text);
  return Number.isFinite(seconds) ? seconds : problem('value out of range');
}

/** From a minute on, whole seconds. */
function inUnits(seconds: number): string {
  const whole = BigInt(Math.trunc(seconds));
  const parts = [
    `${whole / 86_400n}d`,
    `${(whole / 3600n) % 24n}h`,
    `${(whole / 60n) % 60n}m`,
    `${whole % 60n}s`,
  ];
  const first = parts.findIndex((part) => !part.startsWith('0'));
  return first === parts.length - 1 ? `${fourDigits(seconds)}s` : parts.slice(first).join(' ');
}

function inFractions(seconds: number): string {
  let value = seconds;
  let prefix = '';
  for (const next of ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y']) {
    if (Math.abs(value) >= 1) break;
    prefix = next;
    value *= 1000;
  }
  return `${fourDigits(value)}${prefix}s`;
}

function fourDigits(value: number): string {
  return floatText(value, 'g', 4);
}
