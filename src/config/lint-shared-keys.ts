import { type Labels, labelValue } from '../notification/notification.ts';
import { nameForMatcher, quoteForMatcher } from '../notification/text.ts';
import { type Matcher, valuesOf } from '../route/matcher.ts';
import { matchRoutes } from '../route/route.ts';
import type { Config } from './compile.ts';
import { accountFor, type Integration } from './compile-receiver.ts';
import { keyTemplateOf } from './lint-incident-keys.ts';
import { incidentWith } from './lint-samples.ts';
import type { Fault } from './problem.ts';
import { type Way, waysOf } from './ways.ts';

/** An integration that a route leads to. */
interface Lead {
  readonly way: Way;
  readonly integration: Integration;
}

/** Leads of one vendor whose incidents get their keys in the same way. */
interface Family {
  readonly type: string;
  /** The labels that make the key; with a key template every name that it mentions. */
  readonly names: readonly string[];
  /** What users would say makes it: `cluster, service`, or `dedup_key`. */
  readonly called: string;
  /** The setting to change. */
  readonly setting: string;
  readonly leads: Lead[];
}

/** Two alerts that show what is told of. */
interface Example {
  readonly one: Lead;
  readonly other: Lead;
  readonly alerts: readonly [Labels, Labels];
}

/** Pairs of routes that are tried in a family: it takes a moment each, and a tree can have a million. */
const MAX_TRIES = 500;

/**
 * Routes by which alerts with one incident key come to different accounts of one vendor: what looks like one incident is
 * two then, each with a part of the alerts. Told of once for each way to make a key, with an example that was tried.
 */
export function lintSharedKeys(config: Config): readonly Fault[] {
  return familiesOf(config).flatMap((family) => {
    const example = exampleOf(family, config);
    if (example === undefined) return [];
    return [{ path: example.other.way.path, message: describe(family, example), warning: true }];
  });
}

function familiesOf({ route, receivers }: Config): readonly Family[] {
  const families = new Map<string, Family>();
  for (const way of waysOf(route)) {
    for (const integration of receivers.get(way.route.receiver)?.integrations ?? []) {
      const family = familyOf(way, integration);
      if (family === undefined) continue;
      const { id, ...rest } = family;
      const known = families.get(id) ?? { ...rest, leads: [] };
      known.leads.push({ way, integration });
      families.set(id, known);
    }
  }
  return [...families.values()];
}

function familyOf(
  { route }: Way,
  integration: Integration,
): (Omit<Family, 'leads'> & { readonly id: string }) | undefined {
  const { type, keySetting } = integration.vendor;
  const key = keyTemplateOf(integration);
  if (key !== undefined) {
    const { source } = key.template;
    const names = [...key.template.mentions()];
    return {
      type,
      names,
      called: keySetting,
      setting: keySetting,
      id: JSON.stringify([type, source.replace(/\s+/g, '')]),
    };
  }
  // Keys by alert are never shared; those by group are shared as Alertmanager's own are, whatever the routes here.
  if (route.groupBy.granularity !== 'labels') return undefined;
  const names = route.groupBy.names.toSorted((a, b) => (a < b ? -1 : 1));
  return { type, names, called: names.join(', '), setting: 'group_by', id: JSON.stringify([type, names]) };
}

function exampleOf(family: Family, config: Config): Example | undefined {
  let tries = 0;
  for (const [one, other] of pairsOf(family)) {
    if (tries++ === MAX_TRIES) return undefined;
    const alerts = alertsFor(one, other, family);
    if (alerts !== undefined && areKeptApart(one, other, alerts, family, config)) {
      return { one, other, alerts };
    }
  }
  return undefined;
}

/** Leads to two receivers, as far as they can have a key in common. */
function* pairsOf({ leads, names }: Family): Iterable<readonly [Lead, Lead]> {
  const fixed = leads.map(({ way }) => fixedValues(way, names));
  for (const [j, other] of leads.entries()) {
    for (const [i, one] of leads.slice(0, j).entries()) {
      if (one.way.route.receiver === other.way.route.receiver) continue;
      if (!excludeEachOther(fixed[i] ?? [], fixed[j] ?? [])) yield [one, other];
    }
  }
}

/** The one value that the way takes of each label, where there is only one. */
function fixedValues({ matchers }: Way, names: readonly string[]): readonly (string | undefined)[] {
  return names.map(
    (name) => matchers.find((matcher) => matcher.name === name && matcher.operator === '=')?.value,
  );
}

