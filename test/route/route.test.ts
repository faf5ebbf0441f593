import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Labels } from '../../src/notification/notification.ts';
import { compileMatcher } from '../../src/route/matcher.ts';
import { type GroupBy, matchRoutes, type Route } from '../../src/route/route.ts';
import { routeTree, type WrittenRoute } from '../support/routes.ts';

const GROUP: GroupBy = { granularity: 'group' };

const BELOW_TEAM_A: readonly WrittenRoute[] = [
  { match: { env: 'testing' }, receiver: 'notify-testing', group_by: ['...'] },
  { match: { env: 'production' }, receiver: 'notify-productionA', continue: true },
  { match_re: { env: 'produ.*', job: '.*' }, receiver: 'notify-productionB', group_by: ['job'] },
];
const BY_ROLE: readonly WrittenRoute[] = [
  { match: { env: 'testing' }, receiver: 'notify-testing', routes: [{ match: { wait: 'long' } }] },
];

// Alertmanager's own trees: TestRouteMatch and TestRouteMatchers in dispatch/route_test.go.
const OLDER: WrittenRoute = {
  receiver: 'notify-def',
  routes: [
    { match: { owner: 'team-A' }, receiver: 'notify-A', routes: BELOW_TEAM_A },
    { match_re: { owner: 'team-(B|C)' }, group_by: ['foo', 'bar'], receiver: 'notify-BC' },
    { match: { group_by: 'role' }, group_by: ['role'], routes: BY_ROLE },
  ],
};
const NEWER: WrittenRoute = {
  receiver: 'notify-def',
  routes: [
    {
      matchers: ['{owner="team-A"}', '{level!="critical"}'],
      receiver: 'notify-A',
      routes: [
        {
          matchers: ['{env="testing"}', '{baz!~".*quux"}'],
          receiver: 'notify-testing',
          group_by: ['...'],
        },
        { matchers: ['{env="production"}'], receiver: 'notify-productionA', continue: true },
        { matchers: ['env=~"produ.*",job=~".*"'], receiver: 'notify-productionB', group_by: ['job'] },
      ],
    },
    { matchers: ['owner=~"team-(B|C)"'], group_by: ['foo', 'bar'], receiver: 'notify-BC' },
    { matchers: ['group_by="role"'], group_by: ['role'], routes: BY_ROLE },
  ],
};

const EXPECTED: readonly [Labels, readonly [string, GroupBy][]][] = [
  [{ owner: 'team-A' }, [['notify-A', GROUP]]],
  [{ owner: 'team-A', env: 'unset' }, [['notify-A', GROUP]]],
  [{ owner: 'team-C' }, [['notify-BC', { granularity: 'labels', names: ['foo', 'bar'] }]]],
  [{ owner: 'team-A', env: 'testing' }, [['notify-testing', { granularity: 'alert' }]]],
  [
    { owner: 'team-A', env: 'production' },
    [
      ['notify-productionA', GROUP],
      ['notify-productionB', { granularity: 'labels', names: ['job'] }],
    ],
  ],
  [{ group_by: 'role' }, [['notify-def', { granularity: 'labels', names: ['role'] }]]],
  [{ env: 'testing', group_by: 'role' }, [['notify-testing', { granularity: 'labels', names: ['role'] }]]],
  [
    { env: 'testing', group_by: 'role', wait: 'long' },
    [['notify-testing', { granularity: 'labels', names: ['role'] }]],
  ],
  [{}, [['notify-def', GROUP]]],
];

function taken(root: Route, labels: Labels): readonly (readonly [string, GroupBy])[] {
  return matchRoutes(root, labels).map(({ receiver, groupBy }) => [receiver, groupBy] as const);
}

