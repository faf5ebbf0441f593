import { type Measure, trimToFit } from '../../notification/fit.ts';
import { linksOf } from '../../notification/links.ts';
import { type Incident, labelValue, type Notification } from '../../notification/notification.ts';
import { rate, severityLabels } from '../../notification/severity.ts';
import { summaryOf } from '../../notification/summary.ts';
import { codePoints, truncate } from '../../notification/text.ts';
import { alertsDetail } from '../alerts-detail.ts';
import { orAbsent } from '../or-absent.ts';
import { createRendering, type Rendering, type TemplateFailure } from '../rendering.ts';
import { DEFAULT_SOURCE, type OpsgenieSettings } from './settings.ts';

// https://docs.opsgenie.com/docs/alert-api and its table of alert fields, in characters.
const MAX_MESSAGE = 130;
const MAX_DESCRIPTION = 15_000;
export const MAX_SOURCE = 100;
const MAX_ENTITY = 512;
const MAX_NOTE = 25_000;
const MAX_DETAILS = 8_000;
const MAX_TAGS = 20;
const MAX_ACTIONS = 10;
const MAX_TAG_OR_ACTION = 50;
const MAX_RESPONDERS = 50;
const MAX_VISIBLE_TO = 50;
export const MAX_ALIAS = 512;
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
  'visible_to',
] as const;
type Cuttable = (typeof CUTTABLE)[number];

