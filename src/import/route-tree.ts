import type { Fault, Path } from '../config/problem.ts';
import { compileMatcher, parseMatchers, printMatcher } from '../route/matcher.ts';
import type { Operator } from '../route/matcher-text.ts';
import type { AlertmanagerRoute } from './alertmanager-schema.ts';

/** What a route of ours keeps of Alertmanager's: the way to the receivers. */
export interface RouteTree {
  readonly receiver?: string;
  readonly matchers?: readonly string[];
  readonly continue?: true;
  readonly routes?: readonly RouteTree[];
}

/** The same tree with `match` and `match_re` as matchers. What Alertmanager would not take is added to `faults`. */
export function toRouteTree(route: AlertmanagerRoute, path: Path, faults: Fault[]): RouteTree {
  const matchers = [
    ...checkedMatchers(route, path, faults),
    ...converted(route.match, '=', [...path, 'match'], faults),
    ...converted(route.match_re, '=~', [...path, 'match_re'], faults),
  ];
  const routes = route.routes?.map((child, i) => toRouteTree(child, [...path, 'routes', i], faults)) ?? [];
  return {
    ...(route.receiver === undefined ? {} : { receiver: route.receiver }),
    ...(matchers.length === 0 ? {} : { matchers }),
    ...(route.continue ? { continue: true } : {}),
    ...(routes.length === 0 ? {} : { routes }),
  };
}

function checkedMatchers(
  { matchers = [] }: AlertmanagerRoute,
  path: Path,
  faults: Fault[],
): readonly string[] {
  for (const [i, text] of matchers.entries()) {
    const parsed = parseMatchers(text);
    if (parsed instanceof Error) faults.push({ path: [...path, 'matchers', i], message: parsed.message });
  }
  return matchers;
}

function converted(
  values: Readonly<Record<string, string>> = {},
  operator: Operator,
  path: Path,
  faults: Fault[],
): readonly string[] {
  return Object.entries(values).map(([name, value]) => {
    const matcher = compileMatcher({ name, operator, value });
    if (matcher instanceof Error) faults.push({ path: [...path, name], message: matcher.message });
    return printMatcher({ name, operator, value });
  });
}
