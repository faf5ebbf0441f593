import { printDuration } from '../config/duration.ts';
import { nameForMatcher } from '../notification/text.ts';
import { type Matcher, printMatcher } from './matcher.ts';
import { byMatcherOrder } from './matcher-text.ts';
import type { DedupRules, GroupBy, Route } from './route.ts';

/**
 * The tree as `amtool config routes show` draws it: matchers in order of their names, and the root and others without
 * matchers as `default-route`. Of `group_by` and `dedup` the root shows what holds, a node below it what it changes;
 * `on_muted` is shown where it changes. Ends with a line feed.
 */
export function drawRoutes(root: Route): string {
  return `.\n${draw(root, undefined, '', true).join('\n')}\n`;
}

function draw(route: Route, parent: Route | undefined, indent: string, last: boolean): readonly string[] {
  const below = route.routes.flatMap((child, i) =>
    draw(child, route, `${indent}${last ? '    ' : '│   '}`, i === route.routes.length - 1),
  );
  return [`${indent}${last ? '└── ' : '├── '}${describe(route, parent)}`, ...below];
}

function describe(route: Route, parent: Route | undefined): string {
  const groupBy = printGroupBy(route.groupBy);
  const dedup = changes(printDedup(route.dedup), parent === undefined ? {} : printDedup(parent.dedup));
  return [
    printMatchers(route.matchers),
    route.continue ? 'continue: true' : '',
    `receiver: ${route.receiver}`,
    parent !== undefined && printGroupBy(parent.groupBy) === groupBy ? '' : `group_by: ${groupBy}`,
    dedup === '' ? '' : `dedup: {${dedup}}`,
    route.onMuted === (parent?.onMuted ?? 'keep') ? '' : `on_muted: ${route.onMuted}`,
    printIntervals('mute_time_intervals', route.muteTimes),
    printIntervals('active_time_intervals', route.activeTimes),
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** As `{team="db"}`, in order of their names; `default-route` where there are none. */
export function printMatchers(matchers: readonly Matcher[]): string {
  if (matchers.length === 0) return 'default-route';
  return `{${matchers.toSorted(byMatcherOrder).map(printMatcher).join(',')}}`;
}

function printGroupBy(groupBy: GroupBy): string {
  if (groupBy.granularity === 'alert') return "['...']";
  return groupBy.granularity === 'group' ? '[]' : `[${groupBy.names.map(nameForMatcher).join(', ')}]`;
}

function printDedup({ windowMs, resendOn, repeats }: DedupRules): Readonly<Record<string, string>> {
  return { window: printDuration(windowMs), resend_on: `[${[...resendOn].join(', ')}]`, repeats };
}

function printIntervals(key: string, intervals: readonly { readonly name: string }[]): string {
  return intervals.length === 0 ? '' : `${key}: [${intervals.map(({ name }) => name).join(', ')}]`;
}

/** The settings that are not as they were. */
function changes(now: Readonly<Record<string, string>>, before: Readonly<Record<string, string>>): string {
  return Object.entries(now)
    .filter(([name, value]) => before[name] !== value)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
}
