import type { PostsTo } from '../config/compile-alertmanager.ts';
import type { Alert, Labels } from '../notification/notification.ts';
import { mutedAt } from '../route/muted.ts';
import { epochMs, type Webhook } from '../webhook/webhook.ts';
import { inPostedOrder } from './alert-order.ts';
import type { ApiAlert } from './api.ts';
import type { Dispatch, DispatchRoute } from './dispatch.ts';

/** What peers of an Alertmanager know at a time. */
export interface Snapshot {
  /** When they began to be asked, in ms since the epoch: what happened later may not be in it. */
  readonly takenAt: number;
  /**
   * Since when the one of them has been up that has been for longest, in ms since the epoch: what was told before, all may
   * have forgotten.
   */
  readonly upSince: number;
  /**
   * How an alert stands; undefined when none of them has it. `muted`: silenced or inhibited at each of them that has it, or
   * time-muted on all of its routes that post webhooks to us.
   */
  state(fingerprint: string): 'active' | 'muted' | undefined;
  /** What Alertmanager would post to us if it notified every group now, muted alerts included. */
  readonly groups: readonly SnapshotGroup[];
}

/** One group at one Alertmanager receiver. */
export interface SnapshotGroup {
  /**
   * All firing alerts of the group. `groupKey` is empty where Alertmanager's routing is not known: then it has all alerts
   * of the receiver. What the API does not say is empty: `externalURL`, `routeLabels`; its times have whole ms.
   */
  readonly webhook: Webhook;
  /** The receivers of ours that it posts to straight (`/webhook/:receiver`), undefined standing for our route tree. */
  readonly direct: PostsTo;
  /** The fingerprints of those that are muted in this group. */
  readonly muted: ReadonlySet<string>;
}

/** What one peer says. */
export interface Testimony {
  readonly alerts: readonly ApiAlert[];
  /** Undefined where its config is not understood. */
  readonly dispatch: Dispatch | undefined;
  /** Since when it has been up, in ms since the epoch. */
  readonly upSince: number;
}

interface Seen {
  alert: Alert;
  readonly receivers: readonly string[] | undefined;
  readonly dispatch: Dispatch | undefined;
  /** At every peer. */
  muted: boolean;
  /** On every route so far; undefined before the first. */
  timeMuted: boolean | undefined;
}

interface Group {
  readonly receiver: string;
  readonly key: string;
  readonly labels: Labels;
  readonly direct: PostsTo;
  readonly alerts: Map<string, Alert>;
  /** Of the alerts, those that are not muted. */
  readonly heard: Set<string>;
}

/** Go's zero time, which Alertmanager posts as the end of a firing alert. */
const NO_END = '0001-01-01T00:00:00Z';

/**
 * Puts together what peers say. How an alert is routed is taken from the first that has it and whose config is understood.
 * `posting`: the receivers that post to us, where that is known better.
 */
export function createSnapshot(
  testimonies: readonly Testimony[],
  takenAt: number,
  posting?: ReadonlyMap<string, PostsTo>,
): Snapshot {
  const seen = merge(testimonies, takenAt);
  const groups = new Map<string, Group>();
  const isMuted = timeMutes(takenAt);
  const unread = (receiver: string): PostsTo =>
    posting === undefined ? [undefined] : (posting.get(receiver) ?? []);
  for (const one of seen.values()) putInGroups(one, groups, isMuted, unread);
  return {
    takenAt,
    upSince: Math.min(...testimonies.map(({ upSince }) => upSince)),
    state(fingerprint) {
      const one = seen.get(fingerprint);
      return one && (one.muted || one.timeMuted === true ? 'muted' : 'active');
    },
    groups: Array.from(groups.values(), toSnapshotGroup),
  };
}

/** Of two starts the later one counts: a peer that lags still has an earlier firing. One that lies ahead tells nothing. */
function merge(testimonies: readonly Testimony[], takenAt: number): ReadonlyMap<string, Seen> {
  const seen = new Map<string, Seen>();
  const understoodFirst = testimonies.toSorted((a, b) => Number(!a.dispatch) - Number(!b.dispatch));
  for (const { alerts, dispatch } of understoodFirst) {
    for (const alert of alerts) {
      const muted = isSuppressed(alert.status);
      const known = seen.get(alert.fingerprint);
      if (known === undefined) {
        const receivers = alert.receivers?.map(({ name }) => name);
        seen.set(alert.fingerprint, {
          alert: toAlert(alert),
          receivers,
          dispatch,
          muted,
          timeMuted: undefined,
        });
        continue;
      }
      known.muted &&= muted;
      if (alert.startsAt === known.alert.startsAt) continue;
      const own = toAlert(alert);
      const isLater = own.startsAtMs > known.alert.startsAtMs || known.alert.startsAtMs > takenAt;
      if (isLater && own.startsAtMs <= takenAt) known.alert = own;
    }
  }
  return seen;
}

