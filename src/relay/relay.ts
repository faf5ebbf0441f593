import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { Config } from '../config/compile.ts';
import { countFiring } from '../notification/notification.ts';
import { following } from '../notify/signal.ts';
import { warnOnce } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Span } from '../observe/span.ts';
import type { Webhook } from '../webhook/webhook.ts';
import type { Replayed } from './dead-letters.ts';
import { createDeadline } from './deadline.ts';
import { AS_SAID } from './errand.ts';
import { inOrder } from './in-order.ts';
import { type Job, jobsOf } from './jobs.ts';
import { createParts, type RelayOptions } from './parts.ts';
import { isUnavailable, type Result, untried } from './report.ts';
import { LEAVING } from './retired.ts';
import { createRoom } from './room.ts';
import { createState } from './state.ts';
import type { Tend } from './tend.ts';
import { type Unsent, unsentResolves } from './unsent.ts';

export interface Relay {
  /** Delivers what a webhook says. It never throws for what a vendor does. */
  relay(webhook: Webhook, arrival: Arrival): Promise<readonly Result[] | 'no such receiver'>;
  /** From now on; what is under way goes on as it began. What is remembered stays. */
  use(config: Config): void;
  readonly tend: Tend;
  /** Resolves that wait: kept back, owed or failed. */
  unsentResolves(): readonly Unsent[];
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

/** `options`: what it works with (parts.ts). */
export function createRelay(options: RelayOptions): Relay {
  const { metrics, fresh, log, now, stopping } = options;
  const state = createState(options.config, metrics, now);
  const parts = createParts(options, state);
  const { inTurn, standIns, retired, held, heldResolves, ledger, pacing } = parts;
  const isStopping = following(stopping);
  const countAlerts = createCountAlerts(metrics);
  const room = createRoom(state);

  /** The flow of one webhook: who gets what; within bounds; each integration on its own, in order per incident. */
  async function relay(
    webhook: Webhook,
    { arrivedAt, receiver, isTest, span }: Arrival,
  ): Promise<readonly Result[] | 'no such receiver'> {
    const { config } = state;
    if (receiver !== undefined && !config.receivers.has(receiver)) return 'no such receiver';
    countAlerts(webhook);
    const jobs = jobsOf(webhook, config, receiver, arrivedAt);
    const taken = room.enter(jobs);
    const refused = refuse(jobs, taken);
    if (taken.length === 0 && jobs.length > 0) return refused;
    const deadline = createDeadline(arrivedAt + config.relay.deliveryTimeoutMs, now, isStopping, span);
    const beside = once(() => new Set(jobs.map(({ place }) => place)));
    const looking = state.isWatched() && fresh ? once(fresh) : undefined;
    const ofAlerts = once(() => distinctAlerts(jobs));
    const manner = { ...AS_SAID, beside, ofAlerts, fresh: looking, isTest, warn: warnOnce(log) };
    try {
      const telling = inOrder(taken, (job) => {
        standIns.claim(job.place);
        return inTurn(job, deadline, manner);
      });
      const parting = retired
        .jobsOf(webhook, receiver, arrivedAt)
        .filter(({ place }) => !beside().has(place));
      if (parting.length === 0) return [...refused, ...(await telling)];
      const ending = inOrder(parting, (job) => inTurn(job, deadline, { ...LEAVING, fresh: looking }));
      const [results, ends] = await Promise.all([telling, ending]);
      // What cannot be ended there now is ended when it is gone at Alertmanager, or else to be told again.
      const left = state.isWatched() ? [] : ends.filter(isUnavailable);
      return [...refused, ...results, ...left];
    } finally {
      room.leave(taken);
      deadline.clear();
    }
  }

  /** There is no room now for those that were not taken. */
  function refuse(jobs: readonly Job[], taken: readonly Job[]): readonly Result[] {
    if (taken.length === jobs.length) return [];
    const entered = new Set(taken);
    const refused = jobs.filter((job) => !entered.has(job));
    const setting = 'relay.max_in_flight';
    const tooMany = 'too many notifications are in flight';
    const limit = state.config.relay.maxInFlight;
    const { inFlight } = room;
    log.warn(`webhook refused: ${tooMany}`, { setting, limit, in_flight: inFlight, refused: refused.length });
    return refused.map((job) => {
      const { integration, incident } = job;
      const own = state.counters(integration);
      const result = untried(integration, incident, 'atBound', `${tooMany} (${setting})`, own);
      return ledger.recordAside({ job, manner: AS_SAID }, result, 'untried');
    });
  }

  async function reconcile(seen: Snapshot): Promise<void> {
    state.snapshot = seen;
    await parts.reconciliation.follow(seen);
  }

  function use(config: Config): void {
    parts.reload(state.config, config);
    state.use(config);
    parts.down.follow();
  }

  function pause(target: string, forMs: number): void {
    if (state.hasAccount(target) || parts.readBack.readsWith(target)) pacing.pause(target, now() + forMs);
  }

  function observe(): void {
    state.flush();
    metrics.dedup_entries.set(state.memory.size);
    metrics.notifications_in_flight.set(room.inFlight);
    metrics.notifications_held.set(held.size);
    metrics.resolves_held.set(heldResolves.size);
    metrics.stand_ins.set(standIns.size);
    metrics.requests_waiting.set(pacing.waiting);
  }

  return {
    relay,
    use,
    tend: parts.tend,
    unsentResolves: () => unsentResolves(parts),
    heldAlerts: () => held.size,
    reconcile,
    readBack: parts.readBack.proceed,
    verify: parts.verification.proceed,
    replay: parts.replay,
    pause,
    observe,
  };
}

/** Gives what the first call gave that gave anything. */
function once<T>(get: () => T): () => T {
  let got: T | undefined;
  return () => (got ??= get());
}

/** How many alerts they are about: several of them may be about the same. */
function distinctAlerts(jobs: readonly Job[]): number {
  const alerts = jobs.flatMap(({ incident }) => incident.alerts);
  return new Set(alerts.map(({ fingerprint }) => fingerprint)).size;
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
