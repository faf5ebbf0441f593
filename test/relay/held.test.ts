import { expect, test } from '@jest/globals';
import { createHeld } from '../../src/relay/held.ts';
import type { Job } from '../../src/relay/jobs.ts';
import type { Route } from '../../src/route/route.ts';

/** One alert, held for the routes that led to it. */
const jobOf = (i: number, routes: readonly Route[]): Job =>
  ({
    place: `place ${i}`,
    routes: new Set(routes),
    incident: { granularity: 'alert', alerts: [{ status: 'firing', fingerprint: `${i}`, startsAtMs: 0 }] },
  }) as unknown as Job;

test('a mute is reckoned once for all that is held, whatever webhook it came with', () => {
  let reckoned = 0;
  const routeUntil = (end: number) => {
    const contains = (at: number) => {
      reckoned++;
      return at < end;
    };
    return { activeTimes: [], muteTimes: [{ name: 'night', contains }] } as unknown as Route;
  };
  const [short, long] = [routeUntil(100_000), routeUntil(200_000)];
  const held = createHeld(() => 0);
  for (let i = 0; i < 300; i++) held.hold(jobOf(i, [[short], [long], [long, short]][i % 3] ?? []));
  for (const [at, due] of [
    [60_000, 0],
    [120_000, 200],
    [240_000, 300],
  ] as const) {
    reckoned = 0;
    expect(held.due(at, 1_000)).toHaveLength(due);
    expect(reckoned).toBeLessThanOrEqual(2);
  }
});
