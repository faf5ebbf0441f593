import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { Config } from '../config/compile.ts';
import { sha256hex } from '../notification/incident-key.ts';
import { type Alert, actionOf, overAlerts, withAlerts } from '../notification/notification.ts';
import type { Signal } from '../notify/signal.ts';
import type { Logger } from '../observe/log.ts';
import { onMutedOf } from '../route/muted.ts';
import { type Decision, met } from './dedup.ts';
import { beganAfter } from './ended-by.ts';
import type { Errand, Manner } from './errand.ts';
import { type HeldResolves, UNTIL_STOP } from './held-resolves.ts';
import { isEnd, type Job } from './jobs.ts';
import { past } from './members.ts';
import type { Memory } from './memory.ts';
import { standingOf } from './paged-since.ts';
import type { PresentAt } from './present.ts';
import { isInsistedOn, isOpenFromHere, mayBeClosed, type Remembered } from './remembered.ts';
import { untilLate } from './until-late.ts';

/**
 * What a webhook says may be overtaken: a lagging peer goes on to retry what it took from its alerts a while ago, and
 * another replica has told the vendor of the end since. It is held against what Alertmanager has at this moment. Doubts do
 * not last, for a peer that is not in `alertmanager_url` may have the alert.
 */
export interface Doubts {
  /**
   * The errand as it is to be done by what Alertmanager has now, or why it is to be told again before it is believed.
   * Undefined where Alertmanager is not asked: it is to be done as it is, and nothing has to be awaited.
   */
  weigh(errand: Errand): Promise<Errand | string> | undefined;
}

export interface DoubtsParts {
  /** When this process began, in ms since the epoch. */
  readonly startedAt: number;
  readonly config: () => Config;
  readonly memory: () => Memory;
  readonly heldResolves: Pick<HeldResolves, 'has' | 'hold'>;
  readonly presentAt: PresentAt;
  /** Looks at Alertmanager now, unless that would take too long (watch.ts). */
  readonly fresh: (() => Promise<Snapshot | undefined> | undefined) | undefined;
  /** Whether Alertmanager was looked at and believed since this process began. */
  readonly hasLooked: () => boolean;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly now: () => number;
}

/** Who says so again and again for this long is believed, in ms. */
const INSISTED_MS = 120_000;
/** What Alertmanager had, and has no longer, has ended: a peer says so after its `group_interval`, of 5 minutes by default; in ms. */
const ENDED_MS = 600_000;
/**
 * A lagging peer may come to know better within this time, in ms. It is to be done with the end before it gives that up, after ten
 * seconds at least (MinTimeout, notify/notify.go): it may take what fires for told then, and would not tell of it.
 */
const LAGS_MS = 3_000;
/** Who insists says it again within this time: Alertmanager's waits grow to a minute (its notify/retry_stage.go). */
const AGAIN_MS = 90_000;
/** With more, nothing further is doubted. */
const MAX_DOUBTS = 10_000;

/** What a look found may be otherwise after this time, in ms. */
const OLD_MS = 1_000;

/** How long after `reconcile_after` the first look is waited for, in ms. */
const BLIND_MS = 120_000;

const NOT_LOOKED =
  'Alertmanager was not looked at since the start, and other alerts of this incident may fire: tell it again';
const DOUBTED =
  'Alertmanager says otherwise by now: told again for some minutes, it is believed (relay.alertmanager_url)';
const LAGGING =
  'Alertmanager has the alert again by now: told again for some seconds, its end is not needed (relay.alertmanager_url)';

const BELIEVED =
  'believed though Alertmanager does not have it: its sender is perhaps not in relay.alertmanager_url';

