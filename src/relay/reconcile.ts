import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { Config } from '../config/compile.ts';
import { type Integration, integrationsOf } from '../config/compile-receiver.ts';
import { isFingerprint } from '../notification/incident-key.ts';
import { type Alert, type Incident, overAlerts } from '../notification/notification.ts';
import { mutedAtAll, onMutedOf } from '../route/muted.ts';
import { type Decision, met, type Observed } from './dedup.ts';
import type { Manner } from './errand.ts';
import { breathe } from './event-loop.ts';
import type { Held } from './held.ts';
import { type Job, over } from './jobs.ts';
import { createMutes, keptBackOf, TOLD_MS } from './kept-back.ts';
import { createLosses } from './losses.ts';
import { endedBefore } from './members.ts';
import type { Memory } from './memory.ts';
import { accountOf, keyOf } from './place.ts';
import type { Present, PresentAt } from './present.ts';
import { keptOf, lastAccepted, mayBeClosed, NOT_OPEN, type Remembered, stampOf } from './remembered.ts';
import type { Result } from './report.ts';

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

/** Something to be told to a vendor because of what Alertmanager has. */
export interface Task {
  readonly job: Job;
  readonly manner: Manner;
  readonly what: Observed;
}

/** An incident that is open, or of which something is held, and that Alertmanager has no alert of, since a time in ms since the epoch. */
interface Absent {
  readonly place: string;
  readonly alerts: readonly Pick<Alert, 'fingerprint' | 'startsAtMs'>[];
  readonly since: number;
}

/** `stamp`: what was accepted before it (remembered.ts). */
interface Rejected {
  readonly what: Observed;
  readonly stamp: string;
  readonly until: number;
}

/** Done at one go at most; the rest is due again the next time. */
const MAX_TASKS = 1_000;
/**
 * What a vendor has rejected is told again so much later, in ms, or when something else was accepted or the config has changed: a
 * page, or what was refused for its key, which may be mended in its file, sooner.
 */
const REJECTED_FOR_MS = 15 * 60_000;
const REJECTED_PAGE_FOR_MS = 5 * 60_000;
/** Remembered incidents that are looked through before others have their turn. */
const BATCH = 2_000;
/** How long before the start of this process nobody may have been there to send what muted routes had kept back, in ms. */
const UNATTENDED_MS = 60 * 60_000;

