import type { Snapshot } from '../../src/alertmanager/snapshot.ts';
import type { Webhook } from '../../src/webhook/webhook.ts';
import type { PostedAlert } from '../support/post.ts';
import { webhookOf } from '../support/relay.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The alerts of the model: two groups by alertname, and two services across them. */
export const ALERTS = [
  { group: 'A', service: 'shop' },
  { group: 'A', service: 'shop' },
  { group: 'A', service: 'bank' },
  { group: 'B', service: 'shop' },
  { group: 'B', service: 'bank' },
] as const;
export const GROUPS = ['A', 'B'] as const;
export type GroupName = (typeof GROUPS)[number];

/** Whether it is taken. */
export type Post = (webhook: Webhook) => Promise<boolean>;

/**
 * Alertmanager as far as the model goes (dispatch.go, notify.go): groups that are flushed, a log of what was notified, a
 * retry of what was not taken until the flush is over, silences, and the alerts that ended and are forgotten after a flush.
 */
export interface AlertmanagerModel {
  fire(alert: number): void;
  end(alert: number): void;
  silence(alert: number): void;
  unsilence(alert: number): void;
  /** Notifies a group if there is something to say; a flush that is under way goes on. */
  flush(group: GroupName): void;
  /** The other peer says the same as this many flushes ago, now; it is retried as at that one. */
  repeatLate(group: GroupName, flushesAgo: number): void;
  /**
   * It keeps its log and the silences, and forgets its alerts: Prometheus tells of those that fire within a minute, and what
   * has ended untold nobody tells of any more.
   */
  restart(): void;
  /** The same, but so many of its last notifications are not in its log, which it saves every 15 minutes. */
  kill(unsaved: number): void;
  isFiring(alert: number): boolean;
  isSilenced(alert: number): boolean;
  /** How often each alert has begun to fire, and to be heard again after a silence. */
  begun(alert: number): number;
  /**
   * It ended when nothing that was said of its firing had been taken, so that nobody is told of the end: for a group that
   * was never notified, Alertmanager notifies no end (its DedupStage).
   */
  endedUntold(alert: number): boolean;
  /** Undefined where it would not be believed (src/alertmanager/peer.ts). */
  snapshot(): Snapshot | undefined;
  /** What it has, whether or not it would be believed. */
  glimpse(): Snapshot;
}

interface Alert {
  startsAt: number | undefined;
  endsAt: number | undefined;
  /** Alertmanager has it, firing or ended and not told yet. */
  isInGroup: boolean;
  isSilenced: boolean;
  begun: number;
  endedUntold: boolean;
}

interface Logged {
  readonly firing: ReadonlySet<number>;
  readonly resolved: ReadonlySet<number>;
}

const RETRY_MS = 1_000;
const FLUSH_MS = 10_000;
/** How far ahead the end lies that is taken for a start, in ms. */
const STARTLESS_FOR_MS = 300_000;
/** A lagging peer is behind by so much at most, in ms. */
const LAG_MS = 60_000;
/** Within so much Prometheus has sent all that fires again, in ms. */
const RESEND_MS = 60_000;
const SAVE_MS = 15 * 60_000;
/** Whoever has been up for less is not believed, in ms: the config's `reconcile_after`. */
export const YOUNG_MS = 360_000;

export function fingerprintOf(alert: number): string {
  return String(alert + 1).padStart(16, '0');
}

export interface AlertmanagerOptions {
  /** Who posts alerts gives an end that lies ahead and no start, and Alertmanager takes the one for the other. */
  readonly isStartless: boolean;
  /** The other peer says everything as well, so much later, in ms; 0: there is none. */
  readonly lagMs: number;
  /** What hears of it. */
  readonly relays: number;
  readonly isWatched: boolean;
  /** Whether relays share what they know. */
  readonly hasStore: boolean;
}

