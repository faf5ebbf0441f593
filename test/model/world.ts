import type { Config } from '../../src/config/compile.ts';
import { groupIncidentKey, labelsIncidentKey } from '../../src/notification/incident-key.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { createRelay, type Relay } from '../../src/relay/relay.ts';
import type { Webhook } from '../../src/webhook/webhook.ts';
import { recordsFor } from '../support/relay.ts';
import {
  ALERTS,
  type AlertmanagerModel,
  createAlertmanagerModel,
  fingerprintOf,
  GROUPS,
} from './alertmanager-model.ts';
import { createConfigs, FALLBACK, PRIMARY, SECOND } from './configs.ts';
import { BEGIN, isMuted, type Mute, muteEnd } from './mute.ts';
import { createStoreModel, type StoreClient } from './store-model.ts';
import { createVendorModel, type VendorModel } from './vendor-model.ts';
import { createVirtualTime, type VirtualTime } from './virtual-time.ts';

/** What varies between worlds. */
export interface Setting {
  /** How many there are behind one address, each with a memory of its own. */
  readonly relays: 1 | 2;
  /** Which of them gets what is posted, over and over. */
  readonly route: readonly number[];
  readonly incidentPer: 'alert' | 'labels' | 'group';
  readonly holdResolve: boolean;
  readonly hasFallback: boolean;
  /** What is posted goes to two accounts: what one takes the other may refuse. */
  readonly hasSecond: boolean;
  readonly onMuted: 'keep' | 'acknowledge' | 'resolve';
  /** When a route of ours is muted, and for which alerts. */
  readonly mute: Mute | undefined;
  /**
   * Whether the relay looks at Alertmanager. If not, nothing is silenced and no process dies: what then stays open at the
   * vendor is what `relay.alertmanager_url` is for.
   */
  readonly isWatched: boolean;
  /** Whether relays share what they know. */
  readonly hasStore: boolean;
  /**
   * Who may be killed and forget what it had not saved: where both do, nobody knows which end was told. Alertmanager may be
   * stopped and started again in any case.
   */
  readonly forgets: 'relays' | 'alertmanager';
  /** These two are Alertmanager's (alertmanager-model.ts). */
  readonly isStartless: boolean;
  readonly lagMs: number;
}

/** What a reload may change. */
export type Reloadable = Pick<Setting, 'holdResolve' | 'hasFallback' | 'mute'>;

/** Alertmanager, relays that can die, and the vendor, on a clock of their own. */
export interface World {
  readonly time: VirtualTime;
  /** As it is since the last reload. */
  readonly setting: Setting;
  readonly alertmanager: AlertmanagerModel;
  readonly vendor: VendorModel;
  /** Whether a relay can reach the store from now on. */
  reachStore(relay: number, isUp: boolean): void;
  emptyStore(): void;
  restart(relay: number): Promise<void>;
  /** All relays load their config again, in which so much is different; the mute not once one was restarted. */
  reload(change: Reloadable): void;
  /** Lets time pass, with everything that happens by itself in it. */
  pass(ms: number): Promise<void>;
  /** All is well again, and enough time passes. */
  settle(): Promise<void>;
  /** What is not as it should be then. */
  faults(): readonly string[];
  end(): void;
}

interface Process {
  readonly relay: Relay;
  readonly client?: StoreClient | undefined;
  readonly died: Promise<false>;
  kill(): void;
  /** When it does by itself what it does now and then. */
  nextTend: number;
  nextLook: number;
}

const TEND_MS = 2_000;
const LOOK_MS = 30_000;
/** How long a process takes to start. */
const START_MS = 100;
const FLUSH_EVERY_MS = 10_000;
/** Longer than `reconcile_after` and the doubts of stale firings together. */
const SETTLE_MS = 16 * 60_000;
/** From the end of a mute on: longer than `reconcile_after`. */
const UNMUTED_MS = 10 * 60_000;
/** What was sent before a mute began is over by then. */
const SENT_MS = 60_000;

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** What a process has once, and every world of a run can share. */
export function createWorlds() {
  const metrics = createMetrics();
  const configFor = createConfigs();
  return { create: (setting: Setting) => createWorld(setting, configFor, metrics) };
}

