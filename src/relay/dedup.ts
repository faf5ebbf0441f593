import { type Action, type Alert, common, type Incident } from '../notification/notification.ts';
import type { DedupRules } from '../route/route.ts';
import { contentOf } from './content.ts';
import type { Member, Remembered } from './memory.ts';

/** Alertmanager's `notification_reason` (notify/notify.go). */
const REPEAT = 'repeat interval elapsed';
const ALL_RESOLVED = 'all alerts resolved';

/**
 * How long an alert's end is held against firings with the same start, in ms. A lagging HA peer is behind by a
 * `group_interval` and Prometheus's resend delay at most; an alert that was cut off from Alertmanager and comes back
 * with its old start after that is a page again (docs/adr/0003-stale-firings.md).
 */
export const STALE_WINDOW_MS = 15 * 60_000;

/** Ended alerts remembered per incident: as many as the largest payload that is taken by default. */
const MAX_ENDED = 20_000;

export const SUPPRESSED = [
  'in_flight',
  'stale',
  'duplicate',
  'repeat',
  'still_firing',
  'truncated',
  'send_resolved',
] as const;
export type Suppressed = (typeof SUPPRESSED)[number];
export type Forwarded = 'first' | 'changed' | 'repeat' | 'resolved';

export type Decision =
  | {
      readonly forward: true;
      readonly action: Action;
      readonly reason: Forwarded;
      /** The incident without alerts that are stale. */
      readonly incident: Incident;
    }
  | {
      readonly forward: false;
      readonly action: Action;
      readonly reason: Exclude<Suppressed, 'in_flight'>;
      readonly incident: Incident;
    };

/** What is done with what a webhook says of an incident, given what was accepted before. */
export function decide(
  said: Incident,
  rules: DedupRules,
  sendResolved: boolean,
  before: Remembered | undefined,
  now: number,
): Decision {
  const incident = withoutStale(said, before, now);
  if (incident === undefined) return { forward: false, action: 'trigger', reason: 'stale', incident: said };
  const suppress = (action: Action, reason: Exclude<Suppressed, 'in_flight'>): Decision => ({
    forward: false,
    action,
    reason,
    incident,
  });
  if (incident.alerts.some(({ status }) => status === 'firing')) {
    const reason = triggerReason(incident, rules, before, now);
    if (reason === 'duplicate') return suppress('trigger', 'duplicate');
    if (reason === 'repeat' && rules.repeats === 'drop' && incident.notificationReason === REPEAT) {
      return suppress('trigger', 'repeat');
    }
    return { forward: true, action: 'trigger', reason, incident };
  }
  if (hidesFirings(incident)) return suppress('resolve', 'truncated');
  if (membersAfter(incident, before, now).some(({ endedAt }) => endedAt === undefined)) {
    return suppress('resolve', 'still_firing');
  }
  if (!sendResolved) return suppress('resolve', 'send_resolved');
  if (before?.action === 'resolve' && incident.alerts.every(endedBefore(before, now))) {
    return suppress('resolve', 'duplicate');
  }
  return { forward: true, action: 'resolve', reason: 'resolved', incident };
}

/** What is remembered once the vendor has accepted what was forwarded. */
export function remember(
  { action, incident }: Decision,
  rules: DedupRules,
  before: Remembered | undefined,
  now: number,
): Remembered {
  const members = membersAfter(incident, before, now);
  if (action === 'resolve') return { action, startsAtMs: 0, contents: [], members };
  const content = { group: groupOf(incident), text: contentOf(incident, rules.resendOn), acceptedAt: now };
  const others =
    before?.action === 'trigger' ? before.contents.filter(({ group }) => group !== content.group) : [];
  return { action, startsAtMs: startOf(incident), contents: [...others, content], members };
}

/**
 * What is remembered of something that needed nothing sent: who belongs to the incident, and that it is over where
 * the receiver does not want to be told. Undefined: nothing new.
 */
export function learn(
  decision: Decision,
  before: Remembered | undefined,
  now: number,
): Remembered | undefined {
  const { reason, incident } = decision;
  if (reason === 'send_resolved') {
    return { action: 'resolve', startsAtMs: 0, contents: [], members: membersAfter(incident, before, now) };
  }
  if (before === undefined || reason === 'stale' || incident.granularity === 'alert') return undefined;
  return { ...before, members: membersAfter(incident, before, now) };
}

