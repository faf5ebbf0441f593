import type { FromSchema } from 'json-schema-to-ts';

// Only what is carried over is described, in the types of Alertmanager's structs (config/config.go, and http_config.go
// of prometheus/common). A field that is not listed here is not known to the importer.

const text = { type: 'string' } as const;
const boolean = { type: 'boolean' } as const;
const texts = { type: 'array', items: text } as const;
const textByName = { type: 'object', additionalProperties: text } as const;
const textsByName = { type: 'object', additionalProperties: texts } as const;

const tlsConfig = {
  type: 'object',
  properties: {
    insecure_skip_verify: boolean,
    ...{ ca: text, ca_file: text, cert: text, cert_file: text, key: text, key_file: text },
    ...{ server_name: text, min_version: text, max_version: text },
  },
} as const;

const proxyProperties = {
  proxy_url: text,
  no_proxy: text,
  proxy_from_environment: boolean,
  proxy_connect_header: textsByName,
} as const;

const httpConfig = {
  type: 'object',
  properties: {
    ...proxyProperties,
    follow_redirects: boolean,
    enable_http2: boolean,
    tls_config: tlsConfig,
    basic_auth: {
      type: 'object',
      properties: { username: text, username_file: text, password: text, password_file: text },
    },
    authorization: {
      type: 'object',
      properties: { type: text, credentials: text, credentials_file: text },
    },
    bearer_token: text,
    bearer_token_file: text,
    oauth2: {
      type: 'object',
      properties: {
        ...proxyProperties,
        ...{ client_id: text, client_secret: text, client_secret_file: text, token_url: text },
        scopes: texts,
        endpoint_params: textByName,
        tls_config: tlsConfig,
      },
    },
    http_headers: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: { values: texts, secrets: texts, files: texts },
      },
    },
  },
} as const;

export const pagerdutySchema = {
  type: 'object',
  properties: {
    send_resolved: boolean,
    http_config: httpConfig,
    ...{ service_key: text, service_key_file: text, routing_key: text, routing_key_file: text, url: text },
    ...{ client: text, client_url: text, description: text, severity: text, source: text },
    ...{ class: text, component: text, group: text, timeout: text },
    // Texts by name, since 0.30 of any depth.
    details: { type: 'object' },
    images: {
      type: 'array',
      items: { type: 'object', properties: { src: text, alt: text, href: text } },
    },
    links: { type: 'array', items: { type: 'object', properties: { href: text, text } } },
  },
} as const;

export const opsgenieSchema = {
  type: 'object',
  properties: {
    send_resolved: boolean,
    http_config: httpConfig,
    ...{ api_key: text, api_key_file: text, api_url: text, message: text, description: text },
    ...{ source: text, entity: text, tags: text, actions: text, note: text, priority: text },
    details: textByName,
    update_alerts: boolean,
    responders: {
      type: 'array',
      items: { type: 'object', properties: { id: text, name: text, username: text, type: text } },
    },
  },
} as const;

/** Not carried over: it is looked at when the two files are compared. */
const webhookSchema = {
  type: 'object',
  properties: { send_resolved: boolean, ...{ url: text, max_alerts: text, timeout: text } },
} as const;

const globalSchema = {
  type: 'object',
  default: {},
  properties: {
    pagerduty_url: text,
    opsgenie_api_url: text,
    opsgenie_api_key: text,
    opsgenie_api_key_file: text,
    http_config: httpConfig,
  },
} as const;

const receiverSchema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1 },
    pagerduty_configs: { type: 'array', items: pagerdutySchema },
    opsgenie_configs: { type: 'array', items: opsgenieSchema },
    webhook_configs: { type: 'array', items: webhookSchema },
  },
} as const;

export const alertmanagerSchema = {
  type: 'object',
  required: ['route', 'receivers'],
  properties: {
    global: globalSchema,
    templates: texts,
    route: { $ref: '#/$defs/route' },
    receivers: { type: 'array', items: receiverSchema },
  },
  $defs: {
    route: {
      type: 'object',
      properties: {
        receiver: text,
        matchers: texts,
        match: textByName,
        match_re: textByName,
        continue: boolean,
        group_interval: text,
        routes: { type: 'array', items: { $ref: '#/$defs/route' } },
      },
    },
  },
} as const;

/** The settings whose values are never shown. */
export const ALERTMANAGER_SECRETS: ReadonlySet<string> = new Set([
  ...['service_key', 'routing_key', 'api_key', 'opsgenie_api_key', 'password', 'credentials', 'bearer_token'],
  ...['client_secret', 'endpoint_params', 'proxy_url', 'proxy_connect_header', 'http_headers', 'key'],
]);

export type AlertmanagerGlobal = FromSchema<typeof globalSchema>;
export type AlertmanagerReceiver = FromSchema<typeof receiverSchema>;
export type PagerDutyEntry = FromSchema<typeof pagerdutySchema>;
export type OpsgenieEntry = FromSchema<typeof opsgenieSchema>;

export interface AlertmanagerRoute {
  readonly receiver?: string;
  readonly matchers?: readonly string[];
  readonly match?: Readonly<Record<string, string>>;
  readonly match_re?: Readonly<Record<string, string>>;
  readonly continue?: boolean;
  readonly group_interval?: string;
  readonly routes?: readonly AlertmanagerRoute[];
}

/** What is read of an alertmanager.yml. */
export interface AlertmanagerFile {
  readonly global: AlertmanagerGlobal;
  readonly templates?: readonly string[];
  readonly route: AlertmanagerRoute;
  readonly receivers: readonly AlertmanagerReceiver[];
}
