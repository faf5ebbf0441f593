import type { FromSchema } from 'json-schema-to-ts';
import { HTTP_SECRET_SETTINGS, httpConfigProperty, httpConfigSchema } from '../notify/http-config.ts';
import { vendors } from '../notify/registry.ts';
import type { SettingsSchema } from '../notify/vendor.ts';
import { LOG_LEVELS } from '../observe/log.ts';
import { CONTENTS, MUTED_ACTIONS, type OnMuted } from '../route/route.ts';

const relaySchema = {
  type: 'object',
  additionalProperties: false,
  default: {},
  properties: {
    delivery_timeout: {
      type: 'string',
      format: 'duration',
      default: '9s',
      description:
        "Longest time for one webhook, retries included. Keep it under Alertmanager's deadline: `group_interval`, at least 10s.",
    },
    max_body_bytes: {
      type: 'integer',
      minimum: 1024,
      maximum: 536870912,
      default: 16777216,
      description: 'Largest webhook body. A larger one is answered 413.',
    },
    max_alerts: {
      type: 'integer',
      minimum: 1,
      default: 20000,
      description: 'Most alerts in one webhook. More are answered 413.',
    },
    max_in_flight: {
      type: 'integer',
      minimum: 1,
      default: 50000,
      description:
        'Most notifications under way or waiting at once; one credential of several, or one address, that has half of them gets no more, so that a slow vendor leaves room for others. What would exceed it is answered 503, but a webhook that comes alone is taken.',
    },
    max_decisions: {
      type: 'integer',
      minimum: 1,
      maximum: 100000,
      default: 10000,
      description: 'What was decided and done is kept of so many notifications, for `/api/v1/decisions`.',
    },
    max_dead_letters: {
      type: 'integer',
      minimum: 1,
      maximum: 100000,
      default: 1000,
      description:
        'Rejected notifications kept for `/api/v1/dead-letters`; the oldest goes first, also when their alerts take more than 64 MiB.',
    },
    log_level: {
      type: 'string',
      enum: LOG_LEVELS,
      description:
        'Least severe level that is logged, instead of what `--log.level` says. A reload changes it.',
    },
    drain_timeout: {
      type: 'string',
      format: 'duration',
      default: '5s',
      description: 'After SIGTERM: how long webhooks are still taken while readiness already says no.',
    },
    shutdown_timeout: {
      type: 'string',
      format: 'duration',
      default: '15s',
      description: 'After that: how long deliveries under way may take before they are aborted.',
    },
    alertmanager_url: {
      type: ['string', 'array'],
      format: 'url',
      minItems: 1,
      uniqueItems: true,
      items: { type: 'string', format: 'url' },
      description:
        "Alertmanager's address, or those of all peers of one cluster. With it open incidents are compared with what Alertmanager knows. Who else posts here is believed after two minutes: give such senders a relay of their own, without it.",
    },
    alertmanager_receivers: {
      type: 'object',
      minProperties: 1,
      additionalProperties: {
        type: ['string', 'array'],
        minLength: 1,
        minItems: 1,
        uniqueItems: true,
        items: { type: 'string', minLength: 1 },
      },
      description:
        'Which of its receivers post here, by their name in alertmanager.yml, and where: `/webhook`, `/webhook/<receiver>`, or a list of those. All others post elsewhere. Alertmanager 0.26 and later do not show the addresses of webhooks. Default: those whose address leads here, and all whose address is not shown, as if at `/webhook`.',
    },
    alertmanager_http_config: {
      ...httpConfigProperty,
      description: 'How Alertmanager is asked.',
    },
    reconcile_interval: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: 'How often Alertmanager is asked.',
    },
    reconcile_after: {
      type: 'string',
      format: 'duration',
      default: '6m',
      description:
        "How long Alertmanager must have been up, and an alert gone from it, before its incident is resolved. Keep it over Alertmanager's `group_interval`, so that its own word comes first.",
    },
  },
} as const;

const dedupSchema = {
  type: 'object',
  additionalProperties: false,
  default: {},
  properties: {
    max_entries: {
      type: 'integer',
      minimum: 1,
      maximum: 10000000,
      default: 100000,
      description: 'Incidents remembered in memory; the least recently used is forgotten first.',
    },
    ttl: {
      type: 'string',
      format: 'duration',
      default: '24h',
      description:
        "How long an incident is remembered after it was last told of, or seen at Alertmanager (in Redis: told of). Keep it over Alertmanager's `repeat_interval`: what is told again later is taken for new, whatever `repeats` says, and an incident by labels may end with one of its alerts.",
    },
    store: {
      type: 'object',
      additionalProperties: false,
      description: 'What replicas know together. Without it each remembers for itself.',
      properties: {
        redis: {
          type: 'object',
          additionalProperties: false,
          description:
            'A Redis or Valkey server. While it cannot be reached every replica goes on by itself ([replicas.md](replicas.md)).',
          properties: {
            url: {
              type: 'string',
              description: 'As `redis://user:password@host:6379/0`, or `rediss://…` for TLS.',
            },
            url_file: {
              type: 'string',
              description: 'A file that holds it; read again for each connection.',
            },
            url_env: { type: 'string', description: 'An environment variable that holds it.' },
            prefix: {
              type: 'string',
              minLength: 1,
              default: 'pagerelay',
              description: 'What its keys begin with.',
            },
          },
        },
      },
    },
  },
} as const;

const routeSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    receiver: { type: 'string', description: "Name of a receiver. Default: the parent's." },
    matchers: {
      type: 'array',
      items: { type: 'string' },
      description: 'Conditions on labels, all of which must hold; as `severity=~"page|critical"`.',
    },
    match: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: "Alertmanager's older form: labels with their values.",
    },
    match_re: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: "Alertmanager's older form: labels with regular expressions.",
    },
    continue: {
      type: 'boolean',
      default: false,
      description: 'Whether the routes after this one are tried too when it matches.',
    },
    group_by: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      uniqueItems: true,
      description:
        "One incident per: `['...']` alert; `[a, b]` values of these labels; absent or `[]` the group as Alertmanager sent it. Default: the parent's.",
    },
    dedup: {
      type: 'object',
      additionalProperties: false,
      properties: {
        window: {
          type: 'string',
          format: 'duration',
          description:
            "How long an unchanged, accepted trigger is suppressed. Default: the parent's, at the root 1h.",
        },
        resend_on: {
          type: 'array',
          uniqueItems: true,
          items: { type: 'string', enum: CONTENTS },
          description:
            "What counts as a change, and is sent within the window. Default: the parent's, at the root severity, summary and alerts (which alerts fire).",
        },
        repeats: {
          type: 'string',
          enum: ['forward', 'drop'],
          description:
            'Reminders ("repeat interval elapsed", Alertmanager 0.32 and later). Default: the parent\'s, at the root forward.',
        },
        hold_resolve: {
          type: 'string',
          format: 'duration',
          description:
            "For alerts that come and go: how long a resolve is kept back. An alert that fires again meanwhile updates the incident that is open still. What is kept back is sent before pagerelay stops; if it is killed, the incident ends only where pagerelay reads what is open at the vendor (`rest_api_key`, `read_back`). There is room for 20,000; one more is sent at once (`pagerelay_resolves_not_held_total`). Default: the parent's, at the root 0s.",
        },
      },
      description: 'When a notification is not sent again.',
    },
    on_muted: {
      type: 'string',
      enum: MUTED_ACTIONS,
      description:
        "What becomes of an open incident whose alerts Alertmanager silences, inhibits or mutes; needs `relay.alertmanager_url`. Default: the parent's, at the root keep.",
    },
    mute_time_intervals: {
      type: 'array',
      items: { type: 'string' },
      description:
        'Names of time intervals in which the route sends nothing. It still matches. Not for the root route.',
    },
    active_time_intervals: {
      type: 'array',
      items: { type: 'string' },
      description:
        'Names of time intervals outside which the route sends nothing. It still matches. Not for the root route.',
    },
    routes: { type: 'array', items: { $ref: '#/$defs/route' }, description: 'Child routes, tried in order.' },
  },
} as const;

const timeIntervalSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1, description: 'What routes call it.' },
    time_intervals: {
      type: 'array',
      default: [],
      items: {
        type: 'object',
        additionalProperties: false,
        properties: {
          times: {
            type: 'array',
            minItems: 1,
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['start_time', 'end_time'],
              properties: {
                start_time: {
                  type: 'string',
                  format: 'time_of_day',
                  description: 'From this minute on, as `09:00`.',
                },
                end_time: {
                  type: 'string',
                  format: 'time_of_day',
                  description: 'Until just before this minute, as `17:00`; `24:00` is the end of the day.',
                },
              },
            },
            description: 'Times of the day.',
          },
          weekdays: {
            type: 'array',
            minItems: 1,
            items: { type: 'string' },
            description: "Days of the week, from Sunday to Saturday; as `['monday:friday', sunday]`.",
          },
          days_of_month: {
            type: 'array',
            minItems: 1,
            items: { type: ['integer', 'string'] },
            description: "Days of the month, from its end with a minus; as `[1, '10:15', '-3:-1']`.",
          },
          months: {
            type: 'array',
            minItems: 1,
            items: { type: ['integer', 'string'] },
            description: "Months by name or number; as `[1, 'may:august']`.",
          },
          years: {
            type: 'array',
            minItems: 1,
            items: { type: ['integer', 'string'] },
            description: "Years; as `[2026, '2028:2030']`.",
          },
          location: {
            type: 'string',
            default: 'UTC',
            description:
              'The time zone that all of this is meant in, by its IANA name as `Europe/Berlin`. `Local` is that of the process.',
          },
        },
      },
      description:
        'The interval holds when any of these does; one of these when all of its fields do, and a field when any of its items does.',
    },
  },
} as const;

const tracingSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['endpoint'],
  properties: {
    endpoint: {
      type: 'string',
      format: 'url',
      description:
        'Address of a collector that takes OTLP over HTTP, as `http://otel-collector:4318`. Spans are posted to `/v1/traces` below it, as JSON.',
    },
    sampling_fraction: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 1,
      description:
        'Part of the traces that begin here. What a sender traces itself (`traceparent`) is traced as it says.',
    },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '10s',
      description: 'Longest time that the collector may take. Spans that it does not take are dropped.',
    },
    http_config: { ...httpConfigProperty, description: 'How the collector is reached.' },
  },
  description: 'OpenTelemetry traces; without it nothing is traced.',
} as const;

export type RelaySettings = FromSchema<typeof relaySchema>;
export type TracingSettings = FromSchema<typeof tracingSchema>;
export type DedupSettings = FromSchema<typeof dedupSchema>;
export type TimeIntervalSettings = FromSchema<typeof timeIntervalSchema>;

export interface RouteSettings {
  readonly receiver?: string;
  readonly matchers?: readonly string[];
  readonly match?: Readonly<Record<string, string>>;
  readonly match_re?: Readonly<Record<string, string>>;
  readonly continue: boolean;
  readonly group_by?: readonly string[];
  readonly dedup?: FromSchema<typeof routeSchema.properties.dedup>;
  readonly on_muted?: OnMuted;
  readonly mute_time_intervals?: readonly string[];
  readonly active_time_intervals?: readonly string[];
  readonly routes?: readonly RouteSettings[];
}

/** A receiver: its name, and a list of settings for each of the integrations that it uses, as `pagerduty_configs`. */
export interface ReceiverSettings {
  readonly name: string;
  readonly fallback?: string;
  readonly [configs: `${string}_configs`]: readonly Readonly<Record<string, unknown>>[];
}

export interface ConfigFile {
  readonly global: Readonly<Record<string, unknown>>;
  readonly templates: readonly string[];
  readonly relay: RelaySettings;
  readonly dedup: DedupSettings;
  readonly tracing?: TracingSettings;
  readonly route: RouteSettings;
  readonly receivers: readonly ReceiverSettings[];
  readonly time_intervals: readonly TimeIntervalSettings[];
  readonly mute_time_intervals: readonly TimeIntervalSettings[];
}

/** The settings that hold credentials: messages never show their values. */
export const SECRET_SETTINGS: ReadonlySet<string> = new Set([
  ...vendors.flatMap(({ credential: { setting, global = setting }, readCredential = setting }) => [
    setting,
    global,
    readCredential,
  ]),
  ...HTTP_SECRET_SETTINGS,
]);

/** Every integration has it. */
function withHttpConfig(schema: SettingsSchema): SettingsSchema {
  return { ...schema, properties: { ...schema.properties, http_config: httpConfigProperty } };
}

const receiverSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1, description: 'What routes call it.' },
    fallback: {
      type: 'string',
      description:
        'Name of the receiver that takes what this one cannot deliver: rejected, the vendor down, or not in time (also for its rate limit, or your own `rate_limit`). When it is back it gets the incident, and the stand-in is resolved.',
    },
    ...Object.fromEntries(
      vendors.map(({ type, settingsSchema }): [string, object] => [
        `${type}_configs`,
        { type: 'array', items: withHttpConfig(settingsSchema) },
      ]),
    ),
  },
};

/** JSON Schema (draft-07) of the config file: the one source of checks, types, defaults and the documentation's tables. */
export const configSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  additionalProperties: false,
  required: ['route', 'receivers'],
  properties: {
    global: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: Object.assign({}, ...vendors.map(({ globalProperties }) => globalProperties), {
        http_config: { ...httpConfigProperty, description: 'How requests are made.' },
      }) as Record<string, object>,
    },
    templates: {
      type: 'array',
      default: [],
      items: { type: 'string', minLength: 1 },
      description:
        'Files with templates, as `templates/*.tmpl`; relative to the config file. They can define anew what Alertmanager defines.',
    },
    relay: relaySchema,
    dedup: dedupSchema,
    tracing: tracingSchema,
    route: { $ref: '#/$defs/route' },
    receivers: { type: 'array', items: receiverSchema },
    time_intervals: { type: 'array', default: [], items: timeIntervalSchema },
    mute_time_intervals: {
      type: 'array',
      default: [],
      items: timeIntervalSchema,
      description: "Alertmanager's older name for `time_intervals`.",
    },
  },
  $defs: { route: routeSchema, http_config: httpConfigSchema },
};
