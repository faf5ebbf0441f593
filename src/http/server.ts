import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import type { Problem } from '../config/problem.ts';
import { printProblem } from '../config/problem.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { isWebhook } from '../webhook/webhook-path.ts';
import type { Access } from './access.ts';
import { createApi, type Records } from './api.ts';
import { clientOptions, isWelcome } from './server-tls.ts';
import type { Scope, WebConfig } from './web-config.ts';
import { createWebhookEndpoint, type WebhookEndpointOptions } from './webhook-endpoint.ts';

/** How long the headers of a request may take, and the whole of it, in ms: a sender that never ends is cut off. */
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 15_000;
const HANDSHAKE_TIMEOUT_MS = 5_000;
/** How long nothing may move on a connection, in ms: who asks and never reads the answer is cut off. A delivery may take longer. */
const STALLED_TIMEOUT_MS = 330_000;
/** How often it is said that connections are dropped, in ms. */
const SAY_AGAIN_MS = 60_000;
/** Alertmanager drops idle connections after 5 minutes (prometheus/common); we wait longer, so that it never posts into one that we are closing. */
const KEEP_ALIVE_TIMEOUT_MS = 310_000;

export interface HttpOptions extends WebhookEndpointOptions {
  readonly webConfig: () => WebConfig;
  readonly access: Access;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly records: Records;
  /** Connections at once, of each server; one too many is closed. */
  readonly maxConnections: number;
  readonly isReady: () => boolean;
  /** Loads the config again; the problems that keep it from being used, or none. */
  readonly reload: () => Promise<readonly Problem[]>;
}

/** What a server answers to: webhooks, or metrics and all that is for operators, or both. Health always. */
export type Serves = 'webhooks' | 'operators' | 'all';

/** An HTTP server, or an HTTPS server where the web config says so, not yet listening. */
export function createHttpServer(options: HttpOptions, serves: Serves): Server {
  const { config, webConfig, maxConnections, metrics, log, now } = options;
  const webhook = createWebhookEndpoint(options);
  const pages = createPages(options, serves);
  const { tls } = webConfig();
  const common = { connectionsCheckingInterval: 1_000 };
  const server: Server =
    tls === undefined
      ? createServer(common)
      : createTlsServer({
          ...common,
          ...tls.context,
          ...clientOptions(tls),
          handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        });
  server.on('request', (request, response) => {
    if (serves !== 'operators' && isWebhook(request.url ?? '')) void webhook(request, response);
    else pages(request, response);
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const { tls: current } = webConfig();
    if (current !== undefined && !isWelcome(socket, current)) socket.destroy();
  });
  let saidAt = Number.NEGATIVE_INFINITY;
  server.on('drop', () => {
    metrics.connections_dropped_total.inc();
    // Who only waits makes room: a client opens another connection when it has something to say.
    server.closeIdleConnections();
    if (now() - saidAt < SAY_AGAIN_MS) return;
    saidAt = now();
    log.warn('connections dropped: there are too many', { max_connections: maxConnections });
  });
  server.timeout = Math.max(STALLED_TIMEOUT_MS, config().relay.deliveryTimeoutMs + REQUEST_TIMEOUT_MS);
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  server.maxConnections = maxConnections;
  return server;
}

/** Everything but webhooks. */
function createPages(options: HttpOptions, serves: Serves): express.Express {
  const { relay, access, webConfig, metrics, log, records, isReady, reload } = options;
  /** Before what belongs to a scope: who may not is answered here. */
  const only =
    (scope: Scope): RequestHandler =>
    async (request, response, next) => {
      const refusal = await access.refusal(scope, request);
      // Only webhooks are signed.
      if (refusal === undefined || refusal === 'signed') next();
      else response.status(refusal.status).set(refusal.headers).type('json').send(refusal.body);
    };
  const health: RequestHandler = (request, response, next) => {
    if (webConfig().protectsHealth) void only('metrics')(request, response, next);
    else next();
  };
  const app = express();
  app.disable('x-powered-by');
  app.get(['/-/healthy', '/healthz'], health, (_request, response) => {
    response.type('text').send('pagerelay is alive\n');
  });
  app.get(['/-/ready', '/readyz'], health, (_request, response) => {
    if (isReady()) response.type('text').send('pagerelay is ready\n');
    else response.status(503).type('text').send('pagerelay is not ready\n');
  });
  if (serves !== 'webhooks') {
    app.get('/metrics', only('metrics'), async (request, response) => {
      relay.observe();
      const { contentType, text } = await metrics.scrape(request.headers.accept);
      response.set('Content-Type', contentType).end(text);
    });
    app.use(only('admin'));
    app.post('/-/reload', async (_request, response) => {
      const problems = await reload();
      if (problems.length === 0) response.type('text').send('the config was reloaded\n');
      else
        response
          .status(500)
          .type('text')
          .send(`${problems.map(printProblem).join('\n')}\n`);
    });
    app.use('/api/v1', createApi(records, log));
  }
  app.use((request, response) => {
    const message = `there is nothing at ${request.method} ${request.path.slice(0, 200)}`;
    response.status(404).json({ error: message });
  });
  const failed: ErrorRequestHandler = (error, _request, response, _next) => {
    const status = (error as { status?: number }).status === 400 ? 400 : 500;
    if (status === 500) log.error('request failed', { error: String((error as Error).stack ?? error) });
    response.status(status).json({ error: status === 400 ? 'bad request' : 'internal error' });
  };
  app.use(failed);
  return app;
}
