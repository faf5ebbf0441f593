import type { Fault, Path } from '../config/problem.ts';
import type { AlertmanagerFile, AlertmanagerReceiver } from './alertmanager-schema.ts';
import { carryOpsgenie } from './opsgenie-entry.ts';
import { carryPagerDuty } from './pagerduty-entry.ts';
import type { Carried } from './settings.ts';

/** The lists of a receiver whose entries can be carried over. */
export const CARRIED_LISTS = ['pagerduty_configs', 'opsgenie_configs'] as const;
export type CarriedList = (typeof CARRIED_LISTS)[number];

/** Major and minor: `[0, 34]`. */
export type Version = readonly [number, number];

/** An entry that is carried over, or shall be. */
export interface Entry {
  /** Its place in alertmanager.yml: `receivers[receiver][list][index]`. */
  readonly receiver: number;
  readonly list: CarriedList;
  readonly index: number;
  readonly path: Path;
  /** As ours. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What becomes different. */
  readonly notes: readonly Fault[];
}

/** Every entry that can be carried over as far as it alone can tell, and why the others stay. */
export function carryAll(
  { receivers }: AlertmanagerFile,
  version: Version,
): { readonly entries: readonly Entry[]; readonly staying: readonly Fault[] } {
  const entries: Entry[] = [];
  const staying: Fault[] = [];
  for (const [receiver, settings] of receivers.entries()) {
    const carried = carryReceiver(settings, version);
    for (const list of CARRIED_LISTS) {
      for (const [index, entry] of carried[list].entries()) {
        const path = ['receivers', receiver, list, index];
        if ('stays' in entry) staying.push({ path, message: staysBecause(entry.stays) });
        else {
          const notes = entry.notes.map((note) => ({ ...note, path: [...path, ...note.path] }));
          entries.push({ receiver, list, index, path, settings: entry.settings, notes });
        }
      }
    }
  }
  return { entries, staying };
}

/** Notes on entries of one receiver that go to one account: there they are one incident, of which one is told. */
export function sharedAccounts(entries: readonly Entry[]): readonly Fault[] {
  const first = new Map<string, Entry>();
  return entries.flatMap((entry) => {
    const { url, routing_key, routing_key_file, api_url, api_key, api_key_file } = entry.settings;
    const keys = [url, routing_key, routing_key_file, api_url, api_key, api_key_file];
    const account = JSON.stringify([entry.receiver, entry.list, ...keys]);
    const other = first.get(account);
    if (other === undefined) {
      first.set(account, entry);
      return [];
    }
    const message = `the key is that of ${entry.list}[${other.index}]: of one incident pagerelay tells an account once, as the first entry says`;
    return [{ path: entry.path, message }];
  });
}

export function staysBecause(reason: string): string {
  return `stays in alertmanager.yml: ${reason}`;
}

function carryReceiver(
  { pagerduty_configs = [], opsgenie_configs = [] }: AlertmanagerReceiver,
  version: Version,
): Readonly<Record<CarriedList, readonly Carried[]>> {
  // Since 0.30 Alertmanager reads rendered details as YAML (template/template.go).
  const detailsFormat = isBefore(version, [0, 30]) ? 'text' : 'yaml';
  return {
    pagerduty_configs: pagerduty_configs.map((entry) => carryPagerDuty(entry, detailsFormat)),
    opsgenie_configs: opsgenie_configs.map(carryOpsgenie),
  };
}

function isBefore([major, minor]: Version, [otherMajor, otherMinor]: Version): boolean {
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}
