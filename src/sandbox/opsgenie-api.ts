import { randomUUID } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import { answerOrFault } from './fault-gate.ts';
import type { SandboxIncident, SandboxVendor } from './incidents.ts';
import { alertId, incidentNumber, toAlert, toListed } from './opsgenie-alert.ts';
import { actionErrors, createErrors, type UpdatedField } from './opsgenie-errors.ts';
import { alertList, pagingOf } from './opsgenie-list.ts';
import type { State } from './state.ts';

type Errors = Readonly<Record<string, string>>;

/** Opsgenie's calls that change an alert, by the field that they change. JSM Operations has none of them. */
const UPDATES = [
  { method: 'put', field: 'message', action: 'UpdateMessage', status: 'Updated message' },
  { method: 'put', field: 'description', action: 'UpdateDescription', status: 'Updated description' },
  { method: 'post', field: 'details', action: 'AddDetails', status: 'Added details' },
] as const satisfies readonly { field: UpdatedField; [name: string]: string }[];

const MISSING = 'Alert does not exist';

/** Who asks for what: one request with a key that is in the form of one. */
interface Call {
  readonly state: State;
  readonly vendor: SandboxVendor;
  readonly key: string;
  readonly response: Response;
}

/** An asynchronous request that was found to be in order. */
interface Change {
  readonly action: string;
  /** What its status says when it worked. */
  readonly status: string;
  readonly alias: string | undefined;
  /** Carries it out. Undefined when there is no such alert. */
  act(): SandboxIncident | undefined;
}

/**
 * Opsgenie's Alert API: create, acknowledge, update, close, list and get, and the status of a request. JSM Operations
 * has the same under a path of its own, but for the updates and the list.
 */
export function opsgenieApi(state: State, vendor: SandboxVendor): Router {
  const router = Router();
  router.use('/v2/alerts', (request, response, next) => {
    const refusal = keyRefusal(genieKey(request));
    if (refusal === undefined) return next();
    state.refused(vendor, refusal.message);
    response.status(refusal.status).json({ message: refusal.message, took: 0, requestId: randomUUID() });
  });
  /** A call that faults can hit. */
  const onCall =
    <Params>(answer: (call: Call, request: Request<Params>) => void) =>
    async (request: Request<Params>, response: Response) => {
      const key = genieKey(request);
      const call = { state, vendor, key, response };
      await answerOrFault(state, vendor, key, response, () => answer(call, request));
    };
  /** A call about an open alert, known by its alias or its id; anything else is taken and then fails. */
  const onAlert = (
    action: string,
    status: string,
    errorsOf: (body: unknown) => Errors,
    act: (key: string, alias: string, body: Readonly<Record<string, unknown>>) => SandboxIncident | undefined,
  ) =>
    onCall<{ identifier: string }>((call, { params, query, body }) => {
      if (refused(errorsOf(body), call)) return;
      const isAlias = query.identifierType === 'alias';
      const alias = isAlias ? params.identifier : openById(call, params.identifier)?.key;
      acceptForLater(call, {
        action,
        status,
        alias,
        act: () => (alias === undefined ? undefined : act(call.key, alias, body)),
      });
    });
  router.post('/v2/alerts', onCall(createAlert));
  router.post(
    '/v2/alerts/:identifier/close',
    onAlert('Close', 'Closed alert', actionErrors, (key, alias, { note }) =>
      state.incidents.resolve(vendor, key, alias, note as string | undefined),
    ),
  );
  router.post(
    '/v2/alerts/:identifier/acknowledge',
    onAlert('Acknowledge', 'Acknowledged alert', actionErrors, (key, alias, { note }) =>
      state.incidents.acknowledge(vendor, key, alias, note as string | undefined),
    ),
  );
  for (const { method, field, action, status } of vendor === 'jsm' ? [] : UPDATES) {
    router[method](
      `/v2/alerts/:identifier/${field}`,
      onAlert(
        action,
        status,
        (body) => actionErrors(body, field),
        (key, alias, body) => state.incidents.update(vendor, key, alias, { [field]: body[field] }),
      ),
    );
  }
  if (vendor === 'opsgenie') router.get('/v2/alerts', onCall(listAlerts));
  router.get('/v2/alerts/:identifier', onCall(getAlert));
  router.get('/v2/alerts/requests/:id', onCall(getRequest));
  router.use('/v2/alerts', ({ method, path }, response) => {
    state.refused(vendor, `there is no call ${method} /v2/alerts${path}`);
    response.status(404).json({ message: 'Not found', took: 0, requestId: randomUUID() });
  });
  return router;
}

