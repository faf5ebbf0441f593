import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Config } from '../config/compile.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { type Ending, type Span, type Tracer, within } from '../observe/span.ts';
import type { Relay } from '../relay/relay.ts';
import { TEST_HEADER } from '../webhook/test-header.ts';
import type { ParseWebhook } from '../webhook/webhook.ts';
import { receiverNamed } from '../webhook/webhook-path.ts';
import type { Access, Refusal } from './access.ts';
import { BODIES_AT_ONCE, createReadBody, type ReadBody } from './body.ts';
import { errorReply, type Reply, replyOf } from './reply.ts';

export interface WebhookEndpointOptions {
  readonly relay: Relay;
  readonly parse: ParseWebhook;
  readonly access: Access;
  readonly config: () => Config;
  readonly tracer: Tracer;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly isStopping: () => boolean;
  /** In ms since the epoch. */
  readonly now: () => number;
}

/**
 * `POST /webhook` and `POST /webhook/:receiver`. It stands before express, because half of a relay's time for one alert
 * would go there (docs/adr/0002-webhook-before-express.md). Every request is answered once and counted, also one that
 * meets a bug.
 */
export function createWebhookEndpoint(options: WebhookEndpointOptions) {
  const { metrics, log } = options;
  const readBody = createReadBody();
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const startedAt = process.hrtime.bigint();
    let reply: Reply | Refusal | 'gone';
    try {
      reply = await answer(request, readBody, options);
    } catch (error) {
      log.error('webhook failed', {
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      reply = errorReply(500, 'internal error; see the log of pagerelay');
    }
    metrics.webhook_request_duration_seconds.observe(Number(process.hrtime.bigint() - startedAt) / 1e9);
    metrics.webhook_requests_total.inc({ code: reply === 'gone' ? '499' : String(reply.status) });
    if (reply === 'gone') return;
    if (reply.status >= 400 && reply.status < 500 && reply.status !== 422 && !('headers' in reply)) {
      log.warn('webhook refused', { code: reply.status, answer: reply.body });
    }
    send(reply, response);
  };
}

async function answer(
  request: IncomingMessage,
  readBody: ReadBody,
  options: WebhookEndpointOptions,
): Promise<Reply | Refusal | 'gone'> {
  const { access, isStopping } = options;
  if (request.method !== 'POST') return errorReply(405, 'post a webhook here; Alertmanager does');
  if (isStopping()) return errorReply(503, 'pagerelay is stopping');
  const asked = access.refusal('ingest', request);
  // Nothing is awaited where everybody may.
  const refusal = asked === undefined ? undefined : await asked;
  if (refusal !== undefined && refusal !== 'signed') return refusal;
  const span = options.tracer.begin('POST /webhook', request.headers);
  return within(
    span,
    async () => unreadable(request) ?? relayBody(request, refusal === 'signed', readBody, options, span),
    (reply) => endingOf(request, reply),
  );
}

function endingOf({ socket, url = '' }: IncomingMessage, reply: Reply | Refusal | 'gone'): Ending {
  const attributes = {
    'http.request.method': 'POST',
    'url.scheme': socket instanceof TLSSocket ? 'https' : 'http',
    'url.path': url.split('?', 1)[0],
  };
  if (reply === 'gone') return { attributes, error: 'the sender hung up' };
  const { status } = reply;
  const error = status < 500 ? undefined : `answered ${status}`;
  return { attributes: { ...attributes, 'http.response.status_code': status }, error };
}

async function relayBody(
  request: IncomingMessage,
  isSigned: boolean,
  readBody: ReadBody,
  { relay, parse, access, config, log, now }: WebhookEndpointOptions,
  span: Span | undefined,
): Promise<Reply | Refusal | 'gone'> {
  const arrivedAt = now();
  const { relay: limits } = config();
  const receiver = receiverNamed(request.url ?? '');
  const body = await readBody(request, limits.maxBodyBytes);
  if (body === 'gone') return body;
  if (body === 'too large') {
    return errorReply(413, `the body is larger than relay.max_body_bytes allows (${limits.maxBodyBytes})`);
  }
  if (body === 'too many') {
    const setting = 'relay.max_body_bytes';
    const limit = BODIES_AT_ONCE * limits.maxBodyBytes;
    log.warn('webhook refused: too many are being read at once', { setting, limit });
    return errorReply(503, `too many webhooks are being read at once (${BODIES_AT_ONCE} times ${setting})`);
  }
  const refusal = isSigned ? await access.refusalOfBody('ingest', request, body) : undefined;
  if (refusal !== undefined) return refusal;
  const webhook = parse(body, limits.maxAlerts);
  if ('message' in webhook) return errorReply(webhook.status, webhook.message);
  const results = await relay.relay(webhook, {
    arrivedAt,
    ...(receiver === undefined ? {} : { receiver }),
    ...(request.headers[TEST_HEADER] === 'true' ? { isTest: true } : {}),
    ...(span === undefined ? {} : { span }),
  });
  if (results !== 'no such receiver') return replyOf(results);
  return errorReply(404, `there is no receiver ${JSON.stringify(receiver?.slice(0, 200))}`);
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

function send(reply: Reply | Refusal, response: ServerResponse): void {
  if (response.destroyed) return;
  const { status, body } = reply;
  response.writeHead(status, {
    ...('headers' in reply ? reply.headers : {}),
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
