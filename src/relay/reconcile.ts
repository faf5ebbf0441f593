import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { Config } from '../config/compile.ts';
import type { Integration } from '../config/compile-receiver.ts';
import { type Alert, overAlerts } from '../notification/notification.ts';
import { mutedAtAll, onMutedOf } from '../route/muted.ts';
import { createMutes } from '../route/mutes.ts';
import { isDoubted, met, type Observed } from './dedup.ts';
import type { Manner } from './errand.ts';
import type { FailedEnds } from './failed-ends.ts';
import { createGone } from './gone.ts';
import type { Held } from './held.ts';
import type { HeldResolves } from './held-resolves.ts';
import { type Job, over } from './jobs.ts';
import { keptBackOf, TOLD_MS } from './kept-back.ts';
import { createLosses } from './losses.ts';
import { endedBefore } from './members.ts';
import type { Memory } from './memory.ts';
import type { Present, PresentAt } from './present.ts';
import { ACKNOWLEDGE, REOPEN, RESOLVE_MUTED, reopening } from './reconcile-manners.ts';
import {
  isInsistedOn,
  isOnlyHeardOf,
  keptOf,
  lastAccepted,
  mayBeClosed,
  type Remembered,
  stampOf,
} from './remembered.ts';
import type { Result } from './report.ts';
import { createTaskQueue, type Task } from './task-queue.ts';

/** Brings what the vendors have in line with what Alertmanager has, which tells nobody of an alert that ends while it is muted. */
export interface Reconciliation {
  /** Looks through everything once; what cannot be done now is due again the next time. */
  follow(snapshot: Snapshot): Promise<void>;
}

export interface ReconcileParts {
  readonly config: () => Config;
  /** Accounts that reloads took from a receiver, by target; asked only for those that the config no longer has (retired.ts). */
  readonly retired: () => ReadonlyMap<string, Integration>;
  readonly memory: () => Memory;
  readonly presentAt: PresentAt;
  readonly held: Held;
  readonly heldResolves: Pick<HeldResolves, 'hasTime'>;
  readonly failedEnds: Pick<FailedEnds, 'has'>;
  /** Runs these in their turns; `left` gives what is left of a job when its turn comes. What came of it, by place. */
  readonly run: (
    tasks: readonly Task[],
    left: (job: Job) => Job | undefined,
  ) => Promise<ReadonlyMap<string, Result>>;
  /** Told of every incident that is found open (`adopted`), or that something is to be done about. */
  readonly count: (what: Observed | 'adopted') => void;
  /** In ms since the epoch. */
  readonly now: () => number;
}

/** How long before the start of this process nobody may have been there to send what muted routes had kept back, in ms. */
const UNATTENDED_MS = 60 * 60_000;

