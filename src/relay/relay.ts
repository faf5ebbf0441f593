import type { Config } from '../config/compile.ts';
import type { ConfiguredIntegration } from '../config/compile-receiver.ts';
import { CONNECTIONS_PER_ORIGIN } from '../notify/dispatchers.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Webhook } from '../webhook/webhook.ts';
import { type Counters, createCounters } from './counters.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { asTold, type Decision, decide, learn, NOT_OPEN, remember, type Suppressed } from './dedup.ts';
import { deliver } from './deliver.ts';
import { createHeld, reasonToHold } from './held.ts';
import { type Job, jobsOf, mostSevereFirst, perIntegration, underConfig } from './jobs.ts';
import { inLanes } from './lanes.ts';
import { createMemory, type Memory, type Remembered } from './memory.ts';
import {
  type Result,
  reportDelivered,
  reportSuppressed,
  reportTemplateFailures,
  reportUntried,
  untried,
} from './report.ts';
import { createTurns } from './turns.ts';

export interface Relay {
  /** Delivers what a webhook says. It never throws for what a vendor does. */
  relay(webhook: Webhook, arrival: Arrival): Promise<readonly Result[] | 'no such receiver'>;
  /** From now on; what is under way goes on as it began. What is remembered stays. */
  use(config: Config): void;
  /** Delivers what was held back by mutes that are over; what cannot be delivered now stays for the next time. */
  deliverHeld(): Promise<void>;
  /** Brings the metrics up to date, before they are scraped. */
  observe(): void;
}

/** How a webhook came in. */
export interface Arrival {
  /** In ms since the epoch; the time to deliver it counts from here. */
  readonly arrivedAt: number;
  /** The receiver that it names, instead of going through the route tree. */
  readonly receiver?: string;
}

export interface RelayOptions {
  readonly config: Config;
  readonly http: HttpClient;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly now: () => number;
  /** Aborts what is under way. */
  readonly stopping: AbortSignal;
}

/** Held incidents that are sent at one go; the others have their turn a few seconds later. */
const MAX_HELD_AT_ONCE = 1_000;

/** What belongs to one config; a webhook keeps what it began with. */
interface Current {
  readonly config: Config;
  readonly counters: CountersOf;
}

type CountersOf = (integration: ConfiguredIntegration) => Counters;

