import { type Matcher, printMatcher, valuesOf } from '../route/matcher.ts';
import type { Route } from '../route/route.ts';
import { type Fault, type Path, printPath } from './problem.ts';

/** What must hold of one label for an alert to come to a route. */
interface Condition {
  readonly matchers: readonly Matcher[];
  /** The only values that all of them take; undefined where these are without number. */
  readonly values: readonly string[] | undefined;
}

/** The routes beside a route, or beside one of those above it, that are tried before it and end the search. */
interface Before {
  /** Those with places below this count. */
  readonly end: number;
  readonly siblings: Siblings;
}

/** The children of one route that do not continue. */
interface Siblings {
  /** Of the route above them. */
  readonly path: Path;
  readonly routes: readonly Route[];
  /** The places of those that want one value of a label, by the first that they want. */
  readonly byValue: ReadonlyMap<string, readonly number[]>;
  /** The places of the others. */
  readonly others: readonly number[];
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
  before: readonly Before[],
): readonly Fault[] {
  const matchers = [...above, ...route.matchers];
  const conditions = conditionsOf(matchers);
  const reason = contradiction(conditions) ?? shadow(conditions, before);
  if (reason !== undefined) {
    return [{ path, message: `no alert takes this route: ${reason}`, warning: true }];
  }
  const siblings = siblingsOf(route.routes, path);
  return route.routes.flatMap((child, i) =>
    lint(child, [...path, 'routes', i], matchers, [...before, { end: i, siblings }]),
  );
}

function siblingsOf(routes: readonly Route[], path: Path): Siblings {
  const byValue = new Map<string, number[]>();
  const others: number[] = [];
  for (const [i, { continue: continues, matchers }] of routes.entries()) {
    if (continues) continue;
    const wanted = matchers.find(({ operator }) => operator === '=');
    if (wanted === undefined) {
      others.push(i);
      continue;
    }
    const key = valueKey(wanted.name, wanted.value);
    const same = byValue.get(key);
    if (same === undefined) byValue.set(key, [i]);
    else same.push(i);
  }
  return { path, routes, byValue, others };
}

function valueKey(name: string, value: string): string {
  return JSON.stringify([name, value]);
}

function conditionsOf(matchers: readonly Matcher[]): ReadonlyMap<string, Condition> {
  const byName = new Map<string, Matcher[]>();
  for (const matcher of matchers) {
    const same = byName.get(matcher.name);
    if (same === undefined) byName.set(matcher.name, [matcher]);
    else same.push(matcher);
  }
  return new Map(Array.from(byName, ([name, same]) => [name, conditionOf(same)]));
}

function conditionOf(matchers: readonly Matcher[]): Condition {
  const list = matchers.map(valuesOf).find((values) => values !== undefined);
  const taken = list?.filter((value) => matchers.every((matcher) => takes(matcher, value)));
  return { matchers, values: taken === undefined ? undefined : [...new Set(taken)] };
}

function contradiction(conditions: ReadonlyMap<string, Condition>): string | undefined {
  for (const { matchers, values } of conditions.values()) {
    if (values?.length !== 0) continue;
    return `${[...new Set(matchers.map(printMatcher))].join(' and ')} do not hold together`;
  }
  return undefined;
}

function shadow(conditions: ReadonlyMap<string, Condition>, before: readonly Before[]): string | undefined {
  for (const { end, siblings } of before) {
    const { routes, path } = siblings;
    for (const i of candidates(conditions, siblings)) {
      const sibling = routes[i];
      if (i >= end || sibling === undefined) continue;
      if (!sibling.matchers.every((matcher) => isImplied(matcher, conditions.get(matcher.name)))) continue;
      const where = `${printPath([...path, 'routes', i])} (receiver ${sibling.receiver})`;
      return `${where} comes before it and takes every alert that it could; put it first, or set continue: true there`;
    }
  }
  return undefined;
}

/** The places of those that could take all that meets the conditions: who wants one value does only where it is the only one. */
function candidates(
  conditions: ReadonlyMap<string, Condition>,
  { byValue, others }: Siblings,
): readonly number[] {
  const wanting = Array.from(conditions, ([name, { values }]) => {
    const [only, ...rest] = values ?? [];
    return only === undefined || rest.length > 0 ? [] : (byValue.get(valueKey(name, only)) ?? []);
  });
  return [...wanting.flat(), ...others];
}

/** Whether the matcher holds for all that meets the condition. Nobody has labels with line feeds, which `.*` refuses. */
function isImplied(matcher: Matcher, condition: Condition | undefined): boolean {
  const { operator, value } = matcher;
  if (operator === '=~' && value === '.*') return true;
  if (condition === undefined) return false;
  if (condition.matchers.some((known) => known.operator === operator && known.value === value)) return true;
  return condition.values?.every((one) => takes(matcher, one)) ?? false;
}

function takes(matcher: Matcher, value: string): boolean {
  return matcher.matches({ [matcher.name]: value });
}
