import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request as the fake vendor got it, complete. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** When its last byte came, in ms on the monotonic clock. */
  readonly at: number;
}

/** What to answer to the request number `index`, counted from 0. Not ending the response is an answer too. */
export type Script = (response: ServerResponse, request: Received, index: number) => void;

export interface FakeVendor {
  readonly url: string;
  readonly requests: readonly Received[];
}

/** Runs `use` against a real HTTP server on a free port of loopback, and takes it down whatever happens. */
export async function withVendor<T>(script: Script, use: (vendor: FakeVendor) => Promise<T>): Promise<T> {
  const requests: Received[] = [];
  const server = createServer(async (request, response) => {
    // A response that the client gives up is part of some tests.
    response.on('error', () => {});
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    const { method = '', url = '', headers } = request;
    const received = { method, url, headers, body, at: performance.now() };
    requests.push(received);
    script(response, received, requests.length - 1);
  });
  const url = await listen(server);
  try {
    return await use({ url, requests });
  } finally {
    server.closeAllConnections();
    await close(server);
  }
}

/** The same for a server that speaks no HTTP: `onConnection` has the bare socket. */
export async function withTcpServer<T>(
  onConnection: (socket: Socket) => void,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  const url = await listen(server);
  try {
    return await use(url);
  } finally {
    for (const socket of sockets) socket.destroy();
    await close(server);
  }
}

/** The address of a port of loopback on which nothing listens. */
export async function closedUrl(): Promise<string> {
  const server = createTcpServer();
  const url = await listen(server);
  await close(server);
  return url;
}

/** Answers every request alike. */
export function always(status: number, headers: Readonly<Record<string, string>> = {}, body = '{}'): Script {
  return (response) => {
    response.writeHead(status, headers).end(body);
  };
}

/** Sends a status at once, and then its body in drops that never end. */
export function dripping(status: number, headers: Readonly<Record<string, string>> = {}): Script {
  return (response) => {
    response.writeHead(status, headers).write('{');
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  };
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no port'));
      else resolve(`http://127.0.0.1:${address.port}/`);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
