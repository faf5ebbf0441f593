import { Secret } from '../notification/secret.ts';
import type { HttpRequest, NoAnswer } from './http-request.ts';
import type { OAuth2Settings } from './http-settings.ts';
import type { Answer } from './outcome.ts';
import { parseBody } from './parse-body.ts';

/** An access token, and the header that shows it. */
export interface Token {
  readonly secret: Secret;
  readonly authorization: Secret;
}

/** Where the client's name and secret may stand (RFC 6749 2.3.1), in the order in which golang.org/x/oauth2 tries them. */
export const PLACES = ['header', 'body'] as const;
export type Place = (typeof PLACES)[number];

/** The request for a token (RFC 6749 4.4.2). A parameter of the config takes the place of ours of that name, as in Go. */
export function tokenRequest(settings: OAuth2Settings, clientSecret: string, place: Place): HttpRequest {
  const { clientId, tokenUrl, scopes, params } = settings;
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  for (const { name, value } of params) form.set(name, value.reveal());
  const headers: Record<string, string> = { 'Content-Type': 'application/x-www-form-urlencoded' };
  if (place === 'header') {
    const userAndPassword = `${formEncode(clientId)}:${formEncode(clientSecret)}`;
    headers.Authorization = `Basic ${Buffer.from(userAndPassword).toString('base64')}`;
  } else {
    form.set('client_id', clientId);
    if (clientSecret !== '') form.set('client_secret', clientSecret);
  }
  return { method: 'POST', url: new URL(tokenUrl).href, headers, body: form.toString() };
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

/** The token of an answer and how long it lives, for ever when the answer does not say (RFC 6749 5.1); undefined without one. */
export function parseToken({ status, body }: Answer): { token: Token; lifetimeMs: number } | undefined {
  const { access_token, token_type = 'Bearer', expires_in } = fieldsOf(body);
  if (status < 200 || status > 299 || !isHeaderText(access_token) || !isHeaderText(token_type))
    return undefined;
  const type = token_type.toLowerCase() === 'bearer' ? 'Bearer' : token_type;
  // Some servers send a text, and 0 is no answer, as in Go.
  const seconds = Number(expires_in) || Number.POSITIVE_INFINITY;
  return {
    token: { secret: new Secret(access_token), authorization: new Secret(`${type} ${access_token}`) },
    lifetimeMs: seconds * 1000,
  };
}

function isHeaderText(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

/** The errors of RFC 6749 5.2. Any other text of the server's may hold a secret. */
const ERRORS: ReadonlySet<unknown> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]);

/** What an answer without a token means. */
export function tokenRefusal({ status, body }: Answer): NoAnswer {
  const { error } = fieldsOf(body);
  const why = status < 300 ? ' without a token that can be used' : ERRORS.has(error) ? ` (${error})` : '';
  const mayMend = status === 408 || status === 429 || status >= 500;
  const code = `http_config.oauth2.token_url answered ${status}${why}`;
  return { failure: mayMend ? 'network' : 'auth', code, notSent: true };
}

function fieldsOf(body: string): Readonly<Record<string, unknown>> {
  const value = parseBody(body);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
