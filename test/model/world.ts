import type { Config } from '../../src/config/compile.ts';
import { groupIncidentKey, labelsIncidentKey } from '../../src/notification/incident-key.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { createRelay, type Relay } from '../../src/relay/relay.ts';
import type { Webhook } from '../../src/webhook/webhook.ts';
import { configOf, recordsFor } from '../support/relay.ts';
import {
  ALERTS,
  type AlertmanagerModel,
  createAlertmanagerModel,
  fingerprintOf,
  GROUPS,
  YOUNG_MS,
} from './alertmanager-model.ts';
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

/** Alertmanager, relays that can die, and the vendor, on a clock of their own. */
export interface World {
  readonly time: VirtualTime;
  readonly setting: Setting;
  readonly alertmanager: AlertmanagerModel;
  readonly vendor: VendorModel;
  /** Whether a relay can reach the store from now on. */
  reachStore(relay: number, isUp: boolean): void;
  emptyStore(): void;
  restart(relay: number): Promise<void>;
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

export const PRIMARY = 'primary';
export const SECOND = 'second';
export const FALLBACK = 'fallback';

const TEND_MS = 2_000;
const LOOK_MS = 30_000;
/** How long a process takes to start. */
const START_MS = 100;
const FLUSH_EVERY_MS = 10_000;
/** Longer than `reconcile_after` and the doubts of stale firings together. */
const SETTLE_MS = 16 * 60_000;

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** What a process has once, and every world of a run can share. */
export function createWorlds() {
  const metrics = createMetrics();
  const configs = new Map<string, Config>();
  const configFor = (setting: Setting): Config => {
    const text = textOf(setting);
    const config = configs.get(text) ?? configOf(text);
    configs.set(text, config);
    return config;
  };
  return { create: (setting: Setting) => createWorld(setting, configFor(setting), metrics) };
}

function createWorld(setting: Setting, config: Config, metrics: ReturnType<typeof createMetrics>): World {
  const time = createVirtualTime(Date.UTC(2027, 0, 15));
  const vendor = createVendorModel(time);
  const store = createStoreModel(time);
  const processes = Array.from({ length: setting.relays }, start);
  const alertmanager = createAlertmanagerModel(time, post, setting);
  /** Else what several relays know is in the store alone. */
  const mayLoseStore = setting.isWatched || setting.relays === 1;
  let posts = 0;
  let wasRestarted = false;

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
      config,
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
    for (let passed = 0; passed < SETTLE_MS; passed += FLUSH_EVERY_MS) {
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
    const heard = firing.filter((alert) => !alertmanager.isSilenced(alert));
    const begun = alerts.reduce((sum, alert) => sum + alertmanager.begun(alert), 0);
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
      // Who stood in before a restart may go on to, until the incident is over.
      'not handed back': standsIn && !wasRestarted,
    }).flatMap(([what, isSo]) => (isSo ? [`${what}: ${key}`] : []));
  }

  return {
    time,
    setting,
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
      wasRestarted = true;
      oneOf(relay).kill();
      // What it has sent arrives meanwhile.
      await pass(START_MS);
      processes[relay % processes.length] = start();
      await pass(0);
    },
    pass,
    settle,
    faults,
    end: time.end,
  };
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

function textOf(setting: Setting): string {
  const { incidentPer, holdResolve, hasFallback, hasSecond, onMuted, isWatched } = setting;
  const groupBy = { alert: "['...']", labels: '[service]', group: '[]' }[incidentPer];
  const account = (name: string) => {
    const readBack = isWatched ? `, rest_api_key: k, rest_api_url: 'http://${name}'` : '';
    return `{ routing_key: ${name}, url: 'http://events.${name}', client: ours${readBack} }`;
  };
  return `
dedup: { max_entries: 100 }
${isWatched ? `relay: { alertmanager_url: 'http://alertmanager', reconcile_after: ${YOUNG_MS / 60_000}m }` : ''}
route:
  receiver: primary
  group_by: ${groupBy}
  on_muted: ${onMuted}
  ${holdResolve ? 'dedup: { hold_resolve: 1m }' : ''}
receivers:
  - name: primary
    ${hasFallback ? 'fallback: other' : ''}
    pagerduty_configs: [${account(PRIMARY)}${hasSecond ? `, ${account(SECOND)}` : ''}]
  - name: other
    pagerduty_configs: [${account(FALLBACK)}]
`;
}