function createWorld(
  initial: Setting,
  configFor: (setting: Setting) => Config,
  metrics: ReturnType<typeof createMetrics>,
): World {
  let setting = initial;
  let reloadedAt = BEGIN;
  const time = createVirtualTime(BEGIN);
  const vendor = createVendorModel(time, {
    mayOpen: (key) => !alertsOf(setting, key).every(mutedForLong),
    // Of an incident that several groups feed, one may have been told of an alert, and not another of its alert yet.
    causeOf: (key) =>
      setting.incidentPer === 'labels' ? undefined : alertsOf(setting, key).map(alertmanager.begun).join(),
  });
  const store = createStoreModel(time);
  const processes = Array.from({ length: setting.relays }, start);
  const alertmanager = createAlertmanagerModel(time, post, setting);
  /** Else what several relays know is in the store alone. */
  const mayLoseStore = setting.isWatched || setting.relays === 1;
  let posts = 0;
  let wasRestarted = false;
  let isMuteReloaded = false;
  let wasMuted = setting.mute !== undefined;

  /** Whether a route of ours has been muted for an alert for so long that nothing is under way any more. */
  function mutedForLong(alert: number): boolean {
    const since = time.now() - SENT_MS;
    return since >= reloadedAt && [time.now(), since].every((at) => isMuted(setting.mute, alert, at));
  }

  function start(): Process {
    const { http, kill } = vendor.connect();
    const stopping = new AbortController();
    let die = () => {};
    const died = new Promise<false>((resolve) => {
      die = () => resolve(false);
    });
    const client = setting.hasStore
      ? store.connect((target, forMs) => relay.pause(target, forMs))
      : undefined;
    const looks = { fresh: async () => alertmanager.snapshot(), glimpse: async () => alertmanager.glimpse() };
    const relay: Relay = createRelay({
      ...recordsFor(metrics),
      config: configFor(setting),
      http,
      metrics,
      log: SILENT,
      now: time.now,
      ...(setting.isWatched ? looks : {}),
      ...(client === undefined ? {} : { store: client.store }),
      stopping: stopping.signal,
    });
    return {
      relay,
      client,
      died,
      nextTend: time.now(),
      // The first look is made at the start.
      nextLook: time.now(),
      kill() {
        kill();
        client?.kill();
        die();
      },
    };
  }

  async function post(webhook: Webhook): Promise<boolean> {
    const { relay, died } = oneOf(setting.route[posts++ % setting.route.length] ?? 0);
    const answered = relay.relay(webhook, { arrivedAt: time.now() }).then((results) => {
      if (results === 'no such receiver') throw new Error(results);
      return results.every(({ outcome }) => outcome !== 'unavailable');
    });
    return Promise.race([answered, died]);
  }

  function oneOf(n: number): Process {
    return processes[n % processes.length] as Process;
  }

  /** Does what is due at this process by itself. */
  function wake(process: Process): void {
    const { relay } = process;
    if (time.now() >= process.nextTend) {
      process.nextTend = time.now() + TEND_MS;
      void relay.tend();
      if (setting.isWatched) void relay.readBack();
    }
    if (time.now() >= process.nextLook) {
      process.nextLook = time.now() + LOOK_MS;
      const snapshot = setting.isWatched ? alertmanager.snapshot() : undefined;
      if (snapshot !== undefined) void relay.reconcile(snapshot);
    }
  }

  async function pass(ms: number): Promise<void> {
    const end = time.now() + ms;
    for (;;) {
      const due = processes.map(({ nextTend, nextLook }) => Math.min(nextTend, nextLook));
      const next = Math.min(end, ...due);
      await time.advance(next - time.now());
      processes.forEach(wake);
      if (next === end) break;
    }
    await time.advance(0);
  }

  async function settle(): Promise<void> {
    vendor.mend();
    for (const { client } of processes) client?.reach(true);
    const end = Math.max(time.now() + SETTLE_MS, muteEnd(setting.mute) + UNMUTED_MS);
    while (time.now() < end) {
      for (const group of GROUPS) alertmanager.flush(group);
      await pass(FLUSH_EVERY_MS);
    }
  }

  function faults(): readonly string[] {
    const places = [...incidentsOf(setting)];
    return [...vendor.violations, ...places.flatMap(([key, alerts]) => faultsOf(key, alerts))];
  }

  function faultsOf(key: string, alerts: readonly number[]): readonly string[] {
    const firing = alerts.filter(alertmanager.isFiring);
    const begun = alerts.reduce((sum, alert) => sum + alertmanager.begun(alert), 0);
    const heard = firing.filter((alert) => !alertmanager.isSilenced(alert));
    const own = setting.hasSecond ? [PRIMARY, SECOND] : [PRIMARY];
    const open = own.filter((account) => vendor.isOpen(account, key));
    const standsIn = vendor.isOpen(FALLBACK, key);
    // Without `relay.alertmanager_url` nobody can know of it.
    const isUnknown = !setting.isWatched && alerts.some(alertmanager.endedUntold);
    const mustBeOver = setting.onMuted === 'resolve' ? heard.length === 0 : firing.length === 0;
    return Object.entries({
      lost: heard.length > 0 && open.length < own.length && !standsIn,
      stuck: mustBeOver && !isUnknown && (open.length > 0 || standsIn),
      'opened too often': own.some((account) => vendor.opened(account, key) > begun),
      // Who stood in before a restart may go on to, until the incident is over; and while a part of it is silenced, which a mute has
      // held back (docs/adr/0011-fallback.md).
      'not handed back': standsIn && !wasRestarted && !(wasMuted && heard.length < firing.length),
    }).flatMap(([what, isSo]) => (isSo ? [`${what}: ${key}`] : []));
  }

  return {
    time,
    get setting() {
      return setting;
    },
    alertmanager,
    vendor,
    reachStore(relay, isUp) {
      if (mayLoseStore) oneOf(relay).client?.reach(isUp);
    },
    emptyStore() {
      if (mayLoseStore) store.empty();
    },
    async restart(relay) {
      if (!setting.isWatched || setting.forgets !== 'relays') return;
      // What was held died with it: after such a reload nothing tells that it was (docs/adr/0009-muted-routes.md), nor without a
      // start (docs/adr/0012-reconciliation.md).
      if (isMuteReloaded || (setting.isStartless && setting.mute !== undefined)) return;
      wasRestarted = true;
      oneOf(relay).kill();
      // What it has sent arrives meanwhile.
      await pass(START_MS);
      processes[relay % processes.length] = start();
      await pass(0);
    },
    reload(change) {
      const mute = wasRestarted ? setting.mute : change.mute;
      isMuteReloaded ||= mute !== setting.mute;
      wasMuted ||= mute !== undefined;
      setting = { ...setting, ...change, mute };
      reloadedAt = time.now();
      for (const { relay } of processes) relay.use(configFor(setting));
    },
    pass,
    settle,
    faults,
    end: time.end,
  };
}

function alertsOf(setting: Setting, key: string): readonly number[] {
  return incidentsOf(setting).get(key) ?? [];
}

/** Each incident that there can be, with the alerts that it is about. */
function incidentsOf({ incidentPer }: Setting): ReadonlyMap<string, readonly number[]> {
  const incidents = new Map<string, number[]>();
  for (const [i, { group, service }] of ALERTS.entries()) {
    const key = {
      alert: () => fingerprintOf(i),
      labels: () => labelsIncidentKey({ service }, ['service']),
      group: () => groupIncidentKey(`{}:{alertname="${group}"}`),
    }[incidentPer]();
    incidents.set(key, [...(incidents.get(key) ?? []), i]);
  }
  return incidents;
}
