import { randomUUID } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import { answerOrFault } from './fault-gate.ts';
import { pagerDutyErrors } from './pagerduty-errors.ts';
import { isRecord } from './record.ts';
import type { State } from './state.ts';

/** "512 KB" per event; Alertmanager takes it as this many bytes, and so does the sandbox. */
const MAX_EVENT_BYTES = 512_000;

interface Event {
  readonly routing_key: string;
  readonly event_action: 'trigger' | 'acknowledge' | 'resolve';
  readonly dedup_key?: string;
  readonly payload?: { readonly summary: string };
}

/** `POST /v2/enqueue`: PagerDuty's Events API v2. */
export function pagerDutyApi(state: State): Router {
  const router = Router();
  router.post('/v2/enqueue', async (request, response) => {
    const body: unknown = request.body;
    const credential = isRecord(body) ? String(body.routing_key) : '';
    await answerOrFault(state, 'pagerduty', credential, response, () => enqueue(request, response, state));
  });
  return router;
}

function enqueue(request: Request, response: Response, state: State): void {
  if ((state.sizes.get(request) ?? 0) > MAX_EVENT_BYTES) {
    state.refused('pagerduty', ['the event exceeds 512 KB']);
    response.sendStatus(413);
    return;
  }
  const errors = pagerDutyErrors(request.body);
  if (errors.length > 0) {
    state.refused('pagerduty', errors);
    response.status(400).json({ status: 'invalid event', message: 'Event object is invalid', errors });
    return;
  }
  const { routing_key, ...event } = request.body as Event;
  const key = event.dedup_key ?? randomUUID();
  const { incidents } = state;
  switch (event.event_action) {
    case 'trigger':
      incidents.trigger('pagerduty', routing_key, key, event.payload?.summary ?? '', event);
      break;
    case 'acknowledge':
      incidents.acknowledge('pagerduty', routing_key, key);
      break;
    case 'resolve':
      incidents.resolve('pagerduty', routing_key, key);
      break;
  }
  state.counts.accepted++;
  response.status(202).json({ status: 'success', message: 'Event processed', dedup_key: key });
}
