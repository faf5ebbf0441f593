import { sha256hex } from '../notification/incident-key.ts';
import {
  type Action,
  type Alert,
  actionOf,
  type Incident,
  type Notification,
  withAlerts,
} from '../notification/notification.ts';
import { ALL_RESOLVED, REPEAT } from '../notification/notification-reason.ts';
import type { DedupRules } from '../route/route.ts';
import { contentOf } from './content.ts';
import { beganAfter } from './ended-by.ts';
import { anyFires, endedBefore, membersAfter, STALE_WINDOW_MS } from './members.ts';
import type { Forwarded, Suppressed } from './reasons.ts';
import { foundOpen, type Member, mayBeClosed, NOT_OPEN, type Remembered, type Told } from './remembered.ts';

/** Groups whose last content is remembered per incident: more than one only where an incident is by labels. */
const MAX_GROUPS = 100;

/**
 * How long a firing that was taken for stale is doubted, in ms: a lagging peer has caught up by then, and if Alertmanager
 * still has the alert active, it was none.
 */
const DOUBT_MS = 5 * 60_000;

/**
 * A reminder of what was accepted less than this ago is a retry of Alertmanager's, because another integration failed, in ms: its
 * waits grow to a minute and a half (notify/notify.go).
 */
const RETRIED_MS = 110_000;

/** What dedup itself decides; the others are found before or after it. */
type Duplicate = Exclude<
  Suppressed,
  'in_flight' | 'superseded' | 'hold_resolve' | 'mute_time_interval' | 'active_time_interval'
>;
/** Of what is sent: what a webhook says, and what Alertmanager has (reconcile.ts). */
type Announced = Extract<Forwarded, 'first' | 'changed' | 'repeat' | 'resolved'>;
export type Observed = Extract<Forwarded, 'gone' | 'muted' | 'active'>;

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
      readonly reason: Duplicate;
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
  if (incident === undefined) {
    return { forward: false, action: actionOf(said.alerts), reason: 'stale', incident: said };
  }
  const suppress = (action: Action, reason: Duplicate): Decision => ({
    forward: false,
    action,
    reason,
    incident,
  });
  if (actionOf(incident.alerts) === 'trigger') {
    const reason = triggerReason(incident, rules, before, now);
    if (reason === 'duplicate') return suppress('trigger', 'duplicate');
    if (reason === 'repeat' && rules.repeats === 'drop' && incident.notificationReason === REPEAT) {
      return suppress('trigger', 'repeat');
    }
    return { forward: true, action: 'trigger', reason, incident };
  }
  if (hidesFirings(incident)) return suppress('resolve', 'truncated');
  if (incident.granularity === 'labels' && anyFires(membersKnown(incident, before, now))) {
    return suppress('resolve', 'still_firing');
  }
  if (!sendResolved) return suppress('resolve', 'send_resolved');
  if (before?.action === 'resolve' && incident.alerts.every(endedBefore(before.members, now))) {
    return suppress('resolve', 'duplicate');
  }
  return { forward: true, action: 'resolve', reason: 'resolved', incident };
}

/**
 * What the vendor is told of it: a receiver that does not send resolved alerts hears of firing ones only, as in
 * Alertmanager (notify/retry_stage.go).
 */
export function asTold(decision: Decision, sendsResolved: boolean): Notification {
  const { action, incident } = decision;
  if (sendsResolved || action === 'resolve') return decision;
  return {
    action,
    incident: withAlerts(
      incident,
      incident.alerts.filter(({ status }) => status === 'firing'),
    ),
  };
}

/** What is remembered once the vendor has accepted what was forwarded. `heardAt`: when Alertmanager said it (jobs.ts). */
export function remember(
  { action, incident }: Decision,
  rules: DedupRules,
  before: Remembered | undefined,
  now: number,
  heardAt = now,
): Remembered {
  const members = membersKnown(incident, before, now);
  // Somebody knows of it: nothing else has changed.
  if (action === 'acknowledge') return before ?? foundOpen(members);
  if (action === 'resolve') return { ...NOT_OPEN, members, resolvedAt: now, endHeardAt: heardAt };
  const last = {
    group: groupOf(incident),
    text: contentOf(incident, rules.resendOn),
    startsAtMs: startOf(incident),
    acceptedAt: now,
  };
  return { action, last, others: othersThan(last, before), members };
}

