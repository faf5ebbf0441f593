import type { GoTime } from './value.ts';

/** A `time.Time` apart from its methods. */
export type Moment = Pick<GoTime, 'seconds' | 'nanoseconds' | 'zone'>;

/** 0001-01-01T00:00:00Z, Go's zero time, in seconds since 1970. */
export const ZERO_SECONDS = -62_135_596_800;
