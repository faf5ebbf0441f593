/** Settings that every vendor has, as JSON Schema. The types of a vendor's settings are read off them. */

export const sendResolvedMatchers = {
  type: 'array',
  items: { type: 'string', format: 'matchers' },
  default: [],
  description:
    'Only incidents whose common labels match all of these are resolved, as `severity!="critical"`; the others stay open for people to close.',
} as const;

export const keysByLabel = {
  type: 'object',
  additionalProperties: false,
  required: ['label', 'keys'],
  properties: {
    label: { type: 'string', minLength: 1, description: 'Name of a label, as `team`.' },
    keys: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          key: { type: 'string', format: 'credential', description: 'The key itself.' },
          file: { type: 'string', description: 'File that holds it; read again when it is used.' },
          env: { type: 'string', description: 'Environment variable that holds it.' },
        },
      },
      description: "A key for each of the label's values, as `db: {file: /etc/keys/db}`.",
    },
  },
  description:
    'Other keys for alerts with certain values of a label; all others go to the one above. An incident whose alerts have several goes to each of them, with its own alerts.',
} as const;

export const rateLimit = {
  type: 'object',
  additionalProperties: false,
  required: ['per_minute'],
  properties: {
    per_minute: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      description: 'Requests per minute, on average.',
    },
    burst: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      default: 10,
      description: 'Requests that may go out at once after a quiet time.',
    },
  },
  description:
    "A limit of one's own on requests with this credential; what has to wait goes by severity. Without it, only the vendor's answers set the pace.",
} as const;

export const region = {
  type: 'string',
  enum: ['us', 'eu'],
  description: "The vendor's service region, in the place of an address.",
} as const;
