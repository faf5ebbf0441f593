import { JSON_BYTES, trimToFit } from '../../notification/fit.ts';
import { isWebURL, type Link, linksOf, MAX_URL_LENGTH } from '../../notification/links.ts';
import { type Alert, type Incident, labelValue, type Notification } from '../../notification/notification.ts';
import { rate, type Severity, severityLabels } from '../../notification/severity.ts';
import { summaryOf } from '../../notification/summary.ts';
import { truncate } from '../../notification/text.ts';
import { orAbsent } from '../or-absent.ts';
import { createRendering, type Rendering, type TemplateFailure } from '../rendering.ts';
import { type Details, detailsOf } from './details.ts';
import { DEFAULT_CLIENT, type PagerDutySettings } from './settings.ts';

/** https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ */
const MAX_SUMMARY = 1024;
export const MAX_DEDUP_KEY = 255;
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
  /** The event's JSON text in UTF-8, all but `routing_key`: as bytes it costs the garbage collector nothing while it waits. */
  readonly json: Buffer;
  readonly cuts: readonly string[];
  readonly unknownSeverity: boolean;
  readonly templateFailures: readonly TemplateFailure[];
}

export interface PayloadSettings extends PagerDutySettings {
  readonly severities: ReadonlyMap<string, Severity>;
  /** A time in ms since the epoch as text. */
  readonly isoTime: (at: number) => string;
}

/** A notification as a PagerDuty event within all of PagerDuty's limits. Resolves carry the payload too, as Alertmanager's do. */
export function toPagerDuty(
  notification: Notification,
  settings: PayloadSettings,
  reduced: boolean,
): PagerDutyEvent {
  const { action, incident } = notification;
  const cuts: string[] = [];
  const rendering = createRendering(incident);
  const cut = (field: (typeof CUTTABLE)[number], value: string, limit = MAX_FIELD) => {
    const short = truncate(value, limit);
    if (short !== value) cuts.push(field);
    return short;
  };
  /** The text of a setting, or undefined where it has none or is blank. */
  const given = (field: 'class' | 'client' | 'component' | 'description' | 'group' | 'source') => {
    const text = rendering.text(field, settings[field]);
    return text?.trim() ? text : undefined;
  };
  const optional = (field: 'class' | 'component' | 'group') => {
    const text = given(field);
    return text && cut(field, text);
  };
  const severityText = rendering.text('severity', settings.severity)?.trim();
  const texts = severityText === undefined ? severityLabels(incident) : [severityText];
  const { severity, unknown } = rate(texts, settings.severities);
  const client = cut('client', given('client') ?? DEFAULT_CLIENT);
  const clientURL = (rendering.text('client_url', settings.client_url) ?? alertsLink(notification)).trim();
  const event = {
    event_action: action,
    dedup_key: incident.key,
    client,
    client_url: isWebURL(clientURL) ? clientURL : undefined,
    payload: {
      summary: cut('summary', given('description') ?? summaryOf(incident), MAX_SUMMARY),
      source: cut('source', given('source') ?? (settings.enrich ? sourceOf(notification, client) : client)),
      severity,
      timestamp: settings.enrich ? timestampOf(incident.alerts, settings) : undefined,
      class: optional('class'),
      component: optional('component'),
      group: optional('group'),
      custom_details: detailsOf(incident, settings, rendering),
    },
    links: orAbsent(allLinks(incident, settings, rendering)),
    images: orAbsent(imagesOf(settings, rendering)),
  };
  if (clientURL.length > MAX_URL_LENGTH) cuts.push('client_url');
  return {
    json: within(reduced ? REDUCED_BODY_BYTES : MAX_BODY_BYTES, event, cuts),
    cuts,
    unknownSeverity: unknown,
    templateFailures: rendering.failures,
  };
}

/** The event's JSON text; where it is over the limit, its details are trimmed and say so. */
function within(maxBytes: number, event: PagerDutyBody, cuts: string[]): Buffer {
  const whole = Buffer.from(JSON.stringify(event));
  const limit = maxBytes - RESERVED_BYTES;
  if (whole.length <= limit) return whole;
  cuts.push('custom_details');
  const rest = whole.length - Buffer.byteLength(JSON.stringify(event.payload.custom_details));
  const { value, cut, omitted } = trimToFit(event.payload.custom_details, limit - rest, JSON_BYTES);
  const note = `pagerelay: ${cut} texts cut and ${omitted} values left out, to fit PagerDuty's limit`;
  const custom_details = { ...value, truncated: note };
  return Buffer.from(JSON.stringify({ ...event, payload: { ...event.payload, custom_details } }));
}

interface PagerDutyBody {
  readonly payload: { readonly custom_details: Details };
}

function allLinks(incident: Incident, settings: PayloadSettings, rendering: Rendering): readonly Link[] {
  const common = settings.enrich ? linksOf(incident) : [];
  return settings.links === undefined ? common : [...ownLinks(settings.links, rendering), ...common];
}

function ownLinks(links: NonNullable<PayloadSettings['links']>, rendering: Rendering): readonly Link[] {
  return links
    .map(({ href, text }) => ({
      href: rendering.text('links.href', href) ?? '',
      text: rendering.text('links.text', text) || undefined,
    }))
    .filter(({ href }) => isWebURL(href))
    .map(({ href, text = href }) => ({ href, text: truncate(text, MAX_FIELD) }));
}

/** Those that PagerDuty shows: by https only. */
function imagesOf({ images }: PayloadSettings, rendering: Rendering): readonly object[] {
  if (images === undefined) return [];
  return images
    .map(({ src, alt, href }) => ({
      src: rendering.text('images.src', src) ?? '',
      alt: rendering.text('images.alt', alt) || undefined,
      href: rendering.text('images.href', href) ?? '',
    }))
    .filter(({ src }) => /^https:\/\//i.test(src) && isWebURL(src))
    .map(({ src, alt, href }) => ({
      src,
      alt: alt && truncate(alt, MAX_FIELD),
      href: isWebURL(href) ? href : undefined,
    }));
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
function timestampOf(alerts: readonly Alert[], { isoTime }: PayloadSettings): string | undefined {
  let first = YEAR_10000;
  for (const { startsAtMs } of alerts) if (startsAtMs > 0 && startsAtMs < first) first = startsAtMs;
  return first === YEAR_10000 ? undefined : isoTime(first);
}
