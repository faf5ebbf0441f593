import { describe, expect, test } from '@jest/globals';
import { load } from '../../src/config/load.ts';
import { mutedAt } from '../../src/route/muted.ts';

function loadText(text: string): ReturnType<typeof load> {
  return load(text, 'pagerelay.yaml', { env: {}, now: Date.now });
}

describe("Alertmanager's example of time intervals", () => {
  const { config, problems } = loadText(`
route:
  receiver: default-receiver
  routes:
  - receiver: dev-pager
    matchers: [service="inhouse-service"]
    mute_time_intervals: [offhours, holidays]
    continue: true
  - receiver: on-call-pager
    matchers: [service="inhouse-service"]
    active_time_intervals: [offhours, holidays]
receivers: [{ name: default-receiver }, { name: dev-pager }, { name: on-call-pager }]
time_intervals:
- name: offhours
  time_intervals:
  - times: [{ start_time: 17:00, end_time: '24:00' }, { start_time: 00:00, end_time: 09:00 }]
    location: Australia/Sydney
  - weekdays: [Saturday, sunday]
    location: Australia/Sydney
mute_time_intervals:
- name: holidays
  time_intervals:
  - { days_of_month: ['25:26'], months: [12], years: [2026, '2027:2030'] }
  - { days_of_month: [1], months: [january] }
`);

  test('loads, with the older list and numbers without quotes', () => {
    expect(problems).toEqual([]);
    const names = config?.route.routes.map(({ muteTimes, activeTimes }) =>
      [muteTimes, activeTimes].map((times) => times.map(({ name }) => name)),
    );
    expect(names).toEqual([
      [['offhours', 'holidays'], []],
      [[], ['offhours', 'holidays']],
    ]);
  });

  test.each([
    ['2026-11-24T12:00+11:00', ['dev-pager']],
    ['2026-11-24T17:00+11:00', ['on-call-pager']],
    ['2026-11-24T08:59+11:00', ['on-call-pager']],
    ['2026-11-21T12:00+11:00', ['on-call-pager']],
    ['2026-12-25T01:00Z', ['on-call-pager']],
    ['2031-12-25T01:00Z', ['dev-pager']],
    ['2031-01-01T01:00Z', ['on-call-pager']],
  ])('at %s sends to %j', (time, expected) => {
    const sending = config?.route.routes.filter((route) => mutedAt(route, Date.parse(time)) === undefined);
    expect(sending?.map(({ receiver }) => receiver)).toEqual(expected);
  });
});

test('an interval called like something that every object has is none until it is defined', () => {
  const route = '{ receiver: a, routes: [{ mute_time_intervals: [constructor, __proto__, valueOf] }] }';
  const text = `{ route: ${route}, receivers: [{ name: a }], time_intervals: [{ name: valueOf }] }`;
  expect(loadText(text).problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'route.routes[0].mute_time_intervals[0]: there is no time interval constructor (there are: valueOf)',
    'route.routes[0].mute_time_intervals[1]: there is no time interval __proto__ (there are: valueOf)',
  ]);
});
