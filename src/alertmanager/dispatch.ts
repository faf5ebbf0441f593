import type { PostsTo } from '../config/compile-alertmanager.ts';
import { compileTimeIntervals } from '../config/compile-time-intervals.ts';
import { type Fault, printPath } from '../config/problem.ts';
import { type Labels, labelValue } from '../notification/notification.ts';
import { compileMatcher, type Matcher, parseMatchers } from '../route/matcher.ts';
import type { MatcherText } from '../route/matcher-text.ts';
import { matchRoutes } from '../route/route.ts';
import type { TimeInterval } from '../route/time-interval.ts';
import { labelSetText } from '../webhook/label-set-text.ts';
import { isWebhook, receiverNamed } from '../webhook/webhook-path.ts';
import type { DispatchFile, ReceiverEntry, RouteEntry } from './dispatch-file.ts';
import { matchersText } from './route-key.ts';

/** A node of Alertmanager's own route tree, with what it inherits filled in. */
export interface DispatchRoute {
  readonly receiver: string;
  readonly matchers: readonly Matcher[];
  readonly continue: boolean;
  readonly groupBy: ReadonlySet<string> | 'all';
  /** The part of a group key that stands for the route. */
  readonly key: string;
  readonly muteTimes: readonly TimeInterval[];
  readonly activeTimes: readonly TimeInterval[];
  readonly routes: readonly DispatchRoute[];
}

/** How one Alertmanager dispatches alerts: its config as far as it says so. */
export interface Dispatch {
  /** The routes that an alert takes; at least one. */
  routesOf(labels: Labels): readonly DispatchRoute[];
  /** The group of an alert at a route. */
  groupOf(route: DispatchRoute, labels: Labels): { readonly key: string; readonly labels: Labels };
  /**
   * Where an Alertmanager receiver posts: through our route tree (undefined) or straight to these receivers of ours.
   * Empty when it posts nothing to us.
   */
  direct(receiver: string): PostsTo;
  /** Those of its receivers of which nobody says where they post. */
  readonly hidden: readonly string[];
}

/**
 * The dispatch of an Alertmanager of a version, as `0.25.0`; the error says what in its config is not understood. `posting`: its
 * receivers that post to us, where that is known better.
 */
export function compileDispatch(
  file: DispatchFile,
  version: string,
  posting?: ReadonlyMap<string, PostsTo>,
): Dispatch | Error {
  const faults: Fault[] = [];
  const intervals = compileTimeIntervals(file, faults);
  const root = compileNode(file.route, undefined, { path: ['route'], intervals, faults });
  const fault = faults.find(({ warning = false }) => !warning);
  if (fault !== undefined) return new Error(`${printPath(fault.path)}: ${fault.message}`);
  const direct = posting ?? new Map(file.receivers.map((receiver) => [receiver.name, postsTo(receiver)]));
  const sorted = /^0\.(\d|1\d|2[0-7])\./.test(version) ? 'pairs' : 'names';
  return {
    routesOf: remembered(root),
    groupOf(route, all) {
      const labels = groupLabels(route, all);
      return { key: `${route.key}:${labelSetText(labels, sorted)}`, labels };
    },
    direct: (receiver) => direct.get(receiver) ?? [],
    hidden: posting === undefined ? file.receivers.filter(isHidden).map(({ name }) => name) : [],
  };
}

/** Most ways through the tree that are remembered. */
const MAX_REMEMBERED = 10_000;

/** Alerts differ mostly in labels that no matcher looks at: those alike in all others take the same routes. */
function remembered(root: DispatchRoute): Dispatch['routesOf'] {
  const names = [...matchedNames(root)];
  const known = new Map<string, readonly DispatchRoute[]>();
  return (labels) => {
    const values = JSON.stringify(names.map((name) => labelValue(labels, name)));
    const routes = known.get(values) ?? matchRoutes(root, labels);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(values, routes);
    return routes;
  };
}

function matchedNames({ matchers, routes }: DispatchRoute): ReadonlySet<string> {
  return new Set([
    ...matchers.map(({ name }) => name),
    ...routes.flatMap((route) => [...matchedNames(route)]),
  ]);
}

