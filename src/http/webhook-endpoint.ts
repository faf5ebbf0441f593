import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Config, Receiver } from '../config/compile.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Relay } from '../relay/relay.ts';
import type { ParseWebhook } from '../webhook/webhook.ts';
import { readBody } from './body.ts';
import { errorReply, type Reply, replyOf } from './reply.ts';

export const WEBHOOK_PATH = '/webhook';

export interface WebhookEndpointOptions {
  readonly relay: Relay;
  readonly parse: ParseWebhook;
  readonly config: () => Config;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly isStopping: () => boolean;
}

/**
 * `POST /webhook` and `POST /webhook/:receiver`. It stands before express, because half of a relay's time for one alert
 * would go there (docs/adr/0002-webhook-before-express.md). Every request is answered once and counted, also one that
 * meets a bug.
 */
export function createWebhookEndpoint(options: WebhookEndpointOptions) {
  const { metrics, log } = options;
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startedAt = process.hrtime.bigint();
    let reply: Reply | 'gone';
    try {
      reply = await answer(request, options);
    } catch (error) {
      log.error('webhook failed', {
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      reply = errorReply(500, 'internal error; see the log of pagerelay');
    }
    metrics.webhook_request_duration_seconds.observe(Number(process.hrtime.bigint() - startedAt) / 1e9);
    metrics.webhook_requests_total.inc({ code: reply === 'gone' ? '499' : String(reply.status) });
    if (reply === 'gone') return;
    if (reply.status >= 400 && reply.status < 500 && reply.status !== 422) {
      log.warn('webhook refused', { code: reply.status, answer: reply.body });
    }
    send(reply, response);
  };
}

async function answer(request: IncomingMessage, options: WebhookEndpointOptions): Promise<Reply | 'gone'> {
  const { relay, parse, config, isStopping } = options;
  if (request.method !== 'POST') return errorReply(405, 'post a webhook here; Alertmanager does');
  if (isStopping()) return errorReply(503, 'pagerelay is stopping');
  const refusal = unreadable(request);
  if (refusal !== undefined) return refusal;
  const { receivers, relay: limits } = config();
  const direct = directReceiver(request.url ?? '', receivers);
  if (direct instanceof Error) return errorReply(404, direct.message);
  const body = await readBody(request, limits.maxBodyBytes);
  if (body === 'gone') return body;
  if (body === 'too large') {
    return errorReply(413, `the body is larger than relay.max_body_bytes allows (${limits.maxBodyBytes})`);
  }
  const webhook = parse(body, limits.maxAlerts);
  if ('message' in webhook) return errorReply(webhook.status, webhook.message);
  return replyOf(await relay.relay(webhook, direct));
}

/** Why a body in this form cannot be read; undefined when it can, or when the sender does not say its form. */
function unreadable({ headers }: IncomingMessage): Reply | undefined {
  const type = headers['content-type'];
  if (type !== undefined && !/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)) {
    return errorReply(415, 'send the webhook as Content-Type: application/json');
  }
  const encoding = headers['content-encoding'];
  return encoding === undefined || encoding === 'identity'
    ? undefined
    : errorReply(415, 'send the webhook without Content-Encoding');
}

/** The receiver named in the path, undefined for the whole tree, or an error when there is none of that name. */
function directReceiver(url: string, receivers: ReadonlyMap<string, Receiver>): Receiver | Error | undefined {
  const [path = ''] = url.split('?', 1);
  const encoded = path.slice(WEBHOOK_PATH.length + 1).replace(/\/$/, '');
  if (encoded === '') return undefined;
  const name = decode(encoded);
  return receivers.get(name) ?? new Error(`there is no receiver ${JSON.stringify(name.slice(0, 200))}`);
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

function send({ status, body }: Reply, response: ServerResponse): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
