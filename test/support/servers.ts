import { createServer as createHttpServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FakeVendor, Received, Script } from './fake-vendor.ts';
import { tlsText } from './tls.ts';

export interface Listening extends FakeVendor {
  readonly port: number;
  /** Connections so far, those that are closed included. */
  readonly connections: readonly Socket[];
}

/** Runs `use` against a real HTTPS server, whose certificate is for vendor.test, localhost and 127.0.0.1. */
export function withHttps<T>(
  script: Script,
  options: ServerOptions,
  use: (vendor: Listening) => Promise<T>,
): Promise<T> {
  const own = { cert: tlsText('server.pem'), key: tlsText('server-key.pem') };
  return listening((onRequest) => createHttpsServer({ ...own, ...options }, onRequest), 'https', script, use);
}

/** The same without TLS. */
export function withHttp<T>(script: Script, use: (vendor: Listening) => Promise<T>): Promise<T> {
  return listening((onRequest) => createHttpServer(onRequest), 'http', script, use);
}

async function listening<T>(
  create: (onRequest: RequestListener) => Server,
  scheme: string,
  script: Script,
  use: (vendor: Listening) => Promise<T>,
): Promise<T> {
  const requests: Received[] = [];
  const server = create(async (request, response) => {
    response.on('error', () => {});
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, headers, body, at: performance.now() });
    script(response, { method, url, headers, body, at: performance.now() }, requests.length - 1);
  });
  return withPort(server, (port, connections) =>
    use({ url: `${scheme}://127.0.0.1:${port}/`, port, requests, connections }),
  );
}

export interface Proxy {
  readonly url: string;
  /** What it was asked to connect to, and how. */
  readonly asked: readonly { readonly target: string; readonly headers: IncomingHttpHeaders }[];
}

/** A real proxy for CONNECT. Whatever it is asked for, it leads to `port`, or by the port that is asked for; or it answers that status; or nothing. */
export async function withProxy<T>(
  to: { readonly port: number | Readonly<Record<string, number>> } | { readonly status: number } | 'nowhere',
  use: (proxy: Proxy) => Promise<T>,
): Promise<T> {
  const asked: { target: string; headers: IncomingHttpHeaders }[] = [];
  const server = createHttpServer();
  server.on('connect', (request, socket: Socket) => {
    socket.on('error', () => {});
    asked.push({ target: request.url ?? '', headers: request.headers });
    if (to === 'nowhere') return;
    if ('status' in to) {
      socket.end(`HTTP/1.1 ${to.status} No\r\n\r\n`);
      return;
    }
    const [, askedPort = ''] = (request.url ?? '').split(':');
    const port = typeof to.port === 'number' ? to.port : (to.port[askedPort] ?? 0);
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  return withPort(server, (port) => use({ url: `http://127.0.0.1:${port}`, asked }));
}

async function withPort<T>(
  server: Server,
  use: (port: number, connections: readonly Socket[]) => Promise<T>,
): Promise<T> {
  const connections: Socket[] = [];
  server.on('connection', (socket) => {
    connections.push(socket);
    socket.on('error', () => {});
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use((server.address() as AddressInfo).port, connections);
  } finally {
    for (const socket of connections) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}
