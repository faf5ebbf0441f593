import type { SandboxIncident } from './incidents.ts';
import { isRecord } from './record.ts';

export const INCIDENT_STATUSES = ['triggered', 'acknowledged', 'resolved'] as const;
export type IncidentStatus = (typeof INCIDENT_STATUSES)[number];
/** An alert is not acknowledged, its incident is. */
export const ALERT_STATUSES = ['triggered', 'resolved'] as const;

/** What PagerDuty calls this state of an incident. */
export function incidentStatus({ status, acknowledged }: SandboxIncident): IncidentStatus {
  if (status === 'resolved') return 'resolved';
  return acknowledged ? 'acknowledged' : 'triggered';
}

export function alertStatus({ status }: SandboxIncident): (typeof ALERT_STATUSES)[number] {
  return status === 'resolved' ? 'resolved' : 'triggered';
}

/** The incident as PagerDuty's REST API shows it. */
export function toIncident(incident: SandboxIncident): object {
  const status = incidentStatus(incident);
  const open = Number(status !== 'resolved');
  return {
    id: incidentId(incident.id),
    type: 'incident',
    incident_number: incident.id,
    title: String(payloadOf(incident).summary ?? ''),
    status,
    // Null where an incident holds alerts, as these do: only the alert tells the dedup_key.
    incident_key: null,
    created_at: timeOf(incident, 0),
    updated_at: timeOf(incident, -1),
    last_status_change_at: timeOfStatus(incident),
    resolved_at: status === 'resolved' ? timeOf(incident, -1) : null,
    urgency: 'high',
    service: SERVICE,
    alert_counts: { all: 1, triggered: open, resolved: 1 - open },
  };
}

/** The one alert of an incident, as PagerDuty's REST API shows it. */
export function toAlert(incident: SandboxIncident): object {
  const { severity, source, custom_details: details } = payloadOf(incident);
  const { client, client_url } = incident.event;
  return {
    id: `Q2${padded(incident.id)}`,
    type: 'alert',
    status: alertStatus(incident),
    alert_key: incident.key,
    summary: String(payloadOf(incident).summary ?? ''),
    severity,
    suppressed: false,
    created_at: timeOf(incident, 0),
    body: {
      type: 'alert_body',
      details,
      cef_details: { client, client_url, dedup_key: incident.key, severity, source_origin: source, details },
    },
    service: SERVICE,
    incident: { id: incidentId(incident.id), type: 'incident_reference' },
  };
}

const SERVICE = { id: 'PSANDBX', type: 'service_reference', summary: 'sandbox' };

function incidentId(number: number): string {
  return `Q1${padded(number)}`;
}

/** The number of the incident with this id; NaN for what is none. */
export function incidentNumber(id: string): number {
  return /^Q1[0-9A-Z]{12}$/.test(id) ? Number.parseInt(id.slice(2), 36) : Number.NaN;
}

function padded(number: number): string {
  return number.toString(36).toUpperCase().padStart(12, '0');
}

function payloadOf({ event }: SandboxIncident): Readonly<Record<string, unknown>> {
  return isRecord(event.payload) ? event.payload : {};
}

/** PagerDuty's times have whole seconds. */
function timeOf({ history }: SandboxIncident, index: number): string {
  return (history.at(index)?.at ?? '').replace(/\.\d+Z$/, 'Z');
}

function timeOfStatus(incident: SandboxIncident): string {
  const changes = ['acknowledge', 'resolve'];
  return timeOf(
    incident,
    Math.max(
      0,
      incident.history.findLastIndex(({ action }) => changes.includes(action)),
    ),
  );
}
