import { createServer, type Server } from 'node:http';
import express, { type ErrorRequestHandler } from 'express';
import { opsgenieApi } from './opsgenie-api.ts';
import { pagerDutyApi } from './pagerduty-api.ts';
import { pagerDutyRestApi } from './pagerduty-rest-api.ts';
import { createState, type State } from './state.ts';
import { summarize } from './summary.ts';

const MAX_BODY_BYTES = '10mb';

/** JSM's calls are Opsgenie's under this path. */
const JSM_BASE = '/jsm/ops/integration';

/**
 * PagerDuty's Events API v2 and what of its REST API reads incidents, Opsgenie's Alert API and JSM Operations, as strict
 * as their documentation, with faults on request and the resulting incidents to read. Not yet listening.
 */
export function createSandbox(now: () => number): Server {
  const state = createState(now);
  const app = express();
  app.disable('x-powered-by');
  // A hash of each answer would only cost time: nobody asks for one again.
  app.disable('etag');
  app.use((request, _response, next) => {
    state.arrivals.set(request, now());
    next();
  });
  app.use(
    express.json({
      limit: MAX_BODY_BYTES,
      strict: false,
      verify: (request, _response, body) => state.sizes.set(request, body.length),
    }),
  );
  app.use('/sandbox', controls(state));
  app.use(pagerDutyApi(state));
  app.use(pagerDutyRestApi(state));
  app.use(JSM_BASE, opsgenieApi(state, 'jsm'));
  app.use(opsgenieApi(state, 'opsgenie'));
  app.use((_request, response) => {
    response.status(404).json({ message: 'not found' });
  });
  const unreadable: ErrorRequestHandler = (error, request, response, _next) => {
    state.refused(request.path === '/v2/enqueue' ? 'pagerduty' : 'opsgenie', 'JSON parse error');
    response.status((error as { status?: number }).status ?? 500).json({
      status: 'Unrecognized object',
      message: 'Event object format is unrecognized',
      errors: ['JSON parse error'],
    });
  };
  app.use(unreadable);
  return createServer(app);
}

/** What the vendors do not have: their state to read, faults to inject, a fresh start. */
function controls(state: State): express.Router {
  const router = express.Router();
  const asked = ({ vendor, status }: express.Request['query']) =>
    state.incidents
      .all()
      .filter((incident) => vendor === undefined || vendor === incident.vendor)
      .filter((incident) => status === undefined || status === incident.status);
  router.get('/summary', ({ query }, response) => {
    response.json({ ...summarize(asked(query)), requests: state.counts });
  });
  router.get('/incidents', ({ query }, response) => {
    const incidents = asked(query);
    response.json({ incidents, requests: state.counts, invalid: state.invalid, early: state.early });
  });
  router.get('/faults', (_request, response) => {
    response.json({ faults: state.faults.all() });
  });
  router.post('/faults', (request, response) => {
    const fault = state.faults.add(request.body);
    if (fault instanceof Error) response.status(400).json({ error: fault.message });
    else response.status(201).json(fault);
  });
  router.delete('/faults', (_request, response) => {
    state.faults.clear();
    response.sendStatus(204);
  });
  router.delete('/', (_request, response) => {
    state.clear();
    response.sendStatus(204);
  });
  return router;
}
