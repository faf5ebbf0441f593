import type { Zone } from './value.ts';

const UTC_ALWAYS = { offset: 0, abbreviation: 'UTC' };

export const UTC: Zone = { name: 'UTC', at: () => UTC_ALWAYS };

/** Go's `time.FixedZone`: `offset` in seconds east of UTC, everywhere and for ever. Without an abbreviation, a bare offset. */
export function createFixedZone(offset: number, abbreviation = ''): Zone {
  const always = { offset, abbreviation };
  return { name: abbreviation, at: () => always };
}
