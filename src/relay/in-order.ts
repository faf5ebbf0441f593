import { CONNECTIONS_PER_ORIGIN } from '../notify/dispatchers.ts';
import { type Job, perIntegration } from './jobs.ts';
import { inLanes } from './lanes.ts';
import type { Result } from './report.ts';
import { mostSevereFirst } from './urgency.ts';

/** Runs jobs, each integration's on their own; where they have to wait for each other, the most severe go first. */
export async function inOrder(
  jobs: readonly Job[],
  run: (job: Job) => Promise<Result>,
): Promise<readonly Result[]> {
  const [only, ...others] = jobs;
  if (only !== undefined && others.length === 0) return [await run(only)];
  const lanes = perIntegration(jobs).map((own) => {
    const ordered = own.length > CONNECTIONS_PER_ORIGIN ? mostSevereFirst(own) : own;
    return inLanes(ordered, CONNECTIONS_PER_ORIGIN, run);
  });
  return (await Promise.all(lanes)).flat();
}
