import { compileMatcher, type Matcher } from '../route/matcher.ts';
import type { Content, DedupRules, GroupBy, OnMuted, Route } from '../route/route.ts';
import type { TimeInterval } from '../route/time-interval.ts';
import { compileMatcherTexts } from './compile-matchers.ts';
import { parseDuration } from './duration.ts';
import { noSuch } from './nearest.ts';
import type { Fault, Path } from './problem.ts';
import { UNREADABLE } from './prune.ts';
import type { RouteSettings } from './schema.ts';

const ROOT_DEFAULTS = {
  receiver: '',
  groupBy: { granularity: 'group' } as GroupBy,
  dedup: {
    windowMs: 3_600_000,
    resendOn: new Set<Content>(['severity', 'summary', 'alerts']),
    repeats: 'forward',
    holdResolveMs: 0,
  } as DedupRules,
  onMuted: 'keep' as OnMuted,
};

type Inherited = typeof ROOT_DEFAULTS;

/** What routes refer to by name. */
export interface Named {
  readonly receivers: ReadonlySet<string>;
  readonly timeIntervals: ReadonlyMap<string, TimeInterval>;
}

/** The route tree with inherited values filled in. Faults are Alertmanager's own (config/config.go), with their place. */
export function compileRoute(root: RouteSettings, named: Named, faults: Fault[]): Route {
  const path = ['route'];
  if (root.receiver === undefined)
    faults.push({ path, message: 'the root route needs a receiver', missing: ['receiver'] });
  for (const key of ['matchers', 'match', 'match_re'] as const) {
    if (Object.keys(root[key] ?? {}).length > 0) {
      faults.push({
        path: [...path, key],
        message: 'the root route takes every alert: it must have no matchers',
      });
    }
  }
  if (root.continue) {
    faults.push({ path: [...path, 'continue'], message: 'the root route has no siblings to continue with' });
  }
  for (const key of ['mute_time_intervals', 'active_time_intervals'] as const) {
    if ((root[key] ?? []).length > 0) {
      faults.push({
        path: [...path, key],
        message: 'the root route must always send: set this on its child routes',
      });
    }
  }
  return compileNode(root, ROOT_DEFAULTS, path, named, faults);
}

function compileNode(
  settings: RouteSettings,
  inherited: Inherited,
  path: Path,
  named: Named,
  faults: Fault[],
): Route {
  const { receiver = inherited.receiver, group_by, dedup, routes = [] } = settings;
  if (settings.receiver !== undefined && !named.receivers.has(receiver)) {
    faults.push(...unknownName('receiver', receiver, named.receivers, [...path, 'receiver']));
  }
  const own: Inherited = {
    receiver,
    groupBy: group_by === undefined ? inherited.groupBy : compileGroupBy(group_by, path, faults),
    dedup: dedup === undefined ? inherited.dedup : compileDedup(dedup, inherited.dedup),
    onMuted: settings.on_muted ?? inherited.onMuted,
  };
  return {
    ...own,
    matchers: compileMatchers(settings, path, faults),
    continue: settings.continue,
    muteTimes: compileTimes(settings, 'mute_time_intervals', path, named, faults),
    activeTimes: compileTimes(settings, 'active_time_intervals', path, named, faults),
    routes: routes.map((child, i) => compileNode(child, own, [...path, 'routes', i], named, faults)),
  };
}

function compileTimes(
  settings: RouteSettings,
  key: 'mute_time_intervals' | 'active_time_intervals',
  path: Path,
  { timeIntervals }: Named,
  faults: Fault[],
): readonly TimeInterval[] {
  return (settings[key] ?? []).flatMap((name, i) => {
    const interval = timeIntervals.get(name);
    if (interval !== undefined) return [interval];
    faults.push(...unknownName('time interval', name, timeIntervals.keys(), [...path, key, i]));
    return [];
  });
}

/** The fault of naming what there is not; none while something could not be read, which may be what was meant. */
export function unknownName(
  kind: string,
  name: string,
  known: Iterable<string>,
  path: Path,
): readonly Fault[] {
  const names = [...known];
  if (names.some((one) => one.startsWith(UNREADABLE))) return [];
  return [{ path, message: noSuch(kind, name, names) }];
}

function compileGroupBy(names: readonly string[], path: Path, faults: Fault[]): GroupBy {
  if (!names.includes('...')) {
    return names.length === 0 ? { granularity: 'group' } : { granularity: 'labels', names };
  }
  if (names.length > 1) {
    faults.push({ path: [...path, 'group_by'], message: "'...' means every label: it must stand alone" });
  }
  return { granularity: 'alert' };
}

function compileDedup(settings: NonNullable<RouteSettings['dedup']>, inherited: DedupRules): DedupRules {
  const { window, resend_on, repeats, hold_resolve } = settings;
  return {
    windowMs: window === undefined ? inherited.windowMs : (parseDuration(window) ?? 0),
    resendOn: resend_on === undefined ? inherited.resendOn : new Set(resend_on),
    repeats: repeats ?? inherited.repeats,
    holdResolveMs: hold_resolve === undefined ? inherited.holdResolveMs : (parseDuration(hold_resolve) ?? 0),
  };
}

function compileMatchers(settings: RouteSettings, path: Path, faults: Fault[]): readonly Matcher[] {
  const matchers = [...compileMatcherTexts(settings.matchers ?? [], [...path, 'matchers'], faults)];
  for (const [key, operator] of [
    ['match', '='],
    ['match_re', '=~'],
  ] as const) {
    for (const [name, value] of Object.entries(settings[key] ?? {})) {
      const matcher = compileMatcher({ name, operator, value });
      if (matcher instanceof Error) faults.push({ path: [...path, key, name], message: matcher.message });
      else matchers.push(matcher);
    }
  }
  return matchers;
}