export function createRelay(options: RelayOptions): Relay {
  const { http, metrics, log, now, stopping } = options;
  const turns = createTurns<Result>();
  const counted = createCounters(metrics);
  const held = createHeld();
  let current: Current = { config: options.config, counters: counted.of(options.config) };
  let memory = remembering(current.config, metrics, now);
  let inFlight = 0;
  let isDelivering = false;

  /** The flow of one webhook: who gets what; within bounds; each integration on its own, in order per incident. */
  async function relay(
    webhook: Webhook,
    { arrivedAt, receiver }: Arrival,
  ): Promise<readonly Result[] | 'no such receiver'> {
    const { config, counters } = current;
    if (receiver !== undefined && !config.receivers.has(receiver)) return 'no such receiver';
    countAlerts(webhook, metrics);
    const jobs = jobsOf(webhook, config, receiver);
    // A webhook that is too large for the bound by itself is taken when it is alone: later it would be no smaller.
    if (inFlight > 0 && inFlight + jobs.length > config.relay.maxInFlight) return jobs.map(refused);
    const deadline = createDeadline(arrivedAt + config.relay.deliveryTimeoutMs, now, stopping);
    inFlight += jobs.length;
    try {
      return await inOrder(jobs, (job) => inTurn(job, counters, deadline));
    } finally {
      inFlight -= jobs.length;
      deadline.clear();
    }
  }

  /** What is no longer muted, as a webhook of its own: nobody waits for it. One at a time. */
  async function deliverHeld(): Promise<void> {
    const jobs = isDelivering ? [] : held.due(now(), MAX_HELD_AT_ONCE);
    if (jobs.length === 0) return;
    const { config, counters } = current;
    const deadline = createDeadline(now() + config.relay.deliveryTimeoutMs, now, stopping);
    isDelivering = true;
    try {
      await inOrder(jobs, (job) => inTurn(job, counters, deadline, held.still));
    } finally {
      isDelivering = false;
      deadline.clear();
    }
  }

  /**
   * An incident's notifications go to one account one after the other, and twins share one delivery. `left`: what
   * is left of it when its turn comes.
   */
  async function inTurn(
    job: Job,
    counters: CountersOf,
    deadline: Deadline,
    left: (job: Job) => Job | undefined = (same) => same,
  ): Promise<Result> {
    const { integration, incident, rules, place } = job;
    const own = counters(integration);
    if (deadline.signal.aborted) return reportUntried(integration, incident, deadline.signal, own, log);
    const { result, joined } = await turns.take(place, incident, rules, async () => {
      const still = left(job);
      if (still !== undefined) return step(still, own, deadline);
      return reportSuppressed(integration, 'trigger', 'stale', incident, own, log);
    });
    if (joined) own.suppressed.in_flight.count++;
    return result;
  }

  /** Decide, deliver, remember: as accepted only what was. */
  async function step(job: Job, counters: Counters, deadline: Deadline): Promise<Result> {
    const { integration, incident, rules, place } = job;
    const before = memory.get(place);
    const startedAt = now();
    const sendsResolved = integration.sendsResolved(incident);
    const decision = decide(incident, rules, sendsResolved, before, startedAt);
    const withheld = withhold(job, decision, before, startedAt, counters);
    if (withheld !== undefined) return withheld;
    const delivery = await deliver(asTold(decision, sendsResolved), integration, deadline, {
      http,
      now,
      counters,
    });
    const accepted = delivery.outcome.status === 'accepted';
    if (delivery.outcome.status !== 'unavailable') held.tell(job, decision);
    keep(place, accepted ? remember(decision, rules, before, now()) : learn(decision, before, now()));
    reportTemplateFailures(job, delivery, counters, log);
    return reportDelivered(integration, decision, delivery, { startedAt, now: now() }, counters, log);
  }

  /** The result where nothing is sent now, because it needs nothing sent or its route is muted. */
  function withhold(
    job: Job,
    decision: Decision,
    before: Remembered | undefined,
    at: number,
    counters: Counters,
  ): Result | undefined {
    const { integration, incident, place } = job;
    const muted = reasonToHold(job, decision, at);
    const report = (reason: Suppressed) =>
      reportSuppressed(integration, decision.action, reason, incident, counters, log);
    if (muted !== undefined) {
      if (!held.hold(job)) {
        return untried(integration, incident, 'other', 'too many alerts of muted routes are held');
      }
      keep(place, learn(decision, before ?? NOT_OPEN, at));
      return report(muted.reason);
    }
    if (decision.forward) return undefined;
    held.tell(job, decision);
    keep(place, learn(decision, before, at));
    return report(decision.reason);
  }

  function keep(place: string, remembered: Remembered | undefined): void {
    if (remembered !== undefined) memory.set(place, remembered);
  }

  function use(config: Config): void {
    const { maxEntries, ttlMs } = current.config.dedup;
    current = { config, counters: counted.of(config) };
    const dropped = held.replace((job, alert) => underConfig(job, alert, config));
    if (dropped > 0)
      log.warn('held alerts dropped: their integration is gone from the config', { alerts: dropped });
    if (config.dedup.maxEntries === maxEntries && config.dedup.ttlMs === ttlMs) return;
    const resized = remembering(config, metrics, now);
    for (const [place, remembered] of memory.entries()) resized.set(place, remembered);
    memory = resized;
  }

  function observe(): void {
    counted.flush();
    metrics.dedup_entries.set(memory.size);
    metrics.notifications_in_flight.set(inFlight);
    metrics.notifications_held.set(held.size);
  }

  return { relay, use, deliverHeld, observe };
}

/** Each integration on its own, the most severe first where they have to wait for each other. */
async function inOrder(jobs: readonly Job[], run: (job: Job) => Promise<Result>): Promise<readonly Result[]> {
  const lanes = perIntegration(jobs).map((own) => {
    const ordered = own.length > CONNECTIONS_PER_ORIGIN ? mostSevereFirst(own) : own;
    return inLanes(ordered, CONNECTIONS_PER_ORIGIN, run);
  });
  return (await Promise.all(lanes)).flat();
}

function remembering({ dedup }: Config, metrics: Metrics, now: () => number): Memory {
  const evictions = metrics.dedup_evictions_total;
  for (const open of ['true', 'false']) evictions.inc({ open }, 0);
  return createMemory({
    ...dedup,
    now,
    onEvict: ({ action }) => evictions.inc({ open: String(action === 'trigger') }),
  });
}

function refused({ integration, incident }: Job): Result {
  return untried(
    integration,
    incident,
    'other',
    'too many notifications are in flight (relay.max_in_flight)',
  );
}

function countAlerts({ alerts, truncatedAlerts }: Webhook, metrics: Metrics): void {
  const firing = alerts.filter(({ status }) => status === 'firing').length;
  metrics.alerts_received_total.inc({ status: 'firing' }, firing);
  metrics.alerts_received_total.inc({ status: 'resolved' }, alerts.length - firing);
  metrics.truncated_alerts_total.inc(truncatedAlerts);
}
