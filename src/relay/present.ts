import type { Snapshot, SnapshotGroup } from '../alertmanager/snapshot.ts';
import type { Config } from '../config/compile.ts';
import type { Alert } from '../notification/notification.ts';
import { breathe, whenRead } from './event-loop.ts';
import { type Job, jobsOf, together } from './jobs.ts';

/** An incident that Alertmanager has alerts of, and those of them that are not muted. */
export interface Present {
  readonly job: Job;
  /** What each of its groups says of it, by its own routes: `job` is all of them together. */
  readonly parts: readonly Job[];
  readonly active: readonly Alert[];
}

/** What Alertmanager has, as incidents of ours by place: several of its groups can feed one. */
export type PresentAt = (snapshot: Snapshot) => Promise<ReadonlyMap<string, Present>>;

/** Looked through before others have their turn. */
const BATCH = 500;

/** Each snapshot is looked through once, whoever asks. */
export function createPresentAt(config: () => Config): PresentAt {
  const known = new WeakMap<Snapshot, { readonly under: Config; readonly found: ReturnType<PresentAt> }>();
  return (snapshot) => {
    const under = config();
    const last = known.get(snapshot);
    if (last?.under === under) return last.found;
    const found = presentIn(snapshot, under);
    known.set(snapshot, { under, found });
    return found;
  };
}

async function presentIn({ groups }: Snapshot, config: Config): Promise<ReadonlyMap<string, Present>> {
  const jobs = new Map<string, [Job, ...Job[]]>();
  const active = new Map<string, Alert[]>();
  let looked = 0;
  for (const group of groups) {
    for (const job of jobsOfGroup(group, config)) {
      const known = jobs.get(job.place);
      if (known === undefined) jobs.set(job.place, [job]);
      else known.push(job);
      const alerts = active.get(job.place) ?? [];
      alerts.push(...job.incident.alerts.filter(({ fingerprint }) => !group.muted.has(fingerprint)));
      active.set(job.place, alerts);
    }
    if (++looked % BATCH === 0) await breathe();
  }
  const present = new Map(
    Array.from(jobs, ([place, [first, ...others]]) => [
      place,
      { job: together(first, others), parts: [first, ...others], active: active.get(place) ?? [] },
    ]),
  );
  // A vendor's answer may have come meanwhile (stall.ts).
  await whenRead();
  return present;
}

function jobsOfGroup({ webhook, direct }: SnapshotGroup, config: Config): readonly Job[] {
  const jobs = direct
    .filter((receiver) => receiver === undefined || config.receivers.has(receiver))
    .flatMap((receiver) => jobsOf(webhook, config, receiver));
  // A group without its key could be any.
  return webhook.groupKey === '' ? jobs.filter(({ incident }) => incident.granularity !== 'group') : jobs;
}
