import type { SandboxIncident } from './incidents.ts';

const ID_PREFIX = '00000000-0000-4000-8000-';
const ID_DIGITS = 12;

/** The id of the alert that Opsgenie would have for an incident. */
export function alertId(incident: SandboxIncident): string {
  return `${ID_PREFIX}${incident.id.toString(16).padStart(ID_DIGITS, '0')}`;
}

/** The number of the incident whose alert has this id; NaN for what is none. */
export function incidentNumber(id: string): number {
  const digits = id.startsWith(ID_PREFIX) ? id.slice(ID_PREFIX.length) : '';
  return /^[0-9a-f]{12}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
}

/** The alert as a list shows it. */
export function toListed(incident: SandboxIncident): Readonly<Record<string, unknown>> {
  const { event, history } = incident;
  const { message, source = '', tags = [], priority = 'P3', responders = [] } = event;
  const acknowledged = history.find(({ action }) => action === 'acknowledge');
  const closed = incident.status === 'resolved' ? history.at(-1) : undefined;
  const msAfterStart = (at: string) => Date.parse(at) - Date.parse(history[0]?.at ?? '');
  return {
    id: alertId(incident),
    tinyId: String(incident.id),
    alias: incident.key,
    message,
    status: closed === undefined ? 'open' : 'closed',
    acknowledged: incident.acknowledged,
    isSeen: incident.acknowledged,
    tags,
    snoozed: false,
    count: incident.count,
    lastOccurredAt: history.findLast(({ action }) => action === 'trigger')?.at,
    createdAt: history[0]?.at,
    updatedAt: history.at(-1)?.at,
    source,
    owner: '',
    priority,
    responders,
    report: {
      ...(acknowledged === undefined ? {} : { ackTime: msAfterStart(acknowledged.at) }),
      ...(closed === undefined ? {} : { closeTime: msAfterStart(closed.at) }),
    },
  };
}

/** The alert as it is shown alone. */
export function toAlert(incident: SandboxIncident): Readonly<Record<string, unknown>> {
  const { actions = [], entity = '', description = '', details = {} } = incident.event;
  return { ...toListed(incident), actions, entity, description, details };
}
