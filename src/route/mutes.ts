import { mutedAt } from './muted.ts';
import type { Route } from './route.ts';

/** Whether all of these routes are muted at a time, in ms since the epoch. */
export type IsMuted = (routes: Iterable<Route>, at: number) => boolean;

/**
 * Keeps what it has found, by route and minute, for one pass over what is held or seen: a time zone takes long to reckon with,
 * and there may be 100,000 alerts.
 */
export function createMutes(): IsMuted {
  const known = new Map<Route, Map<number, boolean>>();
  return (routes, at) => {
    const minute = Math.floor(at / 60_000);
    for (const route of routes) {
      const own = known.get(route) ?? new Map<number, boolean>();
      const muted = own.get(minute) ?? mutedAt(route, at) !== undefined;
      known.set(route, own.set(minute, muted));
      if (!muted) return false;
    }
    return true;
  };
}
