import { keysByLabel, rateLimit, region, sendResolvedMatchers } from '../common-settings.ts';
import type { Compiled } from '../rendering.ts';

export const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';
/** https://support.pagerduty.com/main/docs/service-regions */
export const REGION_URL = { us: PAGERDUTY_URL, eu: 'https://events.eu.pagerduty.com/v2/enqueue' } as const;

export const DEFAULT_CLIENT = 'pagerelay';

/** Alertmanager's `pagerduty_configs`, Events API v2, and what we add to it. */
export const settingsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    send_resolved: {
      type: 'boolean',
      default: true,
      description: 'Whether incidents are resolved when their alerts are.',
    },
    send_resolved_matchers: sendResolvedMatchers,
    routing_key: {
      type: 'string',
      format: 'credential',
      description: 'Integration key of an "Events API v2" integration, or of a global orchestration.',
    },
    routing_key_file: {
      type: 'string',
      description: 'File that holds the routing key; read again when it is used.',
    },
    routing_key_env: { type: 'string', description: 'Environment variable that holds the routing key.' },
    routing_key_by: keysByLabel,
    dedup_key: {
      type: 'string',
      format: 'template',
      description:
        'Key of the incident, instead of its own. It must be the same for firing and resolved alerts: use labels, as `{{ .CommonLabels.cluster }}/{{ .CommonLabels.alertname }}`. Longer than 255 characters, its SHA-256 is sent; where it is empty, the incident keeps its own.',
    },
    url: {
      type: 'string',
      format: 'url',
      description: 'Where events are posted. Default: `global.pagerduty_url`.',
    },
    region,
    client: {
      type: 'string',
      format: 'template',
      default: DEFAULT_CLIENT,
      description: 'Name of the sender.',
    },
    client_url: {
      type: 'string',
      format: 'template',
      description: "Link on the sender's name. Default: the alerts of the receiver in Alertmanager.",
    },
    description: {
      type: 'string',
      format: 'template',
      description:
        "The incident's title. Default: the `summary` annotation, else the first line of `description`, else the alert's name and labels.",
    },
    severity: {
      type: 'string',
      format: 'template',
      description:
        'critical, error, warning or info. Default: the `severity` label of the worst firing alert; one that is not understood counts as error.',
    },
    severity_map: {
      type: 'object',
      additionalProperties: { type: 'string', enum: ['critical', 'error', 'warning', 'info'] },
      description: "Your severities in PagerDuty's words, as `page: critical`.",
    },
    source: {
      type: 'string',
      format: 'template',
      description: 'What is affected. Default: the `instance` label, else `job`, else the client.',
    },
    class: { type: 'string', format: 'template', description: 'The class or type of the event.' },
    component: {
      type: 'string',
      format: 'template',
      description: 'The part of the source that is affected.',
    },
    group: { type: 'string', format: 'template', description: 'A cluster or grouping of sources.' },
    details: {
      type: 'object',
      templates: true,
      description: 'Further custom details, of any form; every text in them is a template.',
    },
    details_format: {
      type: 'string',
      enum: ['json', 'text', 'yaml'],
      default: 'json',
      description:
        'What texts in `details` become. text: texts, as in Alertmanager before 0.30. yaml: what YAML reads in them, as since then. json: JSON objects and lists are sent as such, all else as text.',
    },
    enrich: {
      type: 'boolean',
      default: true,
      description:
        'Whether events carry more than Alertmanager sends: labels, annotations and alerts in `custom_details`, the time, and links to runbook, dashboard, graph and silence form.',
    },
    images: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['src'],
        properties: {
          src: { type: 'string', format: 'template', description: 'Address of the picture, by https.' },
          alt: { type: 'string', format: 'template', description: 'What the picture shows.' },
          href: { type: 'string', format: 'template', description: 'Where a click on it leads.' },
        },
      },
      description: 'Pictures to attach.',
    },
    links: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['href'],
        properties: {
          href: { type: 'string', format: 'template', description: 'The address.' },
          text: { type: 'string', format: 'template', description: 'What it is called.' },
        },
      },
      description: 'Links to attach, before those that `enrich` adds.',
    },
    rest_api_key: {
      type: 'string',
      format: 'credential',
      description:
        'Key of the REST API, read-only. With it open incidents of this `client` are read when pagerelay starts, so that those are resolved whose alerts Alertmanager no longer has. With `send_resolved_matchers` only those whose labels a webhook or Alertmanager has shown since then. It needs `relay.alertmanager_url` and a `client` that nobody else sends.',
    },
    rest_api_key_file: { type: 'string', description: 'File that holds it; read again when it is used.' },
    rest_api_key_env: { type: 'string', description: 'Environment variable that holds it.' },
    rest_api_url: {
      type: 'string',
      format: 'url',
      description: 'Where the REST API is. Default: `https://api.pagerduty.com`, or that of the region.',
    },
    rest_service_ids: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      description: 'Ids of the services that the incidents are of. Default: all are asked for.',
    },
    rate_limit: rateLimit,
    timeout: {
      type: 'string',
      format: 'duration',
      default: '4s',
      description: 'Longest wait for the answer to one attempt.',
    },
  },
} as const;

export type PagerDutySettings = Compiled<typeof settingsSchema>;

/** Whether open incidents are read from the REST API. */
export function readsBack({
  rest_api_key,
  rest_api_key_file,
  rest_api_key_env,
}: Pick<PagerDutySettings, `rest_api_key${'' | '_file' | '_env'}`>): boolean {
  return (rest_api_key ?? rest_api_key_file ?? rest_api_key_env) !== undefined;
}

export const globalProperties = {
  pagerduty_url: {
    type: 'string',
    format: 'url',
    default: PAGERDUTY_URL,
    description: 'Where PagerDuty takes events.',
  },
} as const;
