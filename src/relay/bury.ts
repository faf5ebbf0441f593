import type { Action, Incident } from '../notification/notification.ts';
import type { Reason } from '../notify/notifier.ts';
import type { Logger } from '../observe/log.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Job } from './jobs.ts';
import { fieldsOf } from './show-dead-letter.ts';

/** What was given up of a job, and why. `detail` holds no credential. */
export interface GivenUp {
  readonly incident: Incident;
  readonly action: Action;
  readonly reason: Reason;
  readonly detail: string;
}

export interface BuryParts {
  readonly deadLetters: Pick<DeadLetters<Job>, 'add'>;
  /** Whether the config has an account (`Integration.target`). */
  readonly hasAccount: (target: string) => boolean;
  readonly log: Logger;
}

/**
 * Keeps it as a dead letter, and says so with all that is needed to act. An end for an account that is gone from the config is
 * none: only that account could take it.
 */
export function bury(job: Job, givenUp: GivenUp, { deadLetters, hasAccount, log }: BuryParts): void {
  const { integration, place } = job;
  const { receiver, name, target } = integration;
  const { action, incident } = givenUp;
  if (action === 'resolve' && !hasAccount(target)) return;
  const own = { ...job, incident };
  log.error(
    'dead letter',
    fieldsOf(deadLetters.add({ ...givenUp, receiver, integration: name, place, job: own })),
  );
}
