import { Secret } from '../notification/secret.ts';
import type { NoAnswer } from './http-request.ts';
import type { AuthSettings } from './http-settings.ts';
import type { Attempt } from './notifier.ts';
import { readSecrets } from './read-secrets.ts';

/** What a request authenticates with. */
export interface Authorization {
  /** The value of the header. */
  readonly header: Secret;
  /** What of it nobody may see. */
  readonly secrets: readonly Secret[];
}

/** Of a user and password, or of credentials. */
export async function authorizationOf(
  auth: Exclude<AuthSettings, { kind: 'oauth2' }>,
  attempt: Attempt,
): Promise<Authorization | NoAnswer> {
  const sources = auth.kind === 'basic' ? [auth.username, auth.password] : [auth.credentials];
  const read = await readSecrets(sources, attempt);
  if (read instanceof Error) return { failure: 'local', code: read.message, notSent: true };
  const [first = '', second = ''] = read.map((secret) => secret.reveal());
  if (auth.kind === 'authorization') return { header: new Secret(`${auth.type} ${first}`), secrets: read };
  const encoded = Buffer.from(`${first}:${second}`).toString('base64');
  return { header: new Secret(`Basic ${encoded}`), secrets: [new Secret(second), new Secret(encoded)] };
}
