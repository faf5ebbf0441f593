import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { IDLE, withApp } from '../support/app.ts';

const CONFIG = IDLE.replace('relay: {', 'relay: { max_body_bytes: 1024,');

/** A webhook of which only so many bytes are sent. */
function begin(port: number | undefined, bytes: number): ClientRequest {
  const headers = { 'Content-Type': 'application/json', 'Content-Length': 1024 };
  const begun = request({ host: '127.0.0.1', port, path: '/webhook', method: 'POST', headers, agent: false });
  // Ended by the test.
  begun.on('error', () => {});
  begun.write(' '.repeat(bytes));
  return begun;
}

test('more bodies at once than 10 times the largest one are refused with 503, and the log names the setting', async () => {
  await withApp({ config: CONFIG }, async ({ ports: [port], log }) => {
    const begun = Array.from({ length: 10 }, () => begin(port, 1020));
    await Promise.all(begun.map((one) => once(one, 'socket')));
    const last = begin(port, 1020);
    begun.push(last);
    const answers = begun.map((one) => once(one, 'response') as Promise<[IncomingMessage]>);
    const [answer] = await Promise.race(answers);
    expect(answer.statusCode).toBe(503);
    expect(await text(answer)).toContain('(10 times relay.max_body_bytes)');
    const [line = ''] = log().match(/.*too many are being read at once.*/g) ?? [];
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', setting: 'relay.max_body_bytes', limit: 10_240 });
    for (const one of begun) one.destroy();
  });
});
