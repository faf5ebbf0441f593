import { createServer, type Server } from 'node:http';
import express, { type ErrorRequestHandler } from 'express';
import type { Problem } from '../config/problem.ts';
import { printProblem } from '../config/problem.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { isWebhook } from '../webhook/webhook-path.ts';
import { createApi, type Records } from './api.ts';
import { createWebhookEndpoint, type WebhookEndpointOptions } from './webhook-endpoint.ts';

/** How long the headers of a request may take, and the whole of it, in ms: a sender that never ends is cut off. */
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** Alertmanager drops idle connections after 5 minutes (prometheus/common); we wait longer, so that it never posts into one that we are closing. */
const KEEP_ALIVE_TIMEOUT_MS = 310_000;

export interface HttpOptions extends WebhookEndpointOptions {
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly records: Records;
  readonly isReady: () => boolean;
  /** Loads the config again; the problems that keep it from being used, or none. */
  readonly reload: () => Promise<readonly Problem[]>;
}

/** The HTTP server, not yet listening. */
export function createHttpServer(options: HttpOptions): Server {
  const webhook = createWebhookEndpoint(options);
  const pages = createPages(options);
  const server = createServer({ connectionsCheckingInterval: 1_000 }, (request, response) => {
    if (isWebhook(request.url ?? '')) void webhook(request, response);
    else pages(request, response);
  });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
  return server;
}

/** Everything but webhooks. */
function createPages({ relay, metrics, log, records, isReady, reload }: HttpOptions): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.get(['/-/healthy', '/healthz'], (_request, response) => {
    response.type('text').send('pagerelay is alive\n');
  });
  app.get(['/-/ready', '/readyz'], (_request, response) => {
    if (isReady()) response.type('text').send('pagerelay is ready\n');
    else response.status(503).type('text').send('pagerelay is not ready\n');
  });
  app.get('/metrics', async (request, response) => {
    relay.observe();
    const { contentType, text } = await metrics.scrape(request.headers.accept);
    response.set('Content-Type', contentType).end(text);
  });
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
