import type { Config } from '../config/compile.ts';
import type { Observed } from './dedup.ts';
import type { Manner } from './errand.ts';
import type { FailedEnds } from './failed-ends.ts';
import type { Job } from './jobs.ts';
import type { Memory } from './memory.ts';
import { ACKNOWLEDGE } from './reconcile-manners.ts';
import { stampOf } from './remembered.ts';
import type { Result } from './report.ts';

/** Something to be told to a vendor because of what Alertmanager has. */
export interface Task {
  readonly job: Job;
  readonly manner: Manner;
  readonly what: Observed;
}

/** Which of many tasks have their turn. */
export interface TaskQueue {
  /**
   * At most so many as are done at one go: pages first, then those that have had no turn for longest. None of what was
   * rejected a short while ago, nor ends that have failed.
   */
  next(tasks: readonly Task[]): readonly Task[];
  /** What came of them, by place. */
  keep(due: readonly Task[], results: ReadonlyMap<string, Result>): void;
}

export interface TaskQueueParts {
  readonly config: () => Config;
  readonly memory: () => Memory;
  readonly failedEnds: Pick<FailedEnds, 'has'>;
  /** In ms since the epoch. */
  readonly now: () => number;
}

/** `stamp`: what was accepted before it (remembered.ts). */
interface Rejected {
  readonly what: Observed;
  readonly stamp: string;
  readonly until: number;
}

/** Done at one go at most; the rest is due again the next time. */
const MAX_TASKS = 1_000;
/**
 * What a vendor has rejected is told again so much later, in ms, or when something else was accepted or the config has changed: a
 * page, or what was refused for its key, which may be mended in its file, sooner.
 */
const REJECTED_FOR_MS = 15 * 60_000;
const REJECTED_PAGE_FOR_MS = 5 * 60_000;

export function createTaskQueue({ config, memory, failedEnds, now }: TaskQueueParts): TaskQueue {
  /** What was rejected, by place: until when it is not told again, in ms since the epoch. */
  let rejected: ReadonlyMap<string, Rejected> = new Map();
  let underConfig = config();
  let round = 0;
  /** The round in which each of those that are still due had its last turn, by place. */
  let lastTurn: ReadonlyMap<string, number> = new Map();

  function turns(all: readonly Task[]): readonly Task[] {
    const turnOf = ({ job }: Task) => lastTurn.get(job.place) ?? 0;
    const isPage = ({ what }: Task) => Number(what === 'active');
    const due = all.toSorted((a, b) => isPage(b) - isPage(a) || turnOf(a) - turnOf(b)).slice(0, MAX_TASKS);
    round++;
    const had = new Map(due.map(({ job }) => [job.place, round]));
    lastTurn = new Map(all.map((task) => [task.job.place, had.get(task.job.place) ?? turnOf(task)]));
    return due;
  }

  function mayBeTold(task: Task): boolean {
    const { job, what } = task;
    if (hasFailed(task)) return false;
    const known = rejected.get(job.place);
    if (known === undefined || known.what !== what) return true;
    return now() >= known.until || known.stamp !== stampOf(memory().peek(job.place));
  }

  function hasFailed({ job: { place }, what, manner }: Task): boolean {
    const remembered = memory().peek(place);
    const isEnd = what !== 'active' && manner !== ACKNOWLEDGE;
    if (!isEnd || remembered === undefined || !failedEnds.has(place, stampOf(remembered))) return false;
    // Forgotten meanwhile, it would never be told again.
    memory().set(place, remembered);
    return true;
  }

  function keep(due: readonly Task[], results: ReadonlyMap<string, Result>): void {
    if (underConfig !== config()) return;
    const kept = new Map([...rejected].filter(([, { until }]) => now() < until));
    for (const { job, what } of due) {
      const { outcome, reason } = results.get(job.place) ?? {};
      // What its fallback took is not to be given to it again and again either.
      if (outcome !== 'rejected' && reason !== 'fallback') continue;
      const isSoon = what === 'active' || reason === 'authError';
      const until = now() + (isSoon ? REJECTED_PAGE_FOR_MS : REJECTED_FOR_MS);
      kept.set(job.place, { what, stamp: stampOf(memory().peek(job.place)), until });
    }
    rejected = kept;
  }

  return {
    next(tasks) {
      if (underConfig !== config()) rejected = new Map();
      underConfig = config();
      return turns(tasks.filter(mayBeTold));
    },
    keep,
  };
}
