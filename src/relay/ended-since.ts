import type { HasEnded } from './ended-by.ts';
import type { Job } from './jobs.ts';
import { anyFires, endedEver } from './members.ts';
import type { Remembered } from './remembered.ts';

/**
 * Tells which alerts of a job that was held have ended since it was heard, however long ago: another replica may have been
 * told. Only ends that Alertmanager will not tell again count, and none of what was seen there though nobody says so.
 */
export function endedSince({ heardAt, incident }: Job, before: Remembered | undefined): HasEnded {
  if (before === undefined || heardAt === undefined) return () => false;
  const { action, endHeardAt, members, reopenFrom } = before;
  // What is held of one alert is not remembered as firing: its end may be from before it came back with its old start.
  const isToldSince = (endHeardAt ?? 0) > heardAt;
  const isOfSeveral = incident.granularity !== 'alert' && reopenFrom === undefined;
  const isKnown = isToldSince || (isOfSeveral && (action === 'resolve' || anyFires(members)));
  return isKnown ? endedEver(members) : () => false;
}