function createAlert(call: Call, request: Request): void {
  const { body } = request as { body: { alias?: string; message: string } };
  if (refused(createErrors(body), call)) return;
  const { state, vendor, key } = call;
  const alias = body.alias ?? randomUUID();
  const act = () => state.incidents.trigger(vendor, key, alias, body.message, body);
  acceptForLater(call, { action: 'Create', status: 'Created alert', alias, act });
}

function listAlerts(call: Call, request: Request): void {
  const { page, errors, isAscending, isAsked } = alertList(request.query);
  if (refused(errors, call)) return;
  const found = call.state.incidents.of(call.vendor, call.key).filter(isAsked);
  if (!isAscending) found.reverse();
  const url = new URL(request.originalUrl, `http://${request.headers.host}`);
  const data = found.slice(page.offset, page.offset + page.limit).map(toListed);
  const paging = pagingOf(url, page, found.length);
  call.response.json({ data, paging, took: 0.01, requestId: randomUUID() });
}

/** JSM calls the parameter otherwise, and is known to take an id only. */
function getAlert(call: Call, { params, query }: Request<{ identifier: string }>): void {
  const { state, vendor, key, response } = call;
  const name = vendor === 'jsm' ? 'alertIdentifierType' : 'identifierType';
  const types: readonly unknown[] = vendor === 'jsm' ? ['id'] : ['id', 'alias'];
  const type = query[name] ?? 'id';
  if (!types.includes(type)) {
    refused({ [name]: `should be one of [ ${types.join(', ')} ]` }, call);
    return;
  }
  const incident =
    type === 'alias' ? state.incidents.open(vendor, key, params.identifier) : byId(call, params.identifier);
  if (incident === undefined) {
    response.status(404).json({ message: MISSING, took: 0.01, requestId: randomUUID() });
  } else {
    response.json({ data: toAlert(incident), took: 0.01, requestId: randomUUID() });
  }
}

function getRequest({ state, response }: Call, { params }: Request<{ id: string }>): void {
  const data = state.statusOf(params.id);
  if (data !== undefined) {
    response.json({ data, took: 0.01, requestId: randomUUID() });
    return;
  }
  response.set('X-Opsgenie-Errortype', 'RequestNotProcessed');
  response.status(404).json({ message: 'Request not found. It might not be processed, yet.' });
}

/** Opsgenie answers before it acts: whether that worked is only in the request's status. */
function acceptForLater({ state, vendor, key, response }: Call, change: Change): void {
  const requestId = randomUUID();
  const fault = state.faults.nextLater(vendor, key);
  if (fault !== undefined) state.counts.faulted++;
  const { action, alias } = change;
  const incident = fault?.async_status === undefined ? change.act() : undefined;
  const isSuccess = incident !== undefined;
  const knownFrom = state.now() + (fault?.async_delay_ms ?? 0);
  state.processed(requestId, {
    knownFrom,
    status: {
      success: isSuccess,
      action,
      processedAt: new Date(knownFrom).toISOString(),
      isSuccess,
      status: isSuccess ? change.status : (fault?.async_status ?? MISSING),
      ...(incident === undefined ? {} : { alertId: alertId(incident) }),
      ...(alias === undefined ? {} : { alias }),
    },
  });
  state.counts.accepted++;
  response.status(202).json({ result: 'Request will be processed', took: 0.01, requestId });
}

function byId({ state, vendor, key }: Call, id: string): SandboxIncident | undefined {
  return state.incidents.byId(incidentNumber(id), vendor, key);
}

function openById(call: Call, id: string): SandboxIncident | undefined {
  const incident = byId(call, id);
  return incident?.status === 'open' ? incident : undefined;
}

function refused(errors: Errors, { state, vendor, response }: Call): boolean {
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

function genieKey({ headers }: Pick<Request, 'headers'>): string {
  return /^GenieKey (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
}
