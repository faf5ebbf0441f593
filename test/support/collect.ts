import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Runs the garbage collector, all of it, now. */
export function collect(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}
