import { resolve } from 'node:path';
import { sha256hex } from '../notification/incident-key.ts';
import { Secret } from '../notification/secret.ts';
import type { HttpConfig } from '../notify/http-config.ts';
import { withHttpFiles } from '../notify/http-files.ts';
import type { AuthSettings, HttpSettings } from '../notify/http-settings.ts';
import type { Vendor } from '../notify/vendor.ts';
import { compileHeaders, HEADER_VALUE } from './compile-headers.ts';
import { compileOptionalSecret } from './compile-section.ts';
import { compileTransport } from './compile-transport.ts';
import type { Fault, Path } from './problem.ts';
import { literalSecret, type SecretContext, type SecretRules } from './secret-source.ts';

/** An `http_config` and where it stands. */
export interface CompiledHttp {
  readonly config: HttpConfig;
  readonly path: Path;
  /** Undefined when it asks for nothing beyond what is done anyway. */
  readonly settings: HttpSettings | undefined;
}

const LABEL = 'http_config';

/** A user's name, a password or a client's secret. */
const WORDS: SecretRules = {
  what: 'a name or password',
  maxBytes: 16 * 1024,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  fault: (value) => (/[\x00-\x1f\x7f]/.test(value) ? 'holds control characters' : undefined),
};

/** The `http_config` of a section, or what has that form under another name, if it has one. Its files are relative to `folder`, the config file's, as in Alertmanager. */
export function compileHttpOf(
  section: Readonly<Record<string, unknown>>,
  path: Path,
  folder: string,
  context: SecretContext,
  faults: Fault[],
  name = 'http_config',
): CompiledHttp | undefined {
  const http_config = section[name];
  if (http_config === undefined) return undefined;
  // The schema that it passed is that of HttpConfig.
  const config = withHttpFiles(http_config, (file) => resolve(folder, file)) as HttpConfig;
  return compileHttp(config, [...path, name], context, faults);
}

/** Compiles an `http_config` by Alertmanager's rules (prometheus/common config/http_config.go). */
function compileHttp(config: HttpConfig, path: Path, context: SecretContext, faults: Fault[]): CompiledHttp {
  faults.push(...combinationFaults(config, path));
  const auth = compileAuth(config, path, context, faults);
  const transport = compileTransport(config, path, LABEL, context, faults);
  const headers = compileHeaders(config.http_headers ?? {}, [...path, 'http_headers'], context, faults);
  const { follow_redirects: followRedirects = false } = config;
  if (auth === undefined && transport === undefined && headers.length === 0 && !followRedirects) {
    return { config, path, settings: undefined };
  }
  const settings = {
    ...(auth === undefined ? {} : { auth }),
    ...(transport === undefined ? {} : { transport }),
    headers,
    followRedirects,
  };
  // The config has what is written out, the settings have what variables stand for.
  return { config, path, settings: { ...settings, id: sha256hex(JSON.stringify([config, settings])) } };
}

function combinationFaults(config: HttpConfig, path: Path): readonly Fault[] {
  const { basic_auth, authorization, oauth2, bearer_token, bearer_token_file } = config;
  const hasBearer = bearer_token !== undefined || bearer_token_file !== undefined;
  const messages: string[] = [];
  if (hasBearer && (basic_auth !== undefined || oauth2 !== undefined)) {
    messages.push('at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured');
  }
  if (hasBearer && authorization !== undefined) {
    messages.push('authorization is not compatible with bearer_token & bearer_token_file');
  }
  if ([basic_auth, oauth2, authorization].filter((auth) => auth !== undefined).length > 1) {
    messages.push('at most one of basic_auth, oauth2 & authorization must be configured');
  }
  return messages.map((message) => ({ path, message }));
}

function compileAuth(
  config: HttpConfig,
  path: Path,
  context: SecretContext,
  faults: Fault[],
): AuthSettings | undefined {
  const { basic_auth, authorization, oauth2 } = config;
  if (oauth2 !== undefined) return compileOAuth2(oauth2, [...path, 'oauth2'], context, faults);
  if (basic_auth !== undefined) return compileBasic(basic_auth, [...path, 'basic_auth'], context, faults);
  if (authorization !== undefined) {
    return compileAuthorization(authorization, [...path, 'authorization'], context, faults);
  }
  const section = { settings: config, path, label: LABEL, called: '' };
  const credentials = compileOptionalSecret(section, 'bearer_token', HEADER_VALUE, context, faults);
  return credentials === undefined ? undefined : { kind: 'authorization', type: 'Bearer', credentials };
}

