import type { SecureVersion } from 'node:tls';
import { Secret } from '../notification/secret.ts';
import type { HttpConfig, TlsConfig } from '../notify/http-config.ts';
import type { ProxySettings, TlsSettings, TransportSettings } from '../notify/http-settings.ts';
import { authoritiesFault, pairFault } from '../notify/tls.ts';
import { compileConnectHeaders } from './compile-headers.ts';
import { compileOptionalSecret, type Section } from './compile-section.ts';
import type { Fault, Path } from './problem.ts';
import type { SecretContext, SecretRules } from './secret-source.ts';

/** Certificates and keys. A bundle of all authorities that there are has some 250 KiB. */
const PEM: SecretRules = { what: 'PEM texts', maxBytes: 1024 * 1024, fault: () => undefined };

type TransportConfig = Pick<
  HttpConfig,
  'tls_config' | 'proxy_url' | 'no_proxy' | 'proxy_from_environment' | 'proxy_connect_header'
>;

/** The proxy and TLS settings of `http_config` or of its `oauth2`; undefined where there are none. */
export function compileTransport(
  config: TransportConfig,
  path: Path,
  label: string,
  context: SecretContext,
  faults: Fault[],
): TransportSettings | undefined {
  const { tls_config = {} } = config;
  const tls = compileTls(tls_config, [...path, 'tls_config'], `${label}.tls_config`, context, faults);
  const proxy = compileProxy(config, path, faults);
  const hasTls = Object.entries(tls_config).some(([name, value]) => name !== 'insecure_skip_verify' || value);
  const hasProxy = proxy.url !== undefined || proxy.connectHeaders.length > 0;
  return hasTls || hasProxy ? { tls, proxy } : undefined;
}

const VERSIONS: Readonly<Record<NonNullable<TlsConfig['min_version']>, SecureVersion>> = {
  TLS10: 'TLSv1',
  TLS11: 'TLSv1.1',
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
};

function compileTls(
  config: TlsConfig,
  path: Path,
  label: string,
  context: SecretContext,
  faults: Fault[],
): TlsSettings {
  const section: Section = { settings: config, path, label, called: '' };
  const secret = (setting: 'ca' | 'cert' | 'key') =>
    compileOptionalSecret(section, setting, PEM, context, faults);
  const [ca, cert, key] = [secret('ca'), secret('cert'), secret('key')];
  const { server_name, insecure_skip_verify = false, min_version, max_version } = config;
  const settings: TlsSettings = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(server_name === undefined ? {} : { serverName: server_name }),
    insecureSkipVerify: insecure_skip_verify,
    ...(min_version === undefined ? {} : { minVersion: VERSIONS[min_version] }),
    ...(max_version === undefined ? {} : { maxVersion: VERSIONS[max_version] }),
  };
  faults.push(...tlsFaults(config, settings, path), ...pemFaults(config, path, context.env));
  return settings;
}

/** Alertmanager's rules (prometheus/common config/http_config.go). */
function tlsFaults({ min_version, max_version }: TlsConfig, { cert, key }: TlsSettings, path: Path): Fault[] {
  const faults: Fault[] = [];
  if (cert !== undefined && key === undefined) {
    const missing = ['key', 'key_file', 'key_env'];
    const message =
      'exactly one of key, key_file or key_env must be configured when a client certificate is configured';
    faults.push({ path, message, missing });
  }
  if (key !== undefined && cert === undefined) {
    const message = 'exactly one of cert or cert_file must be configured when a client key is configured';
    faults.push({ path, message, missing: ['cert', 'cert_file'] });
  }
  if (min_version !== undefined && max_version !== undefined && max_version < min_version) {
    const message =
      'tls_config.max_version must be greater than or equal to tls_config.min_version if both are specified';
    faults.push({ path, message });
  }
  return faults;
}

/** What is wrong with texts that are not in files: those are read when they are used. */
function pemFaults(
  { ca, cert, key, key_env = '' }: TlsConfig,
  path: Path,
  env: SecretContext['env'],
): Fault[] {
  const faults: Fault[] = [];
  const authorities = ca === undefined ? undefined : authoritiesFault(ca);
  if (authorities !== undefined) faults.push({ path: [...path, 'ca'], message: authorities });
  const keyText = key ?? env[key_env];
  const pair = cert === undefined || keyText === undefined ? undefined : pairFault(cert, keyText);
  if (pair !== undefined) faults.push({ path: [...path, 'cert'], message: pair });
  return faults;
}

/** The proxy settings, by Alertmanager's rules (prometheus/common config/http_config.go). */
function compileProxy(config: TransportConfig, path: Path, faults: Fault[]): ProxySettings {
  const { proxy_url, no_proxy = '', proxy_from_environment = false, proxy_connect_header = {} } = config;
  const hasHeaders = Object.keys(proxy_connect_header).length > 0;
  const check = (isWrong: boolean, message: string, missing?: readonly string[]) => {
    if (isWrong) faults.push({ path, message, ...(missing === undefined ? {} : { missing }) });
  };
  check(
    hasHeaders && !proxy_from_environment && proxy_url === undefined,
    'if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured',
    ['proxy_url'],
  );
  check(
    proxy_from_environment && proxy_url !== undefined,
    'if proxy_from_environment is configured, proxy_url must not be configured',
  );
  check(
    proxy_from_environment && no_proxy !== '',
    'if proxy_from_environment is configured, no_proxy must not be configured',
  );
  check(
    !proxy_from_environment && proxy_url === undefined && no_proxy !== '',
    'if no_proxy is configured, proxy_url must also be configured',
    ['proxy_url'],
  );
  return {
    ...(proxy_url === undefined ? {} : { url: new Secret(proxy_url) }),
    noProxy: no_proxy,
    connectHeaders: compileConnectHeaders(proxy_connect_header, [...path, 'proxy_connect_header'], faults),
  };
}
