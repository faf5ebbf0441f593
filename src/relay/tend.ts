import { createDeadline, type Deadline } from './deadline.ts';
import type { HandBack } from './fall-back.ts';
import type { Gate } from './gate.ts';
import type { Held } from './held.ts';
import type { HeldResolves } from './held-resolves.ts';
import { inOrder } from './in-order.ts';
import type { InTurn } from './in-turn.ts';
import type { Job } from './jobs.ts';
import type { StandIn, StandIns } from './stand-ins.ts';
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
  readonly handBack: HandBack;
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
  const { held, heldResolves, standIns, gate, inTurn, handBack, mayFire, timeoutMs, now, stopping } = parts;
  let running: Promise<void> | undefined;

  const stillHeld = (job: Job) => (heldResolves.has(job.place) ? job : undefined);
  const stillOwed = (job: Job) => (standIns.get(job.place)?.job === job ? job : undefined);
  const isOpenTo = ({ job: { integration } }: StandIn) => !gate.isClosed(integration);

  /** Tells the receivers that fallbacks stand in for how things stand; those that have been told get their incidents back. */
  async function handAllBack(deadline: Deadline): Promise<void> {
    const owed = standIns.owed(MAX_AT_ONCE);
    const toTell = owed.filter(
      (standIn) =>
        isOpenTo(standIn) &&
        (standIn.action === 'resolve' || (standIn.action === 'trigger' && mayFire(standIn.job))),
    );
    await inOrder(
      toTell.map(({ job }) => job),
      (job) => inTurn(job, deadline, HANDED_BACK, stillOwed),
    );
    const told = owed.filter(({ action }) => action === 'none');
    await Promise.all(told.map(({ job }) => handBack(job.place, deadline)));
  }

  async function once(isLast: boolean, deadline: Deadline): Promise<void> {
    const due = (jobs: readonly Job[], manner: Manner, left: (job: Job) => Job | undefined) =>
      inOrder(jobs, (job) => inTurn(job, deadline, manner, left));
    const resolves = isLast
      ? heldResolves.due(Number.POSITIVE_INFINITY)
      : heldResolves.due(now(), MAX_AT_ONCE);
    await due(resolves, AT_LAST, stillHeld);
    if (isLast) return;
    await due(held.due(now(), MAX_AT_ONCE), UNMUTED, held.still);
    await handAllBack(deadline);
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
