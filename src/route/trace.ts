import type { Labels } from '../notification/notification.ts';
import type { Matcher } from './matcher.ts';
import type { Route } from './route.ts';

/** What became of a route when an alert came to it. */
export interface Trace {
  readonly route: Route;
  /** The first matcher that did not hold; undefined where all did. */
  readonly failed?: Matcher;
  /** Whether the alert goes to this route's receiver: all matchers held, and no child took it. */
  readonly isTaken: boolean;
  /** The children that were tried; those after the one that took the alert were not. */
  readonly tried: readonly Trace[];
}

/** The way of an alert through the tree: `matchRoutes` with its reasons. */
export function traceRoutes(route: Route, labels: Labels): Trace {
  const failed = route.matchers.find((matcher) => !matcher.matches(labels));
  if (failed !== undefined) return { route, failed, isTaken: false, tried: [] };
  const tried: Trace[] = [];
  for (const child of route.routes) {
    const trace = traceRoutes(child, labels);
    tried.push(trace);
    if (trace.failed === undefined && !child.continue) break;
  }
  return { route, isTaken: tried.every((trace) => trace.failed !== undefined), tried };
}
