import { type Fault, type Path, type Problem, printPath } from '../config/problem.ts';
import type { Position } from '../config/source.ts';
import { pathSegment } from '../notification/text.ts';
import { withHttpFiles } from '../notify/http-files.ts';
import { readAlertmanager } from './alertmanager-file.ts';
import type { AlertmanagerFile } from './alertmanager-schema.ts';
import { inherits, printConfig } from './config-text.ts';
import {
  CARRIED_LISTS,
  type CarriedList,
  carryAll,
  type Entry,
  sharedAccounts,
  staysBecause,
  type Version,
} from './entry.ts';
import { type Reduction, reduceAlertmanager } from './reduce.ts';
import { toRouteTree } from './route-tree.ts';

export interface ImportOptions {
  /** The alertmanager.yml's name, for messages. */
  readonly fileName: string;
  /** The Alertmanager whose defaults are written out. */
  readonly version: Version;
  /** Where Alertmanager reaches the relay: `http://pagerelay:9096`. */
  readonly relayUrl: string;
  /** A path relative to alertmanager.yml's folder, made relative to that of the config. */
  rebase(path: string): string;
  /** What is wrong with a config of ours. */
  check(config: string): readonly Problem[];
}

export interface Imported {
  /** Our config, in which nothing is wrong. */
  readonly config: string;
  /** The alertmanager.yml that posts to the relay. */
  readonly alertmanager: string;
  /** What stays in alertmanager.yml and why, and what becomes different; each with its place in the one given. */
  readonly notes: readonly Problem[];
  readonly carried: readonly Entry[];
  /** How many keys stand in our config as they are. */
  readonly inlineKeys: number;
}

interface Refusal {
  readonly entry: Entry;
  readonly fault: Fault;
}

/**
 * Divides an alertmanager.yml into a config of ours, which sends what its PagerDuty and Opsgenie entries sent, and an
 * alertmanager.yml that posts to the relay. An entry that cannot be carried over stays where it was. Faults for which
 * Alertmanager would not take the file either are returned instead.
 */
export function importAlertmanager(text: string, options: ImportOptions): Imported | readonly Problem[] {
  const { fileName, version, rebase, check, relayUrl } = options;
  const source = readAlertmanager(text);
  if ('length' in source) return source.map((fault) => toProblem(fault, fault, fileName, false));
  const { locate } = source;
  const file = withRebasedFiles(source.file, rebase);
  const located = (faults: readonly Fault[], warning: boolean) =>
    faults
      .map((fault) => toProblem(fault, locate(fault.path), fileName, warning))
      .sort((a, b) => a.line - b.line || a.column - b.column);
  const faults: Fault[] = [];
  const route = toRouteTree(file.route, ['route'], faults);
  if (faults.length > 0) return located(faults, false);

  const { entries, staying } = carryAll(file, version);
  const templates = (file.templates ?? []).map(rebase);
  const print = (carried: readonly Entry[]) => printConfig({ file, fileName, templates, route, carried });
  const { config, carried, refused, problems } = withoutRefused(entries, print, check);
  if (problems.length > 0) {
    // Those without a path are in another file, a template.
    const elsewhere = problems.filter(({ path }) => path === '');
    const here = problems.filter(({ path }) => path !== '');
    return [...elsewhere, ...located(here.map(toFault), false)];
  }
  return {
    config,
    alertmanager: reduceAlertmanager(source, text, reductionsOf(file, carried, relayUrl)),
    notes: located(
      [...staying, ...refused, ...carried.flatMap(({ notes }) => notes), ...sharedAccounts(carried)],
      true,
    ),
    carried,
    inlineKeys: inlineKeys(file, carried),
  };
}

interface Attempt {
  readonly config: string;
  readonly carried: readonly Entry[];
  /** Why entries had to be left out. */
  readonly refused: readonly Fault[];
  /** What is wrong with the config for other reasons. */
  readonly problems: readonly Problem[];
}

