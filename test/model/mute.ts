import { ALERTS } from './alertmanager-model.ts';

/** When every world begins, in ms since the epoch. */
export const BEGIN = Date.UTC(2027, 0, 15);

/** When a route of ours is muted, and for which alerts. */
export interface Mute {
  readonly of: 'all' | 'shop';
  /** From when to when, in whole minutes since the beginning. */
  readonly minutes: readonly (readonly [number, number])[];
}

/** Whether an alert's route is muted at a time, in ms since the epoch. */
export function isMuted(mute: Mute | undefined, alert: number, at: number): boolean {
  if (mute === undefined || (mute.of === 'shop' && ALERTS[alert]?.service !== 'shop')) return false;
  const minute = (at - BEGIN) / 60_000;
  return mute.minutes.some(([from, to]) => from <= minute && minute < to);
}

/** In ms since the epoch. */
export function muteEnd(mute: Mute | undefined): number {
  return BEGIN + Math.max(0, ...(mute?.minutes ?? []).map(([, to]) => to)) * 60_000;
}

/** The config's parts for it: the routes below the root, and the time intervals. */
export function mutedRoutes(mute: Mute | undefined): { readonly routes: string; readonly intervals: string } {
  if (mute === undefined) return { routes: '[]', intervals: '[]' };
  const matchers = mute.of === 'all' ? '[]' : `['service="shop"']`;
  const clock = (minute: number) => `'00:${String(minute).padStart(2, '0')}'`;
  const times = mute.minutes.map(([from, to]) => `{ start_time: ${clock(from)}, end_time: ${clock(to)} }`);
  return {
    routes: `[{ matchers: ${matchers}, mute_time_intervals: [night] }]`,
    intervals: `[{ name: night, time_intervals: [{ times: [${times}] }] }]`,
  };
}