export function createDoubts(parts: DoubtsParts): Doubts {
  const { startedAt, config, memory, heldResolves, presentAt, hasLooked, log } = parts;
  const { fresh: lookNow, now: clock } = parts;
  /** Of each thing said, why it is doubted; what was not said for longest comes first. */
  const doubted = new Map<string, Doubt>();
  /** When alerts began, by fingerprint. */
  const starts = new WeakMap<Snapshot, ReadonlyMap<string, Start>>();
  /** The last look for what had waited, and of when it is, in ms since the epoch; undefined while it is under way. */
  let again: { readonly look: Promise<Snapshot | undefined>; takenAt?: number } | undefined;
  return {
    weigh(errand) {
      const { job, deadline, manner } = errand;
      const { fresh, judge } = manner;
      if (again !== undefined && isOld(again.takenAt)) again = undefined;
      if (fresh === undefined) return undefined;
      const decision = judge(job, memory().get(job.place), clock());
      if (!decision.forward && !mayLag(decision, errand)) return undefined;
      if (isBlind(job)) return Promise.resolve(NOT_LOOKED);
      const looking = untilLate(fresh() ?? UNASKED, deadline.signal, () => undefined);
      return looking.then((seen) => asLookedAt(errand, decision, seen));
    },
  };

  function asLookedAt(
    errand: Errand,
    decision: Decision,
    seen: Snapshot | undefined,
  ): Promise<Errand | string> | Errand | string {
    const { job } = errand;
    if (isTestFiring(errand)) return testAsSeen(errand, seen);
    if (decision.forward && isLeftOpen(job)) return leftOpenAsSeen(errand, seen);
    if (seen === undefined) return unlooked(errand);
    if (!decision.forward) return knownAsSeen(errand, decision, seen);
    return isEnd(job) ? endAsSeen(errand, seen) : asSeen(errand, seen);
  }

  /** Whether too much may have happened since then, in ms since the epoch; not while it is not known yet. */
  function isOld(at: number | undefined): boolean {
    if (at === undefined) return false;
    const now = clock();
    return at > now || now - at > OLD_MS;
  }

  /**
   * Whether it is to be told again before it is believed, if Alertmanager says otherwise: for so long at most, in ms, or for longer
   * where it was to be before; `said` stands for what it says.
   */
  function isDoubtful(job: Job, isOtherwise: boolean, atMostMs = INSISTED_MS, said = sayingOf(job)): boolean {
    const now = clock();
    for (const [other, { last }] of doubted) {
      if (now - last < AGAIN_MS) break;
      doubted.delete(other);
    }
    const known = doubted.get(said);
    // The clock may have been set back.
    const since = Math.min(now, known?.since ?? now);
    const forMs = Math.max(atMostMs, known?.forMs ?? 0);
    doubted.delete(said);
    const isDoubtful = now - since < forMs && doubted.size < MAX_DOUBTS && isOtherwise && !isBelieved(job);
    if (isDoubtful) doubted.set(said, { since, last: now, forMs });
    return isDoubtful;
  }

  /**
   * Whether it would end an incident by labels of which nothing is known, before it is known what else feeds it: then it is
   * to be told again, too.
   */
  function isBlind(job: Job): boolean {
    const { alertmanager } = config().relay;
    if (alertmanager === undefined || hasLooked()) return false;
    if (clock() - startedAt > alertmanager.afterMs + BLIND_MS) return false;
    return isByLabels(job) && endsSeveral(job) && memory().get(job.place) === undefined;
  }

  /** Whether somebody has insisted on it before: what they tell next of an incident that fires is not doubted anew. */
  function isBelieved(job: Job): boolean {
    return !isEnd(job) && isInsistedOn(memory().get(job.place), clock());
  }

  /** Where Alertmanager could not be looked at: it is, perhaps, while this has to wait. */
  function unlooked(errand: Errand): Errand {
    const { job, manner } = errand;
    const isOvertaken = () => isOvertakenNow(job, (isOtherwise) => isDoubtful(job, isOtherwise));
    return { ...errand, manner: { ...manner, isOvertaken } };
  }

  async function asSeen(errand: Errand, atFirst: Snapshot): Promise<Errand | string> {
    const { job, deadline, manner } = errand;
    const seen = await stillSeen(atFirst, deadline.signal);
    const endedMs = mayHaveMore(job) ? INSISTED_MS : ENDED_MS;
    const isUnseen = isContradicted(job, seen);
    if (isDoubtful(job, isUnseen, isContradicted(job, atFirst) ? INSISTED_MS : endedMs)) return DOUBTED;
    if (isUnseen && !isBelieved(job)) {
      const { integration, incident } = job;
      const { receiver, name } = integration;
      log.warn(BELIEVED, { receiver, integration: name, incident_key: incident.key });
    }
    const hasEnded = (isOtherwise: boolean) => isDoubtful(job, isOtherwise, endedMs);
    const isOvertaken = isUnseen ? undefined : () => isOvertakenNow(job, hasEnded);
    return { ...errand, job: asBegun(job, seen), manner: { ...manner, isUnseen, isOvertaken } };
  }

  /**
   * A page of which nothing is to be sent. Taken for told, Alertmanager tells of the next firing only when its `repeat_interval` is
   * over: so it is to be told again where what it tells of is over. After its end, what fires again by now is paged for; before
   * that another replica may have told of it, or a peer have an earlier start, and people have closed it.
   */
  async function knownAsSeen(
    errand: Errand,
    { reason }: Decision,
    atFirst: Snapshot,
  ): Promise<Errand | string> {
    const { job, deadline, manner } = errand;
    const seen = await stillSeen(atFirst, deadline.signal);
    const begun = asBegun(job, seen);
    const next = begun === job ? undefined : manner.judge(begun, memory().get(job.place), clock());
    const isStale = reason === 'stale';
    if (next?.forward && isStale) return asLookedAt({ ...errand, job: begun }, next, seen);
    const isSoonBelieved = isByLabels(job) || mayHaveMore(job) || (!isStale && isDoubtedBeside(manner));
    const forMs = isSoonBelieved ? INSISTED_MS : ENDED_MS;
    const said = `${sayingOf(job)} ${reason}`;
    const isOtherwise = next?.forward || isContradicted(job, seen);
    if (isDoubtful(job, isOtherwise, forMs, said)) return DOUBTED;
    if (isOtherwise && isStale) openNext(job);
    return errand;
  }

  /** Told again for longer than another integration is doubted, what that is told then would not count as told. */
  function isDoubtedBeside({ beside }: Manner): boolean {
    return [...(beside?.() ?? [])].some((place) => !isOpenFromHere(memory().peek(place)));
  }

  /** Answered that it was told, Alertmanager may never tell of what fires next: that is opened as soon as it is seen (reconcile.ts). */
  function openNext({ place }: Job): void {
    const before = memory().peek(place);
    if (before !== undefined && mayBeClosed(before)) memory().set(place, { ...before, reopenFrom: 0 });
  }

  /**
   * The page as of what fires now, where a lagging peer tells an earlier firing of it: remembered as that one, the incident would
   * be closed by the earlier one's end.
   */
  function asBegun(job: Job, snapshot: Snapshot): Job {
    const known = starts.get(snapshot) ?? startsIn(snapshot);
    starts.set(snapshot, known);
    const { incident } = job;
    // Of a start that was left out it is not known which firing that is; and nobody tells the end of what is muted.
    const isLater = ({ fingerprint, startsAtMs }: Alert) =>
      startsAtMs > 0 &&
      (known.get(fingerprint)?.startsAtMs ?? 0) > startsAtMs &&
      snapshot.state(fingerprint) === 'active';
    if (!firingOf(job).some(isLater)) return job;
    const alerts = incident.alerts.map((alert) =>
      alert.status === 'firing' && isLater(alert) ? { ...alert, ...known.get(alert.fingerprint) } : alert,
    );
    return { ...job, incident: { ...incident, alerts } };
  }

  async function endAsSeen(errand: Errand, atFirst: Snapshot): Promise<Errand | string> {
    const { job, deadline, manner } = errand;
    const seen = await stillSeen(atFirst, deadline.signal);
    const goingOn = await goesOnAs(job, seen);
    const isOtherwise = isContradicted(job, seen);
    // Another peer has perhaps told of the next firing: as told, this end would have it told once more.
    const isOver = goingOn?.decision.reason === 'stale';
    if (isOver && isDoubtful(job, isOtherwise, LAGS_MS, sayingOfEnd(job))) return LAGGING;
    if (goingOn !== undefined) {
      const { place } = job;
      // Who told of this end may tell of nothing more: at a stop, nobody would remember it.
      if (isOver && !heldResolves.has(place))
        heldResolves.hold(job, UNTIL_STOP, standingOf(job, memory().peek(place)));
      memory().set(place, goingOn.remembered);
      return { ...errand, manner: { ...manner, judge: () => goingOn.decision } };
    }
    if (isDoubtful(job, isOtherwise)) return DOUBTED;
    // Who insists on it is believed once and for all.
    const isOvertaken = isOtherwise ? undefined : () => isOvertakenNow(job);
    return { ...errand, manner: { ...manner, isOvertaken } };
  }

  /**
   * What Alertmanager has: as of a second ago, where it can be looked at in time, and looked at once for all that ask meanwhile.
   * A webhook is looked at once, and others of it may have gone first.
   */
  async function stillSeen(atFirst: Snapshot, signal: Signal): Promise<Snapshot> {
    if (!isOld(atFirst.takenAt)) return atFirst;
    if (again === undefined || isOld(again.takenAt)) again = lookAgain();
    return (await untilLate(again.look, signal, () => undefined)) ?? atFirst;
  }

  function lookAgain(): NonNullable<typeof again> {
    const look = lookNow?.() ?? UNASKED;
    const own: NonNullable<typeof again> = { look };
    const isDone = (seen?: Snapshot) => {
      own.takenAt = seen?.takenAt ?? clock();
    };
    look.then(isDone, () => isDone());
    return own;
  }

  /** Another replica may have told of the end, and of the next firing, while this waited for its turn at the vendor. */
  async function isOvertakenNow(job: Job, counts = (isOtherwise: boolean) => isOtherwise): Promise<boolean> {
    const seen = await lookNow?.();
    if (seen === undefined) return false;
    return counts(isContradicted(job, seen)) || (isEnd(job) && (await goesOnAs(job, seen)) !== undefined);
  }

  /**
   * What is decided where the incident that it would end goes on: Alertmanager has other alerts of it active, or one of those
   * again that have ended. They are to be remembered: nobody may have told of them, and then nobody tells of their end.
   */
  async function goesOnAs(job: Job, snapshot: Snapshot): Promise<GoingOn | undefined> {
    // Of one alert only that is news: nothing has to be looked through then.
    if (!endsSeveral(job) && !isContradicted(job, snapshot)) return undefined;
    const { place, incident } = job;
    const { job: whole, active } = (await presentAt(snapshot)).get(place) ?? { active: [] };
    const ends = new Map(incident.alerts.map((end) => [end.fingerprint, end]));
    const standing = active.filter(({ fingerprint, startsAtMs }) => {
      const end = ends.get(fingerprint);
      return end === undefined || beganAfter(past(startsAtMs, snapshot.takenAt), end);
    });
    if (whole === undefined || standing.length === 0) return undefined;
    // Alertmanager has it, whoever else has told of it.
    const { unseenAt, ...known } = met(overAlerts(whole.incident, standing), memory().get(place), clock());
    // It may be open by another replica, though it was closed from here.
    const remembered: Remembered = { ...known, action: 'trigger' };
    const again = new Set(standing.map(({ fingerprint }) => fingerprint));
    const ended = incident.alerts.filter(({ fingerprint }) => !again.has(fingerprint));
    // Those that were cut are not its end either.
    const left = { ...withAlerts(incident, ended), truncatedAlerts: 0 };
    const decision: Decision =
      ended.length === 0
        ? { forward: false, action: 'resolve', reason: 'stale', incident }
        : { forward: false, action: 'resolve', reason: 'still_firing', incident: left };
    return { decision, remembered };
  }
}