function compileBasic(
  settings: NonNullable<HttpConfig['basic_auth']>,
  path: Path,
  context: SecretContext,
  faults: Fault[],
): AuthSettings {
  const label = `${LABEL}.basic_auth`;
  const section = { settings, path, label, called: 'basic_auth ' };
  const [username, password] = ['username', 'password'].map((setting) =>
    compileOptionalSecret(section, setting, WORDS, context, faults),
  );
  if (username === undefined && password === undefined) {
    const missing = ['username', 'username_file', 'password', 'password_file', 'password_env'];
    faults.push({ path, message: `it says nothing: set ${missing.join(', ')}`, missing });
  }
  return {
    kind: 'basic',
    username: username ?? literalSecret(`${label}.username`, ''),
    password: password ?? literalSecret(`${label}.password`, ''),
  };
}

function compileAuthorization(
  settings: NonNullable<HttpConfig['authorization']>,
  path: Path,
  context: SecretContext,
  faults: Fault[],
): AuthSettings {
  const label = `${LABEL}.authorization`;
  const section = { settings, path, label, called: 'authorization ' };
  const credentials = compileOptionalSecret(section, 'credentials', HEADER_VALUE, context, faults);
  const type = settings.type.trim() === '' ? 'Bearer' : settings.type.trim();
  if (type.toLowerCase() === 'basic') {
    const message = 'authorization type cannot be set to "basic", use "basic_auth" instead';
    faults.push({ path: [...path, 'type'], message });
  }
  const typeFault = HEADER_VALUE.fault(type);
  if (typeFault !== undefined) faults.push({ path: [...path, 'type'], message: typeFault });
  if (credentials === undefined) {
    const missing = ['credentials', 'credentials_file', 'credentials_env'];
    faults.push({ path, message: `no credentials: set ${missing.join(', ')}`, missing });
  }
  return {
    kind: 'authorization',
    type,
    credentials: credentials ?? literalSecret(`${label}.credentials`, ''),
  };
}

function compileOAuth2(
  settings: NonNullable<HttpConfig['oauth2']>,
  path: Path,
  context: SecretContext,
  faults: Fault[],
): AuthSettings {
  const label = `${LABEL}.oauth2`;
  const section = { settings, path, label, called: 'oauth2 ' };
  const secret = compileOptionalSecret(section, 'client_secret', WORDS, context, faults);
  const transport = compileTransport(settings, path, label, context, faults);
  const { client_id = '', token_url = '', scopes = [], endpoint_params = {} } = settings;
  for (const [setting, value] of Object.entries({ client_id, token_url })) {
    if (value !== '') continue;
    faults.push({ path, message: `oauth2 ${setting} must be configured`, missing: [setting] });
  }
  if (scopes.length > 0 && Object.hasOwn(endpoint_params, 'scope')) {
    const message = 'oauth2: cannot overwrite parameter "scope"';
    faults.push({ path: [...path, 'endpoint_params', 'scope'], message });
  }
  return {
    kind: 'oauth2',
    clientId: client_id,
    clientSecret: secret ?? literalSecret(`${label}.client_secret`, ''),
    tokenUrl: token_url,
    scopes,
    params: Object.entries(endpoint_params).map(([name, value]) => ({ name, value: new Secret(value) })),
    ...(transport === undefined ? {} : { transport }),
  };
}

/** A warning where the vendor's own Authorization header and that of an `http_config` meet. */
export function authorizationFaults(
  { config, path, settings }: CompiledHttp,
  { type, credential }: Vendor,
): readonly Fault[] {
  const auth = settings?.auth;
  if (auth === undefined || credential.header !== 'Authorization') return [];
  const setting = (
    ['oauth2', 'basic_auth', 'authorization', 'bearer_token', 'bearer_token_file'] as const
  ).find((name) => config[name] !== undefined);
  const own = `the ${credential.setting} in the Authorization header`;
  const message =
    auth.kind === 'oauth2'
      ? `for ${type}_configs its token takes the place of ${own}, as in Alertmanager`
      : `it has no effect on ${type}_configs, whose requests have ${own}; as in Alertmanager`;
  return [{ path: [...path, setting ?? ''], message, warning: true }];
}
