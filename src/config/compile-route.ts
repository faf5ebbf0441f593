import { compileMatcher, type Matcher, parseMatchers } from '../route/matcher.ts';
import type { Content, DedupRules, GroupBy, Route } from '../route/route.ts';
import { parseDuration } from './duration.ts';
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
  } as DedupRules,
};

type Inherited = typeof ROOT_DEFAULTS;

/** The route tree with inherited values filled in. Faults are Alertmanager's own (config/config.go), with their place. */
export function compileRoute(root: RouteSettings, receivers: ReadonlySet<string>, faults: Fault[]): Route {
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
  return compileNode(root, ROOT_DEFAULTS, path, receivers, faults);
}

function compileNode(
  settings: RouteSettings,
  inherited: Inherited,
  path: Path,
  receivers: ReadonlySet<string>,
  faults: Fault[],
): Route {
  const { receiver = inherited.receiver, group_by, dedup, routes = [] } = settings;
  const allReadable = ![...receivers].some((name) => name.startsWith(UNREADABLE));
  if (settings.receiver !== undefined && !receivers.has(receiver) && allReadable) {
    const known = receivers.size === 0 ? '' : ` (there are: ${[...receivers].join(', ')})`;
    faults.push({
      path: [...path, 'receiver'],
      message: `there is no receiver ${receiver}${known}`,
    });
  }
  const own: Inherited = {
    receiver,
    groupBy: group_by === undefined ? inherited.groupBy : compileGroupBy(group_by, path, faults),
    dedup: dedup === undefined ? inherited.dedup : compileDedup(dedup, inherited.dedup),
  };
  return {
    ...own,
    matchers: compileMatchers(settings, path, faults),
    continue: settings.continue,
    routes: routes.map((child, i) => compileNode(child, own, [...path, 'routes', i], receivers, faults)),
  };
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
  const { window, resend_on, repeats } = settings;
  return {
    windowMs: window === undefined ? inherited.windowMs : (parseDuration(window) ?? 0),
    resendOn: resend_on === undefined ? inherited.resendOn : new Set(resend_on),
    repeats: repeats ?? inherited.repeats,
  };
}

function compileMatchers(settings: RouteSettings, path: Path, faults: Fault[]): readonly Matcher[] {
  const matchers: Matcher[] = [];
  for (const [i, text] of (settings.matchers ?? []).entries()) {
    const parsed = parseMatchers(text);
    const at = [...path, 'matchers', i];
    if (parsed instanceof Error) {
      faults.push({ path: at, message: parsed.message });
      continue;
    }
    if (parsed.warning !== undefined) faults.push({ path: at, message: parsed.warning, warning: true });
    matchers.push(...parsed.matchers);
  }
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