type Start = Pick<Alert, 'startsAt' | 'startsAtMs'>;

/** But for those that are yet to come, by the sender's clock. */
function startsIn({ groups, takenAt }: Snapshot): ReadonlyMap<string, Start> {
  const starts = new Map<string, Start>();
  for (const { webhook } of groups) {
    for (const { fingerprint, startsAt, startsAtMs } of webhook.alerts)
      if (startsAtMs <= takenAt) starts.set(fingerprint, { startsAt, startsAtMs });
  }
  return starts;
}

/** What is doubted of what somebody says. */
interface Doubt {
  /** Since when, and when it was said last; in ms since the epoch. */
  readonly since: number;
  readonly last: number;
  /** For how long it is, at most, in ms. */
  readonly forMs: number;
}

/** What is decided of an end in an incident that goes on, and what is remembered of that. */
interface GoingOn {
  readonly decision: Decision;
  readonly remembered: Remembered;
}

const UNASKED = Promise.resolve(undefined);

/**
 * Whether it is a page of which nothing is to be sent, and that a lagging peer may tell: its end was told before, or may have been
 * to another replica. The latter only where it is alone: told again for its sake, the other alerts of its webhook would not count
 * as told either, and nobody would tell of their ends.
 */
function mayLag({ action, reason }: Decision, { job, manner }: Errand): boolean {
  const { ofAlerts, isTest, endsOnly } = manner;
  if (action !== 'trigger' || isTest || endsOnly) return false;
  return reason === 'stale' || job.incident.alerts.length === ofAlerts?.();
}