export function createReconciliation({
  config,
  retired,
  memory,
  presentAt,
  held,
  run,
  count,
  now,
}: ReconcileParts): Reconciliation {
  /** Since when none of its alerts has been seen at Alertmanager, by place. */
  let absentSince: ReadonlyMap<string, number> = new Map();
  /** Places that were acknowledged because their alerts are muted. */
  let acknowledged: ReadonlySet<string> = new Set();
  /** What was rejected, by place: until when it is not told again, in ms since the epoch. */
  let rejected: ReadonlyMap<string, Rejected> = new Map();
  let underConfig = config();
  let round = 0;
  /** The round in which each of those that are still due had its last turn, by place. */
  let lastTurn: ReadonlyMap<string, number> = new Map();
  let isFirst = true;
  /** Places that were adopted while there was no room to hold what was kept back of them. */
  let unheld = new Set<string>();
  let isMuted = createMutes();
  const unattendedFrom = now() - UNATTENDED_MS;
  const losses = createLosses();

  async function follow(snapshot: Snapshot): Promise<void> {
    if (underConfig !== config()) rejected = new Map();
    underConfig = config();
    losses.see(snapshot);
    const present = await presentAt(snapshot);
    const stillMuted = new Set<string>();
    isMuted = createMutes();
    const tasks = [...present.values()].flatMap((found) => look(found, stillMuted) ?? []);
    for (const found of present.values()) if (held.has(found.job.place)) see(found);
    acknowledged = stillMuted;
    isFirst = false;
    unheld = new Set([...unheld].filter((place) => present.has(place)));
    const absent = await withoutAlerts(snapshot, present);
    absentSince = new Map(absent.map(({ place, since }) => [place, since]));
    const due = inTurns([...tasks, ...resolveGone(absent, snapshot)].filter(isNotRejected));
    for (const { what } of due) count(what);
    const results = await run(due, (job) =>
      isOvertaken(memory().peek(job.place), snapshot) ? undefined : job,
    );
    for (const { job, manner } of due) {
      if (manner === ACKNOWLEDGE && results.get(job.place)?.outcome === 'accepted') stillMuted.add(job.place);
    }
    keepRejected(due, results);
  }

  /** At most so many as are done at one go: pages first, then those that have had no turn for longest. */
  function inTurns(all: readonly Task[]): readonly Task[] {
    const turnOf = ({ job }: Task) => lastTurn.get(job.place) ?? 0;
    const isPage = ({ what }: Task) => Number(what === 'active');
    const due = all.toSorted((a, b) => isPage(b) - isPage(a) || turnOf(a) - turnOf(b)).slice(0, MAX_TASKS);
    round++;
    const had = new Map(due.map(({ job }) => [job.place, round]));
    lastTurn = new Map(all.map((task) => [task.job.place, had.get(task.job.place) ?? turnOf(task)]));
    return due;
  }

  function isNotRejected({ job, what }: Task): boolean {
    const known = rejected.get(job.place);
    if (known === undefined || known.what !== what) return true;
    return now() >= known.until || known.stamp !== stampOf(memory().peek(job.place));
  }

  function keepRejected(due: readonly Task[], results: ReadonlyMap<string, Result>): void {
    if (underConfig !== config()) return;
    const kept = new Map([...rejected].filter(([, { until }]) => now() < until));
    for (const { job, what } of due) {
      const { outcome, reason } = results.get(job.place) ?? {};
      // What its fallback took is not to be given to it again and again either.
      if (outcome !== 'rejected' && reason !== 'fallback') continue;
      const isSoon = what === 'active' || reason === 'authError';
      const until = now() + (isSoon ? REJECTED_PAGE_FOR_MS : REJECTED_FOR_MS);
      kept.set(job.place, { what, stamp: stampOf(memory().peek(job.place)), until });
    }
    rejected = kept;
  }

  /** What is to be done about an incident whose alerts Alertmanager has. */
  function look(found: Present, stillMuted: Set<string>): Task | undefined {
    const { job, active } = found;
    // What Alertmanager has is used: what is over is forgotten before it.
    const remembered = memory().get(job.place);
    if (remembered === undefined) {
      adopt(found, remembered);
      return undefined;
    }
    // Until something is accepted of it.
    if (unheld.has(job.place) && remembered.foundAt !== undefined) holdKeptBack(found);
    if (remembered.action === 'trigger' && active.length === 0) return mute(job, remembered, stillMuted);
    return mayBeClosed(remembered) ? lookAtClosed(found, remembered) : undefined;
  }

  function lookAtClosed(found: Present, remembered: Remembered): Task | undefined {
    const { job, active } = found;
    const { reopenFrom } = remembered;
    if (reopenFrom !== undefined) {
      if (active.length === 0 || now() < reopenFrom) return undefined;
      const reopened = { ...job, incident: overAlerts(job.incident, active) };
      if (mutedAtAll(job.routes, now()) === undefined) return taskFor(reopened, 'active');
      // Where there is no room for it, the look after the mute's end sends it.
      held.hold(reopened, true);
      return undefined;
    }
    const isOver = endedBefore(remembered.members, now());
    const standing = active.filter((alert) => !isOver(alert));
    // Resolved from here all the same: another replica was told of it, or Alertmanager has lost what it said last.
    const untold = untoldUntil(remembered);
    const early = standing.filter(({ startsAtMs }) => startsAtMs <= untold);
    if (early.length > 0) return reopenWhenTold(job, standing, early, remembered);
    if (standing.length > 0 && remembered.action === 'resolve') adopt(found, remembered);
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
    if (before === undefined && memory().size >= config().dedup.maxEntries) return;
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

  function mute(job: Job, remembered: Remembered, stillMuted: Set<string>): Task | undefined {
    const policy = onMutedOf(job.routes);
    if (policy === 'keep' || remembered.staysOpen) return undefined;
    if (policy === 'resolve') return taskFor(over(job), 'muted', RESOLVE_MUTED);
    if (!acknowledged.has(job.place)) return taskFor(job, 'muted', ACKNOWLEDGE);
    stillMuted.add(job.place);
    return undefined;
  }

  /** What is open, or held, and Alertmanager has no alert of. */
  async function withoutAlerts(
    snapshot: Snapshot,
    present: ReadonlyMap<string, Present>,
  ): Promise<readonly Absent[]> {
    const found: Absent[] = [];
    let looked = 0;
    for (const place of [...memory().places()]) {
      if (++looked % BATCH === 0) await breathe();
      const remembered = present.has(place) ? undefined : memory().peek(place);
      const alerts = remembered === undefined ? [] : openAlertsOf(place, remembered, held.has(place));
      if (!areGone(alerts, snapshot)) continue;
      found.push({ place, alerts, since: absentSince.get(place) ?? snapshot.takenAt });
    }
    return found;
  }

  /** Those that have been without for long enough are to be resolved, or no longer to be held. */
  function resolveGone(absent: readonly Absent[], { takenAt }: Snapshot): readonly Task[] {
    const { afterMs } = config().relay.alertmanager ?? { afterMs: Number.POSITIVE_INFINITY };
    const accounts = new Map(
      integrationsOf(config()).map((integration) => [integration.target, integration]),
    );
    const gone = absent.filter(({ since }) => takenAt - since >= afterMs);
    return gone.flatMap(({ place, alerts }) => {
      if (memory().peek(place)?.staysOpen) {
        dropHeld(place, takenAt - afterMs);
        return [];
      }
      const integration = accounts.get(accountOf(place));
      const to = integration ?? retired().get(accountOf(place));
      if (to === undefined) return [];
      const manner = integration === undefined ? GONE_FROM_RETIRED : GONE;
      return [taskFor(goneJob(place, alerts, to, config()), 'gone', manner)];
    });
  }

  /**
   * No end is told of what stays open: nothing else would drop what is held of it before its mute ends. As what is resolved
   * from here, it pages should Alertmanager have it active again.
   */
  function dropHeld(place: string, heardBefore: number): void {
    held.dropFrom(place, heardBefore);
    if (!held.has(place)) memory().set(place, REOPENED_WHEN_ACTIVE);
  }

  return { follow };
}

function taskFor(job: Job, what: Observed, manner: Manner = REOPEN): Task {
  return { job, manner, what };
}

const OBSERVED = { mayBeHeld: false, share: 1, by: 'reconcile', isHousekeeping: true } as const;

const REOPENED_WHEN_ACTIVE: Remembered = { ...NOT_OPEN, reopenFrom: 0 };

/** Forgets its alerts, for what Alertmanager says next of them is news. It is opened again when they are active. */
const RESOLVE_MUTED: Manner = {
  ...OBSERVED,
  judge: ({ incident }, before) => unlessItIs('resolve', before, 'muted', incident),
  after: REOPENED_WHEN_ACTIVE,
};

const ACKNOWLEDGE: Manner = {
  ...OBSERVED,
  judge: ({ incident }) => ({ forward: true, action: 'acknowledge', reason: 'muted', incident }),
};

const GONE: Manner = {
  ...RESOLVE_MUTED,
  judge: ({ incident }, before) => unlessItIs('resolve', before, 'gone', incident),
};

const GONE_FROM_RETIRED: Manner = { ...GONE, isParting: true };

const REOPEN: Manner = {
  mayBeHeld: true,
  isPart: true,
  share: 1,
  by: 'reconcile',
  judge({ incident }, before) {
    // Alertmanager has said since that it is over.
    if (mayBeClosed(before) && before?.reopenFrom === undefined)
      return { forward: false, action: 'trigger', reason: 'duplicate', incident };
    return unlessItIs('trigger', before, 'active', incident);
  },
};

/** Opens again what was closed early: under this stamp, unless all of its alerts have ended by its turn. */
function reopening(closed: string): Manner {
  return {
    ...REOPEN,
    judge({ incident }, before, at) {
      if (before !== undefined && !mayBeClosed(before))
        return unlessItIs('trigger', before, 'active', incident);
      const isOver = endedBefore(before?.members ?? [], at);
      const left = incident.alerts.filter((alert) => !isOver(alert));
      if (left.length === 0 || stampOf(before) !== closed)
        return { forward: false, action: 'trigger', reason: 'stale', incident };
      return { forward: true, action: 'trigger', reason: 'active', incident: overAlerts(incident, left) };
    },
  };
}

/** Another replica, or an earlier turn, may have done it meanwhile. */
function unlessItIs(
  action: 'trigger' | 'resolve',
  before: Remembered | undefined,
  reason: Observed,
  incident: Incident,
): Decision {
  const isUnsure = action === 'trigger' && mayBeClosed(before);
  if (before?.action === action && !isUnsure)
    return { forward: false, action, reason: 'duplicate', incident };
  return { forward: true, action, reason, incident };
}

/**
 * The alerts of an incident that is open and to be resolved, or of which something is held, as far as they are known: an
 * incident per alert has its alert's fingerprint for a key.
 */
function openAlertsOf(
  place: string,
  { action, staysOpen, members }: Remembered,
  isHeld: boolean,
): readonly Pick<Alert, 'fingerprint' | 'startsAtMs'>[] {
  if (action === 'resolve' || (staysOpen && !isHeld)) return [];
  const firing = members.filter(({ endedAt }) => endedAt === undefined);
  if (firing.length > 0) return firing;
  const key = keyOf(place);
  return isFingerprint(key) ? [{ fingerprint: key, startsAtMs: 0 }] : [];
}

/** Whether Alertmanager has none of them; of unknown ones that cannot be said. */
function areGone(alerts: readonly Pick<Alert, 'fingerprint'>[], snapshot: Snapshot): boolean {
  return alerts.length > 0 && alerts.every(({ fingerprint }) => snapshot.state(fingerprint) === undefined);
}

/** Alertmanager no longer has the alerts, and neither do we: all that is left of them are their fingerprints. */
function goneJob(
  place: string,
  alerts: readonly Pick<Alert, 'fingerprint' | 'startsAtMs'>[],
  integration: Integration,
  { route }: Config,
): Job {
  const annotations = { summary: 'Alertmanager no longer has this alert' };
  const incident: Incident = {
    key: keyOf(place),
    granularity: 'group',
    alerts: alerts.map(({ fingerprint, startsAtMs }) => ({
      status: 'resolved',
      labels: {},
      annotations,
      startsAt: '',
      startsAtMs,
      endsAt: '',
      generatorURL: '',
      fingerprint,
    })),
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: annotations,
    routeLabels: {},
    groupKey: '',
    externalURL: '',
    sender: '',
    truncatedAlerts: 0,
    notificationReason: '',
  };
  return { integration, rules: route.dedup, incident, place, templateFailures: [], routes: new Set() };
}

/** Whether something was accepted for the place since the snapshot was asked for: then it says nothing of it. */
function isOvertaken(remembered: Remembered | undefined, { takenAt }: Snapshot): boolean {
  return (lastAccepted(remembered) ?? 0) >= takenAt;
}
