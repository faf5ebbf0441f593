import { randomUUID } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import { answerOrFault } from './fault-gate.ts';
import type { SandboxVendor } from './incidents.ts';
import { actionErrors, createErrors } from './opsgenie-errors.ts';
import type { State } from './state.ts';

type Errors = Readonly<Record<string, string>>;

/** Opsgenie's Alert API: create, close, and the status of a request. JSM Operations has the same under a path of its own. */
export function opsgenieApi(state: State, vendor: SandboxVendor): Router {
  const router = Router();
  router.use('/v2/alerts', (request, response, next) => {
    const refusal = keyRefusal(genieKey(request));
    if (refusal === undefined) return next();
    state.refused(vendor, refusal.message);
    response.status(refusal.status).json({ message: refusal.message, took: 0, requestId: randomUUID() });
  });
  router.post('/v2/alerts', async (request, response) => {
    const key = genieKey(request);
    await answerOrFault(state, vendor, key, response, () => {
      const { body } = request as { body: { alias?: string; message: string } };
      if (refused(createErrors(body), vendor, response, state)) return;
      const alias = body.alias ?? randomUUID();
      state.incidents.trigger(vendor, key, alias, body.message, body);
      acceptForLater(response, state, { isSuccess: true, action: 'Create', status: 'Created alert', alias });
    });
  });
  router.post('/v2/alerts/:alias/close', async (request, response) => {
    const key = genieKey(request);
    const { alias } = request.params;
    await answerOrFault(state, vendor, key, response, () => {
      if (refused(actionErrors(request.body), vendor, response, state)) return;
      const byAlias = request.query.identifierType === 'alias';
      const closed = byAlias && state.incidents.resolve(vendor, key, alias);
      const status = closed ? 'Closed alert' : 'Alert does not exist';
      acceptForLater(response, state, { isSuccess: closed, action: 'Close', status, alias });
    });
  });
  router.get('/v2/alerts/requests/:id', (request, response) => {
    const data = state.statuses.get(request.params.id);
    if (data !== undefined) {
      response.json({ data, took: 0.01, requestId: randomUUID() });
      return;
    }
    response.set('X-Opsgenie-Errortype', 'RequestNotProcessed');
    response.status(404).json({ message: 'Request not found. It might not be processed, yet.' });
  });
  return router;
}

/** Opsgenie answers before it acts: whether that worked is only in the request's status. */
function acceptForLater(response: Response, state: State, status: object): void {
  const requestId = randomUUID();
  state.processed(requestId, { ...status, processedAt: new Date(state.now()).toISOString() });
  state.counts.accepted++;
  response.status(202).json({ result: 'Request will be processed', took: 0.01, requestId });
}

function refused(errors: Errors, vendor: SandboxVendor, response: Response, state: State): boolean {
  if (Object.keys(errors).length === 0) return false;
  state.refused(vendor, errors);
  const message = 'Request body is not processable. Please check the errors.';
  response.status(422).json({ message, errors, took: 0.01, requestId: randomUUID() });
  return true;
}

function keyRefusal(key: string): { readonly status: number; readonly message: string } | undefined {
  if (key === '') return { status: 401, message: 'Could not authenticate' };
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(key);
  return isUuid ? undefined : { status: 422, message: 'Key format is not valid!' };
}

function genieKey({ headers }: Request): string {
  return /^GenieKey (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
}
