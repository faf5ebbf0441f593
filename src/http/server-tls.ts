import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { Fault } from '../config/problem.ts';
import type { WebConfigFile } from './web-config-schema.ts';

type TlsSettings = NonNullable<WebConfigFile['tls_server_config']>;

/** How the listeners speak TLS. */
export interface ServerTls {
  /** What a reload can change. */
  readonly context: SecureContextOptions;
  readonly clientAuth: TlsSettings['client_auth_type'];
  /** Subject alternative names of which a client's certificate must have one; where undefined, any will do. */
  readonly allowedNames?: readonly string[];
  /** What it was read from. */
  readonly files: readonly string[];
}

const VERSIONS = { TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;

/** Reads certificates and keys, and finds out whether they belong together. */
export async function serverTls(
  settings: TlsSettings,
  folder: string,
  faults: Fault[],
): Promise<ServerTls | undefined> {
  const { client_auth_type: clientAuth, client_allowed_sans: allowedNames } = settings;
  const before = faults.length;
  const files: string[] = [];
  const at = (name: keyof TlsSettings & string, message: string) =>
    faults.push({ path: ['tls_server_config', name], message });
  const read = async (name: 'cert_file' | 'key_file' | 'client_ca_file') => {
    const given = settings[name];
    if (given === undefined) return undefined;
    const file = resolve(folder, given);
    files.push(file);
    return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      at(name, `cannot be read (${error.code})`);
      return undefined;
    });
  };
  const [cert, key, ca] = await Promise.all([read('cert_file'), read('key_file'), read('client_ca_file')]);
  const verifies = clientAuth === 'VerifyClientCertIfGiven' || clientAuth === 'RequireAndVerifyClientCert';
  if (verifies && settings.client_ca_file === undefined)
    at('client_auth_type', `${clientAuth} needs client_ca_file`);
  if (!verifies && settings.client_ca_file !== undefined)
    at('client_ca_file', `is of no use with client_auth_type ${clientAuth}`);
  if (allowedNames !== undefined && clientAuth !== 'RequireAndVerifyClientCert')
    at('client_allowed_sans', 'needs client_auth_type RequireAndVerifyClientCert');
  if (settings.min_version > settings.max_version) at('max_version', 'is older than min_version');
  if (faults.length > before) return undefined;
  const context: SecureContextOptions = {
    minVersion: VERSIONS[settings.min_version],
    maxVersion: VERSIONS[settings.max_version],
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(ca === undefined ? {} : { ca }),
  };
  const fault = contextFault(context);
  if (fault !== undefined) {
    at(fault.name, fault.message);
    return undefined;
  }
  return { context, clientAuth, files, ...(allowedNames === undefined ? {} : { allowedNames }) };
}

/** What keeps a context from being made. Parts are tried alone first, so that the one at fault is named. */
function contextFault({
  cert,
  key,
  ca,
}: SecureContextOptions):
  | { readonly name: keyof TlsSettings & string; readonly message: string }
  | undefined {
  const isFine = (options: SecureContextOptions) => {
    try {
      createSecureContext(options);
      return true;
    } catch {
      // OpenSSL's words may quote the file, which may be a key.
      return false;
    }
  };
  if (!isFine({ cert }) || !isCertificate(String(cert)))
    return { name: 'cert_file', message: 'holds no certificate in PEM' };
  if (ca !== undefined && !isCertificate(String(ca)))
    return { name: 'client_ca_file', message: 'holds no certificate in PEM' };
  if (!isFine({ key }))
    return { name: 'key_file', message: 'holds no private key in PEM that needs no passphrase' };
  return isFine({ cert, key }) ? undefined : { name: 'key_file', message: 'is not the key of cert_file' };
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

/** What `node:https` is to do about clients' certificates. */
export function clientOptions({ clientAuth }: ServerTls): {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
} {
  return {
    requestCert: clientAuth !== 'NoClientCert',
    rejectUnauthorized: clientAuth === 'RequireAndVerifyClientCert',
  };
}

/** Whether a client whose handshake is done may stay. */
export function isWelcome(socket: TLSSocket, { clientAuth, allowedNames }: ServerTls): boolean {
  const certificate = socket.getPeerX509Certificate();
  if (clientAuth === 'RequireAnyClientCert') return certificate !== undefined;
  if (clientAuth === 'VerifyClientCertIfGiven') return certificate === undefined || socket.authorized;
  if (allowedNames === undefined) return true;
  return certificate !== undefined && allowedNames.some((name) => hasName(certificate, name));
}

const EXACT = { subject: 'never', wildcards: false } as const;

function hasName(certificate: X509Certificate, name: string): boolean {
  // It throws for anything else.
  if (isIP(name) !== 0) return certificate.checkIP(name) !== undefined;
  return (
    certificate.checkHost(name, EXACT) !== undefined ||
    certificate.checkEmail(name, { subject: 'never' }) !== undefined ||
    (certificate.subjectAltName ?? '').split(', ').includes(`URI:${name}`)
  );
}
