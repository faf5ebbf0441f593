import type { Incident } from '../notification/notification.ts';
import type { HasEnded } from './ended-by.ts';
import type { Member } from './remembered.ts';

/**
 * How long an alert's end is held against firings with the same start, in ms. A lagging HA peer is behind by a
 * `group_interval` and Prometheus's resend delay at most; an alert that was cut off from Alertmanager and comes back
 * with its old start after that is a page again (docs/adr/0003-stale-firings.md).
 */
export const STALE_WINDOW_MS = 15 * 60_000;

/** One for all: most of what is remembered are incidents of one alert that fires. */
const NOBODY: readonly Member[] = [];

/** Alerts remembered per incident: as many as the largest payload that is taken by default. */
const MAX_MEMBERS = 20_000;

/**
 * The incident's alerts as known after this: those that ended, held against stale firings, and, where it can have
 * several, those that fire. An alert that is not mentioned may be muted: it stays what it was, unless
 * Alertmanager cut the payload and says that all of the group have ended (`endsGroup`).
 */
export function membersAfter(
  incident: Incident,
  before: readonly Member[],
  group: string,
  endsGroup: boolean,
  now: number,
): readonly Member[] {
  const { alerts, granularity } = incident;
  const ofSeveral = granularity !== 'alert';
  const nothingToKnow = before.length === 0 && !ofSeveral;
  if (nothingToKnow && alerts.every(({ status }) => status === 'firing')) return NOBODY;
  const known = new Map<string, Member>();
  for (const member of before) {
    if (endsGroup && member.group === group) known.set(member.fingerprint, { ...member, endedAt: now });
    else if (!isForgotten(member, now)) known.set(member.fingerprint, member);
  }
  for (const { fingerprint, startsAtMs, status } of alerts) {
    // Taken out first, so that the order is that of the last mention.
    known.delete(fingerprint);
    if (status === 'resolved') known.set(fingerprint, { fingerprint, startsAtMs, endedAt: now });
    else if (ofSeveral) known.set(fingerprint, { fingerprint, startsAtMs: past(startsAtMs, now), group });
  }
  return within([...known.values()]);
}

/**
 * A start, or 0 where it lies ahead and tells nothing: who posts an alert with an end and without a start has Alertmanager
 * take the one for the other (its api/v2/api.go).
 */
export function past(startsAtMs: number, now: number): number {
  return startsAtMs <= now ? startsAtMs : 0;
}

/** Whether any alert of the incident is known to fire. */
export function anyFires(members: readonly Member[]): boolean {
  return members.some(({ endedAt }) => endedAt === undefined);
}

/** Tells whether this very occurrence of an alert was already told to have ended. Without a start it cannot be known. */
export function endedBefore(members: readonly Member[], now: number): HasEnded {
  return endedEver(members.filter((member) => !isForgotten(member, now)));
}

/** The same, however long ago it was told. */
export function endedEver(members: readonly Member[]): HasEnded {
  const ended = new Map<string, number>();
  for (const { fingerprint, startsAtMs, endedAt } of members) {
    if (endedAt !== undefined) ended.set(fingerprint, startsAtMs);
  }
  return ({ fingerprint, startsAtMs }) => startsAtMs > 0 && startsAtMs <= (ended.get(fingerprint) ?? 0);
}

function isForgotten({ endedAt }: Member, now: number): boolean {
  return endedAt !== undefined && now - endedAt >= STALE_WINDOW_MS;
}

/** Over the bound the longest unmentioned go first, ended ones before firing ones. */
function within(members: readonly Member[]): readonly Member[] {
  if (members.length <= MAX_MEMBERS) return members;
  const ended = members.filter(({ endedAt }) => endedAt !== undefined);
  const firing = members.filter(({ endedAt }) => endedAt === undefined).slice(-MAX_MEMBERS);
  return firing.length === MAX_MEMBERS ? firing : [...ended.slice(firing.length - MAX_MEMBERS), ...firing];
}
