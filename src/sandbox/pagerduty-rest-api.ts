import { type Request, type Response, Router } from 'express';
import { answerOrFault } from './fault-gate.ts';
import type { SandboxIncident } from './incidents.ts';
import { type Page, pageOf } from './page.ts';
import {
  ALERT_STATUSES,
  alertStatus,
  INCIDENT_STATUSES,
  incidentNumber,
  incidentStatus,
  toAlert,
  toIncident,
} from './pagerduty-incident.ts';
import type { State } from './state.ts';

const DEFAULT_LIMIT = 25;
/** `offset` and `limit` together, at most: PagerDuty's REST API, "Pagination". */
const MAX_REACH = 10_000;
/** Without a range, PagerDuty lists the incidents of the last month. */
const MONTH_MS = 30 * 24 * 60 * 60 * 1000;

const SORTS: readonly unknown[] = ['incident_number', 'created_at'].flatMap((name) => [
  name,
  `${name}:asc`,
  `${name}:desc`,
]);
const PAGING = ['limit', 'offset', 'total'];
const ALERT_PARAMETERS = [...PAGING, 'statuses[]'];
/** Of PagerDuty's parameters, those that the sandbox heeds; it has one service only, and takes any id for it. */
const INCIDENT_PARAMETERS = [...ALERT_PARAMETERS, 'service_ids[]', 'date_range', 'sort_by', 'incident_key'];

/** What of PagerDuty's REST API reads incidents and their alerts. Any key sees those of all routing keys. */
export function pagerDutyRestApi(state: State): Router {
  const router = Router();
  router.use('/incidents', (request, response, next) => {
    if (tokenOf(request) !== '') return next();
    state.refused('pagerduty', 'no key in the form of "Token token=<20 characters>"');
    response.status(401).json({ error: { message: 'Unauthorized', code: 2006 } });
  });
  router.get('/incidents', async (request, response) => {
    await answerOrFault(state, 'pagerduty', tokenOf(request), response, () => {
      listIncidents(request, response, state);
    });
  });
  router.get('/incidents/:id/alerts', async (request, response) => {
    await answerOrFault(state, 'pagerduty', tokenOf(request), response, () => {
      listAlerts(request, response, state);
    });
  });
  router.use('/incidents', ({ method, path }, response) => {
    state.refused('pagerduty', `there is no call ${method} /incidents${path}`);
    notFound(response);
  });
  return router;
}

function listIncidents({ query }: Request, response: Response, state: State): void {
  const { page, errors } = pageOf(query, DEFAULT_LIMIT);
  const { date_range: range, sort_by: sort = 'created_at:asc', incident_key: key } = query;
  const faults = [
    ...commonFaults(query, INCIDENT_PARAMETERS, INCIDENT_STATUSES, page, errors),
    ...(range === undefined || range === 'all' ? [] : ["'date_range' should be all"]),
    ...(SORTS.includes(sort) ? [] : [`'sort_by' should be one of ${SORTS.join(', ')}`]),
  ];
  if (refused(faults, response, state)) return;
  const since = range === 'all' ? '' : new Date(state.now() - MONTH_MS).toISOString();
  const statuses = listOf(query['statuses[]'], INCIDENT_STATUSES);
  const found = state.incidents
    .of('pagerduty')
    .filter((incident) => statuses.includes(incidentStatus(incident)))
    .filter(({ history }) => (history[0]?.at ?? '') >= since)
    // An empty key is as none, and finds everything.
    .filter((incident) => key === undefined || key === '' || key === incident.key);
  if (String(sort).endsWith(':desc')) found.reverse();
  response.json({ incidents: cut(found, page).map(toIncident), ...paging(query, page, found) });
}

function listAlerts({ params, query }: Request<{ id: string }>, response: Response, state: State): void {
  const { page, errors } = pageOf(query, DEFAULT_LIMIT);
  if (refused(commonFaults(query, ALERT_PARAMETERS, ALERT_STATUSES, page, errors), response, state)) return;
  const incident = state.incidents.byId(incidentNumber(params.id), 'pagerduty');
  if (incident === undefined) {
    notFound(response);
    return;
  }
  const isAsked = listOf(query['statuses[]'], ALERT_STATUSES).includes(alertStatus(incident));
  const found = isAsked ? [incident] : [];
  response.json({ alerts: cut(found, page).map(toAlert), ...paging(query, page, found) });
}

/** What is wrong with the parameters that both lists have. */
function commonFaults(
  query: Request['query'],
  known: readonly string[],
  statuses: readonly string[],
  page: Page,
  errors: Readonly<Record<string, string>>,
): readonly string[] {
  const unknown = Object.keys(query).filter((name) => !known.includes(name));
  const wrong = listOf(query['statuses[]'], statuses).some((status) => !statuses.includes(String(status)));
  return [
    ...unknown.map((name) => `'${name}' is not known to the sandbox`),
    ...Object.entries(errors).map(([name, error]) => `'${name}' ${error}`),
    ...(page.offset + page.limit > MAX_REACH ? [`'offset' and 'limit' exceed ${MAX_REACH} together`] : []),
    ...(wrong ? [`Status must be a list of ${statuses.join(', ')}.`] : []),
  ];
}

function refused(faults: readonly string[], response: Response, state: State): boolean {
  if (faults.length === 0) return false;
  state.refused('pagerduty', faults);
  response.status(400).json({ error: { message: 'Invalid Input Provided', code: 2001, errors: faults } });
  return true;
}

function notFound(response: Response): void {
  response.status(404).json({ error: { message: 'Not Found', code: 2100 } });
}

function listOf(value: unknown, byDefault: readonly unknown[]): readonly unknown[] {
  if (value === undefined) return byDefault;
  return Array.isArray(value) ? value : [value];
}

function cut(found: readonly SandboxIncident[], { limit, offset }: Page): readonly SandboxIncident[] {
  return found.slice(offset, offset + limit);
}

function paging(query: Request['query'], { limit, offset }: Page, found: readonly unknown[]): object {
  const total = query.total === 'true' ? found.length : null;
  return { limit, offset, more: offset + limit < found.length, total };
}

/** Empty when there is none in the form of one. */
function tokenOf({ headers }: Request): string {
  return /^Token token=([\w+-]{20})$/.exec(headers.authorization ?? '')?.[1] ?? '';
}
