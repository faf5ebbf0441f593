import { type Fault, printPath } from '../../src/config/problem.ts';

/** As `route.routes[0]: what is wrong`. */
export function printFaults(faults: readonly Fault[]): readonly string[] {
  return faults.map(({ path, message }) => `${printPath(path)}: ${message}`);
}
