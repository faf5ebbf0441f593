import type { Matcher } from '../route/matcher.ts';
import type { Route } from '../route/route.ts';
import type { Path } from './problem.ts';

/** A route, where it stands in the config, and all that an alert must match to come to it. */
export interface Way {
  readonly route: Route;
  readonly path: Path;
  readonly matchers: readonly Matcher[];
}

/** Every route of a tree, each before those below it. */
export function waysOf(root: Route): readonly Way[] {
  const ways: Way[] = [];
  const visit = (route: Route, path: Path, above: readonly Matcher[]): void => {
    const matchers = [...above, ...route.matchers];
    ways.push({ route, path, matchers });
    for (const [i, child] of route.routes.entries()) visit(child, [...path, 'routes', i], matchers);
  };
  visit(root, ['route'], []);
  return ways;
}
