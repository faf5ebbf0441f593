import { AS_SAID, type Manner } from './errand.ts';
import type { Job } from './jobs.ts';
import type { Suppressed } from './reasons.ts';
import type { Remembered } from './remembered.ts';
import { isUnavailable, type Result } from './report.ts';

/** As the receiver that it stands in for was told. */
const INSTEAD: Manner = { ...AS_SAID, mayBeHeld: false };

/** The same, of an end that is not that of its alerts (`Manner.after`): told once, though none of them counts as ended. */
export function insteadWith(after: Remembered | undefined): Manner {
  if (after === undefined) return INSTEAD;
  return {
    ...INSTEAD,
    after,
    judge(job, before, now) {
      if (before?.action !== 'resolve') return INSTEAD.judge(job, before, now);
      return { forward: false, action: 'resolve', reason: 'duplicate', incident: job.incident };
    },
  };
}

/** Why an end that a fallback was told of has not closed its incident. */
const GOES_ON: ReadonlySet<string> = new Set<Suppressed>(['still_firing', 'stale', 'truncated']);

/** Whether the incident may still be open at a fallback that was told of its end. */
export function isLeft(result: Result): boolean {
  return isUnavailable(result) || GOES_ON.has(result.reason);
}

/** What a job says, told at the place of another one, under its key there. */
export function toldAt(job: Job, { integration, place, incident: { key } }: Job): Job {
  return { ...job, integration, place, incident: { ...job.incident, key } };
}