function isTestFiring({ job, manner }: Errand): boolean {
  return manner.isTest === true && actionOf(job.incident.alerts) === 'trigger';
}

/** A test that fires: Alertmanager has it only where it has the labels of an alert that fires. */
function testAsSeen(errand: Errand, seen: Snapshot | undefined): Errand {
  const isUnseen = seen === undefined || isContradicted(errand.job, seen);
  return { ...errand, manner: { ...errand.manner, isUnseen } };
}

/**
 * A page that is to be sent is not doubted where nobody is told its end: it opens again only what people have closed, and
 * Alertmanager does not tell it once more when it has ended. A fallback may be told the end, and is to know whose word it is.
 */
function leftOpenAsSeen(errand: Errand, seen: Snapshot | undefined): Errand {
  if (seen === undefined) return errand;
  return { ...errand, manner: { ...errand.manner, isUnseen: isContradicted(errand.job, seen) } };
}

function isLeftOpen(job: Job): boolean {
  return !isEnd(job) && !job.integration.sendsResolved(job.incident);
}

/** Stands for what somebody says of an incident: another group's word is another's. */
function sayingOf({ place, incident: { alerts, groupKey } }: Job): string {
  // A group's key is as long as its labels.
  return `${place} ${actionOf(alerts)} ${groupKey.length > 64 ? sha256hex(groupKey) : groupKey}`;
}

