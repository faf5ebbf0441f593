import type { Config } from '../../src/config/compile.ts';
import { load } from '../../src/config/load.ts';
import type { HttpClient } from '../../src/notify/http-client.ts';
import type { HttpRequest, NoAnswer } from '../../src/notify/http-request.ts';
import type { HttpSettings } from '../../src/notify/http-settings.ts';
import type { Answer } from '../../src/notify/outcome.ts';
import type { Fields, Logger } from '../../src/observe/log.ts';
import { createMetrics, type Metrics } from '../../src/observe/metrics.ts';
import { createDeadLetters } from '../../src/relay/dead-letters.ts';
import { createDecisions } from '../../src/relay/decisions.ts';
import type { Job } from '../../src/relay/jobs.ts';
import { createRelay, type Relay } from '../../src/relay/relay.ts';
import type { Result } from '../../src/relay/report.ts';
import { createParseWebhook, type Webhook } from '../../src/webhook/webhook.ts';
import { type PostedAlert, webhookBody } from './post.ts';

const parse = createParseWebhook();

/** A config from its text. A fault in it is a mistake in the test, and is thrown. */
export function configOf(text: string): Config {
  const { config, problems } = load(text, 'test.yaml', { env: {}, now: Date.now });
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return config;
}

/** A webhook as it would be posted. */
export function webhookOf(
  alerts: readonly PostedAlert[],
  rest: Readonly<Record<string, unknown>> = {},
): Webhook {
  const webhook = parse(Buffer.from(webhookBody(alerts, rest)), 20_000);
  if ('message' in webhook) throw new Error(webhook.message);
  return webhook;
}

/** The records that a relay keeps, of a size of tests. */
export function recordsFor(metrics: Metrics) {
  return {
    decisions: createDecisions(100),
    deadLetters: createDeadLetters<Job>({ capacity: 100, metrics, now: Date.now }),
  };
}

export const ACCEPTED: Answer = { status: 202, headers: {}, body: '' };

export const REJECTED: Answer = { status: 400, headers: {}, body: '' };

/** Down for longer than any delivery lasts. */
export const UNAVAILABLE: Answer = { status: 503, headers: { 'retry-after': '60' }, body: '' };

/** It did not take it, for as long. */
export const LIMITED: Answer = { ...UNAVAILABLE, status: 429 };

export type AnswerRequest = (
  request: HttpRequest,
  settings?: HttpSettings,
) => Answer | NoAnswer | Promise<Answer | NoAnswer>;

/** A vendor that answers when it is told to, and keeps what it was sent. */
export function vendorOf(answer: AnswerRequest) {
  const sent: HttpRequest[] = [];
  const http: HttpClient = {
    async send(request, _attempt, settings) {
      sent.push(request);
      return answer(request, settings);
    },
    retain() {},
    close: async () => {},
  };
  return {
    http,
    sent,
    events: () =>
      sent.map(({ body }) => JSON.parse(String(body)) as { dedup_key: string; event_action: string }),
  };
}

/** Posts to the relay now, through the route tree or straight to a receiver. */
export async function tell(
  to: Relay,
  webhook: Webhook,
  now: number,
  receiver?: string,
): Promise<readonly Result[]> {
  const results = await to.relay(webhook, {
    arrivedAt: now,
    ...(receiver === undefined ? {} : { receiver }),
  });
  if (results === 'no such receiver') throw new Error(results);
  return results;
}

export interface LogEntry extends Fields {
  readonly level: string;
  readonly msg: string;
}

/** A request as tests compare it. */
export interface SentEvent {
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A relay before a vendor of the test's own, with a clock of its own. */
export interface RelayUnderTest {
  readonly relay: Relay;
  /** What the relay goes by, in ms since the epoch. */
  now: number;
  readonly logs: readonly LogEntry[];
  readonly records: ReturnType<typeof recordsFor>;
  /** What was sent since it was last asked. */
  sent(): readonly SentEvent[];
  /** Posts these alerts. */
  tell(alerts: readonly PostedAlert[], rest?: Readonly<Record<string, unknown>>): Promise<readonly Result[]>;
  /** The same, straight to a receiver. */
  tellDirectly(receiver: string, alerts: readonly PostedAlert[]): Promise<readonly Result[]>;
  /** The metrics' text. */
  scrape(): Promise<string>;
}

/** From Friday 2027-01-15, 08:00 UTC. */
export function relayUnderTest(
  config: string,
  answer: AnswerRequest = () => ACCEPTED,
  more: Pick<Parameters<typeof createRelay>[0], 'fresh' | 'glimpse' | 'store'> = {},
): RelayUnderTest {
  const vendor = vendorOf(answer);
  const metrics = createMetrics();
  const logs: LogEntry[] = [];
  const writing = (level: string) => (msg: string, fields?: Fields) => {
    logs.push({ level, msg, ...fields });
  };
  const log: Logger = {
    debug: writing('debug'),
    info: writing('info'),
    warn: writing('warn'),
    error: writing('error'),
  };
  const records = recordsFor(metrics);
  const clock = { now: Date.UTC(2027, 0, 15, 8) };
  const relay = createRelay({
    ...records,
    ...more,
    config: configOf(config),
    http: vendor.http,
    metrics,
    log,
    now: () => clock.now,
    stopping: new AbortController().signal,
  });
  const self: RelayUnderTest = {
    relay,
    get now() {
      return clock.now;
    },
    set now(ms) {
      clock.now = ms;
    },
    logs,
    records,
    sent: () =>
      vendor.sent.splice(0).map(({ url, body }) => ({
        url,
        body: JSON.parse(String(body) || '{}') as Readonly<Record<string, unknown>>,
      })),
    tell: (alerts, rest) => tell(relay, webhookOf(alerts, rest), self.now),
    tellDirectly: (receiver, alerts) => tell(relay, webhookOf(alerts), self.now, receiver),
    async scrape() {
      relay.observe();
      return (await metrics.scrape()).text;
    },
  };
  return self;
}
