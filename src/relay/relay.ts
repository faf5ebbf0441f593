import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { Config } from '../config/compile.ts';
import { type Integration, integrationsOf } from '../config/compile-receiver.ts';
import { countFiring } from '../notification/notification.ts';
import type { HttpClient } from '../notify/http-client.ts';
import { following } from '../notify/signal.ts';
import { type Logger, warnOnce } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Span, Tracer } from '../observe/span.ts';
import type { Webhook } from '../webhook/webhook.ts';
import { createBreakers } from './breaker.ts';
import { type Counters, createCounters } from './counters.ts';
import type { DeadLetters, Replayed } from './dead-letters.ts';
import { createDeadline } from './deadline.ts';
import type { Decisions } from './decisions.ts';
import { AS_SAID } from './errand.ts';
import { createGate } from './gate.ts';
import { createHeld } from './held.ts';
import { createHeldResolves } from './held-resolves.ts';
import { inOrder } from './in-order.ts';
import { createInTurn } from './in-turn.ts';
import { type Job, jobsOf, underConfig } from './jobs.ts';
import { createLedger } from './ledger.ts';
import { createMemory, type Memory } from './memory.ts';
import { createPacing } from './pacing.ts';
import { createPresentAt } from './present.ts';
import { createReadBack } from './read-back.ts';
import { createReconciliation } from './reconcile.ts';
import { createReload } from './reload.ts';
import { isInsistedOn } from './remembered.ts';
import { isUnavailable, type Result, untried } from './report.ts';
import { createRetired, LEAVING } from './retired.ts';
import type { SharedStore } from './shared-store.ts';
import { createStall } from './stall.ts';
import { createStandIns } from './stand-ins.ts';
import { createStep } from './step.ts';
import { createTend, type Tend } from './tend.ts';
import { createUnasked } from './unasked.ts';
import { createVerification } from './verification.ts';
import { widthsOf } from './widths.ts';

export interface Relay {
  /** Delivers what a webhook says. It never throws for what a vendor does. */
  relay(webhook: Webhook, arrival: Arrival): Promise<readonly Result[] | 'no such receiver'>;
  /** From now on; what is under way goes on as it began. What is remembered stays. */
  use(config: Config): void;
  readonly tend: Tend;
  /** Resolves that are kept back. */
  unsentResolves(): readonly Pick<Result, 'receiver' | 'integration' | 'incident_key'>[];
  /** How many alerts are held for muted routes. */
  heldAlerts(): number;
  /** Brings the vendors in line with what Alertmanager has. */
  reconcile(snapshot: Snapshot): Promise<void>;
  /** Reads from the vendors what is open there, as far as that was not done yet. */
  readBack(): Promise<void>;
  /** Asks the vendors that have only promised something whether they have done it, and sends once more what they have not. */
  verify(): Promise<void>;
  /** Sends a dead letter's job once more, as the config says now. */
  replay(job: Job): Promise<Replayed>;
  /** Sends nothing with a credential (`Integration.target`) for so many ms, as another replica was told. */
  pause(target: string, forMs: number): void;
  /** Brings the metrics up to date, before they are scraped. */
  observe(): void;
}

/** How a webhook came in. */
export interface Arrival {
  /** In ms since the epoch; the time to deliver it counts from here. */
  readonly arrivedAt: number;
  /** The receiver that it names, instead of going through the route tree. */
  readonly receiver?: string;
  /** Whether it says of itself that it is a test, of which no Alertmanager knows. */
  readonly isTest?: boolean;
  /** What is traced of it. */
  readonly span?: Span;
}

export interface RelayOptions {
  readonly config: Config;
  readonly http: HttpClient;
  readonly metrics: Metrics;
  readonly decisions: Pick<Decisions, 'record'>;
  readonly deadLetters: Pick<DeadLetters<Job>, 'add' | 'supersede' | 'end' | 'move'>;
  /** Looks at Alertmanager now, unless that would take too long (watch.ts). */
  readonly fresh?: () => Promise<Snapshot | undefined> | undefined;
  /** The same, where Alertmanager may not have been told of everything (watch.ts): what it does not have says nothing. */
  readonly glimpse?: () => Promise<Snapshot | undefined> | undefined;
  /** What it shares with other replicas, if anything. */
  readonly store?: SharedStore;
  readonly tracer?: Tracer | undefined;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly now: () => number;
  /** Aborts what is under way. */
  readonly stopping: AbortSignal;
}

/** What belongs to one config. */
interface Current {
  readonly config: Config;
  readonly counters: (integration: Integration) => Counters;
  readonly widths: ReadonlyMap<string, number>;
}

