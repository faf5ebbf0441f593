import { Secret } from '../notification/secret.ts';
import type { HttpConfig } from '../notify/http-config.ts';
import type { HttpSettings, ProxySettings } from '../notify/http-settings.ts';
import { compileSecret } from './compile-credential.ts';
import type { Fault, Path } from './problem.ts';
import type { SecretContext, SecretRules } from './secret-source.ts';

/** The value of a header (RFC 9110 5.5), without what is not ASCII. */
export const HEADER_VALUE: SecretRules = {
  what: 'a header',
  maxBytes: 16 * 1024,
  fault: (value) => (/^[\t\x20-\x7e]*$/.test(value) ? undefined : 'holds characters that no header has'),
};

/** Headers that are not the config's to set: Alertmanager's list (prometheus/common config/headers.go) and what undici refuses. */
const RESERVED: ReadonlySet<string> = new Set([
  'authorization',
  'host',
  'content-encoding',
  'content-length',
  'content-type',
  'user-agent',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'www-authenticate',
  'accept-encoding',
  'x-prometheus-remote-write-version',
  'x-prometheus-remote-read-version',
  'x-prometheus-scrape-timeout-seconds',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
  'expect',
  'transfer-encoding',
  'upgrade',
]);

/** Of those, the ones that CONNECT cannot have either. */
const RESERVED_FOR_CONNECT: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'connection',
  'keep-alive',
  'expect',
  'transfer-encoding',
  'upgrade',
]);

/** `http_headers`: a header for each value, in the order of the config. */
export function compileHeaders(
  headers: NonNullable<HttpConfig['http_headers']>,
  path: Path,
  context: SecretContext,
  faults: Fault[],
): HttpSettings['headers'] {
  return Object.entries(headers).flatMap(([name, { values = [], secrets = [], files = [], envs = [] }]) => {
    faults.push(...nameFaults(name, RESERVED, [...path, name]));
    const lists = { values, secrets, files, envs };
    return (['values', 'secrets', 'files', 'envs'] as const).flatMap((list) =>
      lists[list].map((value, i) => {
        const given = {
          name: `http_config.http_headers.${name}.${list}[${i}]`,
          kind: KINDS[list],
          value,
          path: [...path, name, list, i],
        };
        return { name, value: compileSecret(given, HEADER_VALUE, context, faults) };
      }),
    );
  });
}

const KINDS = { values: 'secret', secrets: 'secret', files: 'file', envs: 'env' } as const;

/** `proxy_connect_header`. */
export function compileConnectHeaders(
  headers: NonNullable<HttpConfig['proxy_connect_header']>,
  path: Path,
  faults: Fault[],
): ProxySettings['connectHeaders'] {
  return Object.entries(headers).map(([name, values]) => {
    faults.push(...nameFaults(name, RESERVED_FOR_CONNECT, [...path, name]));
    for (const [i, value] of values.entries()) {
      const message = HEADER_VALUE.fault(value);
      if (message !== undefined) faults.push({ path: [...path, name, i], message });
    }
    return { name, values: values.map((value) => new Secret(value)) };
  });
}

function nameFaults(name: string, reserved: ReadonlySet<string>, path: Path): readonly Fault[] {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    return [{ path, atKey: true, message: 'no header can be called so' }];
  }
  if (!reserved.has(name.toLowerCase())) return [];
  // As Go writes it: https://pkg.go.dev/net/http#CanonicalHeaderKey
  const canonical = name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
  return [{ path, atKey: true, message: `setting header "${canonical}" is not allowed` }];
}
