import type { HttpSettings } from '../notify/http-settings.ts';

/**
 * Stands for an address and the way there (`http_config`): what is reached through a proxy, or with a certificate of its own,
 * may be gone while the address is there for others.
 */
export function endpointOf(address: string, http: HttpSettings | undefined): string {
  return http === undefined ? address : [address, http.id].join(' ');
}
