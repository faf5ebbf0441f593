import { type Matcher, printMatcher, valuesOf } from '../route/matcher.ts';
import type { Route } from '../route/route.ts';
import { type Fault, type Path, printPath } from './problem.ts';

/** What must hold of one label for an alert to come to a route. */
interface Condition {
  readonly matchers: readonly Matcher[];
  /** The only values that all of them take; undefined where these are without number. */
  readonly values: readonly string[] | undefined;
}

/** The routes beside one of a route's parents, or beside itself, that are tried before it. */
interface Siblings {
  readonly routes: readonly Route[];
  readonly count: number;
  readonly path: Path;
}

/**
 * Routes that no alert takes, because of what their matchers say together or because another route takes everything
 * first. Only what is certain is told of, and of a subtree its top.
 */
export function lintRoutes(root: Route): readonly Fault[] {
  return lint(root, ['route'], [], []);
}

function lint(
  route: Route,
  path: Path,
  above: readonly Matcher[],
  before: readonly Siblings[],
): readonly Fault[] {
  const matchers = [...above, ...route.matchers];
  const conditions = conditionsOf(matchers);
  const reason = contradiction(conditions) ?? shadow(conditions, before);
  if (reason !== undefined) {
    return [{ path, message: `no alert takes this route: ${reason}`, warning: true }];
  }
  return route.routes.flatMap((child, i) =>
    lint(child, [...path, 'routes', i], matchers, [...before, { routes: route.routes, count: i, path }]),
  );
}

function conditionsOf(matchers: readonly Matcher[]): ReadonlyMap<string, Condition> {
  const byName = new Map<string, Matcher[]>();
  for (const matcher of matchers) {
    const same = byName.get(matcher.name);
    if (same === undefined) byName.set(matcher.name, [matcher]);
    else same.push(matcher);
  }
  return new Map(
    Array.from(byName, ([name, same]) => {
      const listed = same.flatMap((matcher) => valuesOf(matcher) ?? []);
      const hasList = same.some((matcher) => valuesOf(matcher) !== undefined);
      const taken = listed.filter((value) => same.every((matcher) => takes(matcher, value)));
      return [name, { matchers: same, values: hasList ? taken : undefined }];
    }),
  );
}

function contradiction(conditions: ReadonlyMap<string, Condition>): string | undefined {
  for (const { matchers, values } of conditions.values()) {
    if (values?.length !== 0) continue;
    return `${[...new Set(matchers.map(printMatcher))].join(' and ')} do not hold together`;
  }
  return undefined;
}

function shadow(
  conditions: ReadonlyMap<string, Condition>,
  before: readonly Siblings[],
): string | undefined {
  for (const { routes, count, path } of before) {
    for (let i = 0; i < count; i++) {
      const sibling = routes[i];
      if (sibling === undefined || sibling.continue) continue;
      if (!sibling.matchers.every((matcher) => isImplied(matcher, conditions.get(matcher.name)))) continue;
      const where = `${printPath([...path, 'routes', i])} (receiver ${sibling.receiver})`;
      return `${where} comes before it and takes every alert that it could; put it first, or set continue: true there`;
    }
  }
  return undefined;
}

/** Whether the matcher holds for all that meets the condition. */
function isImplied(matcher: Matcher, condition: Condition | undefined): boolean {
  if (condition === undefined) return false;
  const { operator, value } = matcher;
  if (condition.matchers.some((known) => known.operator === operator && known.value === value)) return true;
  return condition.values?.every((one) => takes(matcher, one)) ?? false;
}

function takes(matcher: Matcher, value: string): boolean {
  return matcher.matches({ [matcher.name]: value });
}