export const PRIORITIES = ['P1', 'P2', 'P3', 'P4', 'P5'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** How urgent alerts of a priority are, where they have to wait for each other. */
export const SEVERITY_OF_PRIORITY = {
  P1: 'critical',
  P2: 'error',
  P3: 'warning',
  P4: 'info',
  P5: 'info',
} as const;
const PRIORITY_OF_SEVERITY = { critical: 'P1', error: 'P2', warning: 'P3', info: 'P5' } as const;
const DEFAULT_PRIORITY = 'P3';

const CHARACTERS: Measure = { text: codePoints, perValue: 0 };

/** What is to be done with an alert. */
export interface OpsgenieCall {
  /** Below the alert's own address: empty to create it. */
  readonly action: '' | 'acknowledge' | 'close' | 'message' | 'description' | 'details';
  readonly json: string;
  /** It only adds to another call. */
  readonly isExtra?: true;
}

export interface OpsgenieCalls {
  readonly calls: readonly OpsgenieCall[];
  readonly cuts: readonly string[];
  readonly unknownSeverity: boolean;
  readonly templateFailures: readonly TemplateFailure[];
}

export interface PayloadSettings extends OpsgenieSettings {
  readonly priorities: ReadonlyMap<string, Priority>;
}

/** What a field is made of: its template's text, cut to the vendor's limit. */
interface Fields {
  readonly rendering: Rendering;
  readonly cuts: Set<Cuttable>;
  /** Undefined where a setting has no template or it is blank. */
  given(setting: TextSetting): string | undefined;
  cut(field: Cuttable, text: string, limit: number): string;
}

type TextSetting = 'actions' | 'close_note' | 'entity' | 'message' | 'note' | 'tags';

function fieldsOf(incident: Incident, settings: PayloadSettings): Fields {
  const rendering = createRendering(incident);
  const cuts = new Set<Cuttable>();
  return {
    rendering,
    cuts,
    given(setting) {
      const text = rendering.text(setting, settings[setting]);
      return text?.trim() ? text : undefined;
    },
    cut(field, text, limit) {
      const short = truncate(text, limit);
      if (short !== text) cuts.add(field);
      return short;
    },
  };
}

/** The calls that create an alert, or count up and update the open one with this alias. */
export function toCreate(
  { incident }: Notification,
  settings: PayloadSettings,
  reduced: boolean,
): OpsgenieCalls {
  const fields = fieldsOf(incident, settings);
  const { rendering, cuts, given, cut } = fields;
  const list = (field: 'tags' | 'actions', limit: number) => {
    const items = commaSeparated(given(field));
    if (items.length > limit) cuts.add(field);
    return orAbsent(items.slice(0, limit).map((item) => cut(field, item, MAX_TAG_OR_ACTION)));
  };
  const people = (field: People, limit: number) => {
    const all = peopleOf(settings[field], field, rendering);
    if (all.length > limit) cuts.add(field);
    return orAbsent(all.slice(0, limit));
  };
  const { priority, unknown } = priorityOf(incident, rendering, settings);
  const message = cut('message', given('message') ?? summaryOf(incident), MAX_MESSAGE);
  const described = rendering.text('description', settings.description) ?? describe(incident, settings);
  const description = described.trim() && cut('description', described, reduced ? REDUCED : MAX_DESCRIPTION);
  const note = given('note');
  const entity = given('entity');
  const body = {
    alias: incident.key,
    message,
    description: description || undefined,
    details: within(reduced ? REDUCED : MAX_DETAILS, detailsOf(incident, settings, rendering), cuts),
    source: sourceOf(settings, fields),
    responders: people('responders', MAX_RESPONDERS),
    visibleTo: people('visible_to', MAX_VISIBLE_TO),
    tags: list('tags', MAX_TAGS),
    actions: list('actions', MAX_ACTIONS),
    note: note && cut('note', note, MAX_NOTE),
    priority,
    entity: entity && cut('entity', entity, MAX_ENTITY),
  };
  const create: OpsgenieCall = { action: '', json: JSON.stringify(body) };
  return {
    calls: settings.update_alerts ? [create, ...updates(message, description)] : [create],
    cuts: [...cuts],
    unknownSeverity: unknown,
    templateFailures: rendering.failures,
  };
}

/** An empty description cannot be set. */
function updates(message: string, description: string): readonly OpsgenieCall[] {
  const update = (action: 'message' | 'description', body: object): OpsgenieCall => ({
    action,
    json: JSON.stringify(body),
    isExtra: true,
  });
  return [
    update('message', { message }),
    ...(description === '' ? [] : [update('description', { description })]),
  ];
}

/** The calls that close an alert. */
export function toClose({ incident }: Notification, settings: PayloadSettings): OpsgenieCalls {
  const fields = fieldsOf(incident, settings);
  const { rendering, cuts, given, cut } = fields;
  const source = sourceOf(settings, fields);
  const note = given('close_note');
  const closing = { source, note: note && cut('note', note, MAX_NOTE) };
  const own = ownDetails(settings.close_details, 'close_details', rendering);
  const details = within(MAX_DETAILS, own, cuts);
  const close: OpsgenieCall = { action: 'close', json: JSON.stringify(closing) };
  const calls: readonly OpsgenieCall[] =
    Object.keys(own).length === 0
      ? [close]
      : // First, for an alias finds open alerts only.
        [{ action: 'details', json: JSON.stringify({ details, source }), isExtra: true }, close];
  return { calls, cuts: [...cuts], unknownSeverity: false, templateFailures: rendering.failures };
}

/** The call that tells that somebody knows of an alert. */
export function toAcknowledge({ incident }: Notification, settings: PayloadSettings): OpsgenieCalls {
  const fields = fieldsOf(incident, settings);
  return {
    calls: [{ action: 'acknowledge', json: JSON.stringify({ source: sourceOf(settings, fields) }) }],
    cuts: [...fields.cuts],
    unknownSeverity: false,
    templateFailures: fields.rendering.failures,
  };
}

/** Undefined: Opsgenie's own default. As at Alertmanager, that is what a blank one asks for. */
function priorityOf(
  incident: Incident,
  rendering: Rendering,
  settings: PayloadSettings,
): { priority: Priority | undefined; unknown: boolean } {
  const text = rendering.text('priority', settings.priority)?.trim();
  const isLeftOut = text === '' || (settings.priority === undefined && !settings.enrich);
  if (isLeftOut) return { priority: undefined, unknown: false };
  if (text !== undefined) return rateOne(text, settings.priorities);
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
  const named = label.trim().toUpperCase();
  const mapped = map.get(label) ?? PRIORITIES.find((priority) => priority === named);
  if (mapped !== undefined) return { priority: mapped, unknown: false };
  if (label === '') return { priority: DEFAULT_PRIORITY, unknown: false };
  const { severity, unknown } = rate([label], new Map());
  return { priority: unknown ? DEFAULT_PRIORITY : PRIORITY_OF_SEVERITY[severity], unknown };
}

function sourceOf(settings: PayloadSettings, { rendering, cut }: Fields): string {
  return cut('source', rendering.text('source', settings.source) ?? DEFAULT_SOURCE, MAX_SOURCE);
}

type Details = Readonly<Record<string, string>>;

function detailsOf(incident: Incident, settings: PayloadSettings, rendering: Rendering): Details {
  const { commonLabels, truncatedAlerts } = incident;
  const own = ownDetails(settings.details, 'details', rendering);
  return {
    ...own,
    ...(truncatedAlerts > 0 ? { truncated_alerts: String(truncatedAlerts) } : {}),
    ...(settings.read_back ? alertsDetail(incident) : {}),
    ...commonLabels,
    // Again, last: the user's value wins, and its place at the front is what trimming keeps.
    ...own,
  };
}

/** Opsgenie's details are texts by name, limited in total. */
function within(limit: number, whole: Details, cuts: Set<Cuttable>): Details {
  if (trimToFit(whole, limit, CHARACTERS).value === whole) return whole;
  const { value, cut, omitted } = trimToFit(whole, limit - NOTE_CHARACTERS, CHARACTERS);
  cuts.add('details');
  return { ...value, truncated: `${cut} texts cut and ${omitted} values left out, to fit Opsgenie's limit` };
}

function ownDetails(
  details: OpsgenieSettings['details'] = {},
  setting: 'details' | 'close_details',
  rendering: Rendering,
): Details {
  return Object.fromEntries(
    Object.entries(details).map(([name, template]) => [
      name,
      rendering.text(`${setting}.${name}`, template) ?? '',
    ]),
  );
}

function describe(incident: Incident, { enrich }: PayloadSettings): string {
  if (!enrich) return '';
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

type Person = Partial<Record<'type' | 'id' | 'name' | 'username', string>>;

/** The types that Opsgenie takes; `teams` is Alertmanager's word for several teams in one name. */
export const PEOPLE_TYPES: Readonly<Record<People, readonly string[]>> = {
  responders: ['team', 'teams', 'user', 'escalation', 'schedule'],
  visible_to: ['team', 'teams', 'user'],
};
export type People = 'responders' | 'visible_to';

/** Whoever turns out to have no name or no possible type is left out: Opsgenie would refuse the whole alert. */
function peopleOf(
  people: readonly Responder[] = [],
  setting: People,
  rendering: Rendering,
): readonly Person[] {
  return people.flatMap((person): readonly Person[] => {
    const text = (field: 'id' | 'name' | 'username') =>
      rendering.text(`${setting}.${field}`, person[field])?.trim() || undefined;
    const [id, name, username] = [text('id'), text('name'), text('username')];
    const written = rendering.text(`${setting}.type`, person.type);
    if (written === undefined || (id ?? name ?? username) === undefined) return [];
    const type = written.trim().toLowerCase();
    if (!PEOPLE_TYPES[setting].includes(type)) {
      rendering.fail(`${setting}.type`, notOneOf(PEOPLE_TYPES[setting], written));
      return [];
    }
    if (type === 'teams') return commaSeparated(name).map((team) => ({ type: 'team', name: team }));
    return [{ id, name, username, type } as Person];
  });
}

export function notOneOf(allowed: readonly string[], got: string): string {
  return `must be one of ${allowed.join(', ')} (got ${JSON.stringify(got)})`;
}

function commaSeparated(text = ''): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