function isSuppressed({ state, silencedBy, inhibitedBy, mutedBy }: ApiAlert['status']): boolean {
  return state === 'suppressed' || [silencedBy, inhibitedBy, mutedBy].some((by) => (by?.length ?? 0) > 0);
}

/** What is listed fires, whatever the clocks say of its end. */
function toAlert({ labels, annotations, startsAt = '', generatorURL = '', fingerprint }: ApiAlert): Alert {
  return {
    status: 'firing',
    labels,
    annotations: annotations ?? {},
    startsAt,
    startsAtMs: epochMs(startsAt),
    endsAt: NO_END,
    generatorURL,
    fingerprint,
  };
}

type IsMuted = (route: DispatchRoute) => boolean;

/** Alertmanager lists time-muted alerts as active (getAlertsHandler, api/v2/api.go): the intervals are read from its config. */
function timeMutes(ms: number): IsMuted {
  const known = new Map<DispatchRoute, boolean>();
  return (route) => {
    const muted = known.get(route) ?? mutedAt(route, ms) !== undefined;
    known.set(route, muted);
    return muted;
  };
}

/** `unread`: where a receiver posts whose Alertmanager's config is not understood. */
function putInGroups(
  one: Seen,
  groups: Map<string, Group>,
  isMuted: IsMuted,
  unread: (receiver: string) => PostsTo,
): void {
  const { alert, receivers, dispatch } = one;
  const routes = dispatch?.routesOf(alert.labels) ?? [];
  if (dispatch === undefined || !agree(routes, receivers)) {
    for (const receiver of new Set(receivers)) {
      const direct = dispatch?.direct(receiver) ?? unread(receiver);
      put(one, { receiver, key: '', labels: {}, direct }, one.muted, groups);
    }
    return;
  }
  for (const route of routes) {
    const { receiver } = route;
    const direct = dispatch.direct(receiver);
    if (direct.length === 0) continue;
    const timeMuted = isMuted(route);
    one.timeMuted = timeMuted && one.timeMuted !== false;
    const { key, labels } = dispatch.groupOf(route, alert.labels);
    put(one, { receiver, key, labels, direct }, one.muted || timeMuted, groups);
  }
}

/** Whether our reading of the config leads where Alertmanager itself says that an alert goes. */
function agree(routes: readonly DispatchRoute[], receivers: readonly string[] | undefined): boolean {
  if (receivers === undefined) return true;
  const ours = new Set(routes.map(({ receiver }) => receiver));
  return receivers.every((name) => ours.has(name)) && ours.size === new Set(receivers).size;
}

function put(
  { alert }: Seen,
  { receiver, key, labels, direct }: Omit<Group, 'alerts' | 'heard'>,
  muted: boolean,
  groups: Map<string, Group>,
): void {
  if (direct.length === 0) return;
  const id = JSON.stringify([receiver, key]);
  const group = groups.get(id) ?? { receiver, key, labels, direct, alerts: new Map(), heard: new Set() };
  groups.set(id, group);
  group.alerts.set(alert.fingerprint, alert);
  if (!muted) group.heard.add(alert.fingerprint);
}

function toSnapshotGroup({ receiver, key, labels, direct, alerts, heard }: Group): SnapshotGroup {
  return {
    webhook: {
      receiver: quoteMeta(receiver),
      alerts: inPostedOrder([...alerts.values()]),
      groupKey: key,
      groupLabels: labels,
      routeLabels: {},
      externalURL: '',
      truncatedAlerts: 0,
      notificationReason: '',
    },
    direct,
    muted: new Set([...alerts.keys()].filter((fingerprint) => !heard.has(fingerprint))),
  };
}

/** A receiver's name as Alertmanager posts it (template.go; Go's regexp.QuoteMeta). */
function quoteMeta(name: string): string {
  return name.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}