function othersThan({ group }: Told, before: Remembered | undefined): readonly Told[] {
  if (before?.action !== 'trigger') return NOT_OPEN.others;
  const { last, others } = before;
  // One group alone feeds most incidents.
  if (others.length === 0 && last?.group === group) return others;
  return everTold(before)
    .filter((told) => told.group !== group)
    .slice(1 - MAX_GROUPS);
}

/** What is remembered of an incident that Alertmanager has, and that was not opened from here. */
export function found(incident: Incident, before: Remembered | undefined, now: number): Remembered {
  return foundOpen(membersKnown(incident, before, now));
}

/** What is remembered of an incident that Alertmanager has more alerts of than were told of here. */
export function met(incident: Incident, before: Remembered | undefined, now: number): Remembered {
  const members = membersKnown(incident, before, now);
  return before === undefined ? foundOpen(members) : { ...before, members };
}

/**
 * What is remembered of what was not accepted, or needed nothing sent: which alerts the incident has, for that is
 * Alertmanager's word and not the vendor's; that it is over where the receiver does not want to be told; and that it is open
 * where it may be (`mayBeOpen`) or its end is still to be told, beside what is known of its last end: it may be closed, too.
 * Undefined: nothing new.
 */
export function learn(
  { forward, action, reason, incident }: Decision,
  before: Remembered | undefined,
  now: number,
  mayBeOpen = false,
): Remembered | undefined {
  if (reason === 'send_resolved') {
    return { ...NOT_OPEN, members: membersKnown(incident, before, now) };
  }
  if (before === undefined) {
    // Several groups feed it, and the end of one is not that of the others, whoever took what they fired.
    const isOneOfSeveral = incident.granularity === 'labels';
    return isOneOfSeveral || mayBeOpen ? found(incident, undefined, now) : undefined;
  }
  if (reason === 'stale') return action === 'trigger' ? doubted(incident, before, now) : undefined;
  if (mayBeOpen && before.action === 'resolve') return { ...met(incident, before, now), action: 'trigger' };
  if (incident.granularity === 'alert') return undefined;
  const known = met(incident, before, now);
  // Its alerts have ended now: as closed, it would be a duplicate when its end is told again.
  const isUntoldEnd = forward && action === 'resolve';
  return isUntoldEnd ? { ...known, action: 'trigger' } : known;
}

/** What is remembered of what was taken for stale. Undefined where it is known to be open. */
function doubted(incident: Incident, before: Remembered, now: number): Remembered | undefined {
  const { last, members, foundAt } = before;
  // Neither its page nor its end is known to be taken: the vendor may have nothing open.
  const isOverUntold = last === undefined && members.length > 0 && !anyFires(members);
  if (!isOverUntold && (foundAt !== undefined || !mayBeClosed(before))) return undefined;
  return { ...before, resolvedAt: before.resolvedAt ?? now, reopenFrom: doubtUntil(incident, before, now) };
}

/** Until when it is doubted that a firing is stale, in ms since the epoch: told again, it is doubted no longer for that. */
export function doubtUntil({ alerts }: Incident, before: Remembered | undefined, now: number): number {
  const known = before?.reopenFrom;
  // What is opened at once needs no doubt.
  if (known === 0) return known;
  const isSame =
    known !== undefined && known > now - STALE_WINDOW_MS && alerts.every((alert) => isDoubted(alert, known));
  return isSame ? known : now + DOUBT_MS;
}

/** Whether it began before the doubt that lasts until then, in ms since the epoch: what fires later is not meant by it. */
export function isDoubted({ startsAtMs }: Pick<Alert, 'startsAtMs'>, until: number): boolean {
  return startsAtMs <= until - DOUBT_MS;
}

