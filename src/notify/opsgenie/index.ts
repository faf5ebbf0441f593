import type { Integration, SettingsFault } from '../notifier.ts';
import { CUTTABLE, type Responder, toClose, toCreate } from './payload.ts';
import {
  globalProperties,
  JSM_URL,
  OPSGENIE_URL,
  type OpsgenieSettings,
  settingsSchema,
} from './settings.ts';

/** Opsgenie's Alert API, and the same calls at Jira Service Management Operations (`flavor: jsm`). */
export const opsgenie: Integration<OpsgenieSettings> = {
  type: 'opsgenie',
  settingsSchema,
  globalProperties,
  credential: { setting: 'api_key', global: 'opsgenie_api_key' },
  cuttable: CUTTABLE,
  // 501 is final for Opsgenie's own SDK; https://docs.opsgenie.com/docs/api-rate-limiting names the header.
  answers: { final: [501], pauseHeader: 'x-ratelimit-period-in-sec', errorText },
  check: ({ responders = [], priority }) => [
    ...priorityFaults(priority),
    ...responders.flatMap(responderFaults),
  ],
  create(settings, { credential, global }) {
    const base = settings.api_url ?? (settings.flavor === 'jsm' ? JSM_URL : global.opsgenie_api_url);
    const alerts = `${new URL(String(base ?? OPSGENIE_URL)).href.replace(/\/+$/, '')}/v2/alerts`;
    const payloadSettings = { ...settings, priorities: new Map(Object.entries(settings.priority_map ?? {})) };
    return {
      credential,
      address: alerts,
      prepare(notification, reduced) {
        const { action, incident } = notification;
        const closing = action === 'resolve';
        const { json, cuts, unknownSeverity } = closing
          ? toClose(payloadSettings)
          : toCreate(notification, payloadSettings, reduced);
        const request = {
          method: 'POST' as const,
          url: closing ? `${alerts}/${encodeURIComponent(incident.key)}/close?identifierType=alias` : alerts,
          headers: (key: string) => ({
            'Content-Type': 'application/json',
            Authorization: `GenieKey ${key}`,
          }),
          body: () => json,
        };
        return { request, cuts, unknownSeverity };
      },
    };
  },
};

/** `{"message","errors":{…}}`: https://docs.opsgenie.com/docs/response */
function errorText(body: unknown): string {
  const { message, errors } = (body ?? {}) as { message?: unknown; errors?: unknown };
  const parts = [message, errors === undefined ? '' : JSON.stringify(errors)];
  return parts.filter((part) => typeof part === 'string' && part !== '').join(': ');
}

const RESPONDER_TYPES: readonly string[] = ['team', 'teams', 'user', 'escalation', 'schedule'];

/** Alertmanager's own rules (notify/opsgenie/config.go). */
function responderFaults(responder: Responder, i: number): readonly SettingsFault[] {
  const faults: SettingsFault[] = [];
  if (!RESPONDER_TYPES.includes(responder.type.toLowerCase())) {
    const message = `must be one of ${RESPONDER_TYPES.join(', ')} (got ${JSON.stringify(responder.type)})`;
    faults.push({ path: ['responders', i, 'type'], message });
  }
  const who =
    responder.type.toLowerCase() === 'teams'
      ? [responder.name]
      : [responder.id, responder.name, responder.username];
  if (who.every((text) => text === undefined || text.trim() === '')) {
    faults.push({
      path: ['responders', i],
      message: 'it names nobody: set id, name or username (for teams: name)',
    });
  }
  return faults;
}

function priorityFaults(priority: string | undefined): readonly SettingsFault[] {
  if (priority === undefined || /^P[1-5]$/i.test(priority.trim())) return [];
  return [
    { path: ['priority'], message: `must be one of P1, P2, P3, P4, P5 (got ${JSON.stringify(priority)})` },
  ];
}
