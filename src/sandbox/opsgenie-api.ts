import { randomUUID } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import { answerOrFault } from './fault-gate.ts';
import type { SandboxVendor } from './incidents.ts';
import { actionErrors, createErrors, type UpdatedField } from './opsgenie-errors.ts';
import type { State } from './state.ts';

type Errors = Readonly<Record<string, string>>;

/** Opsgenie's calls that change an alert, by the field that they change. JSM Operations has none of them. */
const UPDATES = [
  { method: 'put', field: 'message', action: 'UpdateMessage', status: 'Updated message' },
  { method: 'put', field: 'description', action: 'UpdateDescription', status: 'Updated description' },
  { method: 'post', field: 'details', action: 'AddDetails', status: 'Added details' },
] as const satisfies readonly { field: UpdatedField; [name: string]: string }[];

const MISSING = 'Alert does not exist';

/**
 * Opsgenie's Alert API: create, update, close, and the status of a request. JSM Operations has the same, but for the
 * updates, under a path of its own.
 */
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
  /** A call about an open alert, known by its alias; anything else is taken and then fails. */
  const onAlert = (
    action: string,
    status: string,
    errorsOf: (body: unknown) => Errors,
    act: (key: string, alias: string, body: Readonly<Record<string, unknown>>) => boolean,
  ) => {
    return async (request: Request<{ alias: string }>, response: Response) => {
      const key = genieKey(request);
      const { alias } = request.params;
      await answerOrFault(state, vendor, key, response, () => {
        if (refused(errorsOf(request.body), vendor, response, state)) return;
        const isSuccess = request.query.identifierType === 'alias' && act(key, alias, request.body);
        acceptForLater(response, state, { isSuccess, action, status: isSuccess ? status : MISSING, alias });
      });
    };
  };
  router.post(
    '/v2/alerts/:alias/close',
    onAlert('Close', 'Closed alert', actionErrors, (key, alias, { note }) =>
      state.incidents.resolve(vendor, key, alias, note as string | undefined),
    ),
  );
  for (const { method, field, action, status } of vendor === 'jsm' ? [] : UPDATES) {
    router[method](
      `/v2/alerts/:alias/${field}`,
      onAlert(
        action,
        status,
        (body) => actionErrors(body, field),
        (key, alias, body) => state.incidents.update(vendor, key, alias, { [field]: body[field] }),
      ),
    );
  }
  router.get('/v2/alerts/requests/:id', (request, response) => {
    const data = state.statuses.get(request.params.id);
    if (data !== undefined) {
      response.json({ data, took: 0.01, requestId: randomUUID() });
      return;
    }
    response.set('X-Opsgenie-Errortype', 'RequestNotProcessed');
    response.status(404).json({ message: 'Request not found. It might not be processed, yet.' });
  });
  router.use('/v2/alerts', ({ method, path }, response) => {
    state.refused(vendor, `there is no call ${method} /v2/alerts${path}`);
    response.status(404).json({ message: 'Not found', took: 0, requestId: randomUUID() });
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
