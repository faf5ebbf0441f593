import type { Alert, Labels } from '../notification/notification.ts';
import { truncate } from '../notification/text.ts';
import type { Fields } from '../observe/log.ts';
import type { DeadLetter } from './dead-letters.ts';
import { MAX_FINGERPRINTS } from './decisions.ts';

/** A dead letter in a list. */
export interface ShownDeadLetter {
  readonly id: string;
  /** RFC 3339. */
  readonly at: string;
  readonly receiver: string;
  readonly integration: string;
  readonly incident_key: string;
  readonly action: string;
  readonly reason: string;
  readonly detail: string;
  /** How many there are. */
  readonly alerts: number;
  /** Of the first 20 of them. */
  readonly fingerprints: readonly string[];
  readonly replays: number;
}

/** One with what it says, of at most 64 KiB as JSON. */
export interface WholeDeadLetter extends ShownDeadLetter {
  readonly group_key: string;
  readonly sender: string;
  readonly content: readonly ShownAlert[];
  /** What of the alerts is not shown; a replay sends all of it. */
  readonly cut?: string;
}

/** In Alertmanager's own names. */
type ShownAlert = Omit<Alert, 'startsAtMs'>;

/** What is shown of alerts: the first of them, the first labels and annotations of each, the beginning of each text. */
interface Bounds {
  readonly alerts: number;
  readonly entries: number;
  /** In characters. */
  readonly text: number;
}

const MAX_CONTENT_BYTES = 64 * 1024;
const WIDEST: Bounds = { alerts: 100, entries: 100, text: 65_536 };
/** Tried in this order, so that the longest texts are cut first. In the last one anything fits: a character takes up to 6 bytes as JSON. */
const NARROWER: readonly Bounds[] = [
  { alerts: 100, entries: 100, text: 8_192 },
  { alerts: 100, entries: 100, text: 2_048 },
  { alerts: 100, entries: 100, text: 512 },
  { alerts: 100, entries: 50, text: 128 },
  { alerts: 20, entries: 20, text: 128 },
  { alerts: 1, entries: 20, text: 128 },
];
/** Longest name of a label or annotation, in characters. */
const MAX_NAME = 128;
const MAX_GROUP_KEY = 512;
const MAX_SENDER = 100;

const LOGGED: Bounds = { alerts: 1, entries: 20, text: 200 };
/** A link that is cut leads nowhere, and Prometheus writes the whole rule into it. */
const MAX_LOGGED_URL = 1_024;
const MAX_LOGGED_FINGERPRINTS = 100;
/** Of the labels of a group's other alerts, in characters as JSON. */
const MAX_LOGGED_OTHERS = 16_384;

export function showDeadLetter(letter: DeadLetter): ShownDeadLetter {
  const { id, at, receiver, integration, incident, action, reason, detail, replays } = letter;
  return {
    id,
    at: new Date(at).toISOString(),
    receiver,
    integration,
    incident_key: incident.key,
    action,
    reason,
    detail,
    alerts: incident.alerts.length,
    fingerprints: fingerprintsOf(incident.alerts, MAX_FINGERPRINTS),
    replays,
  };
}

/** What somebody needs who has nothing but this. There is no credential in it: all of it comes from the alerts, but for names, ids and the vendor's words. */
export function showWholeDeadLetter(letter: DeadLetter): WholeDeadLetter {
  const { alerts, groupKey, sender } = letter.incident;
  return {
    ...showDeadLetter(letter),
    group_key: truncate(groupKey, MAX_GROUP_KEY),
    sender: truncate(sender, MAX_SENDER),
    ...contentOf(alerts),
  };
}

