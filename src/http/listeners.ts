import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createHttpServer, type HttpOptions } from './server.ts';
import type { WebConfig } from './web-config.ts';

export interface Listen {
  /** Empty for every interface. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

/** The addresses that the daemon is served at: one for everything, or one for webhooks and one for operators. */
export interface Listeners {
  /** The addresses that they got, that for webhooks first. */
  start(): Promise<readonly AddressInfo[]>;
  /** Speaks TLS so from now on, with new connections; what cannot be changed while it listens was asked for by `unchangeable`. */
  use(config: WebConfig): void;
  /** Takes no more connections. Settles when the last has ended. */
  close(): Promise<void>;
  /** Cuts off whoever is still connected. */
  cut(): void;
}

/** How often idle connections are closed while closing, in ms. */
const CLOSE_IDLE_EVERY_MS = 50;

export function createListeners(
  options: HttpOptions,
  listen: Listen,
  forOperators: Listen | undefined,
): Listeners {
  const open: readonly (readonly [Server, Listen])[] =
    forOperators === undefined
      ? [[createHttpServer(options, 'all'), listen]]
      : [
          [createHttpServer(options, 'webhooks'), listen],
          [createHttpServer(options, 'operators'), forOperators],
        ];
  const servers = open.map(([server]) => server);
  return {
    async start() {
      for (const [server, address] of open) await listening(server, address);
      return servers.map((server) => server.address() as AddressInfo);
    },
    use({ tls }) {
      if (tls === undefined) return;
      for (const server of servers) (server as TlsServer).setSecureContext(tls.context);
    },
    async close() {
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      const closingIdle = setInterval(() => {
        for (const server of servers) server.closeIdleConnections();
      }, CLOSE_IDLE_EVERY_MS);
      await Promise.all(closed);
      clearInterval(closingIdle);
    },
    cut() {
      for (const server of servers) server.closeAllConnections();
    },
  };
}

/** Why a web config cannot take the place of another while the daemon listens. */
export function unchangeable(next: WebConfig, current: WebConfig): string | undefined {
  if ((next.tls === undefined) !== (current.tls === undefined))
    return 'whether TLS is spoken takes a restart to change';
  if (next.tls?.clientAuth !== current.tls?.clientAuth) return 'client_auth_type takes a restart to change';
  return undefined;
}

function listening(server: Server, { host, port }: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(Object.assign(error, { address: host, port }));
    server.once('error', failed);
    server.listen(port, host === '' ? undefined : host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}
