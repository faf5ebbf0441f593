import type { Config } from '../config/compile.ts';
import type { Integration } from '../config/compile-receiver.ts';
import type { Reason } from '../notify/notifier.ts';
import type { Signal } from '../notify/signal.ts';
import type { Replayed } from './dead-letters.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { AS_SAID, type Manner } from './errand.ts';
import { inOrder } from './in-order.ts';
import type { InTurn } from './in-turn.ts';
import { endUnder, isEnd, type Job, underConfig } from './jobs.ts';
import type { Result } from './report.ts';
import type { StandIns } from './stand-ins.ts';
import type { Task } from './task-queue.ts';

/** Delivers what no webhook waits for. */
export interface Unasked {
  /** Sends a job once more, unless it is over at Alertmanager (undefined). */
  resend(job: Job, manner: Manner): Promise<Result | undefined>;
  /** Sends a dead letter's job once more, as the config says now. */
  replay(letter: Job): Promise<Replayed>;
  /** What reconciliation has to do, as far as something is `left` of it in its turn. The results by place. */
  runTasks(tasks: readonly Task[], left: (job: Job) => Job | undefined): Promise<ReadonlyMap<string, Result>>;
}

export interface UnaskedParts {
  readonly inTurn: InTurn;
  readonly standIns: Pick<StandIns, 'get'>;
  /** Whether Alertmanager may have an alert of the job. */
  readonly mayFire: (job: Job) => boolean;
  readonly config: () => Config;
  /** Accounts that reloads took from a receiver, by target (retired.ts). */
  readonly retired: () => ReadonlyMap<string, Integration>;
  /** In ms since the epoch. */
  readonly now: () => number;
  readonly stopping: Signal;
}

const REPLAY: Manner = { ...AS_SAID, mayBeHeld: false, by: 'replay' };

export function createUnasked(parts: UnaskedParts): Unasked {
  const { inTurn, standIns, mayFire, config, retired, now, stopping } = parts;

  async function withDeadline<T>(task: (deadline: Deadline) => Promise<T>): Promise<T> {
    const deadline = createDeadline(now() + config().relay.deliveryTimeoutMs, now, stopping);
    try {
      return await task(deadline);
    } finally {
      deadline.clear();
    }
  }

  async function resend(job: Job, manner: Manner): Promise<Result | undefined> {
    const isTrigger = !isEnd(job);
    if (isTrigger && !mayFire(job)) return undefined;
    // What its receiver could not be told yet was told after it, perhaps while it waited for its turn.
    const isOvertaken = ({ place }: Job): boolean => {
      const { action, isOwed } = standIns.get(place) ?? {};
      return action === 'resolve' || (manner.givenUp !== undefined && isOwed === true);
    };
    const left = (own: Job) => (isTrigger && isOvertaken(own) ? undefined : own);
    return withDeadline((deadline) => inTurn(job, deadline, manner, left));
  }

  async function replay(letter: Job): Promise<Replayed> {
    const isOver = isEnd(letter);
    const job = isOver ? endUnder(letter, config(), retired()) : underConfig(letter, config());
    if (job === undefined) {
      const what = isOver ? 'the account that has its incident' : 'its integration';
      return { status: 'refused', reason: `${what} is gone from the config` };
    }
    if (!isOver && !mayFire(job))
      return { status: 'refused', reason: 'Alertmanager no longer has the alert' };
    const { outcome, reason, detail = '' } = await withDeadline((deadline) => inTurn(job, deadline, REPLAY));
    if (outcome === 'accepted') return { status: outcome };
    if (outcome === 'suppressed') return { status: 'refused', reason };
    return { status: outcome, reason: reason as Reason, detail };
  }

  async function runTasks(
    tasks: readonly Task[],
    left: (job: Job) => Job | undefined,
  ): Promise<ReadonlyMap<string, Result>> {
    const manners = new Map(tasks.map(({ job, manner }) => [job, manner]));
    const results = new Map<string, Result>();
    const pages = new Set(tasks.filter(({ what }) => what === 'active').map(({ job }) => job));
    const rest = [...manners.keys()].filter((job) => !pages.has(job));
    await withDeadline((deadline) => {
      const run = async (job: Job) => {
        const result = await inTurn(job, deadline, manners.get(job) ?? AS_SAID, left);
        results.set(job.place, result);
        return result;
      };
      // What is told of a silence would wait in the place of pages.
      return Promise.all([inOrder([...pages], run), inOrder(rest, run)]);
    });
    return results;
  }

  return { resend, replay, runTasks };
}
