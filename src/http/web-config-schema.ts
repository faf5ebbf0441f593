import type { FromSchema } from 'json-schema-to-ts';

const tlsSchema = {
  type: 'object',
  additionalProperties: false,
  description: 'With it everything is served by HTTPS, over both listeners. Without it, by HTTP.',
  required: ['cert_file', 'key_file'],
  properties: {
    cert_file: {
      type: 'string',
      minLength: 1,
      description: 'The certificate with its chain, in PEM.',
    },
    key_file: { type: 'string', minLength: 1, description: 'Its private key, in PEM.' },
    client_auth_type: {
      type: 'string',
      enum: [
        'NoClientCert',
        'RequestClientCert',
        'RequireAnyClientCert',
        'VerifyClientCertIfGiven',
        'RequireAndVerifyClientCert',
      ],
      default: 'NoClientCert',
      description:
        "What is asked of clients; Go's names, as in Prometheus. `Verify…` need `client_ca_file`. A reload does not change it.",
    },
    client_ca_file: {
      type: 'string',
      minLength: 1,
      description: "Who signs clients' certificates, in PEM.",
    },
    client_allowed_sans: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: { type: 'string', pattern: '^[!-~]+$' },
      description:
        "A client's certificate must have one of these as subject alternative name: a host, an address, an e-mail or a URI, exactly. With `RequireAndVerifyClientCert` only.",
    },
    min_version: {
      type: 'string',
      enum: ['TLS12', 'TLS13'],
      default: 'TLS12',
      description: 'Oldest version of TLS.',
    },
    max_version: {
      type: 'string',
      enum: ['TLS12', 'TLS13'],
      default: 'TLS13',
      description: 'Newest version of TLS.',
    },
  },
} as const;

const credentials = {
  anonymous: {
    type: 'boolean',
    default: false,
    description: 'Without any credential. Not together with the others.',
  },
  basic_auth_users: {
    type: 'array',
    minItems: 1,
    uniqueItems: true,
    items: { type: 'string' },
    description: 'These of the users above.',
  },
  bearer_token_files: {
    type: 'array',
    minItems: 1,
    uniqueItems: true,
    items: { type: 'string', minLength: 1 },
    description:
      'Files with a token each, read again when they change. Any of them is taken: to rotate, add the new one, tell the clients, take the old one out.',
  },
} as const;

const hmacSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['secret_files'],
  description:
    "A signature of the body, as Grafana's contact point makes it: the HMAC-SHA256 in hexadecimal. A request that carries it needs nothing else.",
  properties: {
    secret_files: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: { type: 'string', minLength: 1 },
      description: 'Files with a secret each, read again when they change. Any of them is taken.',
    },
    header: {
      type: 'string',
      pattern: '^[A-Za-z0-9-]+$',
      default: 'X-Grafana-Alerting-Signature',
      description: 'The header with the signature.',
    },
    timestamp_header: {
      type: 'string',
      pattern: '^[A-Za-z0-9-]+$',
      description:
        'The header with the time in seconds, which is then signed too (`time:body`) and may be at most 5 minutes off: nothing can be sent again later.',
    },
  },
} as const;

/** The file of `--web.config.file`: Prometheus's format, and `scopes`. Its descriptions are the documentation. */
export const webConfigSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    tls_server_config: tlsSchema,
    basic_auth_users: {
      type: 'object',
      default: {},
      propertyNames: { type: 'string', pattern: '^[^:]+$' },
      additionalProperties: {
        type: 'string',
        format: 'bcrypt',
      },
      description:
        "Users and the bcrypt hashes of their passwords (`htpasswd -nBC 10 '' | tr -d ':'`). Where a scope says nothing else, each of them may do what is in it.",
    },
    scopes: {
      type: 'object',
      additionalProperties: false,
      default: {},
      description:
        'Who may do what, where that is not the same for everything. Any one of the credentials that a scope lists is enough; what lists none takes every user of `basic_auth_users`, and nobody where there are none but another scope has credentials. Without users and scopes everything is open.',
      properties: {
        ingest: {
          type: 'object',
          additionalProperties: false,
          description: 'To post webhooks.',
          properties: { ...credentials, hmac: hmacSchema },
        },
        metrics: {
          type: 'object',
          additionalProperties: false,
          description: 'To read `/metrics`.',
          properties: {
            ...credentials,
            health: {
              type: 'boolean',
              default: false,
              description:
                'Whether `/-/healthy` and `/-/ready` take the same credentials; else they need none.',
            },
          },
        },
        admin: {
          type: 'object',
          additionalProperties: false,
          description: 'To reload, and to read and replay what is below `/api/v1`.',
          properties: credentials,
        },
      },
    },
  },
} as const;

export type WebConfigFile = FromSchema<typeof webConfigSchema>;
