import type { Action, Incident } from '../notification/notification.ts';
import type { Reason } from '../notify/notifier.ts';
import type { Logger } from '../observe/log.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Job } from './jobs.ts';
import { type HasAccount, isLeftAlone } from './left-alone.ts';
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
  readonly hasAccount: HasAccount;
  readonly log: Logger;
}

/** Keeps it as a dead letter, unless it is left alone, and says so with all that is needed to act. */
export function bury(job: Job, givenUp: GivenUp, { deadLetters, hasAccount, log }: BuryParts): void {
  const { integration, place } = job;
  const { receiver, name } = integration;
  const { action, incident } = givenUp;
  if (isLeftAlone(action, integration, hasAccount)) return;
  const own = { ...job, incident };
  log.error(
    'dead letter',
    fieldsOf(deadLetters.add({ ...givenUp, receiver, integration: name, place, job: own })),
  );
}