describe('matchRoutes', () => {
  test.each(EXPECTED)('with match and match_re: %j goes to %j', (labels, expected) => {
    expect(taken(routeTree(OLDER), labels)).toEqual(expected);
  });

  test.each(EXPECTED)('with matchers: %j goes to %j', (labels, expected) => {
    expect(taken(routeTree(NEWER), labels)).toEqual(expected);
  });

  test.each<[Labels, readonly string[]]>([
    [{ owner: 'team-A', level: 'critical' }, ['notify-def']],
    [{ owner: 'team-A', env: 'testing', baz: 'xquux' }, ['notify-A']],
  ])('a matcher that forbids: %j goes to %j', (labels, expected) => {
    expect(taken(routeTree(NEWER), labels).map(([receiver]) => receiver)).toEqual(expected);
  });

  // amtool's own table: cli/test_routing_test.go.
  test.each<[Labels, readonly string[]]>([
    [{ test: '1' }, ['test1']],
    [{ test: '2' }, ['test1', 'test2']],
    [{ test: 'volovina' }, ['default']],
  ])('%j goes to %j', (labels, expected) => {
    const root = routeTree({
      receiver: 'default',
      routes: [
        { match: { test: '1' }, receiver: 'test1' },
        { match: { test: '2' }, receiver: 'test1', continue: true },
        { match: { test: '2' }, receiver: 'test2' },
      ],
    });
    expect(matchRoutes(root, labels).map(({ receiver }) => receiver)).toEqual(expected);
  });

  test('a child that matches without continue stops its siblings, also where a grandchild said continue', () => {
    const root = routeTree({
      receiver: 'default',
      routes: [{ receiver: 'one', routes: [{ receiver: 'deep', continue: true }] }, { receiver: 'two' }],
    });
    expect(taken(root, {}).map(([receiver]) => receiver)).toEqual(['deep']);
  });

  test('a child without matchers takes everything', () => {
    const root = routeTree({ receiver: 'default', routes: [{ receiver: 'all' }] });
    expect(taken(root, { any: 'thing' }).map(([receiver]) => receiver)).toEqual(['all']);
  });

  test('a tree whose root does not match is not taken', () => {
    const matcher = compileMatcher({ name: 'a', operator: '=', value: '1' });
    if (matcher instanceof Error) throw matcher;
    const root: Route = { ...routeTree({ receiver: 'default' }), matchers: [matcher] };
    expect(matchRoutes(root, {})).toEqual([]);
  });
});

describe('a route inherits', () => {
  test('receiver, group_by, on_muted and each dedup rule from its parent, but neither matchers nor continue', () => {
    const root = routeTree({
      receiver: 'default',
      group_by: ['...'],
      dedup: { window: '10m', repeats: 'drop' },
      on_muted: 'acknowledge',
      routes: [{ match: { a: '1' }, continue: true, dedup: { resend_on: ['labels'] }, routes: [{}] }],
    });
    const [child] = root.routes;
    expect(child?.routes).toEqual([
      {
        receiver: 'default',
        groupBy: { granularity: 'alert' },
        dedup: { windowMs: 600_000, resendOn: new Set(['labels']), repeats: 'drop', holdResolveMs: 0 },
        onMuted: 'acknowledge',
        matchers: [],
        continue: false,
        muteTimes: [],
        activeTimes: [],
        routes: [],
      },
    ]);
  });

  // TestInheritParentGroupByAll; an empty list overrides since Alertmanager 0.31.
  test.each<[readonly string[] | undefined, GroupBy]>([
    [undefined, { granularity: 'alert' }],
    [['foo'], { granularity: 'labels', names: ['foo'] }],
    [[], GROUP],
  ])("with group_by %j under ['...']", (group_by, expected) => {
    const child: WrittenRoute = group_by === undefined ? {} : { group_by };
    const root = routeTree({ receiver: 'default', group_by: ['...'], routes: [child] });
    expect(root.routes[0]?.groupBy).toEqual(expected);
  });
});

describe('matchRoutes, whatever the tree', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const value = fc.constantFrom('', '1', '2');
  const nodeOver = (routes: fc.Arbitrary<readonly WrittenRoute[]>) =>
    fc.record<WrittenRoute>({
      match: fc.dictionary(name, value, { maxKeys: 2 }),
      continue: fc.boolean(),
      receiver: fc.constantFrom('x', 'y', 'z'),
      routes,
    });
  const leaf = nodeOver(fc.constant([]));
  const branch = nodeOver(fc.array(leaf, { maxLength: 3 }));
  const node = nodeOver(fc.array(fc.oneof(leaf, branch), { maxLength: 3 }));
  const tree = fc
    .array(node, { maxLength: 4 })
    .map((routes): Route => routeTree({ receiver: 'default', routes }));
  const labels = fc.dictionary(name, value);

  test('an alert goes somewhere, along a way whose matchers all hold, and nowhere twice', () => {
    fc.assert(
      fc.property(tree, labels, (root, set) => {
        const found = matchRoutes(root, set);
        expect(found.length).toBeGreaterThan(0);
        expect(new Set(found).size).toBe(found.length);
        expect(found.every((route) => route.matchers.every((matcher) => matcher.matches(set)))).toBe(true);
        expect(found.includes(root)).toBe(
          root.routes.every((child) => !child.matchers.every((matcher) => matcher.matches(set))),
        );
      }),
    );
  });

  test('an empty label and a missing one go the same way', () => {
    fc.assert(
      fc.property(tree, labels, (root, set) => {
        const present = Object.fromEntries(Object.entries(set).filter(([, text]) => text !== ''));
        expect(matchRoutes(root, present)).toEqual(matchRoutes(root, set));
      }),
    );
  });
});
