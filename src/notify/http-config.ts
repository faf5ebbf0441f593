import type { FromSchema } from 'json-schema-to-ts';

const tlsConfigSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ca: { type: 'string', description: "Certificates of the authorities to trust, as PEM. Default: Node's." },
    ca_file: { type: 'string', description: 'File that holds them; read again when it is used.' },
    cert: { type: 'string', description: 'Certificate to show to the server, as PEM.' },
    cert_file: { type: 'string', description: 'File that holds it; read again when it is used.' },
    key: { type: 'string', description: "The certificate's private key, as PEM." },
    key_file: { type: 'string', description: 'File that holds it; read again when it is used.' },
    key_env: { type: 'string', description: 'Environment variable that holds it.' },
    server_name: {
      type: 'string',
      minLength: 1,
      description: "Name that the server's certificate must have. Default: the host of the address.",
    },
    insecure_skip_verify: {
      type: 'boolean',
      description: 'Whether any certificate is taken: who stands in the way can read the key. Default: no.',
    },
    min_version: {
      type: 'string',
      enum: ['TLS10', 'TLS11', 'TLS12', 'TLS13'],
      description: 'Oldest version of TLS that is spoken. Default: TLS12.',
    },
    max_version: {
      type: 'string',
      enum: ['TLS10', 'TLS11', 'TLS12', 'TLS13'],
      description: 'Newest version of TLS that is spoken. Default: TLS13.',
    },
  },
  description: 'How connections are encrypted.',
} as const;

const proxyProperties = {
  proxy_url: {
    type: 'string',
    format: 'proxy-url',
    description:
      'Proxy for all requests, by CONNECT; it may have a user and password. Default: as the environment says.',
  },
  no_proxy: {
    type: 'string',
    description:
      'What is reached without `proxy_url`, separated by commas: names (those below them too), addresses and networks, as `example.com, 10.0.0.0/8`.',
  },
  proxy_from_environment: {
    type: 'boolean',
    description:
      'Whether the proxy is that of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. It is, where there is no `proxy_url`.',
  },
  proxy_connect_header: {
    type: 'object',
    additionalProperties: { type: 'array', items: { type: 'string' } },
    description: 'Headers for the proxy, as `X-Team: [db]`.',
  },
} as const;

/**
 * Alertmanager's `http_config` and what we add to it, `*_env` and `envs`:
 * https://prometheus.io/docs/alerting/latest/configuration/#http_config
 */
export const httpConfigSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    basic_auth: {
      type: 'object',
      additionalProperties: false,
      properties: {
        username: { type: 'string', description: "The user's name." },
        username_file: { type: 'string', description: 'File that holds it; read again when it is used.' },
        password: { type: 'string', description: 'The password.' },
        password_file: { type: 'string', description: 'File that holds it; read again when it is used.' },
        password_env: { type: 'string', description: 'Environment variable that holds it.' },
      },
      description: 'Authentication by user and password.',
    },
    authorization: {
      type: 'object',
      additionalProperties: false,
      properties: {
        type: { type: 'string', default: 'Bearer', description: 'What stands before the credentials.' },
        credentials: { type: 'string', description: 'The credentials.' },
        credentials_file: {
          type: 'string',
          description: 'File that holds them; read again when it is used.',
        },
        credentials_env: { type: 'string', description: 'Environment variable that holds them.' },
      },
      description: 'Authentication by a token.',
    },
    bearer_token: { type: 'string', description: 'Older form of `authorization.credentials`.' },
    bearer_token_file: { type: 'string', description: 'Older form of `authorization.credentials_file`.' },
    oauth2: {
      type: 'object',
      additionalProperties: false,
      properties: {
        client_id: { type: 'string', description: "The client's name." },
        client_secret: { type: 'string', description: "The client's secret." },
        client_secret_file: {
          type: 'string',
          description: 'File that holds it; read again when it is used.',
        },
        client_secret_env: { type: 'string', description: 'Environment variable that holds it.' },
        token_url: { type: 'string', format: 'url', description: 'Where tokens are fetched.' },
        scopes: { type: 'array', items: { type: 'string' }, description: 'What the token is for.' },
        endpoint_params: {
          type: 'object',
          additionalProperties: { type: 'string' },
          description: 'Further parameters of the request for a token.',
        },
        tls_config: tlsConfigSchema,
        ...proxyProperties,
      },
      description:
        'Authentication by tokens that are fetched with client credentials. The proxy and TLS settings beside it do not hold for `token_url`; its own do.',
    },
    tls_config: tlsConfigSchema,
    ...proxyProperties,
    follow_redirects: {
      type: 'boolean',
      description:
        'Whether 307 and 308 are followed, to the same host, at most 5 in a row. Other redirects are refused in any case. Default: no.',
    },
    enable_http2: { type: 'boolean', description: 'Without effect: requests are HTTP/1.1.' },
    http_headers: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          values: { type: 'array', items: { type: 'string' }, description: 'Values to send.' },
          secrets: { type: 'array', items: { type: 'string' }, description: 'Values that are never shown.' },
          files: {
            type: 'array',
            items: { type: 'string' },
            description: 'Files that hold values; read again when they are used.',
          },
          envs: {
            type: 'array',
            items: { type: 'string' },
            description: 'Environment variables that hold values.',
          },
        },
      },
      description: 'Further headers, as `X-Team: {values: [db]}`.',
    },
  },
} as const;

export type TlsConfig = FromSchema<typeof tlsConfigSchema>;
export type HttpConfig = FromSchema<typeof httpConfigSchema>;

/** The setting as it stands in an integration's entry. */
export const httpConfigProperty = {
  $ref: '#/$defs/http_config',
  description: 'How requests are made. It replaces `global.http_config` as a whole.',
};

/** The settings in it that hold secrets. */
export const HTTP_SECRET_SETTINGS: readonly string[] = [
  'password',
  'credentials',
  'bearer_token',
  'client_secret',
  'endpoint_params',
  'key',
  'secrets',
  'proxy_connect_header',
];
