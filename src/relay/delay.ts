import type { Alert, Incident } from '../notification/notification.ts';
import { FIRST, REPEAT, SOME_RESOLVED } from '../notification/notification-reason.ts';
import type { TriggeredBy } from './decisions.ts';
import type { Decision } from './dedup.ts';
import type { Job } from './jobs.ts';
import { isOpenFromHere, lastAccepted, type Member, type Remembered } from './remembered.ts';

/** Late on purpose: what a mute had held back, and what the fallback was told in time. */
const LATE: ReadonlySet<TriggeredBy> = new Set(['held', 'handback']);

/**
 * When the alert began that an accepted trigger is news of, the latest one, in ms since the epoch; undefined where it was told
 * before, or where that cannot be known (see the help of `alert_delivery_delay_seconds`). `startedAt`: when this process began.
 */
export function newsSince(
  { reason, incident }: Decision,
  { rules }: Pick<Job, 'rules'>,
  by: TriggeredBy,
  before: Remembered | undefined,
  startedAt: number,
): number | undefined {
  if ((reason !== 'first' && reason !== 'changed') || LATE.has(by)) return undefined;
  const { alerts, notificationReason } = incident;
  // By Alertmanager's own count no alert is new.
  if (notificationReason === REPEAT || notificationReason === SOME_RESOLVED) return undefined;
  const acceptedAt = lastAccepted(before);
  if (before === undefined || acceptedAt === undefined) {
    // An earlier process may have told of it, unless Alertmanager knows that nobody was told.
    const since = latestStart(alerts);
    return since > 0 && (since >= startedAt || notificationReason === FIRST) ? since : undefined;
  }
  const isTold = toldBy(before, acceptedAt, incident, rules.resendOn.has('alerts'));
  const since = latestStart(alerts, isTold);
  return since > 0 ? since : undefined;
}

/** Of the firing ones, but for those that were told; 0 where none has a start. */
function latestStart(alerts: readonly Alert[], isTold?: (alert: Alert) => boolean): number {
  let latest = 0;
  for (const alert of alerts) {
    const { status, startsAtMs } = alert;
    if (status === 'firing' && startsAtMs > latest && isTold?.(alert) !== true) latest = startsAtMs;
  }
  return latest;
}

/**
 * Tells whether an alert was told of by what was accepted. To be a member is not enough: what could not be delivered has
 * members, too (dedup.ts, `learn`). What began since was not told, unless who joins is told of only with other changes.
 */
function toldBy(
  before: Remembered,
  acceptedAt: number,
  { granularity }: Incident,
  tellsWhoJoins: boolean,
): (alert: Alert) => boolean {
  const members = new Map<string, Member>();
  for (const member of before.members) members.set(member.fingerprint, member);
  // Of one alert it is known by the trigger; and what was closed without the ends of its alerts has forgotten them.
  const isOfOne = granularity === 'alert' && isOpenFromHere(before);
  const hasNoMembers = isOfOne || before.reopenFrom !== undefined;
  // A start that lay ahead when it was told (members.ts).
  const until = Math.max(acceptedAt, before.last?.startsAtMs ?? 0);
  return ({ fingerprint, startsAtMs }) => {
    const member = members.get(fingerprint);
    if (member === undefined) return hasNoMembers && startsAtMs <= until;
    if (member.endedAt !== undefined) return startsAtMs <= member.startsAtMs;
    return !tellsWhoJoins || member.startsAtMs === 0 || startsAtMs <= until;
  };
}
