import type { Config, ConfiguredIntegration, Receiver } from '../config/compile.ts';
import { rank, rate, severityLabels } from '../notification/severity.ts';
import { CONNECTIONS_PER_ORIGIN, type HttpClient } from '../notify/http-client.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Webhook } from '../webhook/webhook.ts';
import { type Counters, createCounters } from './counters.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { decide, learn, remember } from './dedup.ts';
import { deliver } from './deliver.ts';
import { inLanes } from './lanes.ts';
import { createMemory, type Memory } from './memory.ts';
import { type Planned, plan } from './plan.ts';
import { type Result, reportDelivered, reportSuppressed } from './report.ts';
import { createTurns } from './turns.ts';

export interface Relay {
  /** Delivers what a webhook says, through the route tree, or straight to the receiver named. It never throws for what a vendor does. */
  relay(webhook: Webhook, direct?: Receiver): Promise<readonly Result[]>;
  /** From now on; what is under way goes on as it began. What is remembered stays. */
  use(config: Config): void;
  /** Brings the metrics up to date, before they are scraped. */
  observe(): void;
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

/** One notification that one integration is to deliver. */
interface Job {
  readonly planned: Planned;
  readonly integration: ConfiguredIntegration;
  readonly counters: Counters;
}

/** What belongs to one config; a webhook keeps what it began with. */
interface Current {
  readonly config: Config;
  readonly counters: ReadonlyMap<ConfiguredIntegration, Counters>;
}

export function createRelay(options: RelayOptions): Relay {
  const { http, metrics, log, now, stopping } = options;
  const turns = createTurns<Result>();
  const counted = createCounters(metrics);
  let current: Current = { config: options.config, counters: counted.of(options.config) };
  let memory = remembering(current.config, metrics, now);
  let inFlight = 0;

  /** The flow of one webhook: who gets what; within bounds; each integration on its own, in order per incident. */
  async function relay(webhook: Webhook, direct?: Receiver): Promise<readonly Result[]> {
    const { config } = current;
    countAlerts(webhook, metrics);
    const jobs = jobsOf(webhook, current, direct);
    // A webhook that is too large for the bound by itself is taken when it is alone: later it would be no smaller.
    if (inFlight > 0 && inFlight + jobs.length > config.relay.maxInFlight) return jobs.map(refused);
    const deadline = createDeadline(config.relay.deliveryTimeoutMs, now, stopping);
    inFlight += jobs.length;
    try {
      const lanes = perIntegration(jobs).map((own) =>
        inLanes(mostSevereFirst(own), CONNECTIONS_PER_ORIGIN, (job) => inTurn(job, deadline)),
      );
      return (await Promise.all(lanes)).flat();
    } finally {
      inFlight -= jobs.length;
      deadline.clear();
    }
  }

  /** An incident's notifications go to one integration one after the other, and twins share one delivery. */
  async function inTurn(job: Job, deadline: Deadline): Promise<Result> {
    const { integration } = job;
    const { incident, rules } = job.planned;
    const place = `${integration.receiver}\n${integration.name}\n${incident.key}`;
    const { result, joined } = await turns.take(place, incident, rules, () => step(job, place, deadline));
    if (joined) job.counters.suppressed.in_flight.count++;
    return result;
  }

  /** Decide, deliver, remember: only what was accepted, or needed nothing sent. */
  async function step(job: Job, place: string, deadline: Deadline): Promise<Result> {
    const { integration, counters } = job;
    const { incident, rules } = job.planned;
    const before = memory.get(place);
    const startedAt = now();
    const decision = decide(incident, rules, integration.sendResolved, before, startedAt);
    if (!decision.forward) {
      const learnt = learn(decision, before, startedAt);
      if (learnt !== undefined) memory.set(place, learnt);
      return reportSuppressed(integration, decision.action, decision.reason, incident, counters, log);
    }
    const delivery = await deliver(decision, integration, deadline, { http, now, counters });
    if (delivery.outcome.status === 'accepted') memory.set(place, remember(decision, rules, before, now()));
    return reportDelivered(integration, decision, delivery, { startedAt, now: now() }, counters, log);
  }

  function use(config: Config): void {
    const { maxEntries, ttlMs } = current.config.dedup;
    current = { config, counters: counted.of(config) };
    if (config.dedup.maxEntries === maxEntries && config.dedup.ttlMs === ttlMs) return;
    const resized = remembering(config, metrics, now);
    for (const [place, remembered] of memory.entries()) resized.set(place, remembered);
    memory = resized;
  }

  function observe(): void {
    counted.flush();
    metrics.dedup_entries.set(memory.size);
    metrics.notifications_in_flight.set(inFlight);
  }

  return { relay, use, observe };
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

function jobsOf(
  webhook: Webhook,
  { config, counters }: Current,
  direct: Receiver | undefined,
): readonly Job[] {
  const root = direct === undefined ? config.route : { ...config.route, receiver: direct.name, routes: [] };
  return plan(webhook, root).flatMap((planned) =>
    (config.receivers.get(planned.receiver)?.integrations ?? []).flatMap((integration) => {
      const own = counters.get(integration);
      return own === undefined ? [] : [{ planned, integration, counters: own }];
    }),
  );
}

function perIntegration(jobs: readonly Job[]): readonly (readonly Job[])[] {
  const own = new Map<ConfiguredIntegration, Job[]>();
  for (const job of jobs) {
    const list = own.get(job.integration);
    if (list === undefined) own.set(job.integration, [job]);
    else list.push(job);
  }
  return [...own.values()];
}

/** The order matters only where some must wait for a free lane. */
function mostSevereFirst(jobs: readonly Job[]): readonly Job[] {
  if (jobs.length <= CONNECTIONS_PER_ORIGIN) return jobs;
  const ranked = jobs.map((job) => ({
    job,
    rank: rank(rate(severityLabels(job.planned.incident), new Map()).severity),
  }));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ job }) => job);
}

function refused({ integration, planned: { incident } }: Job): Result {
  return {
    receiver: integration.receiver,
    integration: integration.name,
    incident_key: incident.key,
    action: incident.alerts.some(({ status }) => status === 'firing') ? 'trigger' : 'resolve',
    outcome: 'unavailable',
    reason: 'other',
    detail: 'too many notifications are in flight (relay.max_in_flight)',
  };
}

function countAlerts({ alerts, truncatedAlerts }: Webhook, metrics: Metrics): void {
  const firing = alerts.filter(({ status }) => status === 'firing').length;
  metrics.alerts_received_total.inc({ status: 'firing' }, firing);
  metrics.alerts_received_total.inc({ status: 'resolved' }, alerts.length - firing);
  metrics.truncated_alerts_total.inc(truncatedAlerts);
}
