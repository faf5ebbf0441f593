import type { SecureVersion } from 'node:tls';
import type { Secret, SecretSource } from '../notification/secret.ts';

/** An `http_config`, checked: what is done beyond sending the vendor's request over the shared connections. */
export interface HttpSettings {
  /** The same for the same settings, and none of them. */
  readonly id: string;
  /** How connections are made; absent: as for everybody. */
  readonly transport?: TransportSettings;
  readonly auth?: AuthSettings;
  /** To add to the request's own; a name may come more than once. */
  readonly headers: readonly { readonly name: string; readonly value: SecretSource }[];
  readonly followRedirects: boolean;
}

export interface TransportSettings {
  readonly tls: TlsSettings;
  readonly proxy: ProxySettings;
}

export interface TlsSettings {
  /** PEM. */
  readonly ca?: SecretSource;
  readonly cert?: SecretSource;
  readonly key?: SecretSource;
  readonly serverName?: string;
  readonly insecureSkipVerify: boolean;
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
}

export interface ProxySettings {
  /** An address, perhaps with user and password; absent: the environment's. */
  readonly url?: Secret;
  readonly noProxy: string;
  readonly connectHeaders: readonly { readonly name: string; readonly values: readonly Secret[] }[];
}

export type AuthSettings =
  | { readonly kind: 'basic'; readonly username: SecretSource; readonly password: SecretSource }
  | { readonly kind: 'authorization'; readonly type: string; readonly credentials: SecretSource }
  | ({ readonly kind: 'oauth2' } & OAuth2Settings);

export interface OAuth2Settings {
  readonly clientId: string;
  readonly clientSecret: SecretSource;
  readonly tokenUrl: string;
  readonly scopes: readonly string[];
  readonly params: readonly { readonly name: string; readonly value: Secret }[];
  readonly transport?: TransportSettings;
}
