import { keysByLabel, rateLimit, region, sendResolvedMatchers } from '../common-settings.ts';
import type { Compiled } from '../rendering.ts';

export const OPSGENIE_URL = 'https://api.opsgenie.com/';
/** https://docs.opsgenie.com/docs/api-overview */
export const REGION_URL = { us: OPSGENIE_URL, eu: 'https://api.eu.opsgenie.com/' } as const;
export const JSM_URL = 'https://api.atlassian.com/jsm/ops/integration/';
export const DEFAULT_SOURCE = 'pagerelay';

/** By what somebody is known. */
const who = {
  id: { type: 'string', format: 'template', description: 'Its id.' },
  name: { type: 'string', format: 'template', description: 'Its name.' },
  username: { type: 'string', format: 'template', description: "The user's name." },
} as const;

/** Alertmanager's `opsgenie_configs`, the Alert API, and what we add to it. */
export const settingsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    send_resolved: {
      type: 'boolean',
      default: true,
      description: 'Whether alerts are closed when they are resolved.',
    },
    send_resolved_matchers: sendResolvedMatchers,
    api_key: {
      type: 'string',
      format: 'credential',
      description: 'Key of an API integration. Default: `global.opsgenie_api_key` or its `_file` or `_env`.',
    },
    api_key_file: { type: 'string', description: 'File that holds the key; read again when it is used.' },
    api_key_env: { type: 'string', description: 'Environment variable that holds the key.' },
    api_key_by: keysByLabel,
    alias: {
      type: 'string',
      format: 'template',
      description:
        'Key of the alert, instead of its own. It must be the same for firing and resolved alerts: use labels, as `{{ .CommonLabels.cluster }}/{{ .CommonLabels.alertname }}`. Longer than 512 characters, its SHA-256 is sent; where it is empty, the alert keeps its own.',
    },
    flavor: {
      type: 'string',
      enum: ['opsgenie', 'jsm'],
      default: 'opsgenie',
      description:
        'jsm: Jira Service Management Operations, the successor of Opsgenie (switched off 2027-04-05).',
    },
    api_url: {
      type: 'string',
      format: 'url',
      description: "Base address. Default: `global.opsgenie_api_url`, or Atlassian's for flavor jsm.",
    },
    region,
    message: {
      type: 'string',
      format: 'template',
      description:
        "The alert's title. Default: the `summary` annotation, else the first line of `description`, else the alert's name and labels.",
    },
    description: {
      type: 'string',
      format: 'template',
      description: 'Longer text. Default: the `description` annotation, the alerts and the links.',
    },
    source: {
      type: 'string',
      format: 'template',
      default: DEFAULT_SOURCE,
      description: 'Name of the sender.',
    },
    entity: {
      type: 'string',
      format: 'template',
      description: 'What the alert is about, as a host or service.',
    },
    priority: {
      type: 'string',
      format: 'template',
      description:
        'P1 to P5. Default: by severity: critical P1, error P2, warning P3, info P5, and P3 for any other.',
    },
    priority_map: {
      type: 'object',
      additionalProperties: { type: 'string', enum: ['P1', 'P2', 'P3', 'P4', 'P5'] },
      description: 'Priorities for your severities, as `page: P1`.',
    },
    tags: { type: 'string', format: 'template', description: 'Tags, separated by commas.' },
    actions: {
      type: 'string',
      format: 'template',
      description: 'Names of custom actions, separated by commas.',
    },
    note: { type: 'string', format: 'template', description: 'A note on a new alert.' },
    close_note: { type: 'string', format: 'template', description: 'A note on an alert that is closed.' },
    close_details: {
      type: 'object',
      additionalProperties: { type: 'string', format: 'template' },
      description: 'Details to add to an alert before it is closed. Not for flavor jsm.',
    },
    details: {
      type: 'object',
      additionalProperties: { type: 'string', format: 'template' },
      description: 'Further details, beside the common labels that are always sent.',
    },
    update_alerts: {
      type: 'boolean',
      default: false,
      description:
        'Whether message and description of an alert that is open already are updated. Not for flavor jsm, which has no call for it.',
    },
    responders: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['type'],
        properties: {
          type: {
            type: 'string',
            format: 'template',
            description:
              'team, teams (a list separated by commas), user, escalation or schedule, in any case.',
          },
          ...who,
        },
      },
      description: 'Who is notified.',
    },
    visible_to: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['type'],
        properties: {
          type: {
            type: 'string',
            format: 'template',
            description: 'team, teams (a list separated by commas) or user, in any case.',
          },
          ...who,
        },
      },
      description: 'Who sees the alert without being notified.',
    },
    enrich: {
      type: 'boolean',
      default: true,
      description:
        'Whether alerts carry more than Alertmanager sends: without a setting for them, a priority by severity and a description with the alerts and links.',
    },
    verify: {
      type: 'boolean',
      default: true,
      description:
        'Whether it is asked, up to a minute later, what became of each request: Opsgenie answers before it acts. What failed is sent once more. What is not known yet at a stop, and what comes while 1,000 wait, is not followed up.',
    },
    read_back: {
      type: 'boolean',
      default: false,
      description:
        'Whether open alerts of this `source` are read when pagerelay starts, so that those are closed whose alerts Alertmanager no longer has. With `send_resolved_matchers` only those whose labels a webhook or Alertmanager has shown since then. It needs `relay.alertmanager_url`, a `source` that nobody else sends, and a key that may read. Not for flavor jsm.',
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

export type OpsgenieSettings = Compiled<typeof settingsSchema>;

export const globalProperties = {
  opsgenie_api_key: {
    type: 'string',
    format: 'credential',
    description: 'Key for `opsgenie_configs` that have none.',
  },
  opsgenie_api_key_file: { type: 'string', description: 'File that holds it.' },
  opsgenie_api_key_env: { type: 'string', description: 'Environment variable that holds it.' },
  opsgenie_api_url: {
    type: 'string',
    format: 'url',
    default: OPSGENIE_URL,
    description: "Opsgenie's base address.",
  },
} as const;
