import { Document, isMap, isScalar } from 'yaml';
import type { AlertmanagerFile } from './alertmanager-schema.ts';
import { CARRIED_LISTS, type Entry } from './entry.ts';
import type { RouteTree } from './route-tree.ts';

/** What a config of ours is made of. */
export interface ConfigParts {
  readonly file: AlertmanagerFile;
  readonly fileName: string;
  readonly templates: readonly string[];
  readonly route: RouteTree;
  readonly carried: readonly Entry[];
}

/** A config that sends what the carried entries sent, behind the same route tree. */
export function printConfig({ file, fileName, templates, route, carried }: ConfigParts): string {
  const receivers = file.receivers.map(({ name }, i) => {
    const lists = CARRIED_LISTS.map((list) => {
      const own = carried.filter((entry) => entry.receiver === i && entry.list === list);
      return [list, own.map(({ settings }) => settings)] as const;
    });
    return { name, ...Object.fromEntries(lists.filter(([, entries]) => entries.length > 0)) };
  });
  const global = globalSettings(file, carried);
  const { routes, ...root } = route;
  const config = {
    ...(Object.keys(global).length === 0 ? {} : { global }),
    ...(templates.length === 0 ? {} : { templates }),
    route: { ...root, dedup: { window: '0s' }, ...(routes === undefined ? {} : { routes }) },
    receivers,
  };
  // Texts that YAML 1.1 takes for something else are quoted: other tools may read the file.
  const doc = new Document(config, { compat: 'yaml-1.1', aliasDuplicateObjects: false });
  doc.commentBefore = comment(fileName, receivers);
  if (isMap(doc.contents)) {
    for (const { key } of doc.contents.items.slice(1)) if (isScalar(key)) key.spaceBefore = true;
  }
  return doc.toString({ lineWidth: 0, singleQuote: true });
}

/** Whether the entry has its value of a `global` setting from there. */
export function inherits({ list, settings }: Entry, setting: string): boolean {
  if (setting === 'http_config') return settings.http_config === undefined;
  if (list === 'pagerduty_configs') return setting === 'pagerduty_url' && settings.url === undefined;
  if (setting === 'opsgenie_api_url') return settings.api_url === undefined;
  const hasKey = settings.api_key !== undefined || settings.api_key_file !== undefined;
  return setting.startsWith('opsgenie_api_key') && !hasKey;
}

/** Only what a carried entry needs. */
function globalSettings(
  { global }: AlertmanagerFile,
  carried: readonly Entry[],
): Readonly<Record<string, unknown>> {
  const settings = [
    'pagerduty_url',
    'opsgenie_api_url',
    'opsgenie_api_key',
    'opsgenie_api_key_file',
    'http_config',
  ];
  const given = settings.map((setting) => [setting, global[setting]] as const);
  return Object.fromEntries(
    given.filter(([setting, value]) => value && carried.some((entry) => inherits(entry, setting))),
  );
}

function comment(fileName: string, receivers: readonly { readonly name: string }[]): string {
  const idle = receivers.filter((receiver) => Object.keys(receiver).length === 1).map(({ name }) => name);
  const lines = [
    `Made by \`pagerelay import\` from ${fileName}: it sends what the PagerDuty and Opsgenie entries there sent.`,
    'Alertmanager keeps the rest: routes with their grouping and time intervals, inhibition, silences, other integrations.',
  ];
  lines.push(
    'With `dedup.window: 0s` all that Alertmanager posts is sent, as before; without it what is unchanged waits an hour.',
  );
  if (idle.length > 0) {
    const names = idle.map((name) => JSON.stringify(name)).join(', ');
    lines.push(
      `What /webhook routes to these receivers is taken and dropped, for they have no entry here: ${names}`,
    );
  }
  return lines.map((line) => ` ${line}`).join('\n');
}
