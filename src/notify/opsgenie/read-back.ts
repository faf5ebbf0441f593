import { isFingerprint } from '../../notification/incident-key.ts';
import type { SecretSource } from '../../notification/secret.ts';
import { ALERTS_DETAIL, fingerprintsIn } from '../alerts-detail.ts';
import { nextPage, PAGE } from '../next-page.ts';
import type { AnswerRules, Question, ReadBack } from '../notifier.ts';

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** The farthest page, and that it has 100 at most: https://docs.opsgenie.com/docs/alert-api#list-alerts */
const MAX_REACH = 20_000;

interface Listed {
  readonly id?: unknown;
  readonly alias?: unknown;
}

/** Asks Opsgenie for open alerts from this source, and those of several alerts for their details. */
export function readBackFrom(
  alerts: string,
  credential: SecretSource,
  source: string,
  answers: AnswerRules,
): ReadBack {
  const query = encodeURIComponent(`status:open AND source:${JSON.stringify(source)}`);
  const get = (url: string): Question['request'] => ({
    method: 'GET',
    url,
    maxAnswerBytes: MAX_ANSWER_BYTES,
    headers: (key) => ({ Authorization: `GenieKey ${key}` }),
    body: () => '',
  });
  const listFrom = (offset: number): Question => ({
    request: get(`${alerts}?query=${query}&limit=${PAGE}&offset=${offset}&sort=createdAt&order=asc`),
    read(body) {
      const { data } = (body ?? {}) as { data?: unknown };
      if (!Array.isArray(data)) return undefined;
      const listed = (data as readonly (Listed | null)[]).flatMap((alert) =>
        typeof alert?.alias === 'string' && alert.alias !== '' ? [{ id: alert.id, key: alert.alias }] : [],
      );
      // The key of an incident per alert is its alert's fingerprint: its details need not be asked for.
      const told = listed.filter(({ key }) => isFingerprint(key));
      const others = listed.filter(({ id, key }) => !isFingerprint(key) && /^[\w-]+$/.test(String(id)));
      return {
        open: told.map(({ key }) => ({ key, fingerprints: [key] })),
        listed: data.map((alert: Listed | null) => String(alert?.id)),
        ...(data.length === PAGE ? nextPage(offset, MAX_REACH, listFrom) : {}),
        next: others.map(({ id, key }) => detailsOf(String(id), key)),
      };
    },
  });
  const detailsOf = (id: string, key: string): Question => ({
    isOfOne: true,
    request: get(`${alerts}/${id}`),
    read(body) {
      const { data } = (body ?? {}) as {
        data?: { status?: unknown; details?: Readonly<Record<string, unknown>> };
      };
      if (typeof data !== 'object' || data === null) return undefined;
      // It may have been closed since it was listed.
      if (data.status === 'closed') return { open: [] };
      return { open: [{ key, fingerprints: fingerprintsIn(data.details?.[ALERTS_DETAIL]) }] };
    },
  });
  return {
    id: JSON.stringify([alerts, credential.id, source]),
    credential,
    address: alerts,
    answers,
    first: listFrom(0),
  };
}
