import { describe, expect, test } from '@jest/globals';
import type { Labels } from '../../src/notification/notification.ts';
import { mutedAt } from '../../src/route/muted.ts';
import { matchRoutes, type Route } from '../../src/route/route.ts';
import { routeTree } from '../support/routes.ts';

const receiversOf = (root: Route, labels: Labels) =>
  matchRoutes(root, labels).map(({ receiver }) => receiver);

// doc/examples/simple.yml of Alertmanager, its routes as the comments there explain them.
describe("the example file of Alertmanager's repository", () => {
  const critical = (receiver: string) => [{ matchers: ['severity="critical"'], receiver }];
  const root = routeTree({
    receiver: 'team-X-mails',
    group_by: ['alertname', 'cluster', 'service'],
    routes: [
      {
        matchers: ['service=~"^(foo1|foo2|baz)$"'],
        receiver: 'team-X-mails',
        routes: critical('team-X-pager'),
      },
      { matchers: ['service="files"'], receiver: 'team-Y-mails', routes: critical('team-Y-pager') },
      {
        matchers: ['service="database"'],
        receiver: 'team-DB-pager',
        group_by: ['alertname', 'cluster', 'database'],
        routes: [
          { matchers: ['owner="team-X"'], receiver: 'team-X-pager' },
          { matchers: ['owner="team-Y"'], receiver: 'team-Y-pager' },
        ],
      },
    ],
  });

  test.each<[Labels, string]>([
    [{}, 'team-X-mails'],
    [{ severity: 'critical' }, 'team-X-mails'],
    [{ service: 'foo1' }, 'team-X-mails'],
    [{ service: 'baz', severity: 'critical' }, 'team-X-pager'],
    [{ service: 'foo11', severity: 'critical' }, 'team-X-mails'],
    [{ service: 'files', severity: 'warning' }, 'team-Y-mails'],
    [{ service: 'files', severity: 'critical' }, 'team-Y-pager'],
    [{ service: 'database', severity: 'critical' }, 'team-DB-pager'],
    [{ service: 'database', owner: 'team-X' }, 'team-X-pager'],
    [{ service: 'database', owner: 'team-Y' }, 'team-Y-pager'],
    [{ service: 'database', owner: 'team-Z' }, 'team-DB-pager'],
  ])('%j goes to %s', (labels, receiver) => {
    expect(receiversOf(root, labels)).toEqual([receiver]);
  });

  test('what is below the database route is grouped as it is', () => {
    const [below] = matchRoutes(root, { service: 'database', owner: 'team-Y' });
    expect(below?.groupBy).toEqual({ granularity: 'labels', names: ['alertname', 'cluster', 'database'] });
  });
});

// The example of <route> in Alertmanager's configuration reference.
describe("the example of Alertmanager's configuration reference", () => {
  const MIDNIGHT = Date.parse('2026-11-02T00:00:00Z');
  const NOON = Date.parse('2026-11-02T12:00:00Z');
  const CHRISTMAS_NOON = Date.parse('2026-12-25T12:00:00Z');
  const hour = (ms: number) => new Date(ms).getUTCHours();
  const intervals = new Map([
    ['offhours', { name: 'offhours', contains: (ms: number) => hour(ms) < 9 || hour(ms) >= 17 }],
    ['holidays', { name: 'holidays', contains: (ms: number) => ms === CHRISTMAS_NOON }],
  ]);
  const root = routeTree(
    {
      receiver: 'default-receiver',
      group_by: ['cluster', 'alertname'],
      routes: [
        { receiver: 'database-pager', matchers: ['service=~"mysql|cassandra"'] },
        { receiver: 'frontend-pager', group_by: ['product', 'environment'], matchers: ['team="frontend"'] },
        {
          receiver: 'dev-pager',
          matchers: ['service="inhouse-service"'],
          mute_time_intervals: ['offhours', 'holidays'],
          continue: true,
        },
        {
          receiver: 'on-call-pager',
          matchers: ['service="inhouse-service"'],
          active_time_intervals: ['offhours', 'holidays'],
        },
      ],
    },
    intervals,
  );

  test.each<[Labels, readonly string[]]>([
    [{ service: 'mysql' }, ['database-pager']],
    [{ service: 'cassandra', team: 'frontend' }, ['database-pager']],
    [{ service: 'mysql2' }, ['default-receiver']],
    [{ team: 'frontend' }, ['frontend-pager']],
    [{ service: 'inhouse-service' }, ['dev-pager', 'on-call-pager']],
    [{ service: 'inhouse-service', team: 'frontend' }, ['frontend-pager']],
    [{}, ['default-receiver']],
  ])('%j goes to %j', (labels, receivers) => {
    expect(receiversOf(root, labels)).toEqual(receivers);
  });

  test.each([
    ['at noon', NOON, ['dev-pager']],
    ['at midnight', MIDNIGHT, ['on-call-pager']],
    ['on a holiday', CHRISTMAS_NOON, ['on-call-pager']],
  ])('%s only one of the two pagers rings', (_when, ms, receivers) => {
    const ringing = matchRoutes(root, { service: 'inhouse-service' }).filter(
      (route) => mutedAt(route, ms) === undefined,
    );
    expect(ringing.map(({ receiver }) => receiver)).toEqual(receivers);
  });
});
