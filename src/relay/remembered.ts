import type { Action } from '../notification/notification.ts';
import type { Job } from './jobs.ts';

/** One alert of an incident. */
export interface Member {
  readonly fingerprint: string;
  readonly startsAtMs: number;
  /** The group that last told of it, where several can feed the incident. */
  readonly group?: string;
  /** When its end was told, in ms since the epoch; undefined while it fires. */
  readonly endedAt?: number;
}

/** The last trigger that was accepted from one group. */
export interface Told {
  readonly group: string;
  /** What counts as its content (content.ts). */
  readonly text: string;
  /** The earliest alert's start. */
  readonly startsAtMs: number;
  readonly acceptedAt: number;
}

/** What one integration has accepted of one incident. There may be 100,000: no more than is needed. */
export interface Remembered {
  /** The last action that was accepted: a trigger leaves the incident open. Where none was: what to take it for. */
  readonly action: Action;
  /** The last trigger; absent where none was sent from here. */
  readonly last?: Told;
  /** Those of the other groups that feed the incident, the oldest first. */
  readonly others: readonly Told[];
  readonly members: readonly Member[];
  /**
   * When it was closed, in ms since the epoch; absent while it is open, and where it was never closed from here. With a trigger:
   * the vendor may have taken it or not, or it was adopted and nothing was sent, or nobody took its end and that is doubted.
   */
  readonly resolvedAt?: number;
  /** When Alertmanager told of the end that it was closed for, in ms since the epoch: long before, where that was held or owed. */
  readonly endHeardAt?: number;
  /**
   * Set where it was closed for another reason than Alertmanager's word that it is over: from this time on, in ms since
   * the epoch, it is opened again should Alertmanager have it active.
   */
  readonly reopenFrom?: number;
  /** Its receiver does not want it to be resolved (`send_resolved`), or may not: its labels decide, and nobody knows them yet. */
  readonly staysOpen?: true;
  /** Set where it was found open and nothing was sent: what closed it before that time, in ms since the epoch, was not its end. */
  readonly foundAt?: number;
  /** When it was last told though Alertmanager has none of its alerts, in ms since the epoch: who tells of it is another sender. */
  readonly unseenAt?: number;
}

/** For so long what Alertmanager does not have is taken to fire after it was told, in ms. */
const INSISTED_FOR_MS = 24 * 60 * 60_000;

/**
 * What is kept of a job of which this is remembered: what its receiver is not to be told the end of stays open. Of what was
 * found open its labels tell.
 */
export function keptOf({ integration, incident }: Job, remembered: Remembered): Remembered {
  const isLeftOpen = remembered.action === 'trigger' && !integration.sendsResolved(incident);
  if (isLeftOpen) return { ...remembered, staysOpen: true };
  if (!remembered.staysOpen || !isUnaccepted(remembered)) return remembered;
  const { staysOpen, ...toBeEnded } = remembered;
  return toBeEnded;
}

/** Whether it was closed from here, and no trigger since is known to have been accepted. */
export function mayBeClosed(remembered: Remembered | undefined): boolean {
  return remembered?.action === 'resolve' || remembered?.resolvedAt !== undefined;
}

/** Whether it may be open, and is to be ended. */
export function isToBeEnded(remembered: Remembered | undefined): boolean {
  return remembered?.action === 'trigger' && !remembered.staysOpen;
}

/** Whether it was found open since what others know of it, that they closed it: who opened it may have died before it could tell. */
export function isFoundSince(own: Remembered | undefined, known: Remembered): boolean {
  const { action, resolvedAt } = known;
  return action === 'resolve' && resolvedAt !== undefined && (own?.foundAt ?? 0) > resolvedAt;
}

/** Whether more is remembered of it than its alerts: that it was opened or closed from here. */
export function isKnown(before: Remembered | undefined): boolean {
  return before?.action === 'resolve' ? before.resolvedAt !== undefined : before?.last !== undefined;
}

/** Whether it is taken for open though nothing of it is known to have been accepted from here. */
export function isUnaccepted(remembered: Remembered): boolean {
  return remembered.action === 'trigger' && lastAccepted(remembered) === undefined;
}

/** The same, and it was not found open either: somebody told of its alerts. */
export function isOnlyHeardOf(remembered: Remembered): boolean {
  return isUnaccepted(remembered) && remembered.foundAt === undefined;
}

/** Whether it is not for Alertmanager to say that it is over: another sender has told of it within a day. */
export function isInsistedOn(remembered: Remembered | undefined, now: number): boolean {
  return remembered?.unseenAt !== undefined && now - remembered.unseenAt < INSISTED_FOR_MS;
}

/** Whether it was opened by this process. */
export function isOpenFromHere(remembered: Remembered | undefined): boolean {
  return remembered?.action === 'trigger' && remembered.last !== undefined;
}

/** When the last trigger or resolve was accepted, in ms since the epoch; undefined where none was from here. */
export function lastAccepted(remembered: Remembered | undefined): number | undefined {
  return remembered?.resolvedAt ?? remembered?.last?.acceptedAt;
}

/** When the last trigger was accepted, in ms since the epoch. */
export function pagedAt(remembered: Remembered | undefined): number | undefined {
  return remembered?.last?.acceptedAt;
}

/** Stands for the last trigger or resolve that was accepted: what was accepted after it has another. */
export function stampOf(remembered: Remembered | undefined): string {
  return `${remembered?.action} ${lastAccepted(remembered)}`;
}

/**
 * What is remembered of an incident that is not known to be open, with no alert known: it pages as one that is closed. Without
 * `resolvedAt` nobody knows how it stands at the vendor (`isKnown`).
 */
export const NOT_OPEN: Remembered = { action: 'resolve', others: [], members: [] };

/**
 * What is known of an incident that may be open at the vendor though nothing was sent from here: its alerts. Where
 * nothing was told, nothing is a duplicate.
 */
export function foundOpen(members: readonly Member[]): Remembered {
  return { ...NOT_OPEN, action: 'trigger', members };
}
