import { learn, remember } from './dedup.ts';
import { type Held, reasonToHold } from './held.ts';
import type { HeldResolves } from './held-resolves.ts';
import type { Job } from './jobs.ts';
import { standingOf } from './paged-since.ts';
import type { Suppressed } from './reasons.ts';
import { foundOpen, NOT_OPEN, type Remembered } from './remembered.ts';
import { type Result, untried } from './report.ts';
import { isTold, type Turn, withUnseenAt } from './turn.ts';

const TOO_MANY_HELD = 'too many alerts of muted routes are held';

export interface WithholdParts {
  readonly held: Pick<Held, 'hold' | 'tell' | 'size'>;
  readonly heldResolves: Pick<HeldResolves, 'hold' | 'drop' | 'size'>;
  /** Remembers it, where there is something to remember. */
  readonly keep: (job: Job, remembered: Remembered | undefined) => void;
  /** Tells what is held of a turn, as far as that is news to it. */
  readonly tellHeld: (turn: Turn) => void;
}

/** Why nothing is sent now, because it needs nothing sent or is kept back; or the result where it cannot be kept. */
export type Withhold = (turn: Turn) => Suppressed | Result | undefined;

export function createWithhold({ held, heldResolves, keep, tellHeld }: WithholdParts): Withhold {
  function withhold(turn: Turn): Suppressed | Result | undefined {
    const { job, decision, before, manner, startedAt } = turn;
    if (!decision.forward) {
      if (isMoot(turn)) heldResolves.drop(job.place);
      tellHeld(turn);
      if (isTold(manner)) keep(job, withUnseenAt(turn, learn(decision, before, startedAt)));
      return decision.reason;
    }
    if (manner.givenUp !== undefined) return giveUp(turn, manner.givenUp);
    return manner.mayBeHeld ? keepBack(turn) : undefined;
  }

  /** As what was rejected when it was sent. */
  function giveUp(turn: Turn, detail: string): Result {
    const { job, decision, before, manner, counters } = turn;
    if (manner.isDenied) keep(job, withUnseenAt(turn, before && foundOpen(before.members)));
    return { ...untried(job.integration, decision.incident, 'other', detail, counters), outcome: 'rejected' };
  }

  /** Why it is to be sent later; the result where there is no room for it. */
  function keepBack(turn: Turn): Suppressed | Result | undefined {
    const { job, decision, before, manner, counters, startedAt } = turn;
    const muted = reasonToHold(job, decision, startedAt);
    if (muted === undefined) return holdResolve(turn) ? 'hold_resolve' : undefined;
    if (!held.hold({ ...job, incident: decision.incident }, manner.isPart)) {
      manner.warn?.(TOO_MANY_HELD, { held: held.size });
      return untried(job.integration, job.incident, 'atBound', TOO_MANY_HELD, counters);
    }
    heldResolves.drop(job.place);
    const known = before ?? NOT_OPEN;
    keep(job, withUnseenAt(turn, learn(decision, known, startedAt), known));
    return muted.reason;
  }

  /** Whether it is a resolve that is kept back from now on. */
  function holdResolve({ job, decision, before, manner, startedAt }: Turn): boolean {
    const { holdResolveMs } = job.rules;
    if (decision.action !== 'resolve' || holdResolveMs === 0) return false;
    // It is open still, and its alerts have ended: a lagging peer's firing does not call the resolve off.
    const { members } = remember(decision, job.rules, before, startedAt);
    const open: Remembered = { ...(before ?? foundOpen([])), action: 'trigger', members };
    if (!heldResolves.hold(job, startedAt + holdResolveMs, standingOf(job, open))) {
      manner.warn?.('too many resolves are kept back: others are sent at once', { held: heldResolves.size });
      return false;
    }
    held.tell(job, decision);
    keep(job, open);
    return true;
  }

  return withhold;
}

/** Whether an end that is kept back is not to be sent any more, by what needs nothing sent: it is over, or fires again. */
function isMoot({ decision: { action, reason }, manner }: Turn): boolean {
  if (action === 'resolve') return manner.isDue === true || reason === 'duplicate';
  return action === 'trigger' && reason !== 'stale';
}
