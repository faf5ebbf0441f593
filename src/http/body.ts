import type { IncomingMessage } from 'node:http';

/** Bodies of this many times the size of the largest one may be in memory together. */
export const BODIES_AT_ONCE = 10;

export type ReadBody = (
  request: IncomingMessage,
  maxBytes: number,
) => Promise<Buffer | 'too large' | 'too many' | 'gone'>;

/**
 * A reader of request bodies with one bound on all that are under way. It gives the whole body, or why it could not be
 * had: it is larger than `maxBytes`, there are too many at once, or the sender has hung up.
 */
export function createReadBody(): ReadBody {
  let buffered = 0;
  return (request, maxBytes) => {
    if (request.destroyed) return Promise.resolve('gone');
    if (Number(request.headers['content-length']) > maxBytes) return Promise.resolve('too large');
    return new Promise((resolve) => {
      let chunks: Buffer[] = [];
      let received = 0;
      let isOver = false;
      const end = (result: Buffer | 'too large' | 'too many' | 'gone') => {
        if (isOver) return;
        isOver = true;
        buffered -= received;
        chunks = [];
        resolve(result);
      };
      request.on('data', (chunk: Buffer) => {
        if (isOver) return;
        received += chunk.length;
        buffered += chunk.length;
        chunks.push(chunk);
        if (received > maxBytes) end('too large');
        else if (buffered > BODIES_AT_ONCE * maxBytes) end('too many');
      });
      request.on('end', () => end(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
      request.on('error', () => end('gone'));
      request.on('close', () => end('gone'));
    });
  };
}
