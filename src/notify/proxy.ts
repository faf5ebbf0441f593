import type { ProxySettings } from './http-settings.ts';
import { type IsDirect, parseNoProxy } from './no-proxy.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What proxy to use, by the scheme of the address that is called. */
export interface Proxies {
  readonly http: string | undefined;
  readonly https: string | undefined;
  readonly isDirect: IsDirect;
  /** For the proxy itself. */
  readonly headers: Readonly<Record<string, string | string[]>>;
}

/** Whether a text can be used as the address of a proxy: http or https, its user and password in valid escapes. */
export function isProxyAddress(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  try {
    decodeURIComponent(`${username}${password}`);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with the proxy settings, without their values, which may hold a password; undefined when nothing is. */
export function proxyFault(env: Environment): string | undefined {
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']) {
    const value = env[name] ?? '';
    if (value !== '' && !isProxyAddress(value)) {
      return `environment variable ${name} is not an address such as http://proxy.example.com:3128`;
    }
  }
  return undefined;
}

/** The proxies of these settings; where they have none, those of the environment. */
export function proxiesOf(env: Environment, settings?: ProxySettings): Proxies {
  const headers = Object.fromEntries(
    (settings?.connectHeaders ?? []).map(({ name, values }) => [name, values.map((value) => value.reveal())]),
  );
  const url = settings?.url?.reveal();
  if (settings === undefined || url === undefined) {
    return {
      // As Go: an empty one is none.
      http: env.HTTP_PROXY || env.http_proxy,
      https: env.HTTPS_PROXY || env.https_proxy,
      isDirect: parseNoProxy(env.NO_PROXY || env.no_proxy || ''),
      headers,
    };
  }
  // As Alertmanager: without a list, everything goes through it, this host too.
  const isDirect = settings.noProxy === '' ? () => false : parseNoProxy(settings.noProxy);
  return { http: url, https: url, isDirect, headers };
}
