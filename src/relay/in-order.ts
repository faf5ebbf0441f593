import type { Integration } from '../config/compile-receiver.ts';
import { CONNECTIONS_PER_ORIGIN } from '../notify/dispatchers.ts';
import type { Job } from './jobs.ts';
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

/** The jobs of each integration on their own, so that one that is slow holds up no other. */
function perIntegration(jobs: readonly Job[]): readonly (readonly Job[])[] {
  const own = new Map<Integration, Job[]>();
  for (const job of jobs) {
    const list = own.get(job.integration);
    if (list === undefined) own.set(job.integration, [job]);
    else list.push(job);
  }
  return [...own.values()];
}
