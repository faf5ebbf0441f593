import { describe, expect, test } from '@jest/globals';
import { lintSharedKeys } from '../../src/config/lint-shared-keys.ts';
import { jobsOf } from '../../src/relay/jobs.ts';
import { printFaults } from '../support/lint.ts';
import { configOf, webhookOf } from '../support/relay.ts';

/** Receivers a to d, each with an account of its own at PagerDuty; `ab` is at both of a's and b's, `ops` at Opsgenie. */
function configWith(route: object, settings: object = {}) {
  const pagerduty = (...keys: readonly string[]) => ({
    pagerduty_configs: keys.map((key) => ({ routing_key: key, ...settings })),
  });
  const receivers = [
    ...['a', 'b', 'c', 'd'].map((name) => ({ name, ...pagerduty(name) })),
    { name: 'twin', ...pagerduty('a') },
    { name: 'ab', ...pagerduty('a', 'b') },
    { name: 'ops', opsgenie_configs: [{ api_key: 'ops' }] },
    { name: 'nobody' },
  ];
  return configOf(JSON.stringify({ route, receivers }));
}

function lint(route: object, settings?: object): readonly string[] {
  return printFaults(lintSharedKeys(configWith(route, settings)));
}

const BY_CLUSTER = { receiver: 'nobody', group_by: ['cluster'] };
const by = (receiver: string, ...matchers: readonly string[]) => ({ receiver, matchers });

describe('two routes that keep apart what has one key', () => {
  test('are told of with an example, and with what to do', () => {
    const route = { ...BY_CLUSTER, routes: [by('a', 'team="db"'), by('b', 'team="web"', 'env!="test"')] };
    expect(lint(route)).toEqual([
      'route.routes[1]: alerts with the same cluster can become two incidents under one key, at different accounts: {cluster="any", team="db"} at receiver a, {cluster="any", team="web", env="any"} at b. Each ends with its own alerts. Add team, env to group_by, or lead both to one account',
    ]);
  });

  test('do so indeed', () => {
    const config = configWith({ ...BY_CLUSTER, routes: [by('a', 'team="db"'), by('b', 'team="web"')] });
    expect(lintSharedKeys(config)).toHaveLength(1);
    const alerts = ['db', 'web'].map((team) => ({ labels: { cluster: 'any', team } }));
    const [one, other, ...more] = jobsOf(webhookOf(alerts), config, undefined);
    expect(more).toEqual([]);
    expect(one?.incident.key).toBe(other?.incident.key);
    expect(one?.place).not.toBe(other?.place);
    expect(one?.incident.alerts).toHaveLength(1);
  });

  test.each<[string, object]>([
    [
      'the order of group_by',
      [by('a', 'team="db"'), { ...by('b', 'team="web"'), group_by: ['x', 'cluster'] }],
    ],
    ['the rest beside a route', [by('a', 'team="db"'), by('b')]],
    ['a parent and its child', [{ ...by('a', 'team="db"'), routes: [by('b', 'severity="page"')] }]],
    ['expressions', [by('a', 'team=~"d.*"'), by('b', 'team=~"web|shop"')]],
    ['a grouping label that both want', [by('a', 'cluster="eu"', 'team="db"'), by('b', 'cluster=~"eu|us"')]],
    ['more than one account, of which one is shared', [by('ab', 'team="db"'), by('c', 'team="web"')]],
  ])('may differ in %s', (_which, routes) => {
    const route = { ...BY_CLUSTER, group_by: ['cluster', 'x'], routes };
    expect(lint(route)).toEqual([expect.stringContaining('under one key, at different accounts')]);
  });

  test('are told of once for a way to make keys, however many they are', () => {
    const routes = ['a', 'b', 'c', 'd'].map((name) => by(name, `team="${name}"`));
    expect(lint({ ...BY_CLUSTER, routes })).toHaveLength(1);
    const others = routes.map((route) => ({ ...route, group_by: ['service'] }));
    expect(
      lint({ ...BY_CLUSTER, routes: [{ ...by('nobody', 'x="y"'), routes: others }, ...routes] }),
    ).toHaveLength(2);
  });

  test('may have one dedup_key', () => {
    const settings = { dedup_key: '{{ .CommonLabels.cluster }}' };
    const route = { receiver: 'a', group_by: ['...'], routes: [by('b', 'team="web"')] };
    expect(lint(route, settings)).toEqual([
      'route.routes[0]: alerts with the same dedup_key can become two incidents under one key, at different accounts: any other at receiver a, {team="web"} at b. Each ends with its own alerts. Add team to dedup_key, or lead both to one account',
    ]);
  });
});

describe('nothing is said of routes', () => {
  test.each<[string, object]>([
    ['whose grouping label tells them apart', [by('a', 'cluster="eu"'), by('b', 'cluster="us"')]],
    ['of which one refuses the values of the other', [by('a', 'cluster="eu"'), by('b', 'cluster!="eu"')]],
    ['of which the first takes all of a cluster', [by('a', 'cluster=~"eu.*"'), by('b', 'cluster="eu1"')]],
    ['of which the second gets what the first left of other clusters', [by('a', 'cluster="eu"'), by('b')]],
    ['to one receiver', [by('a', 'team="db"'), by('a', 'team="web"')]],
    ['to one account', [by('a', 'team="db"'), by('twin', 'team="web"')]],
    ['of which one adds an account', [by('ab', 'severity="page"'), by('a')]],
    ['that send to different vendors', [by('a', 'team="db"'), by('ops', 'team="web"')]],
    ['that every alert takes both', [{ ...by('a'), continue: true }, by('b')]],
    [
      'with incidents by alert',
      [
        { ...by('a', 'x="1"'), group_by: ['...'] },
        { ...by('b', 'x="2"'), group_by: ['...'] },
      ],
    ],
    [
      'with whole groups',
      [
        { ...by('a', 'x="1"'), group_by: [] },
        { ...by('b', 'x="2"'), group_by: [] },
      ],
    ],
    [
      'of which one is never taken',
      [{ ...by('d', 'team="db"'), group_by: ['x'] }, by('a', 'team="db"'), by('b', 'team="web"')],
    ],
    ['with other labels', [by('a', 'team="db"'), { ...by('b', 'team="web"'), group_by: ['service'] }]],
  ])('%s', (_which, routes) => {
    expect(lint({ ...BY_CLUSTER, routes })).toEqual([]);
  });

  test.each(['{{ .CommonLabels.team }}', '{{ .CommonLabels }}'])(
    'whose dedup_key tells them apart: %s',
    (key) => {
      const settings = { dedup_key: key };
      expect(
        lint({ ...BY_CLUSTER, routes: [by('a', 'team="db"'), by('b', 'team="web"')] }, settings),
      ).toEqual([]);
    },
  );

  test('whose accounts follow from a label of the alerts, by routing_key_by', () => {
    const keys = { db: { key: 'db' }, web: { key: 'web' } };
    const settings = { routing_key_by: { label: 'team', keys } };
    const routes = [by('a', 'team="db"', 'env="x"'), by('b', 'team="db"', 'env="y"')];
    expect(lint({ ...BY_CLUSTER, routes }, settings)).toEqual([]);
    expect(
      lint({ ...BY_CLUSTER, routes: [by('a', 'team="db"'), by('b', 'team="web"')] }, settings),
    ).toHaveLength(1);
  });
});
