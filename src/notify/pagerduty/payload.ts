import { JSON_BYTES, type Json, trimToFit } from '../../notification/fit.ts';
import { isWebURL, type Link, linksOf, MAX_URL_LENGTH } from '../../notification/links.ts';
import { type Alert, labelValue, type Notification } from '../../notification/notification.ts';
import { rate, type Severity, severityLabels } from '../../notification/severity.ts';
import { summaryOf } from '../../notification/summary.ts';
import { truncate } from '../../notification/text.ts';
import type { PagerDutySettings } from './settings.ts';

/** https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ */
const MAX_SUMMARY = 1024;
/** Not documented; the summary's limit keeps the other texts from being the ones that are refused. */
const MAX_FIELD = 1024;
/** "512 KB"; Alertmanager takes it as this many bytes (notify/pagerduty/pagerduty.go), the safe reading. */
const MAX_BODY_BYTES = 512_000;
/** Kept free for what is added to the event after it was measured: the routing key and the note of what was cut. */
const RESERVED_BYTES = 1_000;
/** What is tried when the vendor finds a body within its own limit too large. */
const REDUCED_BODY_BYTES = 64_000;

/** In ms since the epoch. ISO 8601 writes later dates in a form that is not accepted everywhere. */
const YEAR_10000 = 253_402_300_800_000;

export const CUTTABLE = [
  'summary',
  'source',
  'client',
  'client_url',
  'class',
  'component',
  'group',
  'custom_details',
] as const;

export interface PagerDutyEvent {
  /** The event's JSON text, all but `routing_key`. */
  readonly json: string;
  readonly cuts: readonly string[];
  readonly unknownSeverity: boolean;
}

export interface PayloadSettings extends PagerDutySettings {
  readonly severities: ReadonlyMap<string, Severity>;
}

type Details = { readonly [name: string]: Json };

/** A notification as a PagerDuty event within all of PagerDuty's limits. Resolves carry the payload too, as Alertmanager's do. */
export function toPagerDuty(
  notification: Notification,
  settings: PayloadSettings,
  reduced: boolean,
): PagerDutyEvent {
  const { action, incident } = notification;
  const cuts = new Set<string>();
  const text = (field: (typeof CUTTABLE)[number], value: string, limit = MAX_FIELD) => {
    const short = truncate(value, limit);
    if (short !== value) cuts.add(field);
    return short;
  };
  const texts = settings.severity === undefined ? severityLabels(incident) : [settings.severity];
  const { severity, unknown } = rate(texts, settings.severities);
  const client = text('client', settings.client.trim() || 'pagerelay');
  const clientURL = settings.client_url ?? alertsLink(notification);
  const event = {
    event_action: action,
    dedup_key: incident.key,
    client,
    client_url: isWebURL(clientURL) ? clientURL : undefined,
    payload: {
      summary: text('summary', settings.description?.trim() || summaryOf(incident), MAX_SUMMARY),
      source: text('source', settings.source?.trim() || sourceOf(notification, client)),
      severity,
      timestamp: timestampOf(incident.alerts),
      class: settings.class && text('class', settings.class),
      component: settings.component && text('component', settings.component),
      group: settings.group && text('group', settings.group),
      custom_details: detailsOf(notification, settings),
    },
    links: [...ownLinks(settings), ...linksOf(incident)],
    images: (settings.images ?? []).filter(({ src }) => /^https:\/\//i.test(src) && isWebURL(src)),
  };
  if (clientURL.length > MAX_URL_LENGTH) cuts.add('client_url');
  return {
    json: within(reduced ? REDUCED_BODY_BYTES : MAX_BODY_BYTES, event, cuts),
    cuts: [...cuts],
    unknownSeverity: unknown,
  };
}

function detailsOf({ incident }: Notification, settings: PayloadSettings): Details {
  const { alerts } = incident;
  const firing = alerts.filter((alert) => alert.status === 'firing');
  const resolved = alerts.filter((alert) => alert.status === 'resolved');
  return {
    ...settings.details,
    ...(incident.truncatedAlerts > 0 ? { truncated_alerts: incident.truncatedAlerts } : {}),
    num_firing: firing.length,
    num_resolved: resolved.length,
    labels: incident.commonLabels,
    annotations: incident.commonAnnotations,
    ...(alerts.length > 1 ? { firing: firing.map(alertDetails), resolved: resolved.map(alertDetails) } : {}),
    // Again, last: the user's value wins, and its place at the front is what trimming keeps.
    ...settings.details,
  };
}

function alertDetails({ labels, annotations, startsAt, generatorURL, fingerprint }: Alert): Details {
  return { labels, annotations, startsAt, generatorURL, fingerprint };
}

/** The event's JSON text; where it is over the limit, its details are trimmed and say so. */
function within(maxBytes: number, event: PagerDutyBody, cuts: Set<string>): string {
  const whole = JSON.stringify(event);
  const limit = maxBytes - RESERVED_BYTES;
  // A UTF-16 unit is at most three bytes in UTF-8: most events need no exact count.
  const bytes = whole.length * 3 <= limit ? 0 : Buffer.byteLength(whole);
  if (bytes <= limit) return whole;
  cuts.add('custom_details');
  const rest = bytes - Buffer.byteLength(JSON.stringify(event.payload.custom_details));
  const { value, cut, omitted } = trimToFit(event.payload.custom_details, limit - rest, JSON_BYTES);
  const note = `pagerelay: ${cut} texts cut and ${omitted} values left out, to fit PagerDuty's limit`;
  return JSON.stringify({
    ...event,
    payload: { ...event.payload, custom_details: { ...value, truncated: note } },
  });
}

interface PagerDutyBody {
  readonly payload: { readonly custom_details: Details };
}

function ownLinks({ links = [] }: PayloadSettings): readonly Link[] {
  return links
    .filter(({ href }) => isWebURL(href))
    .map(({ href, text }) => ({ href, text: truncate(text ?? href, MAX_FIELD) }));
}

/** The page of Alertmanager that lists the alerts of its receiver, as its own notifier links to. */
function alertsLink({ incident }: Notification): string {
  if (incident.externalURL === '') return '';
  return `${incident.externalURL}/#/alerts?receiver=${encodeURIComponent(incident.sender)}`;
}

function sourceOf({ incident }: Notification, client: string): string {
  return (
    labelValue(incident.commonLabels, 'instance').trim() ||
    labelValue(incident.commonLabels, 'job').trim() ||
    client
  );
}

/** When the first of the alerts began; undefined when none says, or when it is no four-digit year. */
function timestampOf(alerts: readonly Alert[]): string | undefined {
  const first = alerts.reduce(
    (earliest, { startsAtMs }) => (startsAtMs > 0 ? Math.min(earliest, startsAtMs) : earliest),
    YEAR_10000,
  );
  return first === YEAR_10000 ? undefined : new Date(first).toISOString();
}