/** The same, for the ends of these firings only. */
function sayingOfEnd(job: Job): string {
  return `${sayingOf(job)} ${Math.max(...job.incident.alerts.map(({ startsAtMs }) => startsAtMs))}`;
}

/** Whether it tells of ends in an incident that may have other alerts. */
function endsSeveral(job: Job): boolean {
  return job.incident.granularity !== 'alert' && isEnd(job);
}

/** Whether others of its alerts may fire, which were cut from its webhook. */
function mayHaveMore({ incident: { granularity, truncatedAlerts } }: Job): boolean {
  return granularity !== 'alert' && truncatedAlerts > 0;
}

/** Whether several groups feed the incident, and the end of one is not that of the others. */
function isByLabels({ incident: { granularity } }: Job): boolean {
  return granularity === 'labels';
}

function firingOf({ incident: { alerts } }: Job): readonly Alert[] {
  return alerts.filter(({ status }) => status === 'firing');
}

/** It fires, and Alertmanager has none of it to be told of; or it is over, and Alertmanager has some of it active. */
function isContradicted(job: Job, snapshot: Snapshot): boolean {
  const firing = firingOf(job);
  const { incident, routes } = job;
  if (firing.length === 0)
    return incident.alerts.some(({ fingerprint }) => snapshot.state(fingerprint) === 'active');
  const isOverWhileMuted = onMutedOf(routes) === 'resolve';
  return firing.every(({ fingerprint }) => {
    const state = snapshot.state(fingerprint);
    return state === undefined || (state === 'muted' && isOverWhileMuted);
  });
}
