import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import express from 'express';
import { createApi } from '../../src/http/api.ts';
import { createLogger } from '../../src/observe/log.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { createDeadLetters, type DeadLetters, type Replayed } from '../../src/relay/dead-letters.ts';
import { createDecisions, type Decisions } from '../../src/relay/decisions.ts';
import { createReplay } from '../../src/relay/replay.ts';
import { alert, incident } from '../support/alerts.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);
const SECRET = 'a job that leads to a credential';

interface Body {
  readonly status: string;
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: unknown;
}

let server: Server;
let url: string;
let decisions: Decisions;
let deadLetters: DeadLetters<string>;
let logged: string[];
let outcome: () => Promise<Replayed>;

beforeEach(async () => {
  logged = [];
  decisions = createDecisions(2_000);
  deadLetters = createDeadLetters({ capacity: 2_000, metrics: createMetrics(), now: () => AT });
  outcome = async () => ({ status: 'accepted' });
  const replay = createReplay(deadLetters, () => outcome());
  const write = (line: string) => void logged.push(line);
  const log = createLogger({ level: 'info', format: 'json', write, now: () => AT });
  server = createServer(express().use('/api/v1', createApi({ decisions, deadLetters, replay }, log)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

async function ask(path: string, method = 'GET') {
  const answer = await fetch(`${url}${path}`, { method });
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const text = await answer.text();
  expect(text).not.toContain(SECRET);
  return { code: answer.status, ...(JSON.parse(text) as Body) };
}

function record(key: string, receiver = 'platform', fingerprint = '0123456789abcdef'): void {
  decisions.record({
    at: AT,
    receiver,
    integration: 'pagerduty_configs[0]',
    incident: incident({ key, alerts: [alert({ fingerprint })] }),
    action: 'trigger',
    decision: 'forward',
    reason: 'first',
    outcome: 'accepted',
  });
}

const reject = (key: string) =>
  deadLetters.add({
    receiver: 'platform',
    integration: 'pagerduty_configs[0]',
    incident: incident({ key }),
    action: 'trigger',
    reason: 'clientError',
    detail: 'status 400: no such key',
    place: `account ${key}`,
    job: SECRET,
  });

describe('GET /api/v1/decisions', () => {
  const keysAt = async (path: string) => {
    const { code, status, data } = await ask(path);
    expect([code, status]).toEqual([200, 'success']);
    return (data as { incident_key: string }[]).map(({ incident_key }) => incident_key);
  };

  test('by fingerprint, incident key and receiver, all of which must hold; newest first', async () => {
    record('a', 'platform', 'f'.repeat(16));
    record('b & c', 'platform');
    record('b & c', 'db');
    expect(await keysAt('/decisions')).toEqual(['b & c', 'b & c', 'a']);
    expect(await keysAt(`/decisions?fingerprint=${'f'.repeat(16)}`)).toEqual(['a']);
    expect(await keysAt('/decisions?incident_key=b%20%26+c&receiver=db')).toEqual(['b & c']);
    expect(await keysAt('/decisions?incident_key=a&receiver=db')).toEqual([]);
  });

  test('100 of them, or as many as are asked for', async () => {
    for (let i = 0; i < 1_500; i++) record(String(i));
    expect(await keysAt('/decisions')).toHaveLength(100);
    expect(await keysAt('/decisions?limit=1000')).toHaveLength(1_000);
    expect(await keysAt('/decisions?limit=1')).toEqual(['1499']);
  });

  const BOUNDS = 'limit must be a whole number from 1 to 1000';
  const KNOWN = 'there are fingerprint, incident_key, receiver, limit';
  test.each([
    ['limit=0', `${BOUNDS} (got "0")`],
    ['limit=1001', `${BOUNDS} (got "1001")`],
    ['limit=-1', `${BOUNDS} (got "-1")`],
    ['limit=1.5', `${BOUNDS} (got "1.5")`],
    ['limit=1e2', `${BOUNDS} (got "1e2")`],
    [`limit=${'9'.repeat(5_000)}`, `${BOUNDS} (got "${'9'.repeat(99)}…")`],
    ['limit=', 'limit is empty'],
    ['limit=1&limit=2', 'limit is given more than once'],
    ['receiver=', 'receiver is empty'],
    ['fingerprints=a', `unknown parameter "fingerprints"; ${KNOWN}`],
    ['receiver[x]=a', `unknown parameter "receiver[x]"; ${KNOWN}`],
    ['__proto__=a', `unknown parameter "__proto__"; ${KNOWN}`],
    ['%00%1b%ff=a', `unknown parameter "\\u0000\\u001b\ufffd"; ${KNOWN}`],
  ])('?%s is refused, naming it', async (query, error) => {
    record('a');
    expect(await ask(`/decisions?${query}`)).toEqual({
      code: 400,
      status: 'error',
      errorType: 'bad_data',
      error,
    });
  });
});

describe('dead letters', () => {
  test('are listed, the newest first', async () => {
    for (const key of ['a', 'b', 'c']) reject(key);
    const { code, data } = await ask('/dead-letters?limit=2');
    expect(code).toBe(200);
    expect(data).toMatchObject([{ incident_key: 'c', alerts: 1 }, { incident_key: 'b' }]);
    expect(await ask('/dead-letters?receiver=a')).toMatchObject({
      code: 400,
      error: 'unknown parameter "receiver"; there are limit',
    });
  });

  test('are shown one by one, with what the alerts say', async () => {
    const { id } = reject('a');
    const { code, data } = await ask(`/dead-letters/${id}`);
    expect(code).toBe(200);
    expect(data).toMatchObject({
      id,
      incident_key: 'a',
      content: [{ labels: { alertname: 'HighLatency' } }],
    });
  });

  test('are removed', async () => {
    const { id } = reject('a');
    expect(await ask(`/dead-letters/${id}`, 'DELETE')).toEqual({
      code: 200,
      status: 'success',
      data: { id },
    });
    expect(deadLetters.size).toBe(0);
  });

  test.each([
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/replay'],
  ])('%s of one that is not there%s: 404', async (method, rest) => {
    reject('a');
    const id = encodeURIComponent(`__proto__\n${'x'.repeat(500)}`);
    expect(await ask(`/dead-letters/${id}${rest}`, method)).toEqual({
      code: 404,
      status: 'error',
      errorType: 'not_found',
      error: `there is no dead letter "__proto__\\n${'x'.repeat(89)}…"`,
    });
    expect(await ask(`/dead-letters/a${rest}?force=1`, method)).toMatchObject({
      code: 400,
      error: 'unknown parameter "force"; there are none here',
    });
    expect(deadLetters.size).toBe(1);
  });
});

describe('POST /api/v1/dead-letters/{id}/replay', () => {
  test('accepted: 200, and the letter is gone', async () => {
    const { id } = reject('a');
    const data = { id, outcome: 'accepted' };
    expect(await ask(`/dead-letters/${id}/replay`, 'POST')).toEqual({ code: 200, status: 'success', data });
    expect(deadLetters.size).toBe(0);
  });

  const refused: Replayed = { status: 'refused', reason: 'the incident is over' };
  const rejected: Replayed = { status: 'rejected', reason: 'authError', detail: 'status 403: no' };
  const unavailable: Replayed = { status: 'unavailable', reason: 'serverError', detail: 'status 500' };
  test.each([
    [409, refused, 'conflict', 'the incident is over'],
    [422, rejected, 'execution', 'authError: status 403: no'],
    [503, unavailable, 'unavailable', 'serverError: status 500'],
  ])('%i, and the letter stays: %j', async (code, replayed, errorType, error) => {
    const { id } = reject('a');
    outcome = async () => replayed;
    const answer = await ask(`/dead-letters/${id}/replay`, 'POST');
    expect(answer).toEqual({ code, status: 'error', errorType, error });
    expect(deadLetters.get(id)).toBeDefined();
  });

  test('a bug: 500 without its words, which are in the log', async () => {
    const { id } = reject('a');
    outcome = () => Promise.reject(new Error('a bug'));
    expect(await ask(`/dead-letters/${id}/replay`, 'POST')).toEqual({
      code: 500,
      status: 'error',
      errorType: 'internal',
      error: 'internal error; see the log of pagerelay',
    });
    expect(logged.join('')).toContain('Error: a bug');
  });
});

test.each([
  ['GET', '/dead-letters/%', 400, 'bad_data', 'the path is not readable'],
  ['GET', '/nothing', 404, 'not_found', 'there is nothing at GET /api/v1/nothing'],
  ['POST', '/decisions', 404, 'not_found', 'there is nothing at POST /api/v1/decisions'],
  [
    'GET',
    '/dead-letters/a/replay',
    404,
    'not_found',
    'there is nothing at GET /api/v1/dead-letters/a/replay',
  ],
])('%s %s: %i', async (method, path, code, errorType, error) => {
  expect(await ask(path, method)).toEqual({ code, status: 'error', errorType, error });
});

test('the commands of docs/api.md do what it says', async () => {
  const text = readFileSync('docs/api.md', 'utf8');
  const commands = Array.from(text.matchAll(/^```sh\n([\s\S]*?)^```/gm), ([, block = '']) =>
    block.trim().split('\n'),
  ).flat();
  for (const key of ['replayed', 'removed']) reject(key);
  record('replayed', 'platform', '0123456789abcdef');
  const outputs: string[] = [];
  for (const command of commands) {
    const here = command.replaceAll('http://127.0.0.1:9096/api/v1', url);
    expect(here).not.toBe(command);
    const { stdout } = await promisify(execFile)('sh', ['-c', here]);
    outputs.push(stdout);
  }
  expect(outputs.map((output) => (JSON.parse(output) as Body).status)).toEqual(commands.map(() => 'success'));
  expect(outputs[0]).toContain('"decision":"forward"');
  expect(outputs[1]).toContain('"decision":"forward"');
  expect(deadLetters.size).toBe(0);
});
