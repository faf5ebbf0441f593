import { compileRoute } from '../../src/config/compile-route.ts';
import type { Fault } from '../../src/config/problem.ts';
import type { RouteSettings } from '../../src/config/schema.ts';
import type { Route } from '../../src/route/route.ts';
import type { TimeInterval } from '../../src/route/time-interval.ts';

/** A route as a user writes it; `continue` is filled in as the schema's default does. */
export interface WrittenRoute extends Omit<RouteSettings, 'continue' | 'routes'> {
  readonly continue?: boolean;
  readonly routes?: readonly WrittenRoute[];
}

/** The compiled tree. A fault in it is a mistake in the test, and is thrown. */
export function routeTree(
  root: WrittenRoute,
  timeIntervals: ReadonlyMap<string, TimeInterval> = new Map(),
): Route {
  const faults: Fault[] = [];
  const settings = withDefaults(root);
  const route = compileRoute(settings, { receivers: receiversOf(settings), timeIntervals }, faults);
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return route;
}

function withDefaults(route: WrittenRoute): RouteSettings {
  return { ...route, continue: route.continue ?? false, routes: (route.routes ?? []).map(withDefaults) };
}

function receiversOf({ receiver, routes = [] }: RouteSettings): ReadonlySet<string> {
  const below = routes.flatMap((route) => [...receiversOf(route)]);
  return new Set(receiver === undefined ? below : [receiver, ...below]);
}