function triggerReason(
  incident: Incident,
  rules: DedupRules,
  before: Remembered | undefined,
  now: number,
): Exclude<Forwarded, 'resolved'> | 'duplicate' {
  if (before === undefined || before.action === 'resolve') return 'first';
  const text = contentOf(incident, rules.resendOn);
  const { contents } = before;
  const last =
    contents.find(({ group }) => group === groupOf(incident)) ??
    contents.find((known) => known.text === text);
  if (last?.text !== text || startOf(incident) > before.startsAtMs) return 'changed';
  const expected = incident.notificationReason === REPEAT;
  return !expected && now - last.acceptedAt < rules.windowMs ? 'duplicate' : 'repeat';
}

/** The incident without firings that are known to have ended since; undefined when nothing else is left. */
function withoutStale(incident: Incident, before: Remembered | undefined, now: number): Incident | undefined {
  if (before === undefined) return incident;
  const hasEnded = endedBefore(before, now);
  const alerts = incident.alerts.filter((alert) => alert.status === 'resolved' || !hasEnded(alert));
  if (alerts.length === incident.alerts.length) return incident;
  if (alerts.length === 0) return undefined;
  return {
    ...incident,
    alerts,
    commonLabels: common(alerts, 'labels'),
    commonAnnotations: common(alerts, 'annotations'),
  };
}

/** Tells whether this very occurrence of an alert was already told to have ended. Without a start it cannot be known. */
function endedBefore({ members }: Remembered, now: number): (alert: Alert) => boolean {
  const ended = new Map<string, number>();
  for (const { fingerprint, startsAtMs, endedAt } of members) {
    if (endedAt !== undefined && now - endedAt < STALE_WINDOW_MS) ended.set(fingerprint, startsAtMs);
  }
  return ({ fingerprint, startsAtMs }) => startsAtMs > 0 && startsAtMs <= (ended.get(fingerprint) ?? 0);
}

/**
 * Whether alerts that Alertmanager cut from the payload may still fire, so that the kept ones do not speak for all.
 * Its reason is found before the cut and does (docs/adr/0004-truncated-groups.md).
 */
function hidesFirings({ granularity, truncatedAlerts, notificationReason }: Incident): boolean {
  return granularity !== 'alert' && truncatedAlerts > 0 && notificationReason !== ALL_RESOLVED;
}

/**
 * The incident's alerts as known after this: those that ended, held against stale firings, and, where several groups
 * can feed one incident, those that fire. An alert that is not mentioned may be muted: it stays what it was.
 */
function membersAfter(incident: Incident, before: Remembered | undefined, now: number): readonly Member[] {
  const nothingToKnow = before === undefined && incident.granularity !== 'labels';
  if (nothingToKnow && incident.alerts.every(({ status }) => status === 'firing')) return [];
  const known = new Map<string, Member>();
  for (const member of before?.members ?? []) {
    if (member.endedAt === undefined || now - member.endedAt < STALE_WINDOW_MS)
      known.set(member.fingerprint, member);
  }
  for (const { fingerprint, startsAtMs, status } of incident.alerts) {
    known.delete(fingerprint);
    if (status === 'resolved') known.set(fingerprint, { fingerprint, startsAtMs, endedAt: now });
    else if (incident.granularity === 'labels') known.set(fingerprint, { fingerprint, startsAtMs });
  }
  const members = [...known.values()];
  const surplus = members.length - MAX_ENDED;
  return surplus > 0 ? members.filter(({ endedAt }, i) => endedAt === undefined || i >= surplus) : members;
}

function groupOf({ granularity, groupKey }: Incident): string {
  return granularity === 'labels' ? groupKey : '';
}

/** When the earliest of the firing alerts began. */
function startOf({ alerts }: Incident): number {
  let start = Number.POSITIVE_INFINITY;
  for (const { status, startsAtMs } of alerts) {
    if (status === 'firing' && startsAtMs < start) start = startsAtMs;
  }
  return start;
}
