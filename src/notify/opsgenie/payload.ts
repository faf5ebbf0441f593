import { type Measure, trimToFit } from '../../notification/fit.ts';
import { linksOf } from '../../notification/links.ts';
import { type Incident, labelValue, type Notification } from '../../notification/notification.ts';
import { rate, severityLabels } from '../../notification/severity.ts';
import { summaryOf } from '../../notification/summary.ts';
import { codePoints, truncate } from '../../notification/text.ts';
import type { OpsgenieSettings } from './settings.ts';

// https://docs.opsgenie.com/docs/alert-api and its table of alert fields, in characters.
const MAX_MESSAGE = 130;
const MAX_DESCRIPTION = 15_000;
const MAX_SOURCE = 100;
const MAX_ENTITY = 512;
const MAX_NOTE = 25_000;
const MAX_DETAILS = 8_000;
const MAX_TAGS = 20;
const MAX_ACTIONS = 10;
const MAX_TAG_OR_ACTION = 50;
const MAX_RESPONDERS = 50;
/** Description and details when the vendor finds them within its own limits too large. */
const REDUCED = 1_000;

/** Alerts listed in a description: more would only push the links out of it. */
const MAX_LISTED_ALERTS = 20;

/** Room kept in the details for the note that says what was cut. */
const NOTE_CHARACTERS = 100;

export const CUTTABLE = [
  'message',
  'description',
  'source',
  'entity',
  'note',
  'details',
  'tags',
  'actions',
  'responders',
] as const;
type Cuttable = (typeof CUTTABLE)[number];

export const PRIORITIES = ['P1', 'P2', 'P3', 'P4', 'P5'] as const;
export type Priority = (typeof PRIORITIES)[number];

const PRIORITY_OF_SEVERITY = { critical: 'P1', error: 'P2', warning: 'P3', info: 'P5' } as const;
const DEFAULT_PRIORITY = 'P3';

const CHARACTERS: Measure = { text: codePoints, perValue: 0 };

export interface OpsgenieAlert {
  readonly json: string;
  readonly cuts: readonly string[];
  readonly unknownSeverity: boolean;
}

export interface PayloadSettings extends OpsgenieSettings {
  readonly priorities: ReadonlyMap<string, Priority>;
}

/** The body that creates an alert, or counts up the open one with this alias. */
export function toCreate(
  { incident }: Notification,
  settings: PayloadSettings,
  reduced: boolean,
): OpsgenieAlert {
  const cuts = new Set<Cuttable>();
  const text = (field: Cuttable, value: string, limit: number) => {
    const short = truncate(value, limit);
    if (short !== value) cuts.add(field);
    return short;
  };
  const list = (field: Cuttable, value: string | undefined, limit: number) => {
    const items = commaSeparated(value);
    if (items.length > limit) cuts.add(field);
    return items.slice(0, limit).map((item) => text(field, item, MAX_TAG_OR_ACTION));
  };
  const responders = respondersOf(settings);
  if (responders.length > MAX_RESPONDERS) cuts.add('responders');
  const { priority, unknown } = priorityOf(incident, settings);
  const description = settings.description ?? describe(incident);
  const body = {
    alias: incident.key,
    message: text('message', settings.message?.trim() || summaryOf(incident), MAX_MESSAGE),
    description: text('description', description, reduced ? REDUCED : MAX_DESCRIPTION) || undefined,
    details: detailsWithin(reduced ? REDUCED : MAX_DETAILS, incident, settings, cuts),
    source: text('source', settings.source, MAX_SOURCE),
    responders: responders.length === 0 ? undefined : responders.slice(0, MAX_RESPONDERS),
    tags: orAbsent(list('tags', settings.tags, MAX_TAGS)),
    actions: orAbsent(list('actions', settings.actions, MAX_ACTIONS)),
    note: settings.note ? text('note', settings.note, MAX_NOTE) : undefined,
    priority,
    entity: settings.entity ? text('entity', settings.entity, MAX_ENTITY) : undefined,
  };
  return { json: JSON.stringify(body), cuts: [...cuts], unknownSeverity: unknown };
}

