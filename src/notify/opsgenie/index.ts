import type { Action } from '../../notification/notification.ts';
import { pathSegment, truncate } from '../../notification/text.ts';
import { keyFrom } from '../given-key.ts';
import type { AnswerRules, VendorRequest } from '../notifier.ts';
import type { SettingsFault, Vendor } from '../vendor.ts';
import { followUpFrom } from './follow-up.ts';
import {
  CUTTABLE,
  MAX_ALIAS,
  MAX_SOURCE,
  notOneOf,
  PEOPLE_TYPES,
  type People,
  PRIORITIES,
  type Responder,
  SEVERITY_OF_PRIORITY,
  toAcknowledge,
  toClose,
  toCreate,
} from './payload.ts';
import { readBackFrom } from './read-back.ts';
import {
  DEFAULT_SOURCE,
  globalProperties,
  JSM_URL,
  OPSGENIE_URL,
  type OpsgenieSettings,
  REGION_URL,
  settingsSchema,
} from './settings.ts';

/** 501 is final for Opsgenie's own SDK; https://docs.opsgenie.com/docs/api-rate-limiting names the header. */
const ANSWERS: AnswerRules = {
  final: [501],
  refusesKey: [401, 403],
  pauseHeader: 'x-ratelimit-period-in-sec',
  errorText,
};

/** Opsgenie's Alert API, and the same calls at Jira Service Management Operations (`flavor: jsm`). */
export const opsgenie: Vendor<OpsgenieSettings> = {
  type: 'opsgenie',
  settingsSchema,
  globalProperties,
  credential: { setting: 'api_key', global: 'opsgenie_api_key', header: 'Authorization' },
  keySetting: 'alias',
  maxKey: MAX_ALIAS,
  cuttable: CUTTABLE,
  answers: ANSWERS,
  check: (settings) => [
    ...priorityFaults(settings),
    ...peopleFaults(settings.responders, 'responders'),
    ...peopleFaults(settings.visible_to, 'visible_to'),
    ...regionFaults(settings),
    ...jsmFaults(settings),
    ...readBackFaults(settings),
  ],
  create(settings, { credential, global }) {
    const byRegion = settings.region && REGION_URL[settings.region];
    const byDefault = settings.flavor === 'jsm' ? JSM_URL : global.opsgenie_api_url;
    const base = settings.api_url ?? byRegion ?? byDefault;
    const alerts = `${new URL(String(base ?? OPSGENIE_URL)).href.replace(/\/+$/, '')}/v2/alerts`;
    const payloadSettings = { ...settings, priorities: new Map(Object.entries(settings.priority_map ?? {})) };
    const severities = Object.entries(settings.priority_map ?? {}).map(
      ([name, priority]) => [name, SEVERITY_OF_PRIORITY[priority]] as const,
    );
    const incidentKey = keyFrom('alias', settings.alias, MAX_ALIAS);
    return {
      credential,
      address: alerts,
      severities: new Map(severities),
      ...(incidentKey === undefined ? {} : { incidentKey }),
      ...(settings.verify
        ? { followUp: (action: Action, body: string) => followUpFrom(alerts, action, body) }
        : {}),
      ...(settings.read_back
        ? {
            readBack: readBackFrom(
              alerts,
              credential,
              truncate(settings.source?.constant ?? '', MAX_SOURCE),
              ANSWERS,
            ),
          }
        : {}),
      prepare(notification, reduced) {
        const { calls, ...found } = CALLS[notification.action](notification, payloadSettings, reduced);
        const alert = `${alerts}/${pathSegment(notification.incident.key)}`;
        const requests = calls.map(
          ({ action, json, isExtra }): VendorRequest => ({
            method: action === 'message' || action === 'description' ? 'PUT' : 'POST',
            url: action === '' ? alerts : `${alert}/${action}?identifierType=alias`,
            headers: (key) => ({ 'Content-Type': 'application/json', Authorization: `GenieKey ${key}` }),
            body: () => json,
            ...(isExtra === undefined ? {} : { isExtra }),
          }),
        );
        return { requests, ...found };
      },
    };
  },
};

const CALLS = { trigger: toCreate, acknowledge: toAcknowledge, resolve: toClose };

/** `{"message","errors":{…}}`: https://docs.opsgenie.com/docs/response */
function errorText(body: unknown): string {
  const { message, errors } = (body ?? {}) as { message?: unknown; errors?: unknown };
  const parts = [message, errors === undefined ? '' : JSON.stringify(errors)];
  return parts.filter((part) => typeof part === 'string' && part !== '').join(': ');
}

/** Alertmanager's own rules (notify/opsgenie/config.go), as far as templates tell before any alert comes. */
function peopleFaults(people: readonly Responder[] = [], setting: People): readonly SettingsFault[] {
  return people.flatMap(({ type, id, name, username }, i) => {
    const faults: SettingsFault[] = [];
    const written = type.constant?.trim().toLowerCase();
    if (written !== undefined && !PEOPLE_TYPES[setting].includes(written)) {
      faults.push({ path: [setting, i, 'type'], message: notOneOf(PEOPLE_TYPES[setting], type.source) });
    }
    const who = written === 'teams' ? [name] : [id, name, username];
    if (who.every((template) => template === undefined || template.constant?.trim() === '')) {
      faults.push({
        path: [setting, i],
        message: 'it names nobody: set id, name or username (for teams: name)',
      });
    } else if (written === 'user' && (id ?? username) === undefined) {
      const message =
        'Opsgenie knows users by username or id; one by name may be refused with the whole alert';
      faults.push({ path: [setting, i], message, warning: true });
    }
    return faults;
  });
}

function priorityFaults({ priority, priority_map = {} }: OpsgenieSettings): readonly SettingsFault[] {
  const text = priority?.constant?.trim();
  if (text === undefined || text === '' || Object.hasOwn(priority_map, text)) return [];
  if (PRIORITIES.some((known) => known === text.toUpperCase())) return [];
  return [{ path: ['priority'], message: notOneOf(PRIORITIES, text) }];
}

function regionFaults({ api_url, region, flavor }: OpsgenieSettings): readonly SettingsFault[] {
  if (region === undefined) return [];
  if (flavor === 'jsm') return [{ path: ['region'], message: 'flavor jsm has one address for all regions' }];
  return api_url === undefined ? [] : [{ path: ['region'], message: 'set only one of api_url, region' }];
}

/** What others send must not be taken for ours: it would be closed because our Alertmanager does not have it. */
function readBackFaults({ read_back, source, flavor }: OpsgenieSettings): readonly SettingsFault[] {
  if (!read_back) return [];
  if (flavor === 'jsm') return [{ path: ['read_back'], message: 'flavor jsm has no call to list alerts' }];
  const text = source?.constant?.trim() ?? '';
  if (text !== '' && text !== DEFAULT_SOURCE) return [];
  const message = 'with it, set source to a text without templates that nobody else sends';
  return [{ path: ['read_back'], message }];
}

/** JSM Operations takes create, acknowledge, close and add note; it has no calls to change an alert. */
function jsmFaults({ flavor, update_alerts, close_details }: OpsgenieSettings): readonly SettingsFault[] {
  if (flavor !== 'jsm') return [];
  const faults: SettingsFault[] = [];
  if (update_alerts)
    faults.push({ path: ['update_alerts'], message: 'flavor jsm has no call to update alerts' });
  if (close_details) {
    faults.push({
      path: ['close_details'],
      message: 'flavor jsm has no call to add details: use close_note',
    });
  }
  return faults;
}
