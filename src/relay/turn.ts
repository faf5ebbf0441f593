import type { Logger } from '../observe/log.ts';
import type { Decision } from './dedup.ts';
import { type Errand, isToldUnseen, type Manner } from './errand.ts';
import type { Remembered } from './remembered.ts';

/** One notification in its turn, and what was decided of it. */
export interface Turn extends Errand {
  readonly before: Remembered | undefined;
  readonly decision: Decision;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly startedAt: number;
}

/** Whether Alertmanager says so; else the ends of alerts are ours, and no alert has ended by them, or it said so a while ago. */
export function isTold({ after, isRepeat }: Manner): boolean {
  return after === undefined && !isRepeat;
}

/** The same, or what was `known` where nothing is new, with when it was told if Alertmanager does not have it. */
export function withUnseenAt(
  { decision, before, manner, startedAt }: Turn,
  remembered: Remembered | undefined,
  known = before,
): Remembered | undefined {
  if (decision.action !== 'trigger' || !isToldUnseen(manner, before)) return remembered;
  const latest = remembered ?? known;
  return latest && { ...latest, unseenAt: startedAt };
}
