import { isZoneName } from '../template/zones.ts';

/** What the clocks of a place show at a time (ms since the epoch): a Date whose UTC fields hold it, to the minute. */
export type WallClock = (ms: number) => Date;

export const UTC_CLOCK: WallClock = (ms) => new Date(ms);

/**
 * The clocks of a location: the IANA name of a time zone, `Local` for the zone of this process, or empty for UTC (Go,
 * time.LoadLocation), which knows fewer names than Intl: to it `IST` is India, to others Israel. Making one is dear, reading it is not.
 */
export function createWallClock(location: string): WallClock | Error {
  if (location === '' || location === 'UTC') return UTC_CLOCK;
  const isKnown = location === 'Local' || isZoneName(location) || location === 'GMT';
  const format = isKnown ? dateFormat(location === 'Local' ? undefined : location) : undefined;
  if (format === undefined) {
    const allowed = 'the IANA name of a time zone, such as Europe/Berlin, or UTC or Local';
    return new Error(`must be ${allowed} (got ${JSON.stringify(location)})`);
  }
  return (ms) => {
    // As 3/29/2026, 03:00; formatToParts would take more than twice as long.
    const [month = 0, day = 0, year = 0, hour = 0, minute = 0] = format.format(ms).split(/\D+/).map(Number);
    return new Date(Date.UTC(year, month - 1, day, hour, minute));
  };
}

/** Undefined when there is no such zone. */
function dateFormat(timeZone: string | undefined): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
    });
  } catch {
    return undefined;
  }
}
