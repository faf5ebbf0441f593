import { type BuryParts, bury } from './bury.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Decisions } from './decisions.ts';
import type { Errand } from './errand.ts';
import type { Job } from './jobs.ts';
import type { BESIDE, Suppressed } from './reasons.ts';
import { failureOf, type Result } from './report.ts';
import type { Stepped } from './step.ts';

/** Keeps what was decided of each notification, and what became of it. Gives the result back. */
export interface Ledger {
  /** Of one that had its turn; what nobody would take becomes a dead letter. */
  record(errand: Errand, stepped: Stepped, result: Result): Result;
  /** Of one that had no turn of its own. */
  recordAside(errand: Pick<Errand, 'job' | 'manner'>, result: Result, reason: Aside): Result;
}

type Aside = Extract<Suppressed | keyof typeof BESIDE, 'in_flight' | 'superseded' | 'untried'>;

export interface LedgerParts extends BuryParts {
  readonly decisions: Pick<Decisions, 'record'>;
  readonly deadLetters: Pick<DeadLetters<Job>, 'add' | 'supersede' | 'end'>;
  /** In ms since the epoch. */
  readonly now: () => number;
}

export function createLedger(parts: LedgerParts): Ledger {
  const { decisions, deadLetters, now } = parts;
  return {
    record({ job, manner: { by, after, fallbackFor } }, { decision, attempts, durationMs }, result) {
      const { receiver, name } = job.integration;
      const { action, incident, reason } = decision;
      const { outcome, detail } = result;
      const failure = failureOf(result);
      decisions.record({
        at: now(),
        receiver,
        integration: name,
        incident,
        action,
        decision: decision.forward ? 'forward' : 'suppress',
        reason: outcome === 'suppressed' || outcome === 'accepted' ? result.reason : reason,
        outcome,
        failure,
        detail,
        attempts,
        durationMs,
        fallbackFor,
        triggeredBy: by,
      });
      if (outcome === 'accepted') deadLetters.supersede(job.place);
      // An end of ours (`after`) is not that of its alerts.
      else if (outcome === 'suppressed' && action === 'resolve' && after === undefined)
        deadLetters.end(job.place, incident.alerts);
      const isDead = outcome === 'rejected' && by !== 'replay' && fallbackFor === undefined;
      if (isDead && failure !== undefined)
        bury(job, { incident, action, reason: failure, detail: detail ?? '' }, parts);
      return result;
    },
    recordAside({ job, manner: { by, fallbackFor } }, result, reason) {
      const { receiver, name } = job.integration;
      const { action, outcome, detail } = result;
      decisions.record({
        at: now(),
        receiver,
        integration: name,
        incident: job.incident,
        action,
        decision: 'suppress',
        reason,
        outcome,
        failure: failureOf(result),
        detail,
        fallbackFor,
        triggeredBy: by,
      });
      return result;
    },
  };
}
