import type { Snapshot } from '../alertmanager/snapshot.ts';
import { type Alert, type Labels, overAlerts } from '../notification/notification.ts';
import { type Muted, mutedAtAll } from '../route/muted.ts';
import { createMutes } from '../route/mutes.ts';
import type { Decision } from './dedup.ts';
import { beganAfter } from './ended-by.ts';
import type { Job } from './jobs.ts';
import { past } from './members.ts';
import { takeDue } from './take-due.ts';

/**
 * Alerts that were to page while their route was muted. Alertmanager has been told that they are taken, so nobody but us
 * would send them when the mute ends (docs/adr/0009-muted-routes.md).
 */
export interface Held {
  /**
   * Keeps the alerts of a job that fire until their mute ends; false when there is no room. `isPart`: it says nothing of
   * other alerts of its place, and what is held since then stays as it is. `notBefore`: it is not due before that, in ms since the
   * epoch, unless it is heard again.
   */
  hold(job: Job, isPart?: boolean, notBefore?: number): boolean;
  /**
   * What this job says was sent, or need not be: the same is not held any longer, but what began after the end that it tells of is.
   * `isPart`: as for `hold`.
   */
  tell(job: Job, decision: Decision, isPart?: boolean): void;
  /**
   * At most so many jobs for what is no longer muted at a time, in ms since the epoch, the longest unasked first. It stays
   * held until it is told.
   */
  due(now: number, limit: number): readonly Job[];
  /** The part of a job of `due` that is still held; undefined when there is none. */
  still(job: Job): Job | undefined;
  /** Notes how Alertmanager has an alert of a place now, where that is held. */
  see(place: string, alert: Alert, how: SeenAs): void;
  /** When it was seen muted, in ms since the epoch; 0 where it never was, or was seen active or heard since. */
  silencedAt(place: string, alert: Alert): number;
  /** These alerts of a place are over; what is held of a later time that one of them fires is not. */
  forget(place: string, alerts: readonly Alert[]): void;
  /** Whether Alertmanager was seen to have it. */
  wasSeen(place: string, alert: Alert): boolean;
  /** What of a place was seen there, and not heard since a time in ms since the epoch, is over. */
  dropFrom(place: string, heardBefore: number): void;
  has(place: string): boolean;
  /** Whether all that fires of a job is held. */
  holds(job: Job): boolean;
  /**
   * From a reload on: puts another job in the place of each alert's, and of what was under way. Those held for which there is none
   * are dropped and counted.
   */
  move(moved: Moved): number;
  /** Alerts that are held. */
  readonly size: number;
}

type Moved = (job: Job, labels: Labels) => Job | undefined;

/** How Alertmanager has an alert (alertmanager/snapshot.ts). */
type SeenAs = NonNullable<ReturnType<Snapshot['state']>>;

interface HeldAlert {
  readonly alert: Alert;
  /** What it came with: its incident, its routes, where it goes. */
  readonly job: Job;
  /** When it began, in ms since the epoch; 0 where that is not known (members.ts). */
  readonly since: number;
  /** Whether Alertmanager was seen to have it. */
  readonly wasSeen: boolean;
  /** As `Held.silencedAt`. */
  readonly silencedAt: number;
  /** When it may be due, in ms since the epoch. */
  readonly notBefore: number;
}

type Alerts = Map<string, HeldAlert>;

/** What is decided so says nothing of alerts that it does not tell of. */
const SAYS_PART: ReadonlySet<Decision['reason']> = new Set(['truncated', 'stale', 'still_firing']);

/** From this many alerts on nothing more is held. Each is a few kB. */
const MAX_HELD = 20_000;

/** Why a trigger is held back now. Only what pages is muted: a resolve kept back would leave the incident open for ever. */
export function reasonToHold({ routes }: Job, { forward, action }: Decision, at: number): Muted | undefined {
  return forward && action === 'trigger' ? mutedAtAll(routes, at) : undefined;
}

