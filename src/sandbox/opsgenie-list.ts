import type { Request } from 'express';
import type { SandboxIncident } from './incidents.ts';
import { type Page, pageOf } from './page.ts';

const DEFAULT_LIMIT = 20;

/** `status:open`, alone or with the source; of Opsgenie's search language the sandbox knows no more. */
const QUERY = /^\s*status\s*:\s*open(?:\s+AND\s+source\s*:\s*"((?:[^"\\]|\\.)*)")?\s*$/;
const SORTS: readonly unknown[] = ['createdAt', 'tinyId'];
const ORDERS: readonly unknown[] = ['asc', 'desc'];
const PARAMETERS = ['query', 'limit', 'offset', 'sort', 'order'];

/** Which alerts `GET /v2/alerts` asks for, and what is wrong with its parameters by name. */
export interface AlertList {
  readonly page: Page;
  readonly errors: Readonly<Record<string, string>>;
  readonly isAscending: boolean;
  isAsked(incident: SandboxIncident): boolean;
}

/** Reads the parameters of `GET /v2/alerts`. */
export function alertList(parameters: Request['query']): AlertList {
  const { page, errors: pageErrors } = pageOf(parameters, DEFAULT_LIMIT);
  const { query = '', sort = 'createdAt', order = 'desc' } = parameters;
  const match = QUERY.exec(String(query));
  const errors: Record<string, string> = { ...pageErrors };
  for (const name of Object.keys(parameters)) {
    if (!PARAMETERS.includes(name)) errors[name] = 'is not known to the sandbox';
  }
  if (query !== '' && match === null) {
    errors.query = 'should be status:open, or status:open AND source:"…"; the sandbox knows no more';
  }
  if (!SORTS.includes(sort)) errors.sort = `should be one of [ ${SORTS.join(', ')} ]`;
  if (!ORDERS.includes(order)) errors.order = `should be one of [ ${ORDERS.join(', ')} ]`;
  const source = match?.[1]?.replaceAll(/\\(.)/g, '$1');
  return {
    page,
    errors,
    isAscending: order === 'asc',
    isAsked: ({ status, event }) =>
      query === '' || (status === 'open' && (source === undefined || source === event.source)),
  };
}

/** Where the other pages are. Empty when there is one page only. */
export function pagingOf(url: URL, { limit, offset }: Page, total: number): Readonly<Record<string, string>> {
  if (total <= limit && offset === 0) return {};
  const at = (start: number) => {
    const page = new URL(url);
    page.searchParams.set('limit', String(limit));
    page.searchParams.set('offset', String(start));
    return page.href;
  };
  return {
    ...(offset + limit < total ? { next: at(offset + limit) } : {}),
    ...(offset > 0 ? { prev: at(Math.max(0, offset - limit)) } : {}),
    first: at(0),
    last: at(Math.max(0, Math.ceil(total / limit) - 1) * limit),
  };
}
