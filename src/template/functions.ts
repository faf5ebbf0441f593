import { createAlertmanagerFunctions } from './alertmanager-functions.ts';
import { BUILTINS } from './builtins.ts';
import type { GoFunction } from './value.ts';

/** Every function that templates can call. `now` is the clock, in ms since 1970. */
export function createFunctions(now: () => number): ReadonlyMap<string, GoFunction> {
  return new Map([...BUILTINS, ...createAlertmanagerFunctions({ now })]);
}
