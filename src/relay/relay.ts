import type { Config } from '../config/compile.ts';
import { type ConfiguredIntegration, integrationsOf } from '../config/compile-receiver.ts';
import { CONNECTIONS_PER_ORIGIN } from '../notify/dispatchers.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Webhook } from '../webhook/webhook.ts';
import { createBreakers } from './breaker.ts';
import { type Counters, createCounters } from './counters.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { createFallBack, OWN_SHARE } from './fall-back.ts';
import { createGate } from './gate.ts';
import { createHeld } from './held.ts';
import { createHeldResolves } from './held-resolves.ts';
import { type Job, jobsOf, mostSevereFirst, perIntegration, underConfig } from './jobs.ts';
import { inLanes } from './lanes.ts';
import { createMemory, type Memory } from './memory.ts';
import { createPacing } from './pacing.ts';
import { type Result, reportSuppressed, reportUntried, untried } from './report.ts';
import { createStandIns } from './stand-ins.ts';
import { AS_SAID, createStep, type Manner } from './step.ts';
import { createTurns } from './turns.ts';

export interface Relay {
  /** Delivers what a webhook says. It never throws for what a vendor does. */
  relay(webhook: Webhook, arrival: Arrival): Promise<readonly Result[] | 'no such receiver'>;
  /** From now on; what is under way goes on as it began. What is remembered stays. */
  use(config: Config): void;
  /**
   * Delivers what was kept back and is due; what cannot be delivered now stays for the next time. `isLast`: the daemon
   * stops, and every resolve that was kept back is due.
   */
  tend(options?: { readonly isLast: boolean }): Promise<void>;
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

/** What is tended to at one go; the others have their turn a little later. */
const MAX_AT_ONCE = 1_000;

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
  const heldResolves = createHeldResolves();
  const standIns = createStandIns();
  let current: Current = { config: options.config, counters: counted.of(options.config) };
  let memory = remembering(current.config, metrics, now);
  let inFlight = 0;
  let tending: Promise<void> | undefined;

  const pacing = createPacing({
    now,
    width: CONNECTIONS_PER_ORIGIN,
    limitOf: (target) => current.config.rateLimits.get(target),
  });
  const breakers = createBreakers({ now, onChange: reportBreaker });
  const gate = createGate(pacing, breakers, now);
  const step = createStep({ http, gate, memory: () => memory, held, heldResolves, log, now });
  const fallBack = createFallBack({
    standIns,
    receivers: () => current.config.receivers,
    turn: (job, deadline, manner) => inTurn(job, deadline, manner),
  });

  /** The flow of one webhook: who gets what; within bounds; each integration on its own, in order per incident. */
  async function relay(
    webhook: Webhook,
    { arrivedAt, receiver }: Arrival,
  ): Promise<readonly Result[] | 'no such receiver'> {
    const { config } = current;
    if (receiver !== undefined && !config.receivers.has(receiver)) return 'no such receiver';
    countAlerts(webhook, metrics);
    const jobs = jobsOf(webhook, config, receiver);
    // A webhook that is too large for the bound by itself is taken when it is alone: later it would be no smaller.
    if (inFlight > 0 && inFlight + jobs.length > config.relay.maxInFlight) return jobs.map(refused);
    const deadline = createDeadline(arrivedAt + config.relay.deliveryTimeoutMs, now, stopping);
    inFlight += jobs.length;
    try {
      return await inOrder(jobs, (job) => {
        if (standIns.size > 0) standIns.claim(job.place);
        return inTurn(job, deadline, AS_SAID);
      });
    } finally {
      inFlight -= jobs.length;
      deadline.clear();
    }
  }