/** The same for a line of the log, with the texts of the first alert, and the labels of as many others as have room. */
export function fieldsOf(letter: DeadLetter): Fields {
  const { id, receiver, integration, incident, action, reason, detail } = letter;
  const [first, ...others] = incident.alerts;
  return {
    id,
    receiver,
    integration,
    incident_key: incident.key,
    group_key: truncate(incident.groupKey, MAX_GROUP_KEY),
    sender: truncate(incident.sender, MAX_SENDER),
    action,
    reason,
    detail,
    alerts: incident.alerts.length,
    fingerprints: fingerprintsOf(incident.alerts, MAX_LOGGED_FINGERPRINTS),
    starts_at: truncate(first?.startsAt ?? '', MAX_NAME),
    generator_url: truncate(first?.generatorURL ?? '', MAX_LOGGED_URL),
    labels: pairs(first?.labels),
    annotations: pairs(first?.annotations),
    ...(others.length > 0 ? { others: labelsOf(others) } : {}),
  };
}

function pairs(texts: Labels = {}): readonly string[] {
  return Object.entries(within(texts, LOGGED)).map(([name, value]) => `${name}=${value}`);
}

function labelsOf(alerts: readonly Alert[]): readonly string[] {
  const shown: string[] = [];
  let left = MAX_LOGGED_OTHERS;
  for (const { labels } of alerts) {
    const text = pairs(labels).join(', ');
    left -= JSON.stringify(text).length;
    if (left < 0) break;
    shown.push(text);
  }
  return shown;
}

function fingerprintsOf(alerts: readonly Alert[], limit: number): readonly string[] {
  return alerts.slice(0, limit).map(({ fingerprint }) => fingerprint);
}

function contentOf(alerts: readonly Alert[]): Pick<WholeDeadLetter, 'content' | 'cut'> {
  let bounds = WIDEST;
  let content = showAlerts(alerts, bounds);
  for (const narrower of NARROWER) {
    if (fits(content)) break;
    bounds = narrower;
    content = showAlerts(alerts, bounds);
  }
  return isCut(alerts, bounds) ? { content, cut: describe(bounds) } : { content };
}

/** Texts that are too long already are not turned into JSON first: they may be longer than a string can be. */
function fits(content: readonly ShownAlert[]): boolean {
  let length = 0;
  for (const { labels, annotations, generatorURL } of content) {
    length += generatorURL.length;
    for (const texts of [labels, annotations]) {
      for (const [name, value] of Object.entries(texts)) length += name.length + value.length;
    }
  }
  return length <= MAX_CONTENT_BYTES && Buffer.byteLength(JSON.stringify(content)) <= MAX_CONTENT_BYTES;
}

function showAlerts(alerts: readonly Alert[], bounds: Bounds): readonly ShownAlert[] {
  return alerts.slice(0, bounds.alerts).map((alert) => showAlert(alert, bounds));
}

function showAlert(
  { status, labels, annotations, startsAt, endsAt, generatorURL, fingerprint }: Alert,
  bounds: Bounds,
): ShownAlert {
  return {
    status,
    labels: within(labels, bounds),
    annotations: within(annotations, bounds),
    startsAt: truncate(startsAt, MAX_NAME),
    endsAt: truncate(endsAt, MAX_NAME),
    generatorURL: truncate(generatorURL, bounds.text),
    fingerprint,
  };
}

function within(texts: Labels, { entries, text }: Bounds): Labels {
  const first = Object.entries(texts).slice(0, entries);
  return Object.fromEntries(first.map(([name, value]) => [truncate(name, MAX_NAME), truncate(value, text)]));
}

function isCut(alerts: readonly Alert[], { alerts: shown, entries, text }: Bounds): boolean {
  const isLong = (value: string, limit: number) => truncate(value, limit) !== value;
  const isMore = (texts: Labels) =>
    Object.keys(texts).length > entries ||
    Object.entries(texts).some(([name, value]) => isLong(name, MAX_NAME) || isLong(value, text));
  return (
    alerts.length > shown ||
    alerts.some(
      ({ labels, annotations, generatorURL }) =>
        isMore(labels) || isMore(annotations) || isLong(generatorURL, text),
    )
  );
}

function describe({ alerts, entries, text }: Bounds): string {
  return `shown are the first ${alerts === 1 ? 'alert' : `${alerts} alerts`}, ${entries} labels and ${entries} annotations of each, and ${text} characters of each text`;
}
