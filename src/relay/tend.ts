import { createDeadline, type Deadline } from './deadline.ts';
import type { Gate } from './gate.ts';
import type { Held } from './held.ts';
import type { HeldResolves } from './held-resolves.ts';
import { inOrder } from './in-order.ts';
import type { InTurn } from './in-turn.ts';
import type { Job } from './jobs.ts';
import type { StandIns } from './stand-ins.ts';
import { AS_SAID, type Manner } from './step.ts';

/**
 * Delivers what was kept back and is due; what cannot be delivered now stays for the next time. `isLast`: the daemon
 * stops, and every resolve that was kept back is due.
 */
export type Tend = (options?: { readonly isLast: boolean }) => Promise<void>;

export interface TendParts {
  readonly held: Held;
  readonly heldResolves: HeldResolves;
  readonly standIns: StandIns;
  readonly gate: Gate;
  readonly inTurn: InTurn;
  /** Whether Alertmanager may still have an alert of the job; it is not known otherwise. */
  readonly mayFire: (job: Job) => boolean;
  /** For everything that is due at one time, in ms. */
  readonly timeoutMs: () => number;
  /** In ms since the epoch. */
  readonly now: () => number;
  readonly stopping: AbortSignal;
}

/** What is tended to at one go; the others have their turn a little later. */
const MAX_AT_ONCE = 1_000;

/** A resolve whose time has come. */
const AT_LAST: Manner = { ...AS_SAID, mayBeHeld: false, by: 'held' };
const UNMUTED: Manner = { ...AS_SAID, by: 'held' };
const HANDED_BACK: Manner = { ...AS_SAID, by: 'handback' };

export function createTend(parts: TendParts): Tend {
  const { held, heldResolves, standIns, gate, inTurn, mayFire, timeoutMs, now, stopping } = parts;
  let running: Promise<void> | undefined;

  const stillHeld = (job: Job) => (heldResolves.has(job.place) ? job : undefined);
  const stillOwed = (job: Job) => (standIns.get(job.place)?.job === job ? job : undefined);
  const toHandBack = () =>
    standIns
      .owed(MAX_AT_ONCE)
      .filter(({ job, action }) => !gate.isClosed(job.integration) && (action === 'resolve' || mayFire(job)))
      .map(({ job }) => job);

  async function once(isLast: boolean, deadline: Deadline): Promise<void> {
    const due = (jobs: readonly Job[], manner: Manner, left: (job: Job) => Job | undefined) =>
      inOrder(jobs, (job) => inTurn(job, deadline, manner, left));
    const resolves = isLast
      ? heldResolves.due(Number.POSITIVE_INFINITY)
      : heldResolves.due(now(), MAX_AT_ONCE);
    await due(resolves, AT_LAST, stillHeld);
    if (isLast) return;
    await due(held.due(now(), MAX_AT_ONCE), UNMUTED, held.still);
    await due(toHandBack(), HANDED_BACK, stillOwed);
  }

  return async ({ isLast } = { isLast: false }) => {
    if (running !== undefined && !isLast) return;
    await running?.catch(() => {});
    const deadline = createDeadline(now() + timeoutMs(), now, stopping);
    running = once(isLast, deadline).finally(() => {
      running = undefined;
      deadline.clear();
    });
    await running;
  };
}
