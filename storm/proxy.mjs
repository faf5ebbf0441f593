// A Service before the replicas: each request goes to the next one in turn that takes a connection.
import { createServer, request } from 'node:http';

/** `targets()` gives the addresses of the replicas that are meant to be there. */
export async function startProxy(targets) {
  let next = 0;
  const server = createServer((incoming, outgoing) => {
    const body = [];
    incoming.on('data', (chunk) => body.push(chunk));
    incoming.on('end', () => {
      const all = targets();
      const order = all.map((_, i) => all[(next + i) % all.length]);
      next++;
      forward(order, incoming, Buffer.concat(body), outgoing);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function forward([target, ...others], incoming, body, outgoing) {
  if (target === undefined) return void outgoing.writeHead(502).end();
  const { method, url, headers } = incoming;
  const forwarded = request(`${target}${url}`, { method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    answer.pipe(outgoing);
    answer.on('error', () => outgoing.destroy());
  });
  forwarded.on('error', ({ code }) => {
    // Once it has been sent, only Alertmanager can know whether to send it again.
    if (code === 'ECONNREFUSED') forward(others, incoming, body, outgoing);
    else if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end();
  });
  forwarded.end(body);
}
