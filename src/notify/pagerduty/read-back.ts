import type { SecretSource } from '../../notification/secret.ts';
import { ALERTS_DETAIL, fingerprintsIn } from '../alerts-detail.ts';
import { nextPage, PAGE } from '../next-page.ts';
import type { AnswerRules, OpenIncident, Question, ReadBack, Told } from '../notifier.ts';
import type { PagerDutySettings } from './settings.ts';

/** https://developer.pagerduty.com/docs/rest-api-overview/ */
const REST_URL = 'https://api.pagerduty.com';
const REST_REGION_URL = { us: REST_URL, eu: 'https://api.eu.pagerduty.com' } as const;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** `offset` and `limit` together, at most, and that `limit` is 100 at most: "Pagination" there. */
const MAX_REACH = 10_000;

/** The header and the form of errors: "Rate Limiting" and "Errors" there. */
const ANSWERS: AnswerRules = { final: [], refusesKey: [401, 403], pauseHeader: 'ratelimit-reset', errorText };

interface Listed {
  readonly id: string;
}

/** As far as it is read; everything in it may be missing. */
interface ListedAlert {
  readonly id?: unknown;
  readonly alert_key?: unknown;
  readonly body?: {
    readonly details?: Readonly<Record<string, unknown>> | null;
    readonly cef_details?: { readonly client?: unknown };
  };
}

/** Asks PagerDuty's REST API for open incidents, and each for its alerts: only these tell the `dedup_key` and the client. */
export function readBackFrom(
  settings: PagerDutySettings,
  credential: SecretSource,
  client: string,
): ReadBack {
  const base = settings.rest_api_url ?? REST_REGION_URL[settings.region ?? 'us'];
  const incidents = `${base.replace(/\/+$/, '')}/incidents`;
  const services = (settings.rest_service_ids ?? []).map((id) => `&service_ids[]=${encodeURIComponent(id)}`);
  const open = `?statuses[]=triggered&statuses[]=acknowledged&date_range=all&sort_by=created_at:asc${services.join('')}`;

  const incidentsFrom = (offset: number): Question => ({
    request: get(`${incidents}${open}&limit=${PAGE}&offset=${offset}`),
    read(body) {
      const listed = listOf<Listed>(body, 'incidents');
      if (listed === undefined) return undefined;
      const ids = listed.flatMap(({ id }) => (/^\w+$/.test(String(id)) ? [String(id)] : []));
      return {
        open: [],
        listed: ids,
        ...more(body, offset, incidentsFrom),
        next: ids.map((id) => alertsOf(id, 0)),
      };
    },
  });
  const alertsOf = (id: string, from: number): Question => ({
    isOfOne: true,
    request: get(`${incidents}/${id}/alerts?statuses[]=triggered&limit=${PAGE}&offset=${from}`),
    read(body) {
      const alerts = listOf<ListedAlert>(body, 'alerts');
      if (alerts === undefined) return undefined;
      const ours = alerts.filter((alert) => alert.body?.cef_details?.client === client);
      return {
        open: ours.flatMap(openIncident),
        listed: alerts.map((alert) => String(alert.id)),
        ...more(body, from, (offset) => alertsOf(id, offset)),
      };
    },
  });
  return {
    id: JSON.stringify([incidents, open, credential.id, client]),
    credential,
    address: incidents,
    answers: ANSWERS,
    first: incidentsFrom(0),
  };
}

function openIncident({ alert_key, body }: ListedAlert): readonly OpenIncident[] {
  if (typeof alert_key !== 'string' || alert_key === '') return [];
  return [{ key: alert_key, fingerprints: fingerprintsIn(body?.details?.[ALERTS_DETAIL]) }];
}

function more(
  body: unknown,
  offset: number,
  ask: (offset: number) => Question,
): Pick<Told, 'more' | 'isCut'> {
  return (body as { more?: unknown }).more === true ? nextPage(offset, MAX_REACH, ask) : {};
}

function listOf<T>(body: unknown, name: string): readonly T[] | undefined {
  const list = ((body ?? {}) as Readonly<Record<string, unknown>>)[name];
  return Array.isArray(list) ? list.filter((item) => typeof item === 'object' && item !== null) : undefined;
}

function get(url: string): Question['request'] {
  return {
    method: 'GET',
    url,
    maxAnswerBytes: MAX_ANSWER_BYTES,
    headers: (key) => ({
      Accept: 'application/vnd.pagerduty+json;version=2',
      Authorization: `Token token=${key}`,
    }),
    body: () => '',
  };
}

/** `{"error":{"message","code","errors":[…]}}` */
function errorText(body: unknown): string {
  const { error } = (body ?? {}) as { error?: { message?: unknown; errors?: unknown } };
  const texts = Array.isArray(error?.errors) ? error.errors : [];
  return [error?.message, ...texts].filter((text) => typeof text === 'string').join(': ');
}
