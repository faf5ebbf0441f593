import { codePoints } from '../notification/text.ts';
import { isRecord } from './record.ts';

const ACTIONS: readonly unknown[] = ['trigger', 'acknowledge', 'resolve'];
const SEVERITIES: readonly unknown[] = ['critical', 'error', 'warning', 'info'];

type Rule = readonly [broken: boolean, error: string];

/** What PagerDuty's documentation demands of an event (Events API v2, "Send an alert event"), as its error texts. */
export function pagerDutyErrors(event: unknown): readonly string[] {
  if (!isRecord(event)) return ['event is not an object'];
  const { routing_key: key, event_action: action, dedup_key: dedupKey, payload, links, images } = event;
  return [
    ...broken([
      [!isText(key) || key.length !== 32, "Length of 'routing_key' is incorrect (should be 32 characters)"],
      [isText(key) && /[^a-zA-Z0-9]/.test(key), "'routing_key' cannot contain non-alphanumeric characters."],
      [!ACTIONS.includes(action), "'event_action' is invalid (must be one of trigger, acknowledge, resolve)"],
      [
        dedupKey !== undefined && !isText(dedupKey, 255),
        "'dedup_key' is too long (maximum is 255 characters)",
      ],
      [action !== 'trigger' && isBlank(dedupKey), "'dedup_key' is missing or blank"],
      [!isText(event.client ?? ''), "'client' must be a string"],
      [!isText(event.client_url ?? ''), "'client_url' must be a string"],
    ]),
    ...(action === 'trigger' || payload !== undefined ? payloadErrors(payload) : []),
    ...listErrors('links', links, 'href'),
    ...listErrors('images', images, 'src'),
  ];
}

function payloadErrors(payload: unknown): readonly string[] {
  if (!isRecord(payload)) return ["'payload' is missing or blank"];
  const {
    summary,
    source,
    severity,
    timestamp = '2026-01-01T00:00:00Z',
    custom_details: details = {},
  } = payload;
  const optional = ['component', 'group', 'class'].filter((name) => !isText(payload[name] ?? ''));
  return broken([
    [isBlank(summary), "'payload.summary' is missing or blank"],
    [isText(summary) && !isText(summary, 1024), "'summary' is too long (maximum is 1024 characters)"],
    [isBlank(source), "'payload.source' is missing or blank"],
    [
      !SEVERITIES.includes(severity),
      "'payload.severity' is invalid (must be one of critical, error, warning, info)",
    ],
    [!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(String(timestamp)), "'payload.timestamp' is invalid"],
    [!isRecord(details), "'payload.custom_details' must be an object"],
    ...optional.map((name): Rule => [true, `'payload.${name}' must be a string`]),
  ]);
}

function broken(rules: readonly Rule[]): readonly string[] {
  return rules.filter(([isBroken]) => isBroken).map(([, error]) => error);
}

function isText(value: unknown, limit = Number.POSITIVE_INFINITY): value is string {
  return typeof value === 'string' && codePoints(value) <= limit;
}

function isBlank(value: unknown): boolean {
  return typeof value !== 'string' || value.trim() === '';
}

function listErrors(name: string, list: unknown, required: string): readonly string[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) return [`'${name}' must be an array`];
  return list.flatMap((item) => {
    const value: unknown = isRecord(item) ? item[required] : undefined;
    if (typeof value !== 'string' || value.trim() === '')
      return [`'${name}.${required}' is missing or blank`];
    return required === 'src' && !/^https:\/\//i.test(value)
      ? [`'${name}.src' must be served over HTTPS`]
      : [];
  });
}
