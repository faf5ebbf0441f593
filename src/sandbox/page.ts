import type { Request } from 'express';

/** Which part of a list is asked for. */
export interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** Both vendors give at most this many at once. */
const MAX_LIMIT = 100;

/** `limit` and `offset` of a request, and what is wrong with them by name. */
export function pageOf(
  query: Request['query'],
  defaultLimit: number,
): { readonly page: Page; readonly errors: Readonly<Record<string, string>> } {
  const page = { limit: wholeNumber(query.limit, defaultLimit), offset: wholeNumber(query.offset, 0) };
  const errors: Record<string, string> = {};
  if (!(page.limit >= 1 && page.limit <= MAX_LIMIT)) {
    errors.limit = `should be a whole number from 1 to ${MAX_LIMIT}`;
  }
  if (!(page.offset >= 0)) errors.offset = 'should be a whole number from 0';
  return { page, errors };
}

/** NaN for anything else. */
function wholeNumber(value: unknown, byDefault: number): number {
  if (value === undefined) return byDefault;
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
}
