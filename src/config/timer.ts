import { parseDuration } from './duration.ts';
import type { Fault, Path } from './problem.ts';

/** Longest time to wait for anything, in ms. Alertmanager's patience is far shorter. */
const MAX_TIMER_MS = 3_600_000;

/** A time to wait, in ms, within what makes sense. */
export function timer(text: unknown, path: Path, faults: Fault[], leastMs = 1): number {
  const duration = leastMs === 0 ? ms(String(text)) : longerThanZero(String(text), path, faults);
  if (duration > MAX_TIMER_MS)
    faults.push({ path, message: `must be at most 1h (got ${JSON.stringify(text)})` });
  return duration;
}

/** A duration in ms; 0 is a fault. */
export function longerThanZero(text: string, path: Path, faults: Fault[]): number {
  const duration = ms(text);
  if (duration === 0) faults.push({ path, message: 'must be longer than 0' });
  return duration;
}

/** A duration that the schema has checked, in ms. */
function ms(text: string): number {
  return parseDuration(text) ?? 0;
}
