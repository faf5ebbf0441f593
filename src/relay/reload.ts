import type { Config } from '../config/compile.ts';
import { type Integration, integrationsOf } from '../config/compile-receiver.ts';
import type { Logger } from '../observe/log.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Held } from './held.ts';
import type { HeldResolves } from './held-resolves.ts';
import { isEnd, type Job, underConfig } from './jobs.ts';
import type { Memory } from './memory.ts';
import { isToBeEnded } from './remembered.ts';
import type { Retired } from './retired.ts';
import type { StandIn, StandIns } from './stand-ins.ts';

/** Moves what is kept of notifications to where it belongs under the config that follows another one. */
export type Reload = (before: Config, after: Config) => void;

export interface ReloadParts {
  readonly deadLetters: Pick<DeadLetters<Job>, 'move'>;
  readonly held: Held;
  readonly heldResolves: HeldResolves;
  readonly standIns: StandIns;
  readonly retired: Retired;
  readonly memory: () => Memory;
  readonly log: Logger;
}

export function createReload(parts: ReloadParts): Reload {
  const { deadLetters, held, heldResolves, standIns, retired, memory, log } = parts;

  /** An end that is kept back is for who has the incident, and where its receiver is owed the page, for who is told of that. */
  function resolvesUnder(job: Job, config: Config): readonly Job[] {
    const moved = underConfig(job, config);
    if (moved?.place === job.place) return [moved];
    const isOpen = isToBeEnded(memory().peek(job.place));
    const isMoved = moved !== undefined && (!isOpen || standIns.get(job.place) !== undefined);
    return [...(isOpen ? [job] : []), ...(isMoved ? [moved] : [])];
  }

  return (before, after) => {
    deadLetters.move((job) => (isEnd(job) ? job.place : underConfig(job, after)?.place));
    const current = new Set(integrationsOf(after));
    const alerts = held.move((job, labels) =>
      current.has(job.integration) ? job : underConfig(job, after, labels),
    );
    const resolves = heldResolves.replace((job) => resolvesUnder(job, after));
    standIns.move((standIn) => standInUnder(standIn, after, current));
    if (alerts > 0) log.warn('held alerts dropped: their integration is gone from the config', { alerts });
    if (resolves > 0)
      log.warn('held resolves dropped: their integration is gone from the config', { resolves });
    retired.retire(before, after);
  };
}

/**
 * What becomes of a stand-in under another config. A page is owed to the account where it belongs then; where there is none it is
 * owed to nobody, and ended with its alert. An end, and what the fallback has opened, stay where the incident is. `current`: the
 * config's integrations.
 */
function standInUnder(standIn: StandIn, config: Config, current: ReadonlySet<Integration>): StandIn {
  const isCurrent = ({ integration }: Job): boolean => current.has(integration);
  const { job, action, opened } = standIn;
  if ([job, ...opened].every(isCurrent)) return standIn;
  const inPlace = (old: Job): Job => {
    const other = isCurrent(old) ? old : underConfig(old, config);
    return other?.place === old.place ? other : old;
  };
  const still = { ...standIn, job: inPlace(job), opened: opened.map(inPlace) };
  if (action !== 'trigger' || isCurrent(still.job)) return still;
  const moved = underConfig(job, config);
  if (moved !== undefined) {
    // The fallback's account may be its own now: that has the incident for itself then.
    const others = still.opened.filter(({ place }) => place !== moved.place);
    return { ...still, job: moved, from: job.place, opened: others };
  }
  // The same account may be another receiver's now.
  const isReached = [...current].some(({ target }) => target === job.integration.target);
  return { ...still, isOwed: standIn.isOwed && isReached };
}
