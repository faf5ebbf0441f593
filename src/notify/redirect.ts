import type { Answer } from './outcome.ts';

/** Most redirects that are followed in a row. */
const MAX_REDIRECTS = 5;

/**
 * Where a redirect leads, if it can be followed with method, body and credential: 307 or 308 (RFC 9110 15.4), to the same
 * host and port, or from http to https of that host on their usual ports. Otherwise an error says why it is not followed.
 * Undefined for any other answer. `followed`: how many were before it.
 */
export function redirectOf(
  { status, headers }: Answer,
  from: string,
  followed: number,
): string | Error | undefined {
  if (status >= 301 && status <= 303) return new Error('not followed: it would turn the request into a GET');
  if (status !== 307 && status !== 308) return undefined;
  if (followed === MAX_REDIRECTS) return new Error(`not followed: there were ${MAX_REDIRECTS} before it`);
  const { location } = headers;
  if (typeof location !== 'string' || !URL.canParse(location, from)) {
    return new Error('not followed: it leads to no address');
  }
  const to = new URL(location, from);
  const at = new URL(from);
  const isUpgrade = at.protocol === 'http:' && to.protocol === 'https:' && to.host === at.host;
  const hasUser = to.username !== '' || to.password !== '';
  if (hasUser || (to.origin !== at.origin && !isUpgrade)) {
    return new Error('not followed: another host would get the credential');
  }
  return `${to.origin}${to.pathname}${to.search}`;
}
