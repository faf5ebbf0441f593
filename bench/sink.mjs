// A vendor that accepts everything at once.
import { createServer } from 'node:http';

const BODY = JSON.stringify({ status: 'success', message: 'Event processed', dedup_key: 'bench' });
const HEADERS = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(BODY) };

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(202, HEADERS);
    response.end(BODY);
  });
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
