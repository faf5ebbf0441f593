import type { FromSchema } from 'json-schema-to-ts';

export const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';

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
    routing_key: {
      type: 'string',
      format: 'template',
      description: 'Integration key of an "Events API v2" integration, or of a global orchestration.',
    },
    routing_key_file: {
      type: 'string',
      description: 'File that holds the routing key; read again when it is used.',
    },
    routing_key_env: { type: 'string', description: 'Environment variable that holds the routing key.' },
    url: {
      type: 'string',
      format: 'url',
      description: 'Where events are posted. Default: `global.pagerduty_url`.',
    },
    client: { type: 'string', format: 'template', default: 'pagerelay', description: 'Name of the sender.' },
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
      additionalProperties: { type: 'string', format: 'template' },
      description: 'Further custom details, beside the labels, annotations and alerts that are always sent.',
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
      description: 'Links to attach, beside those to the runbook, dashboard, graph and silence form.',
    },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '4s',
      description: 'Longest wait for the answer to one attempt.',
    },
  },
} as const;

export type PagerDutySettings = FromSchema<typeof settingsSchema>;

export const globalProperties = {
  pagerduty_url: {
    type: 'string',
    format: 'url',
    default: PAGERDUTY_URL,
    description: 'Where PagerDuty takes events. EU region: https://events.eu.pagerduty.com/v2/enqueue.',
  },
} as const;