export function createReconciliation({
  config,
  retired,
  memory,
  presentAt,
  held,
  heldResolves,
  failedEnds,
  run,
  count,
  now,
}: ReconcileParts): Reconciliation {
  /** Places that were acknowledged because their alerts are muted, with what was accepted there until then (remembered.ts). */
  let acknowledged: ReadonlyMap<string, string> = new Map();
  let isFirst = true;
  /** Places that were adopted while there was no room to hold what was kept back of them. */
  let unheld = new Set<string>();
  let isMuted = createMutes();
  const queue = createTaskQueue({ config, memory, failedEnds, now });
  const goneIn = createGone({ config, retired, memory, held, heldResolves });
  const unattendedFrom = now() - UNATTENDED_MS;
  const losses = createLosses();

  async function follow(snapshot: Snapshot): Promise<void> {
    losses.see(snapshot);
    const present = await presentAt(snapshot);
    const stillMuted = new Map<string, string>();
    use(present.keys());
    isMuted = createMutes();
    const tasks = [...present.values()].flatMap((found) => look(found, stillMuted) ?? []);
    for (const found of present.values()) if (held.has(found.job.place)) see(found);
    acknowledged = stillMuted;
    isFirst = false;
    unheld = new Set([...unheld].filter((place) => present.has(place)));
    const due = queue.next([...tasks, ...(await goneIn(snapshot, present))]);
    for (const { what } of due) count(what);
    const stamps = new Map<string, string>();
    const results = await run(due, (job) => {
      const remembered = memory().peek(job.place);
      stamps.set(job.place, stampOf(remembered));
      // Another replica may have been told of it by a sender that Alertmanager does not speak for.
      const isInsisted = !present.has(job.place) && isInsistedOn(remembered, snapshot.takenAt);
      return isInsisted || isOvertaken(remembered, snapshot) ? undefined : job;
    });
    for (const { job, manner } of due) {
      if (manner === ACKNOWLEDGE && results.get(job.place)?.outcome === 'accepted')
        stillMuted.set(job.place, stamps.get(job.place) ?? '');
    }
    queue.keep(due, results);
  }

  /** What Alertmanager has is used: what is over is forgotten before it, for what is adopted, too. */
  function use(places: Iterable<string>): void {
    memory().forgetOld();
    for (const place of places) memory().get(place);
  }

  /** What is to be done about an incident whose alerts Alertmanager has. */
  function look(found: Present, stillMuted: Map<string, string>): Task | undefined {
    const { job, active } = found;
    const known = memory().peek(job.place);
    const remembered = known && seenNow(job, known);
    if (remembered === undefined || isOnlyHeardOf(remembered)) {
      adopt(found, remembered);
      return undefined;
    }
    // Until something is accepted of it.
    if (unheld.has(job.place) && remembered.foundAt !== undefined) holdKeptBack(found);
    if (remembered.action === 'trigger' && active.length === 0) return mute(job, remembered, stillMuted);
    if (!mayBeClosed(remembered)) return undefined;
    return isToBeReopened(found, remembered)
      ? reopenOnceActive(found, remembered.reopenFrom)
      : lookAtClosed(found, remembered);
  }

  /** What was told by another sender Alertmanager has by now: its word is taken again. Of what was read back it tells the labels. */
  function seenNow(job: Job, known: Remembered): Remembered {
    if (known.unseenAt === undefined && !known.staysOpen) return known;
    const { unseenAt, ...own } = known;
    const remembered = own.staysOpen ? keptOf(job, own) : own;
    memory().set(job.place, remembered);
    return remembered;
  }

  /** Of what was closed though Alertmanager did not say that it is over; not before that time, in ms since the epoch. */
  function reopenOnceActive({ job, active }: Present, from = 0): Task | undefined {
    if (active.length === 0 || now() < from) return undefined;
    const reopened = { ...job, incident: overAlerts(job.incident, active) };
    if (mutedAtAll(job.routes, now()) === undefined) return taskFor(reopened, 'active');
    // Where there is no room for it, the look after the mute's end sends it.
    held.hold(reopened, true);
    return undefined;
  }

  /** Of what was closed because its alerts had ended, as far as was known. */
  function lookAtClosed(found: Present, remembered: Remembered): Task | undefined {
    const { job, active } = found;
    const isOver = endedBefore(remembered.members, now());
    const standing = active.filter((alert) => !isOver(alert));
    // Resolved from here all the same: another replica was told of it, or Alertmanager has lost what it said last.
    const untold = untoldUntil(remembered);
    const early = standing.filter(({ startsAtMs }) => startsAtMs <= untold);
    if (early.length > 0) return reopenWhenTold(job, standing, early, remembered);
    if (standing.length > 0 && remembered.foundAt === undefined) adopt(found, remembered);
    return undefined;
  }

  /**
   * Who began by then may be told to nobody though the incident is closed, in ms since the epoch. An Alertmanager that was
   * killed has lost the end if it had not saved it: it takes the next firing, too, for told.
   */
  function untoldUntil({ resolvedAt, endHeardAt }: Remembered): number {
    if (resolvedAt === undefined) return Number.NEGATIVE_INFINITY;
    return losses.mayHaveLost(endHeardAt ?? resolvedAt) ? now() : resolvedAt;
  }

  /** Until Alertmanager must have told of one of them, it may be one that nobody is to hear of yet, or ever. */
  function reopenWhenTold(
    job: Job,
    standing: readonly Alert[],
    early: readonly Alert[],
    remembered: Remembered,
  ): Task | undefined {
    const isTold = early.some(({ startsAtMs }) => now() - startsAtMs >= TOLD_MS);
    if (!isTold || mutedAtAll(job.routes, now()) !== undefined) return undefined;
    const incident = overAlerts(job.incident, standing);
    return taskFor({ ...job, incident }, 'active', reopening(stampOf(remembered)));
  }

  /**
   * It may be open at the vendor from before a restart, or by another replica: then it is resolved when its alerts are gone. That
   * it was closed stays known: nobody may have been told of them yet, and Alertmanager may forget what it has told.
   */
  function adopt(found: Present, before: Remembered | undefined): void {
    const { job, active } = found;
    holdKeptBack(found);
    if (before === undefined && !memory().hasRoom()) return;
    count('adopted');
    const proving = active.length > 0 ? active : job.incident.alerts;
    const began = proving.reduce((latest, { startsAtMs }) => Math.max(latest, startsAtMs), 0);
    const foundAt = Math.min(began, now());
    memory().set(job.place, keptOf(job, { ...met(job.incident, before, now()), action: 'trigger', foundAt }));
  }

  /** Nobody may be left to tell of it: who was told of it may be gone, or have restarted. */
  function holdKeptBack(found: Present): void {
    const { place } = found.job;
    const since = isFirst || unheld.has(place) ? unattendedFrom : undefined;
    const keptBack = keptBackOf(found, since, now(), isMuted);
    const isHeld = keptBack.map((job) => held.hold(job, true)).every(Boolean);
    if (isHeld) unheld.delete(place);
    else unheld.add(place);
  }

  function see({ job: { place, incident }, active }: Present): void {
    const heard = new Set(active.map(({ fingerprint }) => fingerprint));
    for (const alert of incident.alerts)
      held.see(place, alert, heard.has(alert.fingerprint) ? 'active' : 'muted');
  }

  function mute(job: Job, remembered: Remembered, stillMuted: Map<string, string>): Task | undefined {
    const policy = onMutedOf(job.routes);
    if (policy === 'keep' || remembered.staysOpen) return undefined;
    if (policy === 'resolve') return taskFor(over(job), 'muted', RESOLVE_MUTED);
    const stamp = stampOf(remembered);
    // What was told since is a page that nobody has acknowledged.
    if (acknowledged.get(job.place) !== stamp) return taskFor(job, 'muted', ACKNOWLEDGE);
    stillMuted.set(job.place, stamp);
    return undefined;
  }

  return { follow };
}

/** Whether it is to be opened again, now or later, should what is meant be active. */
function isToBeReopened({ active }: Present, { reopenFrom }: Remembered): boolean {
  if (reopenFrom === undefined || reopenFrom === 0) return reopenFrom === 0;
  return active.some((alert) => isDoubted(alert, reopenFrom));
}

/** Whether something was accepted for the place since the snapshot was asked for: then it says nothing of it. */
function isOvertaken(remembered: Remembered | undefined, { takenAt }: Snapshot): boolean {
  return (lastAccepted(remembered) ?? 0) >= takenAt;
}

function taskFor(job: Job, what: Observed, manner: Manner = REOPEN): Task {
  return { job, manner, what };
}