function excludeEachOther(a: readonly (string | undefined)[], b: readonly (string | undefined)[]): boolean {
  return a.some((value, i) => value !== undefined && b[i] !== undefined && value !== b[i]);
}

/** An alert for each of the two ways, with the same value in every label that makes the key. */
function alertsFor(one: Lead, other: Lead, { names }: Family): Example['alerts'] | undefined {
  const shared = choose(names, [...one.way.matchers, ...other.way.matchers]);
  if (shared === undefined) return undefined;
  const [a, b] = [one, other].map(({ way: { matchers } }) => {
    const further = matchers.map(({ name }) => name).filter((name) => !names.includes(name));
    const chosen = choose(new Set(further), matchers);
    return chosen === undefined ? undefined : { ...shared, ...chosen };
  });
  return a === undefined || b === undefined ? undefined : [a, b];
}

/** A value for each of the labels that all matchers take; undefined where none is found. */
function choose(names: Iterable<string>, matchers: readonly Matcher[]): Labels | undefined {
  const chosen: [string, string][] = [];
  for (const name of names) {
    const own = matchers.filter((matcher) => matcher.name === name);
    const value = candidates(own).find((one) => own.every((matcher) => matcher.matches({ [name]: one })));
    if (value === undefined) return undefined;
    // An empty label is none.
    if (value !== '') chosen.push([name, value]);
  }
  return Object.fromEntries(chosen);
}

/** Values worth trying: those that are listed, any, what regular expressions may mean, and none. */
function candidates(matchers: readonly Matcher[]): readonly string[] {
  const listed = matchers.flatMap((matcher) => valuesOf(matcher) ?? []);
  const meant = matchers
    .filter(({ operator }) => operator === '=~')
    .flatMap(({ value }) => value.split('|').map((part) => part.replaceAll(/\.[*+]/g, 'x')));
  return [...listed, 'any', ...meant, ''];
}

/** Whether the alerts do take these ways, get one key, and neither is at every account where the other is. */
function areKeptApart(
  one: Lead,
  other: Lead,
  [a, b]: Example['alerts'],
  { type }: Family,
  { route, receivers }: Config,
): boolean {
  const [routesOfA, routesOfB] = [matchRoutes(route, a), matchRoutes(route, b)];
  if (!routesOfA.includes(one.way.route) || !routesOfB.includes(other.way.route)) return false;
  if (keyOf(one, a) !== keyOf(other, b)) return false;
  const accountsOf = (labels: Labels, routes: typeof routesOfA) => {
    const integrations = routes.flatMap(({ receiver }) => receivers.get(receiver)?.integrations ?? []);
    const ofVendor = integrations.filter(({ vendor }) => vendor.type === type);
    return new Set(ofVendor.map((integration) => accountFor(integration, labels).target));
  };
  const [atA, atB] = [accountsOf(a, routesOfA), accountsOf(b, routesOfB)];
  return !isWithin(atA, atB) && !isWithin(atB, atA);
}

function isWithin(set: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return [...set].every((item) => other.has(item));
}

function keyOf({ way, integration }: Lead, labels: Labels): string {
  const incident = incidentWith(labels, way.route.groupBy);
  return integration.notifier.incidentKey?.(incident).key ?? incident.key;
}

function describe({ names, called, setting }: Family, { one, other, alerts }: Example): string {
  const matched = [...one.way.matchers, ...other.way.matchers].map(({ name }) => name);
  const shown = setting === 'group_by' ? [...names, ...matched] : matched;
  const [a, b] = alerts.map((labels) => printLabels(labels, new Set(shown)));
  const apart = [...new Set(matched)].filter((name) => !names.includes(name)).map(nameForMatcher);
  return [
    `alerts with the same ${called} can become two incidents under one key, at different accounts:`,
    `${a} at receiver ${one.way.route.receiver}, ${b} at ${other.way.route.receiver}.`,
    `Each ends with its own alerts. Add ${apart.join(', ')} to ${setting}, or lead both to one account`,
  ].join(' ');
}

function printLabels(labels: Labels, names: ReadonlySet<string>): string {
  const pairs = [...names].map((name) => [name, labelValue(labels, name)] as const);
  const printed = pairs
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${nameForMatcher(name)}=${quoteForMatcher(value)}`);
  return printed.length === 0 ? 'any other' : `{${printed.join(', ')}}`;
}
