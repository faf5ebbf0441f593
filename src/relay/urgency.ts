import type { Integration } from '../config/compile-receiver.ts';
import type { Incident } from '../notification/notification.ts';
import { rank, rate, type Severity, severityLabels } from '../notification/severity.ts';
import { RANK } from './gate.ts';
import { isEnd, type Job } from './jobs.ts';

const NO_MAP: ReadonlyMap<string, Severity> = new Map();

/** 0 for critical to 3 for info, as far as the labels tell. */
export function urgency({ notifier }: Integration, incident: Incident): number {
  return rank(rate(severityLabels(incident), notifier.severities ?? NO_MAP).severity);
}

/** By severity, ends last; the order of equals stays. */
export function mostSevereFirst(jobs: readonly Job[]): readonly Job[] {
  const rankOf = (job: Job) => (isEnd(job) ? RANK.resolve : urgency(job.integration, job.incident));
  const ranked = jobs.map((job) => ({ job, rank: rankOf(job) }));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ job }) => job);
}
