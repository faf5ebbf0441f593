import type { Integration } from '../config/compile-receiver.ts';
import { type Action, actionOf, type Incident } from '../notification/notification.ts';
import { truncate } from '../notification/text.ts';
import type { Reason } from '../notify/notifier.ts';
import { abortReason } from '../notify/send.ts';
import type { Signal } from '../notify/signal.ts';
import type { Logger } from '../observe/log.ts';
import type { Counters } from './counters.ts';
import type { Decision } from './dedup.ts';
import type { Delivery } from './deliver.ts';
import type { Job } from './jobs.ts';
import type { Suppressed } from './reasons.ts';

/** A template's error can hold as much of an alert as the alert has; in characters. */
const MAX_LOGGED_MESSAGE = 500;

const HOLDING: ReadonlySet<Suppressed> = new Set(['mute_time_interval', 'active_time_interval']);

/** How one notification ended, as the reply to the webhook says it. */
export interface Result {
  readonly receiver: string;
  readonly integration: string;
  readonly incident_key: string;
  readonly action: Action;
  readonly outcome: 'accepted' | 'suppressed' | 'rejected' | 'unavailable';
  /** Why it was forwarded or suppressed, or why it was not accepted. */
  readonly reason: string;
  readonly detail?: string;
}

/** Why it was not accepted; undefined where it was, or needed nothing sent. */
export function failureOf({ outcome, reason }: Result): Reason | undefined {
  return outcome === 'rejected' || outcome === 'unavailable' ? (reason as Reason) : undefined;
}

/** Whether nothing of it is left to be told. */
export function isDelivered({ outcome }: Result): boolean {
  return outcome === 'accepted' || outcome === 'suppressed';
}

/** Whether it is to be told again later. */
export function isUnavailable({ outcome }: Result): boolean {
  return outcome === 'unavailable';
}

/** Whose notification it is. */
type Whose = Pick<Integration, 'receiver' | 'name'>;

/** A notification that needed nothing sent. */
export function reportSuppressed(
  { receiver, name }: Whose,
  action: Result['action'],
  reason: Suppressed,
  { key }: Incident,
  counters: Counters,
  log: Logger,
): Result {
  counters.suppressed[reason].count++;
  log.info('notification suppressed', { receiver, integration: name, incident_key: key, action, reason });
  const result = {
    receiver,
    integration: name,
    incident_key: key,
    action,
    outcome: 'suppressed' as const,
    reason,
  };
  return HOLDING.has(reason) ? { ...result, detail: 'held until the mute ends' } : result;
}

/** Stands for the result of what gives way to something newer (turns.ts): it has that one's. */
export function supersededBy({ receiver, name }: Whose, { key, alerts }: Incident): Result {
  const action = actionOf(alerts);
  return {
    receiver,
    integration: name,
    incident_key: key,
    action,
    outcome: 'suppressed',
    reason: 'superseded',
  };
}

/** The result of what its own receiver could not be told, and a fallback's integrations took. */
export function takenBy(results: readonly Result[], own: Result): Result {
  const by = results.map(({ receiver, integration }) => `${receiver}/${integration}`);
  const detail = `taken by ${by.join(', ')}; here: ${own.detail ?? own.reason}`;
  return { ...own, outcome: 'accepted', reason: 'fallback', detail };
}

/** A notification for which no attempt was made. It counts as one that failed: who called logs why. */
export function untried(
  { receiver, name }: Whose,
  { key, alerts }: Incident,
  reason: Reason,
  detail: string,
  counters: Counters,
): Result {
  const action = actionOf(alerts);
  counters.notifications[action].count++;
  counters.failed[reason].count++;
  return { receiver, integration: name, incident_key: key, action, outcome: 'unavailable', reason, detail };
}

/** A notification that came to its turn too late. It is logged for those who look closely only: there may be thousands. */
export function reportUntried(
  whose: Whose,
  incident: Incident,
  signal: Signal,
  counters: Counters,
  log: Logger,
): Result {
  const failure = abortReason(signal);
  const result = untried(whose, incident, failure, 'there was no time left for an attempt', counters);
  const { receiver, integration, incident_key, action } = result;
  log.debug('notification untried', { receiver, integration, incident_key, action, failure });
  return result;
}

/** A notification that was delivered, or could not be. */
export function reportDelivered(
  { receiver, name }: Whose,
  { action, reason: why, incident }: Decision,
  { outcome, attempts, prepared, refused }: Delivery,
  { startedAt, now }: { readonly startedAt: number; readonly now: number },
  counters: Counters,
  log: Logger,
): Result {
  const { status } = outcome;
  counters.notifications[action].count++;
  counters.latency.observe((now - startedAt) / 1000);
  if (prepared.unknownSeverity) counters.unknownSeverities.count++;
  for (const field of prepared.cuts) {
    const tally = counters.truncated[field];
    if (tally !== undefined) tally.count++;
  }
  const entry = {
    receiver,
    integration: name,
    incident_key: incident.key,
    action,
    reason: why,
    outcome: status,
    attempts,
    duration_ms: now - startedAt,
    alerts: incident.alerts.length,
    cut: prepared.cuts.length > 0 ? prepared.cuts : undefined,
    refused: refused.length > 0 ? refused : undefined,
  };
  if (outcome.status === 'accepted') {
    log.info('notification accepted', entry);
    return { receiver, integration: name, incident_key: incident.key, action, outcome: status, reason: why };
  }
  counters.failed[outcome.reason].count++;
  const failure = { ...entry, failure: outcome.reason, detail: outcome.detail };
  if (outcome.status === 'rejected') {
    const fingerprints = incident.alerts.slice(0, 10).map(({ fingerprint }) => fingerprint);
    log.error('notification rejected', { ...failure, fingerprints });
  } else {
    log.warn('notification unavailable', failure);
  }
  const { reason, detail } = outcome;
  return {
    receiver,
    integration: name,
    incident_key: incident.key,
    action,
    outcome: outcome.status,
    reason,
    detail,
  };
}

/** A key that is on its way out: what was sent with it went out again with the one that follows it. */
export function reportKeyRefused(
  { receiver, name }: Whose,
  { keyRefused: detail }: Delivery,
  log: Logger,
): void {
  if (detail === undefined) return;
  log.warn('key refused: the second one of its file is used', { receiver, integration: name, detail });
}

/** Templates that failed: what they were for was sent without them. */
export function reportTemplateFailures(
  { integration, incident, templateFailures }: Job,
  { prepared }: Delivery,
  counters: Counters,
  log: Logger,
): void {
  for (const { setting, message } of [...templateFailures, ...prepared.templateFailures]) {
    counters.templateFailures.count++;
    const { receiver, name } = integration;
    const detail = truncate(message, MAX_LOGGED_MESSAGE);
    log.error('template failed', {
      receiver,
      integration: name,
      incident_key: incident.key,
      setting,
      detail,
    });
  }
}
