import type { Snapshot } from '../alertmanager/snapshot.ts';
import { actionOf, overAlerts } from '../notification/notification.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { met } from './dedup.ts';
import { endedSince } from './ended-since.ts';
import { AS_SAID, type Manner } from './errand.ts';
import type { Gate } from './gate.ts';
import type { HandBack } from './hand-back.ts';
import type { Held } from './held.ts';
import type { HeldResolves } from './held-resolves.ts';
import { inOrder } from './in-order.ts';
import type { InTurn } from './in-turn.ts';
import { type Job, withoutEnded } from './jobs.ts';
import { endedBefore } from './members.ts';
import type { Memory } from './memory.ts';
import { createOwedNow } from './owed.ts';
import { isPagedSince, type Standing } from './paged-since.ts';
import type { PresentAt } from './present.ts';
import { lastAccepted, pagedAt } from './remembered.ts';
import type { StandIn, StandIns } from './stand-ins.ts';
import { createUnmuted } from './unmuted.ts';

/**
 * Delivers what was kept back and is due; what cannot be delivered now stays for the next time. `isLast`: the daemon
 * stops, and every resolve that was kept back is due. Triggers of muted routes are not.
 */
export type Tend = (options?: { readonly isLast: boolean }) => Promise<void>;

export interface TendParts {
  readonly held: Held;
  readonly heldResolves: HeldResolves;
  readonly standIns: StandIns;
  readonly gate: Gate;
  readonly inTurn: InTurn;
  readonly handBack: HandBack;
  readonly hasFallback: (job: Job) => boolean;
  /** Whether Alertmanager may have an alert of the job; without a look at it, it may. */
  readonly mayFire: (job: Job) => boolean;
  /** Whether it has none any more of a job that was told of then, in ms since the epoch, a while ago. */
  readonly isOver: (job: Job, since: number) => boolean;
  readonly memory: () => Memory;
  /** Looks at Alertmanager now, unless that would take too long (watch.ts). */
  readonly fresh?: (() => Promise<Snapshot | undefined> | undefined) | undefined;
  /** The same, where Alertmanager may not have been told of everything (watch.ts): what it does not have says nothing. */
  readonly glimpse?: (() => Promise<Snapshot | undefined> | undefined) | undefined;
  /** What it had when it was last looked at and believed. */
  readonly lastLook: () => Snapshot | undefined;
  readonly presentAt: PresentAt;
  /** Whether Alertmanager is looked at: then an incident whose alerts are gone is ended by that (gone.ts). */
  readonly isWatched: () => boolean;
  /** For everything that is due at one time, in ms. */
  readonly timeoutMs: () => number;
  /** In ms since the epoch. */
  readonly now: () => number;
  readonly stopping: AbortSignal;
}

/** What is tended to at one go; the others have their turn a little later. */
const MAX_AT_ONCE = 1_000;

/** What is silenced of it stays held; what has ended since it was held is not sent. */
const UNMUTED: Manner = {
  ...AS_SAID,
  by: 'held',
  isPart: true,
  judge(job, before, now) {
    const { incident } = job;
    const left = actionOf(incident.alerts) === 'resolve' ? job : withoutEnded(job, endedSince(job, before));
    if (left === undefined) return { forward: false, action: 'trigger', reason: 'stale', incident };
    return AS_SAID.judge(left, before, now);
  },
};
/** To the receiver that a fallback stands in for. What is held is newer. */
const OWED: Manner = { ...UNMUTED, by: 'handback' };
function owedAs({ action, after, standing }: Partial<StandIn> = {}): Manner {
  const manner = after === undefined ? OWED : { ...OWED, after, mayBeHeld: false };
  return action === 'resolve' ? unlessPagedSince(manner, () => standing) : manner;
}

function unlessPagedSince(manner: Manner, standing: () => Standing | undefined): Manner {
  return {
    ...manner,
    judge(job, before, now) {
      const { incident } = job;
      return isPagedSince(job, before, standing())
        ? { forward: false, action: 'resolve', reason: 'stale', incident }
        : manner.judge(job, before, now);
    },
  };
}

/**
 * A resolve whose time has come. What fired again since and never reached the vendor does not call it off: Alertmanager was
 * told of this end, and will say nothing of the next one unless it could tell of the firing. What fires in an incident by labels
 * may have been told to another replica: where Alertmanager is looked at, that decides. `standing`: as it was when that was told,
 * which may be told anew until its turn.
 */