export function createAlertmanagerModel(
  time: VirtualTime,
  post: Post,
  { isStartless, lagMs, relays, isWatched, hasStore }: AlertmanagerOptions,
): AlertmanagerModel {
  const alerts: Alert[] = ALERTS.map(() => ({
    startsAt: undefined,
    endsAt: undefined,
    isInGroup: false,
    isSilenced: false,
    begun: 0,
    endedUntold: false,
  }));
  let log: ReadonlyMap<GroupName, Logged> = new Map();
  /** What it was when it started, and after each notification since. */
  let logs = [{ at: time.now(), log }];
  let busy = new Set<GroupName>();
  let upSince = Number.NEGATIVE_INFINITY;
  const posted = new Map<GroupName, { readonly at: number; readonly webhook: Webhook }[]>();
  const at = (alert: number): Alert => alerts[alert] as Alert;
  const isActive = ({ startsAt, endsAt }: Alert) => startsAt !== undefined && endsAt === undefined;
  const isYoung = () => time.now() - upSince < YOUNG_MS;
  const isFiring = (alert: number) => isActive(at(alert));
  const membersOf = (group: GroupName) =>
    ALERTS.flatMap((alert, i) => (alert.group === group && at(i).isInGroup ? [i] : []));

  function shown(alert: number): PostedAlert {
    const { startsAt = 0, endsAt } = at(alert);
    const { group, service } = ALERTS[alert] as (typeof ALERTS)[number];
    return {
      status: endsAt === undefined ? 'firing' : 'resolved',
      labels: { alertname: group, service, instance: String(alert) },
      fingerprint: fingerprintOf(alert),
      startsAt: new Date(startsAt).toISOString(),
      ...(endsAt === undefined ? {} : { endsAt: new Date(endsAt).toISOString() }),
    };
  }
  const webhookFor = (group: GroupName, members: readonly number[]) =>
    webhookOf(members.map(shown), {
      groupKey: `{}:{alertname="${group}"}`,
      groupLabels: { alertname: group },
    });

  /** DedupStage.needsUpdate, without the repeat interval. */
  function needsUpdate(group: GroupName, { firing, resolved }: Logged): boolean {
    const known = log.get(group);
    if (known === undefined) return firing.size > 0;
    if ([...firing].some((alert) => !known.firing.has(alert))) return true;
    if (firing.size === 0) return known.firing.size > 0;
    return [...resolved].some((alert) => !known.resolved.has(alert));
  }

  async function flush(group: GroupName): Promise<void> {
    const members = membersOf(group);
    const heard = members.filter((alert) => !at(alert).isSilenced);
    const saying = {
      firing: new Set(heard.filter(isFiring)),
      resolved: new Set(heard.filter((alert) => !isFiring(alert))),
    };
    const ended = members
      .filter((alert) => !isFiring(alert))
      .map((alert) => [alert, at(alert).startsAt] as const);
    const isTold = heard.length > 0 && needsUpdate(group, saying);
    if (isTold) {
      const webhook = webhookFor(group, heard);
      const all = posted.get(group) ?? [];
      posted.set(group, [...all, { at: time.now(), webhook }]);
      void echo(webhook);
      if (!(await insist(webhook))) return;
      log = new Map(log).set(group, saying);
      logs.push({ at: time.now(), log });
    }
    // What has ended and was not begun again meanwhile has been told, or never will be.
    for (const [alert, startsAt] of ended) {
      if (isFiring(alert) || at(alert).startsAt !== startsAt) continue;
      at(alert).isInGroup = false;
      at(alert).endedUntold = !isTold && log.get(group)?.resolved.has(alert) !== true;
    }
  }

  async function echo(webhook: Webhook): Promise<void> {
    if (lagMs === 0) return;
    const since = upSince;
    await time.sleep(lagMs);
    if (upSince === since) repeat(webhook);
  }

  async function insist(webhook: Webhook): Promise<boolean> {
    const end = time.now() + FLUSH_MS;
    const since = upSince;
    for (;;) {
      const isTaken = await post(webhook);
      if (upSince !== since) return false;
      if (isTaken) return true;
      if (time.now() + RETRY_MS > end) return false;
      await time.sleep(RETRY_MS);
      // The one that was stopped meanwhile says nothing more.
      if (upSince !== since) return false;
    }
  }

  /** Says once more what may be over by now, where it can be known that it is. */
  function repeat(webhook: Webhook): void {
    // Without a start only Alertmanager can tell whether it is the same occurrence; and where it cannot be looked at, only the
    // relay that has told of the end (docs/replicas.md).
    const isKnown = (isWatched && !isYoung()) || (!isStartless && (relays === 1 || hasStore));
    if (isKnown) void insist(webhook);
  }

  function restart(): void {
    upSince = time.now();
    logs = [{ at: upSince, log }];
    busy = new Set();
    posted.clear();
    for (const alert of alerts) alert.isInGroup = false;
    void time.sleep(RESEND_MS).then(() => {
      for (const alert of alerts.filter((one) => isActive(one) && !one.isInGroup)) {
        alert.isInGroup = true;
        if (isStartless) alert.startsAt = time.now() + STARTLESS_FOR_MS;
      }
    });
  }

  function seen(): Snapshot {
    const firing = ALERTS.map((_, i) => i).filter((alert) => isFiring(alert) && at(alert).isInGroup);
    const state = (fingerprint: string) => {
      const alert = firing.find((one) => fingerprintOf(one) === fingerprint);
      if (alert === undefined) return undefined;
      return at(alert).isSilenced ? ('muted' as const) : ('active' as const);
    };
    const groups = GROUPS.flatMap((group) => {
      const own = firing.filter((alert) => ALERTS[alert]?.group === group);
      if (own.length === 0) return [];
      const muted = new Set(own.filter((alert) => at(alert).isSilenced).map(fingerprintOf));
      return [{ webhook: webhookFor(group, own), direct: [undefined], muted }];
    });
    return { takenAt: time.now(), upSince, state, groups };
  }

  return {
    fire(alert) {
      if (isFiring(alert)) return;
      // Later than it ended, as everywhere where time passes.
      const startsAt =
        Math.max(time.now(), (at(alert).endsAt ?? 0) + 1) + (isStartless ? STARTLESS_FOR_MS : 0);
      Object.assign(at(alert), { startsAt, endsAt: undefined, isInGroup: true, endedUntold: false });
      at(alert).begun++;
    },
    end(alert) {
      if (!isFiring(alert)) return;
      at(alert).endsAt = time.now();
      at(alert).isInGroup = true;
      if (isStartless) at(alert).startsAt = time.now();
    },
    silence(alert) {
      at(alert).isSilenced = true;
    },
    unsilence(alert) {
      if (!at(alert).isSilenced) return;
      at(alert).isSilenced = false;
      at(alert).begun++;
    },
    flush(group) {
      if (busy.has(group)) return;
      const flushing = busy.add(group);
      void flush(group).finally(() => flushing.delete(group));
    },
    repeatLate(group, flushesAgo) {
      const { at: then, webhook } = posted.get(group)?.at(-1 - flushesAgo) ?? {};
      if (webhook !== undefined && then !== undefined && time.now() - then < LAG_MS) repeat(webhook);
    },
    restart,
    kill(unsaved) {
      const saved = logs.findLastIndex(({ at }) => time.now() - at >= SAVE_MS);
      log = logs[Math.max(saved, logs.length - 1 - unsaved, 0)]?.log ?? log;
      restart();
    },
    isFiring,
    isSilenced: (alert) => at(alert).isSilenced,
    begun: (alert) => at(alert).begun,
    endedUntold: (alert) => at(alert).endedUntold,
    snapshot: () => (isYoung() ? undefined : seen()),
    glimpse: seen,
  };
}
