import type { Fault } from '../config/problem.ts';
import { rate } from '../notification/severity.ts';
import { type PagerDutyEntry, pagerdutySchema } from './alertmanager-schema.ts';
import { type Carried, defined, unknownField } from './settings.ts';

/** Alertmanager's defaults (notify/pagerduty/config.go). */
const CLIENT = '{{ template "pagerduty.default.client" . }}';
const CLIENT_URL = '{{ template "pagerduty.default.clientURL" . }}';
const DESCRIPTION = '{{ template "pagerduty.default.description" .}}';
const SEVERITY = 'error';
const COUNTS = {
  num_firing: '{{ .Alerts.Firing | len }}',
  num_resolved: '{{ .Alerts.Resolved | len }}',
};
const DETAILS_AS_TEXT = {
  firing: '{{ template "pagerduty.default.instances" .Alerts.Firing }}',
  resolved: '{{ template "pagerduty.default.instances" .Alerts.Resolved }}',
  ...COUNTS,
};
const DETAILS_AS_YAML = {
  firing: '{{ .Alerts.Firing | toJson }}',
  resolved: '{{ .Alerts.Resolved | toJson }}',
  ...COUNTS,
};

/**
 * An entry of Alertmanager's `pagerduty_configs` as one of ours that sends the same, or why it must stay where it is.
 * `detailsFormat`: since 0.30 Alertmanager reads rendered details as YAML.
 */
export function carryPagerDuty(entry: PagerDutyEntry, detailsFormat: 'text' | 'yaml'): Carried {
  const reason = v1Key(entry) ?? unknownField(entry, pagerdutySchema);
  if (reason !== undefined) return { stays: reason };
  const client = entry.client ?? CLIENT;
  const { images, links, timeout, ...same } = entry;
  const settings = defined({
    ...same,
    service_key: undefined,
    service_key_file: undefined,
    routing_key: entry.routing_key || undefined,
    routing_key_file: entry.routing_key_file || undefined,
    client,
    client_url: entry.client_url ?? CLIENT_URL,
    description: entry.description ?? DESCRIPTION,
    source: entry.source || client,
    ...severitySettings(entry),
    details: { ...(detailsFormat === 'yaml' ? DETAILS_AS_YAML : DETAILS_AS_TEXT), ...entry.details },
    details_format: detailsFormat,
    images: images?.filter(({ src }) => src),
    links: links?.filter(({ href }) => href),
    enrich: false,
    timeout: isNoTime(timeout) ? undefined : timeout,
  });
  return { settings, notes: severityNotes(entry) };
}

function severitySettings({ severity }: PagerDutyEntry): Readonly<Record<string, unknown>> {
  if (!severity) return { severity: SEVERITY };
  return isRefused(severity) ? { severity, severity_map: { [severity]: SEVERITY } } : { severity };
}

function severityNotes({ severity }: PagerDutyEntry): readonly Fault[] {
  if (!severity || !isRefused(severity)) return [];
  const message = `PagerDuty knows critical, error, warning and info: it refused ${JSON.stringify(severity)}, and is now sent ${SEVERITY}`;
  return [{ path: ['severity'], message }];
}

/** Whether PagerDuty answers 400 to it. Of a template only the result can tell. */
function isRefused(severity: string): boolean {
  return !severity.includes('{{') && rate([severity], new Map()).unknown;
}

/** Alertmanager's word for no limit. */
function isNoTime(timeout = '0'): boolean {
  return /^0[a-z]*$/.test(timeout);
}

function v1Key(entry: PagerDutyEntry): string | undefined {
  const setting = (['service_key', 'service_key_file'] as const).find((name) => entry[name]);
  if (setting === undefined) return undefined;
  const ours = setting.replace('service', 'routing');
  return `${setting} is for the Events API v1; create an "Events API v2" integration on the service and set its key as ${ours}`;
}
