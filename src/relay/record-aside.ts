import type { Decisions } from './decisions.ts';
import { failureOf, type Result } from './report.ts';
import type { Errand } from './step.ts';

/**
 * `in_flight`: its twin was under way, and it shares what came of that. `superseded`: so it does with a newer one that took its
 * place. `untried`: there was no time or no room for it.
 */
type Aside = 'in_flight' | 'superseded' | 'untried';

/** Keeps what became of a notification that had no turn of its own; gives its result. */
export function recordAside(
  decisions: Pick<Decisions, 'record'>,
  { job, manner }: Pick<Errand, 'job' | 'manner'>,
  result: Result,
  reason: Aside,
  at: number,
): Result {
  const { receiver, name } = job.integration;
  const { action, outcome, detail } = result;
  decisions.record({
    at,
    receiver,
    integration: name,
    incident: job.incident,
    action,
    decision: 'suppress',
    reason,
    outcome,
    failure: failureOf(result),
    detail,
    fallbackFor: manner.fallbackFor,
    triggeredBy: manner.by,
  });
  return result;
}