/** The body that closes an alert. */
export function toClose(settings: PayloadSettings): OpsgenieAlert {
  return {
    json: JSON.stringify({ source: truncate(settings.source, MAX_SOURCE) }),
    cuts: [],
    unknownSeverity: false,
  };
}

function priorityOf(incident: Incident, settings: PayloadSettings): { priority: Priority; unknown: boolean } {
  const configured = settings.priority?.trim().toUpperCase();
  if (configured) {
    const priority = PRIORITIES.find((p) => p === configured);
    return { priority: priority ?? DEFAULT_PRIORITY, unknown: priority === undefined };
  }
  let highest: Priority | undefined;
  let unknown = false;
  for (const label of severityLabels(incident)) {
    const rated = rateOne(label, settings.priorities);
    unknown ||= rated.unknown;
    if (highest === undefined || rated.priority < highest) highest = rated.priority;
  }
  return { priority: highest ?? DEFAULT_PRIORITY, unknown };
}

function rateOne(
  label: string,
  map: ReadonlyMap<string, Priority>,
): { priority: Priority; unknown: boolean } {
  const mapped = map.get(label);
  if (mapped !== undefined) return { priority: mapped, unknown: false };
  if (label === '') return { priority: DEFAULT_PRIORITY, unknown: false };
  const { severity, unknown } = rate([label], new Map());
  return { priority: unknown ? DEFAULT_PRIORITY : PRIORITY_OF_SEVERITY[severity], unknown };
}

/** Opsgenie's details are texts by name, limited in total. */
function detailsWithin(
  limit: number,
  { commonLabels, truncatedAlerts }: Incident,
  settings: PayloadSettings,
  cuts: Set<Cuttable>,
): Readonly<Record<string, string>> {
  const whole = {
    ...settings.details,
    ...(truncatedAlerts > 0 ? { truncated_alerts: String(truncatedAlerts) } : {}),
    ...commonLabels,
    // Again, last: the user's value wins, and its place at the front is what trimming keeps.
    ...settings.details,
  };
  if (trimToFit(whole, limit, CHARACTERS).value === whole) return whole;
  const { value, cut, omitted } = trimToFit(whole, limit - NOTE_CHARACTERS, CHARACTERS);
  cuts.add('details');
  return { ...value, truncated: `${cut} texts cut and ${omitted} values left out, to fit Opsgenie's limit` };
}

function describe(incident: Incident): string {
  const { alerts, commonAnnotations } = incident;
  const links = linksOf(incident).map(({ text, href }) => `${text}: ${href}`);
  const listed =
    alerts.length === 1
      ? []
      : alerts.slice(0, MAX_LISTED_ALERTS).map(({ status, labels, annotations }) => {
          const summary = labelValue(annotations, 'summary') || labelValue(labels, 'alertname');
          const instance = labelValue(labels, 'instance');
          return `- ${status}: ${summary}${instance === '' ? '' : ` (${instance})`}`;
        });
  if (alerts.length > MAX_LISTED_ALERTS) listed.push(`- and ${alerts.length - MAX_LISTED_ALERTS} more`);
  const parts = [links.join('\n'), labelValue(commonAnnotations, 'description'), listed.join('\n')];
  return parts.filter((part) => part !== '').join('\n\n');
}

export type Responder = NonNullable<OpsgenieSettings['responders']>[number];

/** `teams` is Alertmanager's word for several teams in one name. */
function respondersOf({ responders = [] }: PayloadSettings): readonly Responder[] {
  return responders.flatMap(({ type, ...who }) => {
    if (type.toLowerCase() !== 'teams') return [{ type: type.toLowerCase(), ...who }];
    return commaSeparated(who.name).map((name) => ({ type: 'team', name }));
  });
}

function commaSeparated(text = ''): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function orAbsent(list: readonly string[]): readonly string[] | undefined {
  return list.length === 0 ? undefined : list;
}
