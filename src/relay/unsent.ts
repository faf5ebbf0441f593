import type { HeldResolves } from './held-resolves.ts';
import type { Job } from './jobs.ts';
import type { Result } from './report.ts';
import type { StandIns } from './stand-ins.ts';
import type { Verification } from './verification.ts';

/** A resolve that is lost with this process: nobody tells it again. */
export interface Unsent extends Pick<Result, 'receiver' | 'integration' | 'incident_key'> {
  readonly why: string;
}

export interface UnsentParts {
  readonly heldResolves: Pick<HeldResolves, 'all'>;
  readonly standIns: Pick<StandIns, 'places' | 'get'>;
  readonly verification: Pick<Verification, 'unsentEnds'>;
}

/** The resolves that wait, each place's once. */
export function unsentResolves({ heldResolves, standIns, verification }: UnsentParts): readonly Unsent[] {
  const owed = standIns.places().flatMap((place) => {
    const standIn = standIns.get(place);
    return standIn?.action === 'resolve' ? [standIn.job] : [];
  });
  const unsent = new Map<string, Unsent>();
  const add = (jobs: readonly Job[], why: string) => {
    for (const { place, integration, incident } of jobs) {
      const { receiver, name } = integration;
      if (!unsent.has(place))
        unsent.set(place, { receiver, integration: name, incident_key: incident.key, why });
    }
  };
  add(heldResolves.all(), 'it was kept back');
  add(owed, 'its receiver was unavailable');
  add(verification.unsentEnds(), 'it was accepted but failed');
  return [...unsent.values()];
}