function triggerReason(
  incident: Incident,
  rules: DedupRules,
  before: Remembered | undefined,
  now: number,
): Exclude<Announced, 'resolved'> | 'duplicate' {
  if (before === undefined || before.action === 'resolve') return 'first';
  const text = contentOf(incident, rules.resendOn);
  const group = groupOf(incident);
  const told = everTold(before);
  const last = told.find((known) => known.group === group) ?? told.find((known) => known.text === text);
  if (last?.text !== text || startOf(incident) > last.startsAtMs) return 'changed';
  // Its end may be kept back elsewhere: a page calls that off.
  const hasEnded =
    incident.granularity === 'labels' && before.members.length > 0 && !anyFires(before.members);
  if (hasEnded) return 'changed';
  const isReminder = incident.notificationReason === REPEAT;
  const windowMs = isReminder ? Math.min(rules.windowMs, RETRIED_MS) : rules.windowMs;
  const ageMs = now - last.acceptedAt;
  // The clock may have been set back, and not by what those of two replicas differ.
  const isYoung = ageMs < windowMs && (ageMs > -RETRIED_MS || !isReminder);
  return isYoung ? 'duplicate' : 'repeat';
}

/**
 * The incident without what a lagging peer says: firings that are known to have ended since, and ends of alerts that have
 * begun again since. Undefined when nothing else is left. A repeat is never stale: Alertmanager has counted the alert as
 * firing for the whole repeat interval.
 */
function withoutStale(incident: Incident, before: Remembered | undefined, now: number): Incident | undefined {
  if (before === undefined || incident.notificationReason === REPEAT) return incident;
  const hasEnded = endedBefore(before.members, now);
  const hasBegunAgain = begunAgain(incident, before);
  const stale = new Set(
    incident.alerts.filter((alert) => (alert.status === 'firing' ? hasEnded(alert) : hasBegunAgain(alert))),
  );
  if (stale.size === 0) return incident;
  const alerts = incident.alerts.filter((alert) => !stale.has(alert));
  // Where an alert of a group has begun again, the ends of the others are not that of the group.
  const goesOn = incident.granularity === 'group' && [...stale].some(({ status }) => status === 'resolved');
  const isNothingLeft = goesOn ? alerts.every(({ status }) => status === 'resolved') : alerts.length === 0;
  return isNothingLeft ? undefined : withAlerts(incident, alerts);
}

/** Tells whether an alert that is known to fire began after this end of it. A start that lay ahead tells nothing (members.ts). */
function begunAgain({ granularity }: Incident, { action, last, members }: Remembered) {
  const firing = new Map<string, number>();
  if (action === 'trigger' && granularity !== 'alert') {
    for (const { fingerprint, startsAtMs, endedAt } of members) {
      if (endedAt === undefined) firing.set(fingerprint, startsAtMs);
    }
  }
  const isOfOne = action === 'trigger' && granularity === 'alert';
  const only = isOfOne && last !== undefined && last.startsAtMs <= last.acceptedAt ? last : undefined;
  return (end: Alert): boolean => beganAfter(only?.startsAtMs ?? firing.get(end.fingerprint) ?? 0, end);
}

/**
 * Whether alerts that Alertmanager cut from the payload may still fire, so that the kept ones do not speak for all.
 * Its reason is found before the cut and does (docs/adr/0004-truncated-groups.md).
 */
function hidesFirings({ granularity, truncatedAlerts, notificationReason }: Incident): boolean {
  return granularity !== 'alert' && truncatedAlerts > 0 && notificationReason !== ALL_RESOLVED;
}

/** The last trigger of each group. */
function everTold({ last, others }: Remembered): readonly Told[] {
  return last === undefined ? others : [...others, last];
}

function membersKnown(incident: Incident, before: Remembered | undefined, now: number): readonly Member[] {
  const endsGroup = incident.truncatedAlerts > 0 && incident.notificationReason === ALL_RESOLVED;
  return membersAfter(incident, before?.members ?? [], groupOf(incident), endsGroup, now);
}

/** Stands for the Alertmanager group, which may have a name of any length. One group alone feeds all but incidents by labels. */
function groupOf({ granularity, groupKey }: Incident): string {
  return granularity === 'labels' ? sha256hex(groupKey).slice(0, 16) : '';
}

/** When the earliest of the firing alerts began. */
function startOf({ alerts }: Incident): number {
  let start = Number.POSITIVE_INFINITY;
  for (const { status, startsAtMs } of alerts) {
    if (status === 'firing' && startsAtMs < start) start = startsAtMs;
  }
  return start;
}
