import type { Config } from '../config/compile.ts';
import type { Incident, Labels } from '../notification/notification.ts';
import type { VendorRequest } from '../notify/notifier.ts';
import type { TemplateFailure } from '../notify/rendering.ts';
import type { Muted } from '../route/muted.ts';
import { type Trace, traceRoutes } from '../route/trace.ts';
import type { Webhook } from '../webhook/webhook.ts';
import { asTold, decide } from './dedup.ts';
import { type Job, jobsOf } from './jobs.ts';

/** What would become of a webhook, and why. Nothing is sent, and nothing is remembered from before. */
export interface Explanation {
  readonly alerts: readonly ExplainedAlert[];
  readonly notifications: readonly ExplainedNotification[];
}

export interface ExplainedAlert {
  readonly status: string;
  readonly labels: Labels;
  readonly fingerprint: string;
  /** Its way through the route tree; undefined where the webhook goes straight to one receiver. */
  readonly trace?: Trace;
}

export interface ExplainedNotification {
  readonly receiver: string;
  readonly integration: string;
  readonly incident: Incident;
  readonly action: 'trigger' | 'resolve';
  readonly decision: 'forward' | 'suppress';
  readonly reason: string;
  /** Set where the route is muted at that time: it is held until then. */
  readonly muted?: Muted;
  readonly templateFailures: readonly TemplateFailure[];
  /** The vendor's fields that are cut to its limits. */
  readonly cuts: readonly string[];
  readonly isSeverityUnknown: boolean;
  /** What would be sent, in order; nothing where it is suppressed. */
  readonly requests: readonly ExplainedRequest[];
}

export interface ExplainedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The flow of one webhook (relay.ts) without the sending. `at`: in ms since the epoch, for time intervals. */
export function explain(webhook: Webhook, config: Config, at: number, receiver?: string): Explanation {
  return {
    alerts: webhook.alerts.map(({ status, labels, fingerprint }) => ({
      status,
      labels,
      fingerprint,
      ...(receiver === undefined ? { trace: traceRoutes(config.route, labels) } : {}),
    })),
    notifications: jobsOf(webhook, config, receiver).map((job) => explainJob(job, at)),
  };
}

function explainJob(job: Job, at: number): ExplainedNotification {
  const { integration, incident, rules, templateFailures } = job;
  const sendsResolved = integration.sendsResolved(incident);
  const decision = decide(incident, rules, sendsResolved, undefined, at);
  const { action } = decision;
  const muted = decision.forward && action === 'trigger' ? job.mutedAt(at) : undefined;
  const isSent = decision.forward && muted === undefined;
  const prepared = integration.vendor.prepare(asTold(decision, sendsResolved), false);
  return {
    receiver: integration.receiver,
    integration: integration.name,
    incident: decision.incident,
    action,
    decision: isSent ? 'forward' : 'suppress',
    reason: muted?.reason ?? decision.reason,
    ...(muted === undefined ? {} : { muted }),
    templateFailures: [...templateFailures, ...(isSent ? prepared.templateFailures : [])],
    cuts: isSent ? prepared.cuts : [],
    isSeverityUnknown: isSent && prepared.unknownSeverity,
    requests: isSent ? prepared.requests.map(explainRequest) : [],
  };
}

/** Stands for every credential. */
const SECRET = '<secret>';

function explainRequest({ method, url, headers, body }: VendorRequest): ExplainedRequest {
  return { method, url, headers: headers(SECRET), body: JSON.parse(body(SECRET)) };
}
