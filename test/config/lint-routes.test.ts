import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lintRoutes } from '../../src/config/lint-routes.ts';
import type { Path } from '../../src/config/problem.ts';
import type { Labels } from '../../src/notification/notification.ts';
import { printMatcher } from '../../src/route/matcher.ts';
import type { Operator } from '../../src/route/matcher-text.ts';
import { matchRoutes, type Route } from '../../src/route/route.ts';
import { printFaults } from '../support/lint.ts';
import { routeTree, type WrittenRoute } from '../support/routes.ts';

function lint(...routes: readonly WrittenRoute[]): readonly string[] {
  return printFaults(lintRoutes(routeTree({ receiver: 'root', routes })));
}

const shadowed = (place: string, by: string) =>
  `${place}: no alert takes this route: ${by} comes before it and takes every alert that it could; put it first, or set continue: true there`;

describe('a route that no alert takes', () => {
  const DB = { receiver: 'db', matchers: ['team="db"'] };

  test.each<[string, WrittenRoute]>([
    ['takes everything', { receiver: 'first' }],
    ['takes every value of a label', { receiver: 'first', matchers: ['host=~".*"'] }],
    ['has its matcher', { receiver: 'first', matchers: ['team="db"'] }],
    ['has its matcher among listed values', { receiver: 'first', matchers: ['team=~"web|db"'] }],
    ['has an expression that its value matches', { receiver: 'first', match_re: { team: 'd.*' } }],
    ['refuses other values only', { receiver: 'first', matchers: ['team!="web"', 'team!~"x.*"'] }],
    ['has children that match nothing of it', { receiver: 'first', routes: [{ match: { team: 'web' } }] }],
  ])('comes after one that %s', (_which, first) => {
    expect(lint(first, DB)).toEqual([shadowed('route.routes[1]', 'route.routes[0] (receiver first)')]);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['the same expression', ['team=~"d.+"'], ['severity="page"', 'team=~"d.+"']],
    ['the same values in another order', ['team=~"db|web"'], ['team=~"web|db"']],
    ['fewer of its values', ['team=~"db|web|shop"'], ['team=~"web|db"']],
    ['a list of which the rest is refused', ['team="db"'], ['team=~"web|db"', 'team!="web"']],
    ['the same value twice', ['team="db"'], ['team="db"', 'team="db"']],
    ['several labels', ['team="db"', 'severity!="info"'], ['severity="page"', 'team="db"', 'env="prod"']],
    ['no value', ['team=""'], ['team=""', 'env="prod"']],
    ['a label called __proto__', ['__proto__=~"a|b"'], ['__proto__="a"']],
  ])('comes after one with %s', (_which, first, second) => {
    const found = lint({ receiver: 'first', matchers: first }, { receiver: 'second', matchers: second });
    expect(found).toEqual([shadowed('route.routes[1]', 'route.routes[0] (receiver first)')]);
  });

  test('is told of where the one before stands beside what is above it', () => {
    const page = { receiver: 'page', matchers: ['team="db"', 'severity="page"'] };
    const below = { receiver: 'dba', matchers: ['severity="page"'] };
    expect(lint(page, { ...DB, routes: [below] })).toEqual([
      shadowed('route.routes[1].routes[0]', 'route.routes[0] (receiver page)'),
    ]);
  });

  test.each<[string, readonly string[], string]>([
    ['two values', ['team="db"', 'team="web"'], 'team="db" and team="web" do not hold together'],
    ['a value that is refused', ['team="db"', 'team!="db"'], 'team="db" and team!="db" do not hold together'],
    [
      'values of which each is refused',
      ['team=~"db|web"', 'team!="db"', 'team!~"w.*"'],
      'team=~"db|web" and team!="db" and team!~"w.*" do not hold together',
    ],
    ['a value and none', ['team="db"', 'team=""'], 'team="db" and team="" do not hold together'],
  ])('wants %s of one label', (_which, matchers, reason) => {
    expect(lint({ receiver: 'a', matchers })).toEqual([
      `route.routes[0]: no alert takes this route: ${reason}`,
    ]);
  });

  test('wants what a route above it refuses; the routes below it are not told of', () => {
    const web = { receiver: 'web', matchers: ['team="web"'], routes: [{ receiver: 'deeper' }] };
    expect(lint({ ...DB, routes: [web] })).toEqual([
      'route.routes[0].routes[0]: no alert takes this route: team="db" and team="web" do not hold together',
    ]);
  });
});

describe('nothing is said of', () => {
  const DB = { receiver: 'db', matchers: ['team="db"'] };

  test.each<[string, readonly WrittenRoute[]]>([
    ['a route after one that continues', [{ receiver: 'all', continue: true }, DB]],
    ['a route after one that is narrower', [{ matchers: ['team="db"', 'env="prod"'] }, DB]],
    ['a route after one for another value', [{ matchers: ['team="web"'] }, DB]],
    ['a route after one that does not take all of its values', [DB, { matchers: ['team=~"db|web"'] }]],
    ['a route after one for a label that it does not look at', [{ matchers: ['env!="test"'] }, DB]],
    ['expressions that may mean the same', [{ matchers: ['team=~"d.*"'] }, { matchers: ['team=~"db.*"'] }]],
    ['the last route, which takes the rest', [DB, { matchers: ['team="web"'] }, { receiver: 'rest' }]],
    ['a parent whose child takes everything', [{ ...DB, routes: [{ receiver: 'dba' }] }]],
  ])('%s', (_which, routes) => {
    expect(lint(...routes)).toEqual([]);
  });
});

const VALUES = ['x', 'y', 'xy', ''];
const MATCHER = fc
  .record({
    name: fc.constantFrom('a', 'b'),
    operator: fc.constantFrom<Operator>('=', '!=', '=~', '!~'),
    value: fc.constantFrom('x', 'y', '', 'x|y', 'xy|x', 'x.*', '.+', '.*', '(x|y)?'),
  })
  .map(printMatcher);
const routesOf = (depth: number): fc.Arbitrary<readonly WrittenRoute[]> =>
  fc.array(
    fc.record({
      matchers: fc.array(MATCHER, { maxLength: 2 }),
      continue: fc.boolean(),
      routes: depth === 1 ? fc.constant([]) : routesOf(depth - 1),
    }),
    { maxLength: 4 },
  );
const LABELS: readonly Labels[] = VALUES.flatMap((a) => VALUES.map((b) => ({ a, b })));

test('of random trees no alert takes a route that is told of, nor one below it', () => {
  let told = 0;
  fc.assert(
    fc.property(routesOf(3), (routes) => {
      const root = routeTree({ receiver: 'root', routes });
      const unreachable = lintRoutes(root).flatMap(({ path }) => subtree(routeAt(root, path)));
      told += unreachable.length;
      for (const labels of LABELS) {
        const taken = matchRoutes(root, labels);
        expect(taken.filter((route) => unreachable.includes(route))).toEqual([]);
      }
    }),
    { numRuns: 500 },
  );
  expect(told).toBeGreaterThan(500);
});

function routeAt(root: Route, path: Path): Route {
  const places = path.filter((step) => typeof step === 'number');
  return places.reduce<Route>((route, i) => route.routes[i] ?? root, root);
}

function subtree(route: Route): readonly Route[] {
  return [route, ...route.routes.flatMap(subtree)];
}
