import { isUtf8 } from 'node:buffer';
import { Ajv, type ErrorObject } from 'ajv';
import { isFingerprint, sha256hex } from '../notification/incident-key.ts';
import type { Alert, AlertStatus, Labels } from '../notification/notification.ts';
import { parseJson } from './json.ts';

/** Alertmanager's webhook, version 4. */
export interface Webhook {
  readonly receiver: string;
  readonly alerts: readonly Alert[];
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly routeLabels: Labels;
  readonly externalURL: string;
  readonly truncatedAlerts: number;
  readonly notificationReason: string;
}

/** Why a body is no webhook that can be relayed, for the sender to read. */
export interface Refusal {
  readonly status: 400 | 413;
  readonly message: string;
}

const texts = { type: 'object', additionalProperties: { type: 'string' } } as const;
const textsOrNull = { ...texts, nullable: true } as const;

/** What is needed and used; anything else may be there. Grafana's superset calls its version 1. */
const schema = {
  type: 'object',
  required: ['version', 'groupKey', 'alerts'],
  properties: {
    version: { enum: ['4', '1'] },
    groupKey: { type: 'string', minLength: 1 },
    receiver: { type: 'string' },
    externalURL: { type: 'string' },
    notification_reason: { type: 'string' },
    truncatedAlerts: { type: 'integer', minimum: 0 },
    groupLabels: textsOrNull,
    routeLabels: textsOrNull,
    alerts: {
      type: 'array',
      items: {
        type: 'object',
        required: ['status', 'labels'],
        properties: {
          status: { enum: ['firing', 'resolved'] },
          labels: texts,
          annotations: textsOrNull,
          startsAt: { type: 'string' },
          endsAt: { type: 'string' },
          generatorURL: { type: 'string' },
          fingerprint: { type: 'string' },
        },
      },
    },
  },
} as const;

interface Body {
  readonly groupKey: string;
  readonly receiver?: string;
  readonly externalURL?: string;
  readonly notification_reason?: string;
  readonly truncatedAlerts?: number;
  readonly groupLabels?: Labels | null;
  readonly routeLabels?: Labels | null;
  readonly alerts: readonly {
    readonly status: AlertStatus;
    readonly labels: Labels;
    readonly annotations?: Labels | null;
    readonly startsAt?: string;
    readonly endsAt?: string;
    readonly generatorURL?: string;
    readonly fingerprint?: string;
  }[];
}

export type ParseWebhook = (body: Buffer, maxAlerts: number) => Webhook | Refusal;

/** A reader of webhook bodies. It refuses with one sentence that names the field. */
export function createParseWebhook(): ParseWebhook {
  const check = new Ajv({ strict: true }).compile<Body>(schema);
  return (bytes, maxAlerts) => {
    if (!isUtf8(bytes)) return refuse('the body is not valid UTF-8');
    let body: unknown;
    try {
      body = parseJson(bytes.toString());
    } catch {
      return refuse(bytes.length === 0 ? 'the body is empty' : 'the body is not valid JSON');
    }
    const alerts = (body as { alerts?: unknown } | null)?.alerts;
    if (Array.isArray(alerts) && alerts.length > maxAlerts) {
      return {
        status: 413,
        message: `${alerts.length} alerts are more than relay.max_alerts allows (${maxAlerts})`,
      };
    }
    return check(body) ? toWebhook(body) : refuse(describe(check.errors?.[0]));
  };
}

function toWebhook(body: Body): Webhook {
  return {
    receiver: body.receiver ?? '',
    groupKey: body.groupKey,
    groupLabels: body.groupLabels ?? {},
    routeLabels: body.routeLabels ?? {},
    externalURL: body.externalURL ?? '',
    truncatedAlerts: body.truncatedAlerts ?? 0,
    notificationReason: body.notification_reason ?? '',
    alerts: body.alerts.map((alert) => ({
      status: alert.status,
      labels: alert.labels,
      annotations: alert.annotations ?? {},
      startsAt: alert.startsAt ?? '',
      startsAtMs: epochMs(alert.startsAt),
      endsAt: alert.endsAt ?? '',
      generatorURL: alert.generatorURL ?? '',
      fingerprint: fingerprintOf(alert.fingerprint, alert.labels),
    })),
  };
}

/** The sender's fingerprint where it has Alertmanager's form; else our own hash of the labels, of the same length. */
function fingerprintOf(given: string | undefined, labels: Labels): string {
  if (given !== undefined && isFingerprint(given)) return given;
  return sha256hex(JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))).slice(0, 16);
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** An RFC 3339 time in ms since the epoch; 0 when it is missing, unreadable or Go's zero time. */
export function epochMs(time = ''): number {
  return RFC3339.test(time) ? Math.max(0, Date.parse(time) || 0) : 0;
}

function refuse(message: string): Refusal {
  return { status: 400, message: `not an Alertmanager webhook: ${message}` };
}

function describe(error: ErrorObject | undefined): string {
  if (error === undefined) return 'it is not in the form of version 4';
  const field = fieldName(error.instancePath);
  if (error.keyword === 'required') {
    const missing = String(error.params.missingProperty);
    return `${field === '' ? missing : `${field}.${missing}`} is missing`;
  }
  const subject = field === '' ? 'the body' : field;
  if (error.keyword === 'enum') {
    return `${subject} must be one of ${(error.params.allowedValues as string[]).map((v) => JSON.stringify(v)).join(', ')}`;
  }
  return `${subject} ${error.message ?? 'is not valid'}`;
}

/** `/alerts/3/labels/team` as `alerts[3].labels.team`, not longer than a line. */
function fieldName(pointer: string): string {
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step, i) => (/^\d+$/.test(step) ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join('')
    .slice(0, 120);
}