/** `clock`: in ms since the epoch. */
export function createHeld(clock: () => number): Held {
  let places = new Map<string, Alerts>();
  let size = 0;
  let movedNow: Moved = (job) => job;

  const dropAll = (place: string) => {
    size -= places.get(place)?.size ?? 0;
    places.delete(place);
  };
  const remove = (place: string, fingerprints: readonly string[]) => {
    const alerts = places.get(place);
    for (const fingerprint of fingerprints) if (alerts?.delete(fingerprint)) size--;
    if (alerts?.size === 0) places.delete(place);
  };
  const forget = (place: string, told: readonly Alert[]) => {
    const alerts = places.get(place);
    const isSame = ({ fingerprint, startsAtMs }: Alert) =>
      startsAtMs >= (alerts?.get(fingerprint)?.since ?? Number.POSITIVE_INFINITY);
    remove(place, fingerprintsOf(told.filter(isSame)));
  };

  /** What is under way goes on as it began; where it is held, it is as of the last reload. */
  const asMoved = (job: Job) => movedNow(job, job.incident.alerts[0]?.labels ?? {}) ?? job;

  return {
    hold(said, isPart = false, notBefore = 0) {
      const job = asMoved(said);
      const { place, incident } = job;
      const isNew = ({ status, fingerprint }: Alert) =>
        status === 'firing' && !places.get(place)?.has(fingerprint);
      if (size >= MAX_HELD && incident.alerts.some(isNew)) return false;
      const before = places.get(place);
      // What is held where a reload has moved it is newer.
      const saysPart = isPart || place !== said.place;
      // Where several groups feed an incident, each tells of its own alerts only.
      if (incident.granularity !== 'labels' && !saysPart) dropAll(place);
      const alerts: Alerts = places.get(place) ?? new Map();
      size -= alerts.size;
      put(alerts, before, job, { isPart: saysPart, notBefore }, clock());
      size += alerts.size;
      places.set(place, alerts);
      return true;
    },
    tell(job, { action, reason }, isPart = false) {
      const { place, incident } = job;
      if (action === 'resolve') forget(asMoved(job).place, incident.alerts);
      const alerts = places.get(place);
      if (alerts === undefined) return;
      const tellsAll = !isPart && incident.granularity !== 'labels' && !SAYS_PART.has(reason);
      if (!tellsAll) return forget(place, incident.alerts);
      const newer = action === 'resolve' ? begunAfter(incident.alerts, alerts) : [];
      dropAll(place);
      if (newer.length === 0) return;
      places.set(place, new Map(newer));
      size += newer.length;
    },
    due(now, limit) {
      const isMuted = createMutes();
      const isDue = ({ job, notBefore }: HeldAlert) => notBefore <= now && !isMuted(job.routes, now);
      const dueOf = (alerts: Alerts) => [...alerts.values()].filter(isDue);
      return takeDue(places, limit, (alerts) => dueOf(alerts).length > 0).map((alerts) =>
        jobOf(dueOf(alerts)),
      );
    },
    still(job) {
      const alerts = places.get(job.place);
      const rest = job.incident.alerts.flatMap((alert) => {
        const held = alerts?.get(alert.fingerprint);
        return held?.alert === alert ? [held] : [];
      });
      return rest.length === 0 ? undefined : jobOf(rest);
    },
    see(place, { fingerprint }, how) {
      const alerts = places.get(place);
      const held = alerts?.get(fingerprint);
      if (held !== undefined)
        alerts?.set(fingerprint, { ...held, wasSeen: true, silencedAt: how === 'muted' ? clock() : 0 });
    },
    silencedAt: (place, { fingerprint }) => places.get(place)?.get(fingerprint)?.silencedAt ?? 0,
    wasSeen: (place, { fingerprint }) => places.get(place)?.get(fingerprint)?.wasSeen === true,
    forget,
    dropFrom(place, heardBefore) {
      const all = [...(places.get(place)?.values() ?? [])];
      const old = all.filter(({ job, wasSeen }) => wasSeen && (job.heardAt ?? 0) < heardBefore);
      remove(place, fingerprintsOf(old.map(({ alert }) => alert)));
    },
    has: (place) => places.has(place),
    holds({ place, incident }) {
      const alerts = places.get(place);
      if (alerts === undefined) return false;
      return incident.alerts.every(
        ({ status, fingerprint }) => status === 'resolved' || alerts.has(fingerprint),
      );
    },
    move(moved) {
      movedNow = moved;
      const before = size;
      const replaced = new Map<string, Alerts>();
      for (const alerts of places.values()) {
        for (const one of alerts.values()) {
          const { alert } = one;
          const job = moved(one.job, alert.labels);
          if (job === undefined) continue;
          const known = replaced.get(job.place) ?? new Map();
          replaced.set(job.place, known.set(alert.fingerprint, { ...one, job }));
        }
      }
      places = replaced;
      size = [...places.values()].reduce((sum, alerts) => sum + alerts.size, 0);
      return before - size;
    },
    get size() {
      return size;
    },
  };
}

/** Those that began after these ends, of which a lagging peer may tell, or a replay. */
function begunAfter(ends: readonly Alert[], alerts: Alerts): readonly (readonly [string, HeldAlert])[] {
  const told = new Map(ends.map((end) => [end.fingerprint, end]));
  const last = ends.reduce((latest, { endsAt }) => Math.max(latest, Date.parse(endsAt)), 0);
  return [...alerts].filter(([fingerprint, { since }]) => {
    const end = told.get(fingerprint);
    return end === undefined ? last <= since : beganAfter(since, end);
  });
}

const fingerprintsOf = (alerts: readonly Alert[]) => alerts.map(({ fingerprint }) => fingerprint);

/** `before`: what was held of its place. */
function put(
  alerts: Alerts,
  before: Alerts | undefined,
  job: Job,
  { isPart, notBefore }: { readonly isPart: boolean; readonly notBefore: number },
  now: number,
): void {
  for (const alert of job.incident.alerts) {
    const { status, fingerprint, startsAtMs } = alert;
    const since = past(startsAtMs, now);
    const known = before?.get(fingerprint);
    const stays = isPart && known !== undefined && since <= known.since;
    if (status === 'resolved') alerts.delete(fingerprint);
    else if (!stays) alerts.set(fingerprint, { ...renewed(known, alert, job, since), notBefore });
  }
}

/** An alert that is held now as this job has it, with what was seen of it before. */
function renewed(
  known: HeldAlert | undefined,
  alert: Alert,
  job: Job,
  since: number,
): Omit<HeldAlert, 'notBefore'> {
  const { wasSeen = false, silencedAt = 0 } = known ?? {};
  const { heardAt } = job;
  const isHeardSince = heardAt !== undefined && heardAt >= silencedAt;
  return {
    alert,
    job,
    since,
    wasSeen: wasSeen || heardAt === undefined,
    silencedAt: isHeardSince ? 0 : silencedAt,
  };
}

/** One job for alerts of one place: the last one's, over all of them. */
function jobOf(held: readonly HeldAlert[]): Job {
  const { job } = held.at(-1) as HeldAlert;
  const alerts = held.map(({ alert }) => alert);
  return { ...job, incident: overAlerts(job.incident, alerts) };
}
