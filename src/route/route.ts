import type { Labels } from '../notification/notification.ts';
import type { Matcher } from './matcher.ts';
import type { TimeInterval } from './time-interval.ts';

/** How alerts of a route become incidents. `group`: as Alertmanager grouped them. */
export type GroupBy =
  | { readonly granularity: 'alert' }
  | { readonly granularity: 'labels'; readonly names: readonly string[] }
  | { readonly granularity: 'group' };

/** What can count as a change of an open incident. */
export const CONTENTS = ['severity', 'summary', 'description', 'labels', 'annotations', 'alerts'] as const;
export type Content = (typeof CONTENTS)[number];

export interface DedupRules {
  /** How long an unchanged, accepted trigger is suppressed, in ms. */
  readonly windowMs: number;
  /** What counts as a change and is forwarded within the window. */
  readonly resendOn: ReadonlySet<Content>;
  /** Whether Alertmanager's "repeat interval elapsed" is passed on. */
  readonly repeats: 'forward' | 'drop';
  /** How long a resolve waits for the alert to fire again, in ms; 0: not at all. */
  readonly holdResolveMs: number;
}

/** What becomes of an open incident whose alerts Alertmanager has silenced, inhibited or time-muted. */
export const MUTED_ACTIONS = ['resolve', 'acknowledge', 'keep'] as const;
export type OnMuted = (typeof MUTED_ACTIONS)[number];

/** A node of the route tree, with what it inherits from its parents filled in. */
export interface Route {
  readonly receiver: string;
  readonly matchers: readonly Matcher[];
  /** Whether the siblings after this one are tried too when it matches. */
  readonly continue: boolean;
  readonly groupBy: GroupBy;
  readonly dedup: DedupRules;
  readonly onMuted: OnMuted;
  /** Inside any of these the route sends nothing; not inherited. */
  readonly muteTimes: readonly TimeInterval[];
  /** Where there are some, outside all of them the route sends nothing; not inherited. */
  readonly activeTimes: readonly TimeInterval[];
  readonly routes: readonly Route[];
}

/** What of a node says which alerts take it. */
interface RouteNode<Node> {
  readonly matchers: readonly Matcher[];
  readonly continue: boolean;
  readonly routes: readonly Node[];
}

/**
 * The routes that an alert takes, in order: depth first, the first matching child stops its siblings unless it says
 * `continue`, and a node counts itself only when no child matched (Alertmanager, dispatch/route.go). Never empty for a
 * root without matchers.
 */
export function matchRoutes<Node extends RouteNode<Node>>(node: Node, labels: Labels): readonly Node[] {
  if (!node.matchers.every((matcher) => matcher.matches(labels))) return [];
  const matched: Node[] = [];
  for (const child of node.routes) {
    const below = matchRoutes(child, labels);
    matched.push(...below);
    if (below.length > 0 && !child.continue) break;
  }
  return matched.length > 0 ? matched : [node];
}
