import { Ajv, type ValidateFunction } from 'ajv';
import type { Labels } from '../notification/notification.ts';
import { parseJson } from '../webhook/json.ts';

// What is needed and used of Alertmanager's API v2 (api/v2/openapi.yaml); anything else may be there.

const texts = { type: 'object', additionalProperties: { type: 'string' } } as const;

const statusSchema = {
  type: 'object',
  required: ['uptime', 'cluster', 'config'],
  properties: {
    uptime: { type: 'string' },
    cluster: { type: 'object', required: ['status'], properties: { status: { type: 'string' } } },
    versionInfo: { type: 'object', properties: { version: { type: 'string' } } },
    config: { type: 'object', required: ['original'], properties: { original: { type: 'string' } } },
  },
} as const;

const idsOrNull = { type: 'array', nullable: true } as const;

const alertsSchema = {
  type: 'array',
  items: {
    type: 'object',
    required: ['labels', 'fingerprint', 'status'],
    properties: {
      labels: texts,
      annotations: { ...texts, nullable: true },
      startsAt: { type: 'string' },
      generatorURL: { type: 'string' },
      fingerprint: { type: 'string', pattern: '^[0-9a-f]{16}$' },
      receivers: {
        type: 'array',
        nullable: true,
        items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
      },
      status: {
        type: 'object',
        required: ['state'],
        properties: {
          state: { type: 'string' },
          silencedBy: idsOrNull,
          inhibitedBy: idsOrNull,
          mutedBy: idsOrNull,
        },
      },
    },
  },
} as const;

/** `GET /api/v2/status`. */
export interface ApiStatus {
  /** Since when it has been up, in RFC 3339. */
  readonly uptime: string;
  /** `ready`, `settling` or `disabled`. */
  readonly cluster: { readonly status: string };
  readonly versionInfo?: { readonly version?: string };
  readonly config: { readonly original: string };
}

/** One of `GET /api/v2/alerts`, which lists the alerts that have not ended. */
export interface ApiAlert {
  readonly labels: Labels;
  readonly annotations?: Labels | null;
  readonly startsAt?: string;
  readonly generatorURL?: string;
  readonly fingerprint: string;
  /** Those of the routes that it takes. */
  readonly receivers?: readonly { readonly name: string }[] | null;
  readonly status: {
    /** `active`, `suppressed` or, when it has just come in, `unprocessed`. */
    readonly state: string;
    readonly silencedBy?: readonly unknown[] | null;
    readonly inhibitedBy?: readonly unknown[] | null;
    /** The time intervals that mute it (0.28 and later). */
    readonly mutedBy?: readonly unknown[] | null;
  };
}

/** Data in the form that is wanted; the error says what is wrong with it. */
type Read<T> = (json: string) => T | Error;

export interface ReadApi {
  readonly status: Read<ApiStatus>;
  readonly alerts: Read<readonly ApiAlert[]>;
}

/** Readers of Alertmanager's answers. */
export function createReadApi(): ReadApi {
  const ajv = new Ajv({ strict: true });
  return {
    status: reader(ajv.compile<ApiStatus>(statusSchema)),
    alerts: reader(ajv.compile<readonly ApiAlert[]>(alertsSchema)),
  };
}

function reader<T>(check: ValidateFunction<T>): Read<T> {
  return (json) => {
    let data: unknown;
    try {
      data = parseJson(json);
    } catch {
      return new Error('the answer is not JSON, or not all of it came');
    }
    if (check(data)) return data;
    const { instancePath = '', message = 'is not valid' } = check.errors?.[0] ?? {};
    return new Error(`not as in API v2: ${instancePath.slice(0, 120) || 'the answer'} ${message}`);
  };
}