export function createRelay(options: RelayOptions): Relay {
  const { http, metrics, decisions, deadLetters, fresh, glimpse, store, tracer, log, now, stopping } =
    options;
  const startedAt = now();
  const isStopping = following(stopping);
  const counted = createCounters(metrics);
  const countAlerts = createCountAlerts(metrics);
  const currentOf = (config: Config): Current => ({
    config,
    counters: counted.of(config),
    widths: widthsOf(config),
  });
  let current = currentOf(options.config);
  let memory = remembering(current.config, metrics, now);
  let snapshot: Snapshot | undefined;
  let inFlight = 0;

  const pacing = createPacing({
    now,
    stall: createStall(now),
    widthOf: (target) => current.widths.get(target) ?? 1,
    limitOf: (target) => current.config.rateLimits.get(target),
    onPause: (target, until) => store?.pause(target, until - now()),
  });
  const breakers = createBreakers({ now, onChange: reportBreaker });
  const gate = createGate(pacing, breakers, now);
  const held = createHeld(now);
  const heldResolves = createHeldResolves(() => metrics.resolves_not_held_total.inc());
  const standIns = createStandIns();
  const retired = createRetired({ memory: () => memory, standIns, log, now });
  const reload = createReload({
    deadLetters,
    held,
    heldResolves,
    standIns,
    retired,
    memory: () => memory,
    log,
  });
  const presentAt = createPresentAt(() => current.config);
  const isWatched = () => current.config.relay.alertmanager !== undefined;
  const hasAccount = (target: string) =>
    integrationsOf(current.config).some((integration) => integration.target === target);
  const ledger = createLedger({ decisions, deadLetters, hasAccount, log, now });
  const step = createStep({
    startedAt,
    http,
    gate,
    memory: () => memory,
    held,
    heldResolves,
    follow: (promised) => verification.follow(promised),
    isWatched,
    hasAccount,
    log,
    now,
  });
  const { inTurn, handBack } = createInTurn({
    startedAt,
    step,
    standIns,
    held,
    heldResolves,
    memory: () => memory,
    store,
    config: () => current.config,
    presentAt,
    fresh,
    hasLooked: () => snapshot !== undefined,
    counters: (integration) => current.counters(integration),
    ledger,
    tracer,
    log,
    now,
  });
  const { resend, replay, runTasks } = createUnasked({
    inTurn,
    standIns,
    mayFire,
    config: () => current.config,
    retired: retired.accounts,
    now,
    stopping: isStopping,
  });
  const tend = createTend({
    held,
    heldResolves,
    standIns,
    gate,
    inTurn,
    handBack,
    hasFallback: ({ integration }) =>
      current.config.receivers.get(integration.receiver)?.fallback !== undefined,
    mayFire,
    isOver,
    memory: () => memory,
    fresh,
    glimpse,
    lastLook: () => snapshot,
    presentAt,
    isWatched,
    timeoutMs: () => current.config.relay.deliveryTimeoutMs,
    now,
    stopping,
  });
  const reconciliation = createReconciliation({
    config: () => current.config,
    retired: retired.accounts,
    memory: () => memory,
    presentAt,
    held,
    heldResolves,
    run: runTasks,
    count: (what) => metrics.reconciled_incidents_total.inc({ what }),
    now,
  });

  const readingBack = createReadBack({
    http,
    gate,
    config: () => current.config,
    memory: () => memory,
    count: () => metrics.reconciled_incidents_total.inc({ what: 'read_back' }),
    log,
    now,
    stopping,
  });

  const verification = createVerification({
    http,
    gate,
    memory: () => memory,
    counters: (integration) => current.counters(integration),
    deadLetters,
    hasAccount,
    underConfig: (job) => underConfig(job, current.config),
    resend,
    log,
    now,
    stopping,
  });

  /** The flow of one webhook: who gets what; within bounds; each integration on its own, in order per incident. */
  async function relay(
    webhook: Webhook,
    { arrivedAt, receiver, isTest, span }: Arrival,
  ): Promise<readonly Result[] | 'no such receiver'> {
    const { config } = current;
    if (receiver !== undefined && !config.receivers.has(receiver)) return 'no such receiver';
    countAlerts(webhook);
    const jobs = jobsOf(webhook, config, receiver, arrivedAt);
    // A webhook that is too large for the bound by itself is taken when it is alone: later it would be no smaller.
    const isFull = inFlight + jobs.length > config.relay.maxInFlight;
    if (isFull && inFlight > 0 && jobs.length > 0) return refuse(jobs);
    const deadline = createDeadline(arrivedAt + config.relay.deliveryTimeoutMs, now, isStopping, span);
    const beside = once(() => new Set(jobs.map(({ place }) => place)));
    const looking = isWatched() && fresh ? once(fresh) : undefined;
    const manner = { ...AS_SAID, beside, fresh: looking, isTest, warn: warnOnce(log) };
    inFlight += jobs.length;
    try {
      const telling = inOrder(jobs, (job) => {
        standIns.claim(job.place);
        return inTurn(job, deadline, manner);
      });
      const parting = retired
        .jobsOf(webhook, receiver, arrivedAt)
        .filter(({ place }) => !beside().has(place));
      if (parting.length === 0) return await telling;
      const ending = inOrder(parting, (job) => inTurn(job, deadline, { ...LEAVING, fresh: looking }));
      const [results, ends] = await Promise.all([telling, ending]);
      // What cannot be ended there now is ended when it is gone at Alertmanager, or else to be told again.
      return isWatched() ? results : [...results, ...ends.filter(isUnavailable)];
    } finally {
      inFlight -= jobs.length;
      deadline.clear();
    }
  }

  /** There is no room for them now. */
  function refuse(jobs: readonly Job[]): readonly Result[] {
    const setting = 'relay.max_in_flight';
    const tooMany = 'too many notifications are in flight';
    const limit = current.config.relay.maxInFlight;
    log.warn(`webhook refused: ${tooMany}`, { setting, limit, in_flight: inFlight, refused: jobs.length });
    return jobs.map((job) => {
      const { integration, incident } = job;
      const own = current.counters(integration);
      const result = untried(integration, incident, 'atBound', `${tooMany} (${setting})`, own);
      return ledger.recordAside({ job, manner: AS_SAID }, result, 'untried');
    });
  }

  /**
   * Whether Alertmanager may have an alert of the job; without a look at it since the job was told, it may. What another sender
   * tells of fires all the same.
   */
  function mayFire({ incident, place, heardAt = 0 }: Job): boolean {
    if (snapshot === undefined || snapshot.takenAt < heardAt) return true;
    if (isInsistedOn(memory.peek(place), now())) return true;
    return incident.alerts.some(({ fingerprint }) => snapshot?.state(fingerprint) !== undefined);
  }

  /** Whether it has none any more of a job that was told of then, in ms since the epoch, `reconcile_after` ago. */
  function isOver(job: Job, since: number): boolean {
    const { alertmanager } = current.config.relay;
    if (alertmanager === undefined || snapshot === undefined || mayFire(job)) return false;
    return snapshot.takenAt - since >= alertmanager.afterMs;
  }

  async function reconcile(seen: Snapshot): Promise<void> {
    snapshot = seen;
    await reconciliation.follow(seen);
  }

  function reportBreaker(endpoint: string, isOpen: boolean): void {
    // All accounts of an integration have its address.
    const integrations = [...current.config.receivers.values()].flatMap(({ integrations: own }) => own);
    for (const { receiver, name, notifier } of integrations) {
      if (notifier.address !== endpoint) continue;
      metrics.circuit_open.set({ receiver, integration: name }, isOpen ? 1 : 0);
      const message = isOpen ? 'endpoint down: nothing but probes is sent there' : 'endpoint is back';
      log[isOpen ? 'error' : 'info'](message, { receiver, integration: name });
    }
  }

  function use(config: Config): void {
    const before = current.config;
    const { maxEntries, ttlMs } = before.dedup;
    current = currentOf(config);
    reload(before, config);
    if (config.dedup.maxEntries === maxEntries && config.dedup.ttlMs === ttlMs) return;
    const resized = remembering(config, metrics, now);
    for (const place of memory.places()) {
      const remembered = memory.peek(place);
      if (remembered !== undefined) resized.set(place, remembered);
    }
    memory = resized;
  }

  function pause(target: string, forMs: number): void {
    if (hasAccount(target)) pacing.pause(target, now() + forMs);
  }

  function observe(): void {
    counted.flush();
    metrics.dedup_entries.set(memory.size);
    metrics.notifications_in_flight.set(inFlight);
    metrics.notifications_held.set(held.size);
    metrics.resolves_held.set(heldResolves.size);
    metrics.stand_ins.set(standIns.size);
    metrics.requests_waiting.set(pacing.waiting);
  }

  return {
    relay,
    use,
    tend,
    unsentResolves: () =>
      heldResolves.all().map(({ integration: { receiver, name }, incident: { key } }) => ({
        receiver,
        integration: name,
        incident_key: key,
      })),
    heldAlerts: () => held.size,
    reconcile,
    readBack: readingBack.proceed,
    verify: verification.proceed,
    replay,
    pause,
    observe,
  };
}

function remembering({ dedup }: Config, metrics: Metrics, now: () => number): Memory {
  // Looked up once: there may be one for every event.
  const open = metrics.dedup_evictions_total.labels('true');
  const closed = metrics.dedup_evictions_total.labels('false');
  for (const evictions of [open, closed]) evictions.inc(0);
  return createMemory({ ...dedup, now, onEvict: (action) => (action === 'trigger' ? open : closed).inc() });
}

/** Gives what the first call gave. */
function once<T>(get: () => T): () => T {
  let got: { readonly it: T } | undefined;
  return () => {
    got ??= { it: get() };
    return got.it;
  };
}

/** The labels are looked up once, and not at every webhook. */
function createCountAlerts(metrics: Metrics): (webhook: Webhook) => void {
  const firing = metrics.alerts_received_total.labels('firing');
  const resolved = metrics.alerts_received_total.labels('resolved');
  return ({ alerts, truncatedAlerts }) => {
    const fire = countFiring(alerts);
    firing.inc(fire);
    resolved.inc(alerts.length - fire);
    if (truncatedAlerts > 0) metrics.truncated_alerts_total.inc(truncatedAlerts);
  };
}
