import type { Config } from '../config/compile.ts';
import type { Integration } from '../config/compile-receiver.ts';
import type { Action, Incident, Labels } from '../notification/notification.ts';
import type { AuthSettings, HttpSettings } from '../notify/http-settings.ts';
import type { VendorRequest } from '../notify/notifier.ts';
import type { TemplateFailure } from '../notify/rendering.ts';
import type { Muted } from '../route/muted.ts';
import { type Trace, traceRoutes } from '../route/trace.ts';
import type { Webhook } from '../webhook/webhook.ts';
import { asTold, decide } from './dedup.ts';
import { reasonToHold } from './held.ts';
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
  /** Which credential it goes out with, as `routing_key_by.keys.db.file`. */
  readonly credential: string;
  /** What its `http_config` does to the requests. */
  readonly http: readonly string[];
  readonly incident: Incident;
  readonly action: Action;
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
  const muted = reasonToHold(job, decision, at);
  const isSent = decision.forward && muted === undefined;
  const prepared = integration.notifier.prepare(asTold(decision, sendsResolved), false);
  return {
    receiver: integration.receiver,
    integration: integration.name,
    credential: integration.notifier.credential.name,
    http: httpOf(integration.http),
    incident: decision.incident,
    action,
    decision: isSent ? 'forward' : 'suppress',
    reason: muted?.reason ?? decision.reason,
    ...(muted === undefined ? {} : { muted }),
    templateFailures: [...templateFailures, ...(isSent ? prepared.templateFailures : [])],
    cuts: isSent ? prepared.cuts : [],
    isSeverityUnknown: isSent && prepared.unknownSeverity,
    requests: isSent ? prepared.requests.map((request) => explainRequest(request, integration)) : [],
  };
}

/** Stands for every credential. */
const SECRET = '<secret>';

function explainRequest(
  { method, url, headers, body }: VendorRequest,
  { notifier, http }: Integration,
): ExplainedRequest {
  // A query in the config may hold a token.
  const { search } = new URL(notifier.address);
  return {
    method,
    url: search === '' ? url : url.replace(search, `?${SECRET}`),
    headers: {
      ...authorization(http?.auth),
      ...headers(SECRET),
      ...replacing(http?.auth),
      ...ownHeaders(http),
    },
    body: JSON.parse(body(SECRET).toString()),
  };
}

/** As Alertmanager's client does it: only a token of OAuth2 takes the place of the vendor's own header. */
function authorization(auth: AuthSettings | undefined): Readonly<Record<string, string>> {
  if (auth === undefined || auth.kind === 'oauth2') return {};
  return { Authorization: `${auth.kind === 'basic' ? 'Basic' : auth.type} ${SECRET}` };
}

function replacing(auth: AuthSettings | undefined): Readonly<Record<string, string>> {
  return auth?.kind === 'oauth2' ? { Authorization: `Bearer ${SECRET}` } : {};
}

function ownHeaders(http: HttpSettings | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((http?.headers ?? []).map(({ name }) => [name, SECRET]));
}

function httpOf(http: HttpSettings | undefined): readonly string[] {
  if (http === undefined) return [];
  return [
    ...(http.auth === undefined ? [] : [http.auth.kind]),
    ...(http.headers.length === 0 ? [] : ['headers']),
    ...(http.transport?.proxy.url === undefined ? [] : ['proxy']),
    ...(http.transport === undefined ? [] : ['its own connections']),
    ...(http.followRedirects ? ['redirects'] : []),
  ];
}
