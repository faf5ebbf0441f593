import { rate } from '../../notification/severity.ts';
import { createIsoTime } from '../../observe/iso-time.ts';
import { keyFrom } from '../given-key.ts';
import type { SettingsFault, Vendor } from '../vendor.ts';
import { CUTTABLE, MAX_DEDUP_KEY, toPagerDuty } from './payload.ts';
import { readBackFrom } from './read-back.ts';
import {
  DEFAULT_CLIENT,
  globalProperties,
  PAGERDUTY_URL,
  type PagerDutySettings,
  REGION_URL,
  readsBack,
  settingsSchema,
} from './settings.ts';

const HEADERS = { 'Content-Type': 'application/json' };

/** PagerDuty's Events API v2. */
export const pagerduty: Vendor<PagerDutySettings> = {
  type: 'pagerduty',
  settingsSchema,
  globalProperties,
  credential: { setting: 'routing_key' },
  readCredential: 'rest_api_key',
  keySetting: 'dedup_key',
  maxKey: MAX_DEDUP_KEY,
  cuttable: CUTTABLE,
  // An unknown key is a 400, as an invalid event is.
  answers: { final: [], refusesKey: [400, 401, 403], errorText },
  check: (settings) => [...severityFaults(settings), ...regionFaults(settings), ...readBackFaults(settings)],
  create(settings, { credential, readCredential, global }) {
    const { href: url } = new URL(
      settings.url ??
        (settings.region && REGION_URL[settings.region]) ??
        String(global.pagerduty_url ?? PAGERDUTY_URL),
    );
    const severities = new Map(Object.entries(settings.severity_map ?? {}));
    const payloadSettings = { ...settings, severities, isoTime: createIsoTime() };
    const incidentKey = keyFrom('dedup_key', settings.dedup_key, MAX_DEDUP_KEY);
    return {
      credential,
      address: url,
      severities,
      ...(incidentKey === undefined ? {} : { incidentKey }),
      ...(readCredential === undefined
        ? {}
        : { readBack: readBackFrom(settings, readCredential, settings.client.constant ?? '') }),
      prepare(notification, reduced) {
        const event = toPagerDuty(notification, payloadSettings, reduced);
        const { json, cuts, unknownSeverity, templateFailures } = event;
        const request = {
          method: 'POST' as const,
          url,
          headers: () => HEADERS,
          body: (routingKey: string) => withKey(json, routingKey),
        };
        return { requests: [request], cuts, unknownSeverity, templateFailures };
      },
    };
  },
};

/** The event's JSON with the routing key at its start. */
function withKey(json: Buffer, routingKey: string): Buffer {
  const start = `{"routing_key":${JSON.stringify(routingKey)},`;
  const bytes = Buffer.byteLength(start);
  const whole = Buffer.allocUnsafe(bytes + json.length - 1);
  whole.write(start);
  json.copy(whole, bytes, 1);
  return whole;
}

/** `{"status","message","errors":[…]}`: https://developer.pagerduty.com/docs/events-api-v2/overview/ */
function errorText(body: unknown): string {
  const { message, errors } = (body ?? {}) as { message?: unknown; errors?: unknown };
  const texts = (Array.isArray(errors) ? errors : []).filter((error) => typeof error === 'string');
  return [message, texts.join(', ')].filter((part) => typeof part === 'string' && part !== '').join(': ');
}

/** A severity that is written out is known to be wrong before any alert comes. */
function severityFaults({ severity, severity_map = {} }: PagerDutySettings): readonly SettingsFault[] {
  const text = severity?.constant;
  if (text === undefined || !rate([text], new Map(Object.entries(severity_map))).unknown) return [];
  const message = `must be critical, error, warning, info or a name in severity_map (got ${JSON.stringify(text)})`;
  return [{ path: ['severity'], message }];
}

function regionFaults({ url, region }: PagerDutySettings): readonly SettingsFault[] {
  if (url === undefined || region === undefined) return [];
  return [{ path: ['region'], message: 'set only one of url, region' }];
}

/** What others send must not be taken for ours: it would be resolved because our Alertmanager does not have it. */
function readBackFaults({ client, ...settings }: PagerDutySettings): readonly SettingsFault[] {
  if (!readsBack(settings)) return [];
  const text = client.constant?.trim() ?? '';
  if (text !== '' && text !== DEFAULT_CLIENT) return [];
  const message = 'with rest_api_key it must be a text without templates that nobody else sends';
  return [{ path: ['client'], message }];
}
