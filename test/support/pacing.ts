import type { Stall } from '../../src/relay/stall.ts';

/** For tests whose clock jumps. */
export const NO_STALL: Stall = { isLong: () => false, afterReading: setImmediate };
