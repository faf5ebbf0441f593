import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { createSandbox } from '../../src/sandbox/sandbox.ts';

/** A sandbox for the tests of one file, empty before each, and its clock, which stands still. */
export function useSandbox() {
  const clock = { now: 0 };
  let sandbox: Server;
  let url = '';
  beforeAll(async () => {
    sandbox = createSandbox(() => clock.now);
    sandbox.listen(0, '127.0.0.1');
    await once(sandbox, 'listening');
    url = `http://127.0.0.1:${(sandbox.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    sandbox.close();
    sandbox.closeAllConnections();
  });
  beforeEach(async () => {
    clock.now = 1_000_000;
    await fetch(`${url}/sandbox`, { method: 'DELETE' });
  });
  async function call(
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
    method = 'POST',
    signal?: AbortSignal,
  ) {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      ...(method === 'GET' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: text.startsWith('{') ? JSON.parse(text) : text,
    };
  }
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    call(path, undefined, headers, 'GET');
  return { clock, url: () => url, call, get, state: async () => (await get('/sandbox/incidents')).body };
}
