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
import { createHeld } from './held.ts';
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
    return work(jobs, counters, deadline);
  }

  async function work(
    jobs: readonly Job[],
    counters: CountersOf,
    deadline: Deadline,
    isWanted: (job: Job) => boolean = () => true,
  ): Promise<readonly Result[]> {
    inFlight += jobs.length;
    try {
      const lanes = perIntegration(jobs).map((own) => {
        const ordered = own.length > CONNECTIONS_PER_ORIGIN ? mostSevereFirst(own) : own;
        return inLanes(ordered, CONNECTIONS_PER_ORIGIN, (job) => inTurn(job, counters, deadline, isWanted));
      });
      return (await Promise.all(lanes)).flat();
    } finally {
      inFlight -= jobs.length;
      deadline.clear();
    }
  }

  /** As a webhook of its own, for nobody waits for it. */
  async function deliverHeld(): Promise<void> {
    const due = held.due(now());
    if (due.length === 0) return;
    const { config, counters } = current;
    const deadline = createDeadline(now() + config.relay.deliveryTimeoutMs, now, stopping);
    await work(due, counters, deadline, held.has);
  }

  /** An incident's notifications go to one account one after the other, and twins share one delivery. */
  async function inTurn(
    job: Job,
    counters: CountersOf,
    deadline: Deadline,
    isWanted: (job: Job) => boolean,
  ): Promise<Result> {
    const { integration, incident, rules, place } = job;
    const own = counters(integration);
    if (deadline.signal.aborted) return reportUntried(integration, incident, deadline.signal, own, log);
    const { result, joined } = await turns.take(place, incident, rules, async () =>
      isWanted(job)
        ? step(job, own, deadline)
        : reportSuppressed(integration, 'trigger', 'stale', incident, own, log),
    );
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
    const withheld = reasonToWithhold(job, decision, startedAt);
    if (withheld === 'no room') {
      return untried(integration, incident, 'other', 'too many notifications of muted routes are held');
    }
    if (withheld !== undefined) {
      keep(place, learn(decision, decision.forward ? (before ?? NOT_OPEN) : before, startedAt));
      return reportSuppressed(integration, decision.action, withheld, incident, counters, log);
    }
    const delivery = await deliver(asTold(decision, sendsResolved), integration, deadline, {
      http,
      now,
      counters,
    });
    const accepted = delivery.outcome.status === 'accepted';
    if (delivery.outcome.status !== 'unavailable') held.drop(place);
    keep(place, accepted ? remember(decision, rules, before, now()) : learn(decision, before, now()));
    reportTemplateFailures(job, delivery, counters, log);
    return reportDelivered(integration, decision, delivery, { startedAt, now: now() }, counters, log);
  }

  /** Why nothing is sent now. Only what pages is muted: a resolve kept back would leave the incident open for ever. */
  function reasonToWithhold(job: Job, decision: Decision, at: number): Suppressed | 'no room' | undefined {
    const isTrigger = decision.forward && decision.action === 'trigger';
    const muted = isTrigger ? job.mutedAt(at) : undefined;
    if (muted !== undefined) return held.hold(job) ? muted.reason : 'no room';
    if (!isTrigger) outdateHeld(job, decision);
    return decision.forward ? undefined : decision.reason;
  }

  /** Drops what is held where this says that it need not be sent any more. */
  function outdateHeld(job: Job, { reason }: Decision): void {
    if (reason === 'still_firing') held.end(job);
    // Neither says anything of the alerts that are held, unless it is these themselves.
    else if ((reason !== 'stale' && reason !== 'truncated') || held.has(job)) held.drop(job.place);
  }

  function keep(place: string, remembered: Remembered | undefined): void {
    if (remembered !== undefined) memory.set(place, remembered);
  }

  function use(config: Config): void {
    const { maxEntries, ttlMs } = current.config.dedup;
    current = { config, counters: counted.of(config) };
    held.replace((job) => underConfig(job, config));
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
