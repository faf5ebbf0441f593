import express, { type ErrorRequestHandler, type Request, type Response } from 'express';
import { truncate } from '../notification/text.ts';
import type { Logger } from '../observe/log.ts';
import type { DeadLetters } from '../relay/dead-letters.ts';
import type { Decisions } from '../relay/decisions.ts';
import type { Replay, ReplayResult } from '../relay/replay.ts';
import { showDeadLetter, showWholeDeadLetter } from '../relay/show-dead-letter.ts';

/** What is remembered of notifications. The jobs of dead letters, which lead to credentials, cannot be reached from here. */
export interface Records {
  readonly decisions: Pick<Decisions, 'query'>;
  readonly deadLetters: Pick<DeadLetters<never>, 'list' | 'get' | 'remove'>;
  readonly replay: Replay;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;
/** Longest part of a request that an answer quotes, in characters. */
const MAX_QUOTED = 100;

/** Kinds of errors by status: those of Prometheus' HTTP API, and `conflict`. */
const ERROR_TYPES = {
  400: 'bad_data',
  404: 'not_found',
  409: 'conflict',
  422: 'execution',
  500: 'internal',
  503: 'unavailable',
} as const;

interface Failure {
  readonly status: keyof typeof ERROR_TYPES;
  readonly error: string;
}

/** What is below `/api/v1` (docs/api.md): the decisions and the dead letters, answered in the form of Prometheus' HTTP API. */
export function createApi({ decisions, deadLetters, replay }: Records, log: Logger): express.Router {
  const api = express.Router();

  api.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  api.get('/decisions', (request, response) => {
    const given = parametersOf(request, ['fingerprint', 'incident_key', 'receiver', 'limit']);
    const { fingerprint, incident_key: incidentKey, receiver } = given.values;
    const limit = limitOf(given);
    if (typeof limit !== 'number') fail(response, limit);
    else succeed(response, decisions.query({ fingerprint, incidentKey, receiver }, limit));
  });
  api.get('/dead-letters', (request, response) => {
    const limit = limitOf(parametersOf(request, ['limit']));
    if (typeof limit !== 'number') fail(response, limit);
    else succeed(response, deadLetters.list(limit).map(showDeadLetter));
  });
  api.use('/dead-letters/:id', (request, response, next) => {
    const { failure } = parametersOf(request, []);
    if (failure === undefined) next();
    else fail(response, failure);
  });
  api.get('/dead-letters/:id', ({ params: { id } }, response) => {
    const letter = deadLetters.get(id);
    if (letter === undefined) fail(response, unknown(id));
    else succeed(response, showWholeDeadLetter(letter));
  });
  api.delete('/dead-letters/:id', ({ params: { id } }, response) => {
    if (deadLetters.remove(id)) succeed(response, { id });
    else fail(response, unknown(id));
  });
  api.post('/dead-letters/:id/replay', async ({ params: { id } }, response) => {
    const failure = failureOf(await replay(id), id);
    if (failure === undefined) succeed(response, { id, outcome: 'accepted' });
    else fail(response, failure);
  });
  api.use((request, response) => {
    const where = `${request.method} ${truncate(request.baseUrl + request.path, MAX_QUOTED)}`;
    fail(response, { status: 404, error: `there is nothing at ${where}` });
  });
  api.use(internalError(log));
  return api;
}

function internalError(log: Logger): ErrorRequestHandler {
  return (error, _request, response, _next) => {
    if ((error as { status?: number }).status === 400) {
      fail(response, { status: 400, error: 'the path is not readable' });
      return;
    }
    log.error('request failed', { error: String((error as Error).stack ?? error) });
    fail(response, { status: 500, error: 'internal error; see the log of pagerelay' });
  };
}

function succeed(response: Response, data: unknown): void {
  response.json({ status: 'success', data });
}

function fail(response: Response, { status, error }: Failure): void {
  response.status(status).json({ status: 'error', errorType: ERROR_TYPES[status], error });
}

interface Parameters {
  readonly values: Readonly<Record<string, string>>;
  readonly failure?: Failure;
}

/** The query's parameters. Any other than the known ones, a second one of a name and an empty one are faults. */
function parametersOf({ originalUrl }: Request, known: readonly string[]): Parameters {
  const values = new Map<string, string>();
  const query = /\?(.*)/.exec(originalUrl)?.[1] ?? '';
  for (const [name, value] of new URLSearchParams(query)) {
    const fault = faultOf(name, value, known, values);
    if (fault !== undefined) return { values: {}, failure: { status: 400, error: fault } };
    values.set(name, value);
  }
  return { values: Object.fromEntries(values) };
}

function faultOf(
  name: string,
  value: string,
  known: readonly string[],
  earlier: ReadonlyMap<string, string>,
): string | undefined {
  if (!known.includes(name)) {
    const allowed = known.length === 0 ? 'there are none here' : `there are ${known.join(', ')}`;
    return `unknown parameter ${quote(name)}; ${allowed}`;
  }
  if (earlier.has(name)) return `${name} is given more than once`;
  return value === '' ? `${name} is empty` : undefined;
}

function limitOf({ values, failure }: Parameters): number | Failure {
  if (failure !== undefined) return failure;
  const { limit } = values;
  if (limit === undefined) return DEFAULT_LIMIT;
  if (/^\d{1,6}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= MAX_LIMIT) return Number(limit);
  return { status: 400, error: `limit must be a whole number from 1 to ${MAX_LIMIT} (got ${quote(limit)})` };
}

function unknown(id: string): Failure {
  return { status: 404, error: `there is no dead letter ${quote(id)}` };
}

/** Undefined: it was accepted. */
function failureOf(result: ReplayResult, id: string): Failure | undefined {
  switch (result.status) {
    case 'accepted':
      return undefined;
    case 'unknown':
      return unknown(id);
    case 'refused':
      return { status: 409, error: result.reason };
    case 'rejected':
      return { status: 422, error: `${result.reason}: ${result.detail}` };
    case 'unavailable':
      return { status: 503, error: `${result.reason}: ${result.detail}` };
  }
}

function quote(text: string): string {
  return JSON.stringify(truncate(text, MAX_QUOTED));
}
