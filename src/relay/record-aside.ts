import type { Decisions } from './decisions.ts';
import type { Job } from './jobs.ts';
import { failureOf, type Result } from './report.ts';
import type { Manner } from './step.ts';

/**
 * `in_flight`: its twin was under way, and it shares what came of that. `superseded`: so it does with a newer one that took its
 * place. `untried`: there was no time or no room for it.
 */
type Aside = 'in_flight' | 'superseded' | 'untried';

/** Keeps what became of a notification that had no turn of its own; gives its result. */
export function recordAside(
  decisions: Pick<Decisions, 'record'>,
  { integration: { receiver, name }, incident }: Job,
  result: Result,
  reason: Aside,
  { by, fallbackFor }: Pick<Manner, 'by' | 'fallbackFor'>,
  at: number,
): Result {
  const { action, outcome, detail } = result;
  decisions.record({
    at,
    receiver,
    integration: name,
    incident,
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
}
