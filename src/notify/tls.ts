import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { TlsOptions } from './dispatchers.ts';
import type { TlsSettings } from './http-settings.ts';

/** The texts of a TLS setting's files, or those written into the config. */
export type TlsTexts = Readonly<Partial<Record<'ca' | 'cert' | 'key', string>>>;

/** What connections are made with, or an error that names the setting and never shows the text. */
export function tlsOptions(texts: TlsTexts, settings: TlsSettings): TlsOptions | Error {
  const { ca, cert, key, minVersion, maxVersion, serverName, insecureSkipVerify } = settings;
  const authorities = texts.ca === undefined ? undefined : authoritiesFault(texts.ca);
  if (authorities !== undefined) return new Error(`${ca?.name}: ${authorities}`);
  const secureContext = contextOf({
    ...texts,
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
    // OpenSSL 3 has no ciphers for these versions above this level; who sets them asks for it.
    ...(isOld(minVersion) || isOld(maxVersion) ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
  });
  if (typeof secureContext === 'string') return new Error(`${cert?.name}, ${key?.name}: ${secureContext}`);
  return {
    secureContext,
    ...(serverName === undefined ? {} : { servername: serverName }),
    rejectUnauthorized: !insecureSkipVerify,
  };
}

/** What is wrong with the certificates of authorities, without the text. */
export function authoritiesFault(pem: string): string | undefined {
  try {
    new X509Certificate(pem);
    return undefined;
  } catch {
    return 'holds no certificate';
  }
}

/** What is wrong with a certificate and its key, without the texts. */
export function pairFault(cert: string, key: string): string | undefined {
  const context = contextOf({ cert, key });
  return typeof context === 'string' ? context : undefined;
}

function contextOf(options: SecureContextOptions): SecureContext | string {
  try {
    return createSecureContext(options);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    return `no certificate with its private key (${code})`;
  }
}

function isOld(version: TlsSettings['minVersion']): boolean {
  return version === 'TLSv1' || version === 'TLSv1.1';
}