  /**
   * An incident's notifications go to one account one after the other, and twins share one delivery. `left`: what
   * is left of it when its turn comes.
   */
  async function inTurn(
    job: Job,
    deadline: Deadline,
    manner: Manner,
    left: (job: Job) => Job | undefined = same,
  ): Promise<Result> {
    const { integration, incident, rules, place } = job;
    const counters = current.counters(integration);
    if (deadline.signal.aborted) return reportUntried(integration, incident, deadline.signal, counters, log);
    const taken = await turns.take(place, incident, rules, deadline.signal, () => {
      const still = left(job);
      if (still !== undefined) return run(still, counters, deadline, manner);
      return Promise.resolve(reportSuppressed(integration, 'trigger', 'stale', incident, counters, log));
    });
    if (taken.from === 'late') return reportUntried(integration, incident, deadline.signal, counters, log);
    if (taken.from === 'twin') counters.suppressed.in_flight.count++;
    if (taken.from === 'newer') counters.suppressed.superseded.count++;
    return taken.result;
  }

  /** One notification, and what its receiver's fallback has to do with it. */
  async function run(job: Job, counters: Counters, deadline: Deadline, manner: Manner): Promise<Result> {
    const before = memory.get(job.place);
    const hasFallback = current.config.receivers.get(job.integration.receiver)?.fallback !== undefined;
    const stepped = await step(job, before, counters, deadline, hasFallback ? leavingTime(manner) : manner);
    return hasFallback ? fallBack(job, before, stepped, counters, deadline) : stepped.result;
  }

  /** What nobody waits for: alerts whose mute is over, resolves whose time has come, incidents to be handed back. */
  async function tendOnce(isLast: boolean): Promise<void> {
    const deadline = createDeadline(now() + current.config.relay.deliveryTimeoutMs, now, stopping);
    const due = (jobs: readonly Job[], manner: Manner, left: (job: Job) => Job | undefined) =>
      inOrder(jobs, (job) => inTurn(job, deadline, manner, left));
    try {
      await due(
        isLast ? heldResolves.due(Number.POSITIVE_INFINITY) : heldResolves.due(now(), MAX_AT_ONCE),
        AT_LAST,
        stillHeld,
      );
      if (isLast) return;
      await due(held.due(now(), MAX_AT_ONCE), AS_SAID, held.still);
      await due(toHandBack(), AS_SAID, stillOwed);
    } finally {
      deadline.clear();
    }
  }

  async function tend({ isLast } = { isLast: false }): Promise<void> {
    if (tending !== undefined && !isLast) return;
    await tending?.catch(() => {});
    tending = tendOnce(isLast).finally(() => {
      tending = undefined;
    });
    await tending;
  }

  const stillHeld = (job: Job) => (heldResolves.has(job.place) ? job : undefined);
  const stillOwed = (job: Job) => (standIns.get(job.place)?.job === job ? job : undefined);
  const toHandBack = () =>
    standIns
      .owed(MAX_AT_ONCE)
      .map(({ job }) => job)
      .filter(({ integration }) => !gate.isClosed(integration));

  function reportBreaker(endpoint: string, isOpen: boolean): void {
    for (const { receiver, name, vendor } of integrationsOf(current.config)) {
      if (vendor.address !== endpoint) continue;
      metrics.circuit_open.set({ receiver, integration: name }, isOpen ? 1 : 0);
      const message = isOpen ? 'endpoint down: nothing but probes is sent there' : 'endpoint is back';
      log[isOpen ? 'error' : 'info'](message, { receiver, integration: name });
    }
  }

  function use(config: Config): void {
    const { maxEntries, ttlMs } = current.config.dedup;
    current = { config, counters: counted.of(config) };
    const dropped =
      held.replace((job, alert) => underConfig(job, alert.labels, config)) +
      heldResolves.replace((job) => underConfig(job, job.incident.commonLabels, config));
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
    metrics.resolves_held.set(heldResolves.size);
    metrics.stand_ins.set(standIns.size);
    metrics.requests_waiting.set(pacing.waiting);
  }

  return { relay, use, tend, observe };
}

/** A resolve whose time has come. */
const AT_LAST: Manner = { ...AS_SAID, mayBeHeld: false };

const same = (job: Job): Job => job;

function leavingTime(manner: Manner): Manner {
  return { ...manner, share: OWN_SHARE };
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