/** The config with as many entries as it is taken with. */
function withoutRefused(
  entries: readonly Entry[],
  print: (carried: readonly Entry[]) => string,
  check: ImportOptions['check'],
): Attempt {
  const refused: Fault[] = [];
  let carried = entries;
  for (;;) {
    const config = print(carried);
    const problems = check(config).filter(({ warning }) => !warning);
    const refusals = problems.flatMap((problem) => refusalsFor(problem, carried));
    if (refusals.length === 0) return { config, carried, refused, problems };
    refused.push(...refusals.map(({ fault }) => fault));
    carried = carried.filter((entry) => !refusals.some((refusal) => refusal.entry === entry));
  }
}

/** The entries for which our config has this problem: none when it is one of the file as a whole. */
function refusalsFor({ path, message }: Problem, carried: readonly Entry[]): readonly Refusal[] {
  const [section, name, list, place, ...inside] = parsePath(path);
  if (section === 'global') {
    const because = staysBecause(`its global.${name} is not taken here: ${message}`);
    const concerned = carried.filter((entry) => inherits(entry, String(name)));
    return concerned.map((entry) => ({ entry, fault: { path: entry.path, message: because } }));
  }
  if (section !== 'receivers') return [];
  const entry = carried.filter((each) => each.receiver === name && each.list === list)[Number(place)];
  if (entry === undefined) return [];
  return [{ entry, fault: { path: [...entry.path, ...inside], message: staysBecause(message) } }];
}

function inlineKeys({ global }: AlertmanagerFile, carried: readonly Entry[]): number {
  const own = carried.filter(({ settings }) => settings.routing_key ?? settings.api_key).length;
  const isInherited = carried.some((entry) => inherits(entry, 'opsgenie_api_key'));
  return own + (global.opsgenie_api_key && isInherited ? 1 : 0);
}

function reductionsOf(
  { receivers, global }: AlertmanagerFile,
  carried: readonly Entry[],
  relayUrl: string,
): readonly Reduction[] {
  return receivers.flatMap((receiver, index) => {
    const gone = carried.filter((entry) => entry.receiver === index);
    if (gone.length === 0) return [];
    const stayingIn = (list: CarriedList) =>
      [...(receiver[list] ?? []).keys()].filter((i) => !gone.some((e) => e.list === list && e.index === i));
    const webhook = {
      url: `${relayUrl}/webhook/${pathSegment(receiver.name.toWellFormed())}`,
      // Where no entry wants resolved alerts, Alertmanager need not post for them.
      send_resolved: String(gone.some(({ settings }) => settings.send_resolved !== false)),
      max_alerts: '0',
      // The proxy and credentials for the vendors are not for the relay.
      ...(global.http_config === undefined ? {} : { http_config: {} }),
    };
    return [{ index, webhook, staying: stayingIn }];
  });
}

/** The file with the paths of its `http_config`s made relative to the folder of our config. */
function withRebasedFiles(file: AlertmanagerFile, rebase: ImportOptions['rebase']): AlertmanagerFile {
  const rebased = <T extends object>(section: T): T =>
    'http_config' in section
      ? { ...section, http_config: withHttpFiles(section.http_config, rebase) }
      : section;
  return {
    ...file,
    global: rebased(file.global),
    receivers: file.receivers.map((receiver) => ({
      ...receiver,
      ...Object.fromEntries(
        CARRIED_LISTS.flatMap((list) => (receiver[list] ? [[list, receiver[list].map(rebased)]] : [])),
      ),
    })),
  };
}

function toProblem({ path, message }: Fault, at: Position, file: string, warning: boolean): Problem {
  return { file, line: at.line, column: at.column, path: printPath(path), message, warning };
}

function toFault({ path, message }: Problem): Fault {
  return { path: parsePath(path), message };
}

/** The steps of a printed path. A label's name with a dot in it is taken apart, which only makes the place less exact. */
function parsePath(path: string): Path {
  return Array.from(path.matchAll(/\[(\d+)\]|([^.[\]]+)/g), ([, index, name = '']) =>
    index === undefined ? name : Number(index),
  );
}