function groupLabels({ groupBy }: DispatchRoute, labels: Labels): Labels {
  if (groupBy === 'all') return labels;
  return Object.fromEntries(Object.entries(labels).filter(([name]) => groupBy.has(name)));
}

interface Place {
  readonly path: readonly (string | number)[];
  readonly intervals: ReadonlyMap<string, TimeInterval>;
  readonly faults: Fault[];
}

/** As dispatch/route.go makes them. */
function compileNode(entry: RouteEntry, parent: DispatchRoute | undefined, place: Place): DispatchRoute {
  const { matchers, texts } = compileMatchers(entry, place);
  const node = {
    receiver: entry.receiver ?? parent?.receiver ?? '',
    matchers,
    continue: entry.continue === 'true',
    groupBy: groupByOf(entry.group_by) ?? parent?.groupBy ?? new Set<string>(),
    key: `${parent === undefined ? '' : `${parent.key}/`}${matchersText(texts)}`,
    muteTimes: timesOf(entry, 'mute_time_intervals', place),
    activeTimes: timesOf(entry, 'active_time_intervals', place),
  };
  const below = (i: number): Place => ({ ...place, path: [...place.path, 'routes', i] });
  const routes = entry.routes.map((child, i) => compileNode(child, { ...node, routes: [] }, below(i)));
  return { ...node, routes };
}

function groupByOf(names: readonly string[] | undefined): DispatchRoute['groupBy'] | undefined {
  return names?.includes('...') ? 'all' : names && new Set(names);
}

interface Matchers {
  readonly matchers: readonly Matcher[];
  /** As they count in a group key. */
  readonly texts: readonly MatcherText[];
}

function compileMatchers({ matchers, match, match_re }: RouteEntry, { path, faults }: Place): Matchers {
  const written = matchers.flatMap((text, i) => {
    const parsed = parseMatchers(text);
    if (!(parsed instanceof Error)) return parsed.matchers;
    faults.push({ path: [...path, 'matchers', i], message: parsed.message });
    return [];
  });
  const named = (values: RouteEntry['match'], key: string, operator: '=' | '=~') =>
    Object.entries(values).flatMap(([name, value]) => {
      const matcher = compileMatcher({ name, operator, value });
      if (!(matcher instanceof Error)) return [matcher];
      faults.push({ path: [...path, key, name], message: matcher.message });
      return [];
    });
  const equal = named(match, 'match', '=');
  const alike = named(match_re, 'match_re', '=~');
  // Of these alone Alertmanager prints the anchored form (config.Regexp.String).
  const anchored = alike.map(({ name, operator, value }) => ({ name, operator, value: `^(?:${value})$` }));
  return { matchers: [...written, ...equal, ...alike], texts: [...written, ...equal, ...anchored] };
}

function timesOf(
  entry: RouteEntry,
  key: 'mute_time_intervals' | 'active_time_intervals',
  { path, intervals, faults }: Place,
): readonly TimeInterval[] {
  return entry[key].flatMap((name, i) => {
    const interval = intervals.get(name);
    if (interval === undefined) faults.push({ path: [...path, key, i], message: `no time interval ${name}` });
    return interval ?? [];
  });
}

function postsTo({ webhook_configs }: ReceiverEntry): PostsTo {
  return [...new Set(webhook_configs.flatMap(({ url }) => targetOf(url)))];
}

function isHidden({ webhook_configs }: ReceiverEntry): boolean {
  return webhook_configs.some(({ url }) => !isShown(url));
}

/** Since 0.26 an URL is shown as `<secret>`, and one from a file is never shown. */
function isShown(url: string | undefined): url is string {
  return url !== undefined && URL.canParse(url);
}

/** Any that is not shown may be ours. */
function targetOf(url: string | undefined): PostsTo {
  if (!isShown(url)) return [undefined];
  const { pathname } = new URL(url);
  return isWebhook(pathname) ? [receiverNamed(pathname)] : [];
}
