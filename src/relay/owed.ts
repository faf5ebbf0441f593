import type { Snapshot } from '../alertmanager/snapshot.ts';
import { overAlerts } from '../notification/notification.ts';
import type { Gate } from './gate.ts';
import type { Job } from './jobs.ts';
import type { Memory } from './memory.ts';
import type { PresentAt } from './present.ts';
import { lastAccepted } from './remembered.ts';
import type { StandIn, StandIns } from './stand-ins.ts';

/** The stand-ins whose receivers are owed something, at most so many: what they are owed as Alertmanager has it. */
export type OwedNow = (limit: number) => Promise<readonly StandIn[]>;

export interface OwedParts {
  readonly standIns: StandIns;
  readonly gate: Pick<Gate, 'isClosed'>;
  readonly memory: () => Memory;
  /** Looks at Alertmanager now; else what it had when it was last looked at and believed. */
  readonly lookNow: () => Promise<Snapshot | undefined>;
  readonly lastLook: () => Snapshot | undefined;
  readonly presentAt: PresentAt;
  /** Whether it has none any more of a job that was told of then, in ms since the epoch, a while ago. */
  readonly isOver: (job: Job, since: number) => boolean;
  /** In ms since the epoch. */
  readonly now: () => number;
}

export function createOwedNow(parts: OwedParts): OwedNow {
  const { standIns, gate, memory, lookNow, lastLook, presentAt, isOver, now } = parts;

  const replace = (standIn: StandIn, by: Partial<StandIn>): StandIn => {
    if (standIns.get(standIn.job.place) !== standIn) return standIn;
    const other = { ...standIn, ...by };
    standIns.put(other);
    return other;
  };

  /**
   * What a fallback was told last may be over, as another replica was told, while alerts that it was told of before fire on:
   * then it keeps the incident, and its receiver is owed those.
   */
  async function withWhatFiresOn(standIn: StandIn): Promise<StandIn> {
    const { job, action, opened, since } = standIn;
    const look = lastLook();
    const known = opened.map(({ place }) => memory().peek(place));
    const toldAt = Math.max(since, ...known.map((remembered) => lastAccepted(remembered) ?? 0));
    if (action !== 'trigger' || look === undefined || !isOver(job, toldAt)) return standIn;
    const members = known.flatMap((remembered) => remembered?.members ?? []);
    const firing = new Set(
      members.filter(({ endedAt }) => endedAt === undefined).map(({ fingerprint }) => fingerprint),
    );
    const { active = [] } = (await presentAt(look)).get(job.place) ?? {};
    const left = active.filter(({ fingerprint }) => firing.has(fingerprint));
    if (left.length === 0) return standIn;
    return replace(standIn, { job: { ...job, incident: overAlerts(job.incident, left) } });
  }

  /** What reconciliation has ended and Alertmanager has active again its receiver is owed as a trigger instead. */
  async function withWhatIsBack(owed: readonly StandIn[]): Promise<readonly StandIn[]> {
    const isToBeAsked = ({ action, after, job }: StandIn) =>
      action === 'resolve' && after !== undefined && !gate.isClosed(job.integration, job.place);
    const snapshot = owed.some(isToBeAsked) ? await lookNow() : undefined;
    if (snapshot === undefined) return owed;
    const present = await presentAt(snapshot);
    return owed.map((standIn) => {
      const { job, active = [] } = present.get(standIn.job.place) ?? {};
      if (!isToBeAsked(standIn) || job === undefined || active.length === 0) return standIn;
      const firing = { ...job, incident: overAlerts(job.incident, active) };
      return replace(standIn, { job: firing, action: 'trigger', after: undefined, since: now() });
    });
  }

  return async (limit) => withWhatIsBack(await Promise.all(standIns.owed(limit).map(withWhatFiresOn)));
}
