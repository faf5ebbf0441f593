import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { Logger } from '../observe/log.ts';
import type { Counters } from './counters.ts';
import type { Deadline } from './deadline.ts';
import type { TriggeredBy } from './decisions.ts';
import { type Decision, decide } from './dedup.ts';
import type { Job } from './jobs.ts';
import type { Remembered } from './remembered.ts';
import type { Result } from './report.ts';
import type { Way } from './turns.ts';

/** A job that is to be done: until when, in what manner, and where it is counted. */
export interface Errand {
  readonly job: Job;
  readonly deadline: Deadline;
  readonly manner: Manner;
  readonly counters: Counters;
  /** Where it may give way to an end (turns.ts). */
  readonly way?: Way;
}

/** Where a step's decision comes from, and what may be done with it. */
export interface Manner {
  judge(job: Job, before: Remembered | undefined, now: number): Decision;
  /** Whether it is kept back while its route is muted, or by `hold_resolve`. */
  readonly mayBeHeld: boolean;
  /** Whether what fires of it is sent to nobody, and stands for no page. */
  readonly endsOnly?: true;
  /** What is remembered where it was accepted; without it, what follows from what Alertmanager says. */
  readonly after?: Remembered;
  /**
   * Whether the vendor has not done what is remembered: where this is not accepted either, that is forgotten; of an end, where
   * it is rejected, for until then it is sent again (verification.ts).
   */
  readonly isDenied?: true;
  /** Why it is known already that its receiver does not take it, in the vendor's words: it is sent to its fallback only. */
  readonly givenUp?: string;
  /** Part of the time left that the delivery may take; the rest is the fallback's. */
  readonly share: number;
  /** Where it comes from, for the records; what a webhook says is traced as part of it. */
  readonly by: TriggeredBy;
  /** A resolve that was kept back and whose time has come: it is let go whatever comes of it. */
  readonly isDue?: true;
  /** It has some of the alerts that its incident may have: it says nothing of those of them that are held (held.ts). */
  readonly isPart?: true;
  /** It is sent for the second time, and is no news. */
  readonly isRepeat?: true;
  /** The receiver in whose stead it is sent. */
  readonly fallbackFor?: string;
  /** Whether it is told to a fallback as one, in its receiver's turn: nobody stands in for that, whatever a reload made of it. */
  readonly isToFallback?: true;
  /** All that the same webhook says something of, by place. */
  readonly beside?: () => ReadonlySet<string>;
  /** Of how many alerts the same webhook tells somebody. */
  readonly ofAlerts?: () => number;
  /** Looks at Alertmanager once, now; for what comes from it and may be overtaken (doubts.ts). */
  readonly fresh?: (() => Promise<Snapshot | undefined> | undefined) | undefined;
  /** Whether Alertmanager says otherwise by now; asked before it is sent, where it had to wait or its end waits. */
  readonly isOvertaken?: (() => Promise<boolean>) | undefined;
  /** Whether it says of itself that it is a test: what fires of it is not doubted (doubts.ts). */
  readonly isTest?: boolean | undefined;
  /** Whether Alertmanager has none of what fires of it; undefined where it was not looked at for it, or could not be. */
  readonly isUnseen?: boolean;
  /** Warns of a bound that was met; once for a whole webhook. */
  readonly warn?: Logger['warn'];
  /** Whether nobody waits for it: others go first where requests have to wait. */
  readonly isHousekeeping?: true;
}

/** As a webhook says. */
export const AS_SAID: Manner = {
  judge: ({ incident, rules, integration }, before, now) =>
    decide(incident, rules, integration.sendsResolved(incident), before, now),
  mayBeHeld: true,
  share: 1,
  by: 'webhook',
};

/** Whether what is told fires though Alertmanager does not have it: until it is looked at again, as it was before. */
export function isToldUnseen({ isUnseen }: Manner, before: Remembered | undefined): boolean {
  return isUnseen ?? before?.unseenAt !== undefined;
}

/** Runs a job in the turn of its place. */
export type TakeTurn = (job: Job, deadline: Deadline, manner: Manner) => Promise<Result>;
