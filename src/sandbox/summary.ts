import type { SandboxIncident } from './incidents.ts';

/** The state in numbers. */
export interface Summary {
  readonly open: number;
  /** Of the open ones. */
  readonly acknowledged: number;
  readonly resolved: number;
  /** Keys, each under one account, that have more than one incident. */
  readonly extra: number;
  /** Triggers and creates that only added to an open incident. */
  readonly repeats: number;
}

export function summarize(incidents: readonly SandboxIncident[]): Summary {
  const counts = { open: 0, acknowledged: 0, resolved: 0, repeats: 0 };
  const perKey = new Map<string, number>();
  for (const { vendor, account, key, status, acknowledged, count } of incidents) {
    counts[status]++;
    if (acknowledged && status === 'open') counts.acknowledged++;
    counts.repeats += count - 1;
    const place = `${vendor}\n${account}\n${key}`;
    perKey.set(place, (perKey.get(place) ?? 0) + 1);
  }
  const extra = [...perKey.values()].filter((number) => number > 1).length;
  return { ...counts, extra };
}
