import type { OnMuted, Route } from './route.ts';

/** Why a route sends nothing now. The reasons are those of Alertmanager's `notifications_suppressed_total`. */
export interface Muted {
  readonly reason: 'active_time_interval' | 'mute_time_interval';
  /** The names of the active intervals, of which none holds, or of the mute intervals that do. */
  readonly intervals: readonly string[];
}

/**
 * Whether the route is muted at a time, in ms since the epoch: outside all of its active intervals, or inside one of its
 * mute intervals; checked in this order, as Alertmanager does (notify/notify.go). A muted route still matches.
 */
export function mutedAt(
  { activeTimes, muteTimes }: Pick<Route, 'activeTimes' | 'muteTimes'>,
  ms: number,
): Muted | undefined {
  if (activeTimes.length > 0 && !activeTimes.some((interval) => interval.contains(ms))) {
    return { reason: 'active_time_interval', intervals: activeTimes.map(({ name }) => name) };
  }
  const holding = muteTimes.filter((interval) => interval.contains(ms));
  if (holding.length === 0) return undefined;
  return { reason: 'mute_time_interval', intervals: holding.map(({ name }) => name) };
}

/** Why all of these routes are muted at a time, by one of them; undefined where any of them is not. */
export function mutedAtAll(routes: Iterable<Route>, ms: number): Muted | undefined {
  let muted: Muted | undefined;
  for (const route of routes) {
    muted = mutedAt(route, ms);
    if (muted === undefined) return undefined;
  }
  return muted;
}

/** The mildest policy of these routes for what Alertmanager mutes: what one of them wants to keep is kept. */
export function onMutedOf(routes: Iterable<Route>): OnMuted {
  const policies = new Set(Array.from(routes, ({ onMuted }) => onMuted));
  if (policies.has('keep')) return 'keep';
  return policies.has('acknowledge') ? 'acknowledge' : 'resolve';
}