function atLast(standing: () => Standing | undefined, isWatched: boolean): Manner {
  const manner: Manner = {
    ...AS_SAID,
    mayBeHeld: false,
    isDue: true,
    by: 'held',
    judge(job, before, now) {
      const decision = AS_SAID.judge(job, before, now);
      const isUntold = before?.action === 'trigger' && pagedAt(before) === standing()?.pagedAt;
      const isCalledOff = decision.reason === 'stale' || (decision.reason === 'still_firing' && !isWatched);
      if (!isCalledOff || !isUntold) return decision;
      return { forward: true, action: 'resolve', reason: 'resolved', incident: job.incident };
    },
  };
  return unlessPagedSince(manner, standing);
}

export function createTend(parts: TendParts): Tend {
  const { held, heldResolves, standIns, gate, inTurn, handBack, hasFallback, mayFire, isOver } = parts;
  const { memory, fresh, glimpse, lastLook, presentAt, isWatched, timeoutMs, now, stopping } = parts;
  let running: Promise<void> | undefined;
  /** How many last ones wait for what is under way: nothing more is begun then. */
  let lastOnes = 0;

  const stillHeld = (job: Job) => (heldResolves.get(job.place) === job ? job : undefined);
  const isTold = ({ place }: Job) => standIns.get(place)?.action === 'none';
  const stillOwed = (job: Job) => (standIns.get(job.place)?.job === job && !isTold(job) ? job : undefined);
  const lookNow = async () => (await fresh?.()) ?? lastLook();
  const unmutedNow = createUnmuted({ held, gate, hasFallback, fresh, now });
  const owedNow = createOwedNow({ standIns, gate, memory, lookNow, lastLook, presentAt, isOver, now });

  /** Tells the receivers that fallbacks stand in for how things stand; those that have been told get their incidents back. */
  async function handAllBack(deadline: Deadline): Promise<void> {
    const owed = await owedNow(MAX_AT_ONCE);
    await Promise.all(owed.filter(isEndedBefore).map(({ job }) => handBack(job.place, deadline)));
    const toTell = owed.filter((standIn) => !isEndedBefore(standIn) && mayBeTold(standIn));
    await inOrder(
      toTell.map(({ job }) => job),
      async (job) => {
        const result = await inTurn(job, deadline, owedAs(standIns.get(job.place)), stillOwed);
        // Another replica has told of its end since.
        if (result.reason === 'stale' && stillOwed(job) !== undefined) await handBack(job.place, deadline);
        return result;
      },
    );
    // All that takes a while: what was told then may fire again, and its fallback have it again.
    const told = owed.filter(({ action, job }) => action === 'none' && isTold(job));
    await Promise.all(told.map(({ job }) => handBack(job.place, deadline)));
    for (const standIn of owed) {
      const { place } = standIn.job;
      if (standIn.action === 'trigger' && standIns.get(place) === standIn && isAtEnd(standIn))
        standIns.drop(place);
    }
  }

  /** Whether its receiver is to be told now. What is held has its own time, and an end that is kept back is told to both then. */
  function mayBeTold({ job, action, from, notBefore = 0 }: StandIn): boolean {
    if (gate.isClosed(job.integration, job.place) || heldResolves.hasTime(job.place)) return false;
    // Nor what began before a reload, and whose end is kept back at the account that it had then.
    if (action === 'trigger' && from !== undefined && heldResolves.hasTime(from)) return false;
    if (action === 'resolve') return true;
    return action === 'trigger' && notBefore <= now() && mayFire(job) && !held.holds(job);
  }

  /** Whether its end was told, or is owed, where its own receiver had its account before a reload. */
  function isEndedBefore({ action, from, since }: StandIn): boolean {
    if (action !== 'trigger' || from === undefined) return false;
    const known = memory().peek(from);
    const isEndTold = known?.action === 'resolve' && (lastAccepted(known) ?? 0) >= since;
    return isEndTold || standIns.get(from)?.action === 'resolve';
  }

  /** Whether its fallback has ended what it had, and its receiver cannot be told yet. */
  function waits({ place, integration }: Job): boolean {
    const { action, opened } = standIns.get(place) ?? {};
    return action === 'resolve' && opened?.length === 0 && gate.isClosed(integration, place);
  }

  /** Whether nothing is left to be told: what the fallback has was ended by reconciliation, or it has nothing and the alerts are gone. */
  function isAtEnd({ job, opened, since }: StandIn): boolean {
    if (opened.length === 0) return isOver(job, since);
    return opened.every(({ place }) => memory().peek(place)?.action === 'resolve') && !mayFire(job);
  }

  /**
   * Resolves whose incidents Alertmanager has active again, since a later time than what has ended, are called off: another
   * replica was told of that. Not while they could not be sent anyhow.
   */
  async function callOff(resolves: readonly Job[], isLast: boolean): Promise<void> {
    const asked = resolves.filter(({ integration, place }) => isLast || !gate.isClosed(integration, place));
    if (asked.length === 0) return;
    for (const snapshot of await looks(isLast)) await callOffIn(snapshot, asked);
  }

  /**
   * What Alertmanager has now; where that is not the word of all peers, what it was believed to have last, and what any of them
   * has. Not the latter at a stop: what that calls off must be remembered until reconciliation can end it.
   */
  async function looks(isLast: boolean): Promise<readonly Snapshot[]> {
    const seen = await fresh?.();
    if (seen !== undefined) return [seen];
    const glimpsed = isLast ? undefined : await glimpse?.();
    return [glimpsed, lastLook()].filter((snapshot) => snapshot !== undefined);
  }

  async function callOffIn(snapshot: Snapshot, asked: readonly Job[]): Promise<void> {
    const present = await presentAt(snapshot);
    for (const held of asked) {
      const { place } = held;
      const before = memory().peek(place);
      const newest = Math.max(lastAccepted(before) ?? 0, held.heardAt ?? 0);
      const isOvertaken = heldResolves.get(place) !== held || newest >= snapshot.takenAt;
      const { job, active = [] } = present.get(place) ?? {};
      const hasEnded = endedBefore(before?.members ?? [], now());
      const again = active.filter((alert) => !hasEnded(alert));
      if (isOvertaken || job === undefined || again.length === 0) continue;
      heldResolves.drop(place);
      memory().set(place, met(overAlerts(job.incident, again), before, now()));
    }
  }

  /**
   * What is kept back when the daemon stops. What has no time was not needed, for its alerts fired again: it is only where
   * Alertmanager can be looked at, and has none of them any more, silenced or not.
   */
  async function atStop(): Promise<readonly Job[]> {
    const all = heldResolves.all();
    if (all.every(({ place }) => heldResolves.hasTime(place))) return all;
    const seen = await fresh?.();
    return all.filter(({ place, incident }) => {
      if (heldResolves.hasTime(place)) return true;
      const isActive = incident.alerts.some(({ fingerprint }) => seen?.state(fingerprint) !== undefined);
      if (isActive) heldResolves.drop(place);
      return seen !== undefined && !isActive;
    });
  }

  async function once(isLast: boolean): Promise<void> {
    const resolves = isLast ? await atStop() : heldResolves.due(now(), MAX_AT_ONCE);
    await callOff(resolves, isLast);
    const left = resolves.filter((job) => heldResolves.has(job.place) && (isLast || !waits(job)));
    const ending = inTime((deadline) =>
      inOrder(left, (job) =>
        inTurn(
          job,
          deadline,
          atLast(() => heldResolves.standing(job.place), isWatched()),
          stillHeld,
        ),
      ),
    );
    await Promise.all([ending, isLast ? undefined : page()]);
    if (!isLast && lastOnes > 0) return;
    await inTime(handAllBack);
  }

  /** Tells what was held for mutes that are over. */
  async function page(): Promise<void> {
    const unmuted = await unmutedNow(MAX_AT_ONCE);
    await inTime((deadline) => inOrder(unmuted, (job) => inTurn(job, deadline, UNMUTED, held.still)));
  }

  /** Each has time of its own: ends that wait for a rate limit would leave none to pages. */
  async function inTime(work: (deadline: Deadline) => Promise<unknown>): Promise<void> {
    const deadline = createDeadline(now() + timeoutMs(), now, stopping);
    try {
      await work(deadline);
    } finally {
      deadline.clear();
    }
  }

  return async ({ isLast } = { isLast: false }) => {
    if (running !== undefined && !isLast) return;
    if (isLast) lastOnes++;
    try {
      await running?.catch(() => {});
      running = once(isLast).finally(() => {
        running = undefined;
      });
      await running;
    } finally {
      if (isLast) lastOnes--;
    }
  };
}
