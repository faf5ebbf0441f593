import { rate } from '../../notification/severity.ts';
import type { Integration, SettingsFault } from '../notifier.ts';
import { CUTTABLE, toPagerDuty } from './payload.ts';
import { globalProperties, PAGERDUTY_URL, type PagerDutySettings, settingsSchema } from './settings.ts';

const HEADERS = { 'Content-Type': 'application/json' };

/** PagerDuty's Events API v2. */
export const pagerduty: Integration<PagerDutySettings> = {
  type: 'pagerduty',
  settingsSchema,
  globalProperties,
  credential: { setting: 'routing_key' },
  cuttable: CUTTABLE,
  answers: { final: [], errorText },
  check: severityFaults,
  create(settings, { credential, global }) {
    const { href: url } = new URL(settings.url ?? String(global.pagerduty_url ?? PAGERDUTY_URL));
    const severities = new Map(Object.entries(settings.severity_map ?? {}));
    const payloadSettings = { ...settings, severities };
    return {
      credential,
      address: url,
      prepare(notification, reduced) {
        const { json, cuts, unknownSeverity } = toPagerDuty(notification, payloadSettings, reduced);
        const request = {
          method: 'POST' as const,
          url,
          headers: () => HEADERS,
          body: (routingKey: string) => `{"routing_key":${JSON.stringify(routingKey)},${json.slice(1)}`,
        };
        return { request, cuts, unknownSeverity };
      },
    };
  },
};

/** `{"status","message","errors":[…]}`: https://developer.pagerduty.com/docs/events-api-v2/overview/ */
function errorText(body: unknown): string {
  const { message, errors } = (body ?? {}) as { message?: unknown; errors?: unknown };
  const texts = (Array.isArray(errors) ? errors : []).filter((error) => typeof error === 'string');
  return [message, texts.join(', ')].filter((part) => typeof part === 'string' && part !== '').join(': ');
}

/** A severity that is written out is known to be wrong before any alert comes. */
function severityFaults({ severity, severity_map = {} }: PagerDutySettings): readonly SettingsFault[] {
  if (severity === undefined || !rate([severity], new Map(Object.entries(severity_map))).unknown) return [];
  const message = `must be critical, error, warning, info or a name in severity_map (got ${JSON.stringify(severity)})`;
  return [{ path: ['severity'], message }];
}
