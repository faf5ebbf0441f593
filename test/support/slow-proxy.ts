import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface SlowProxy {
  readonly port: number;
  /** Cuts all connections: what has not been passed on is lost. */
  cut(): void;
  close(): void;
}

/** Passes on what a server on this machine answers, at most so many bytes every 10 ms. */
export async function startSlowProxy(port: number, bytes: number): Promise<SlowProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let unsent = Buffer.alloc(0);
    const timer = setInterval(() => {
      client.write(unsent.subarray(0, bytes));
      unsent = unsent.subarray(bytes);
    }, 10);
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      unsent = Buffer.concat([unsent, chunk]);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        clearInterval(timer);
        client.destroy();
        upstream.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    close() {
      cut();
      server.close();
    },
  };
}
