import { InvalidArgumentError } from 'commander';
import { parseRfc3339 } from './rfc3339.ts';

/** The time that an option gives, in ms since the epoch. */
export function toMoment(text: string): number {
  const ms = parseRfc3339(text);
  if (ms === undefined) throw new InvalidArgumentError('It must be a time, as 2026-11-07T10:00:00Z.');
  return ms;
}
