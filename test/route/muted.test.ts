import { describe, expect, test } from '@jest/globals';
import { type Muted, mutedAt } from '../../src/route/muted.ts';
import { matchRoutes, type Route } from '../../src/route/route.ts';
import { routeTree, type WrittenRoute } from '../support/routes.ts';
import { timeInterval } from '../support/time-intervals.ts';

const INTERVALS = [
  timeInterval('office', { weekdays: ['monday:friday'], times: [['09:00', '17:00']] }),
  timeInterval('weekend', { weekdays: ['saturday', 'sunday'] }),
  timeInterval('holidays', { months: ['december'], days_of_month: ['24:26'] }),
  timeInterval('never'),
];
const BY_NAME = new Map(INTERVALS.map((interval) => [interval.name, interval]));

const MONDAY_NOON = '2026-11-23T12:00Z';
const MONDAY_NIGHT = '2026-11-23T22:00Z';
const SATURDAY_NOON = '2026-11-21T12:00Z';
const CHRISTMAS_NOON = '2026-12-25T12:00Z';
const BOXING_DAY = '2026-12-26T12:00Z';

function tree(...routes: readonly WrittenRoute[]): Route {
  return routeTree({ receiver: 'default', routes }, BY_NAME);
}

function child(route: WrittenRoute): Route {
  const [first] = tree(route).routes;
  if (first === undefined) throw new Error('no child');
  return first;
}

describe('a route', () => {
  const outside = (...intervals: readonly string[]): Muted => ({ reason: 'active_time_interval', intervals });
  const inside = (...intervals: readonly string[]): Muted => ({ reason: 'mute_time_interval', intervals });

  test.each<[WrittenRoute, string, Muted | undefined]>([
    [{}, MONDAY_NOON, undefined],
    [{ mute_time_intervals: [] }, MONDAY_NOON, undefined],
    [{ active_time_intervals: [] }, MONDAY_NOON, undefined],
    [{ mute_time_intervals: ['weekend'] }, SATURDAY_NOON, inside('weekend')],
    [{ mute_time_intervals: ['weekend'] }, MONDAY_NOON, undefined],
    [{ mute_time_intervals: ['weekend', 'holidays'] }, CHRISTMAS_NOON, inside('holidays')],
    [{ mute_time_intervals: ['weekend', 'holidays'] }, BOXING_DAY, inside('weekend', 'holidays')],
    [{ mute_time_intervals: ['never'] }, MONDAY_NOON, undefined],
    [{ active_time_intervals: ['office'] }, MONDAY_NOON, undefined],
    [{ active_time_intervals: ['office'] }, MONDAY_NIGHT, outside('office')],
    [{ active_time_intervals: ['office', 'weekend'] }, SATURDAY_NOON, undefined],
    [{ active_time_intervals: ['office', 'weekend'] }, MONDAY_NIGHT, outside('office', 'weekend')],
    [{ active_time_intervals: ['never'] }, MONDAY_NOON, outside('never')],
    [{ active_time_intervals: ['office'], mute_time_intervals: ['holidays'] }, MONDAY_NOON, undefined],
    [
      { active_time_intervals: ['office'], mute_time_intervals: ['holidays'] },
      CHRISTMAS_NOON,
      inside('holidays'),
    ],
    [{ active_time_intervals: ['office'], mute_time_intervals: ['holidays'] }, BOXING_DAY, outside('office')],
  ])('with %j at %s is muted: %j', (route, time, expected) => {
    expect(mutedAt(child(route), Date.parse(time))).toEqual(expected);
  });

  test("does not inherit its parent's intervals", () => {
    const parent = child({
      mute_time_intervals: ['office'],
      active_time_intervals: ['never'],
      routes: [{ matchers: ['severity="page"'] }],
    });
    const [below] = parent.routes;
    expect(below && mutedAt(below, Date.parse(MONDAY_NOON))).toBeUndefined();
  });

  // The example of Alertmanager's documentation: by day one receiver hears of it, by night the other.
  test('that is muted matches all the same, and ends the routing unless it says continue', () => {
    const root = tree(
      { matchers: ['service="a"'], receiver: 'dev', active_time_intervals: ['office'], continue: true },
      { matchers: ['service="a"'], receiver: 'on-call', mute_time_intervals: ['office'] },
      { receiver: 'rest' },
    );
    const matched = matchRoutes(root, { service: 'a' });
    expect(matched.map(({ receiver }) => receiver)).toEqual(['dev', 'on-call']);
    const heardBy = (time: string) =>
      matched
        .filter((route) => mutedAt(route, Date.parse(time)) === undefined)
        .map(({ receiver }) => receiver);
    expect([heardBy(MONDAY_NOON), heardBy(MONDAY_NIGHT)]).toEqual([['dev'], ['on-call']]);
  });
});
