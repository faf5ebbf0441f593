import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { OPSGENIE_KEY, PAGERDUTY_KEY } from '../support/daemon.ts';
import { eventually } from '../support/process.ts';
import { useSandbox } from '../support/use-sandbox.ts';

const EVENT = {
  routing_key: PAGERDUTY_KEY,
  event_action: 'trigger',
  dedup_key: 'k',
  payload: { summary: 's', source: 'h', severity: 'error' },
};

const { clock, url, call, get, state } = useSandbox();
const enqueue = (event: unknown, headers = {}) => call('/v2/enqueue', event, headers);
const OTHER_KEY = PAGERDUTY_KEY.replace(/.$/, '9');
const genie = { Authorization: `GenieKey ${OPSGENIE_KEY}` };

const fault = (body: unknown) => call('/sandbox/faults', body);
const mend = () => call('/sandbox/faults', {}, {}, 'DELETE');

describe('faults', () => {
  test('a status with Retry-After, for a while; calls before that is over are counted', async () => {
    expect((await fault({ status: 429, retry_after: 3, duration: '5s' })).status).toBe(201);
    const answer = await enqueue(EVENT);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '3']);
    clock.now += 5000;
    expect((await enqueue(EVENT)).status).toBe(202);
    await fault({ status: 429, retry_after: 3, duration: '1s' });
    await enqueue(EVENT);
    // The pause begins when the sandbox has read what came before its answer was out.
    await sleep(20);
    clock.now += 2000;
    expect((await enqueue(EVENT)).status).toBe(202);
    const { requests, early } = await state();
    expect(requests).toEqual({ accepted: 2, invalid: 0, faulted: 2, early: 1, early_any: 1 });
    expect(early).toMatchObject([{ account: `pagerduty ${PAGERDUTY_KEY}`, arrivedAt: clock.now }]);
    expect((early[0]?.until ?? 0) - clock.now).toBe(1000);
  });

  test('a rate hits every n-th request of the vendor that it names', async () => {
    await fault({ vendor: 'pagerduty', status: 500, rate: 0.25 });
    const statuses: number[] = [];
    for (let i = 0; i < 8; i++) statuses.push((await enqueue(EVENT)).status);
    expect(statuses).toEqual([202, 202, 202, 500, 202, 202, 202, 500]);
    expect((await call('/v2/alerts', { message: 'm' }, genie)).status).toBe(202);
  });

  test('an account is one credential, and not its neighbour', async () => {
    await fault({ account: PAGERDUTY_KEY.slice(-4), status: 429 });
    expect((await enqueue(EVENT)).status).toBe(429);
    expect((await enqueue({ ...EVENT, routing_key: OTHER_KEY })).status).toBe(202);
    expect((await call('/v2/alerts', { message: 'm' }, genie)).status).toBe(202);
  });

  test('reads are hit, too', async () => {
    const { body } = await call('/v2/alerts', { message: 'm', alias: 'a' }, genie);
    await fault({ status: 503 });
    for (const path of [
      '/v2/alerts',
      '/v2/alerts/a?identifierType=alias',
      `/v2/alerts/requests/${body.requestId}`,
    ]) {
      expect((await get(path, genie)).status).toBe(503);
    }
    for (const path of ['/incidents', '/incidents/Q1000000000001/alerts']) {
      expect((await get(path, { Authorization: `Token token=${'x'.repeat(20)}` })).status).toBe(503);
    }
  });

  test('a reset, a hang and latency', async () => {
    await fault({ reset: true, vendor: 'pagerduty' });
    await expect(enqueue(EVENT)).rejects.toThrow();
    await mend();
    await fault({ hang: true });
    await expect(call('/v2/enqueue', EVENT, {}, 'POST', AbortSignal.timeout(200))).rejects.toThrow('timeout');
    await mend();
    await fault({ latency_ms: 100 });
    const startedAt = performance.now();
    const { status } = await enqueue(EVENT);
    expect(status).toBe(202);
    expect(performance.now() - startedAt).toBeGreaterThan(95);
    expect((await get('/sandbox/faults')).body).toEqual({
      faults: [{ latency_ms: 100, rate: 1 }],
    });
  });

  test.each([
    [{}, 'the fault must have one of status, latency_ms, hang, reset, async_status, async_delay_ms'],
    [{ statuss: 500 }, 'must NOT have additional properties {"additionalProperty":"statuss"}'],
    [{ status: 99 }, 'status must be >= 200'],
    [{ status: 500, duration: 'soon' }, 'duration must match format'],
    [{ status: 500, account: PAGERDUTY_KEY }, 'account must NOT have more than 4 characters'],
    [
      { async_delay_ms: 1, retry_after: 1 },
      'retry_after hits the answer, async_status and async_delay_ms what follows it: add two faults',
    ],
    [{ vendor: 'pagerduty', async_status: 'x' }, 'PagerDuty does not tell what becomes of a request'],
  ])('%j is refused', async (body, error) => {
    const answer = await fault(body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toContain(error);
  });
});

describe('a call is early', () => {
  const early = async () => {
    const { early, early_any: any } = (await state()).requests;
    return [early, any];
  };
  const told = async (headers = {}) => {
    await fault({ status: 503, retry_after: 3 });
    expect((await enqueue(EVENT, headers)).status).toBe(503);
    await mend();
  };

  test.each([
    ['that was sent before its sender could know of the Retry-After', 100, 0],
    ['from then on', 101, 1],
    ['until the Retry-After is over', 2997, 1],
    ['but for what both clocks round', 2998, 0],
    ['after that', 3000, 0],
  ])('%s: %d ms later', async (_when, ms, count) => {
    await told();
    clock.now += ms;
    await enqueue(EVENT);
    expect(await early()).toEqual([count, count]);
  });

  test('by the arrival of its head, however late its body comes', async () => {
    const slow = request(`${url()}/v2/enqueue`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Expect: '100-continue' },
    });
    slow.flushHeaders();
    await once(slow, 'continue');
    await told();
    clock.now += 1000;
    slow.end(JSON.stringify(EVENT));
    const [answer] = await once(slow, 'response');
    answer.resume();
    expect(answer.statusCode).toBe(202);
    expect(await early()).toEqual([0, 0]);
  });

  test('but not where its sender has hung up without having read the answer', async () => {
    await fault({ status: 429, retry_after: 3 });
    const { port, host } = new URL(url());
    // It reads nothing: what has come by the time it is closed lies unread in the system.
    const deaf = connect({ port: Number(port), host: '127.0.0.1', readable: false, writable: true });
    deaf.pause();
    const body = JSON.stringify(EVENT);
    const head = `Host: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
    deaf.write(`POST /v2/enqueue HTTP/1.1\r\n${head}\r\n\r\n${body}`);
    const isAnswered = async () => ((await state()).requests.faulted === 1 ? true : undefined);
    await eventually('the answer', isAnswered);
    await sleep(20);
    deaf.destroy();
    await once(deaf, 'close');
    await mend();
    clock.now += 1000;
    await enqueue(EVENT);
    expect(await early()).toEqual([0, 0]);
  });

  test('while one of several overlapping Retry-Afters runs of which it could know', async () => {
    await told();
    clock.now += 2950;
    await told();
    const counts: unknown[] = [await early()];
    for (const ms of [40, 20, 90]) {
      clock.now += ms;
      await enqueue(EVENT);
      counts.push(await early());
    }
    expect(counts).toEqual([1, 2, 2, 3].map((count) => [count, count]));
  });

  test('for the credential that was told to wait only', async () => {
    await told();
    clock.now += 1000;
    await enqueue({ ...EVENT, routing_key: OTHER_KEY });
    await call('/v2/alerts', { message: 'm' }, genie);
    expect(await early()).toEqual([0, 0]);
  });

  test('for the caller that was told only, while early_any counts them all', async () => {
    const [one, other] = [{ 'X-Sandbox-Caller': 'one' }, { 'X-Sandbox-Caller': 'other' }];
    await told(one);
    clock.now += 1000;
    await enqueue(EVENT, other);
    expect(await early()).toEqual([0, 1]);
    await enqueue(EVENT, one);
    expect(await early()).toEqual([1, 2]);
    await enqueue(EVENT);
    expect(await early()).toEqual([2, 3]);
  });
});

describe.each([
  ['opsgenie', ''],
  ['jsm', '/jsm/ops/integration'],
])('asynchronous requests of %s', (vendor, base) => {
  const create = (alias: string) => call(`${base}/v2/alerts`, { message: 'm', alias }, genie);
  const close = (alias: string) => call(`${base}/v2/alerts/${alias}/close?identifierType=alias`, {}, genie);
  const requestOf = ({ body }: Awaited<ReturnType<typeof create>>) =>
    get(`${base}/v2/alerts/requests/${body.requestId}`, genie);

  test('are taken and then fail with the injected status, and change nothing', async () => {
    await create('a');
    await fault({ vendor, async_status: 'Alert limit exceeded' });
    const answers = [await create('b'), await close('a')];
    for (const answer of answers) {
      expect(answer.status).toBe(202);
      const { data } = (await requestOf(answer)).body;
      expect(data).toMatchObject({ isSuccess: false, success: false, status: 'Alert limit exceeded' });
    }
    expect(await state()).toMatchObject({
      incidents: [{ key: 'a', status: 'open', count: 1 }],
      requests: { accepted: 3, faulted: 2 },
    });
  });

  test('are not known to be processed until the delay is over', async () => {
    await fault({ async_delay_ms: 500, duration: '1s' });
    const answer = await create('a');
    clock.now += 499;
    const pending = await requestOf(answer);
    expect([pending.status, pending.headers.get('x-opsgenie-errortype')]).toEqual([
      404,
      'RequestNotProcessed',
    ]);
    clock.now += 1;
    expect((await requestOf(answer)).body.data).toMatchObject({ isSuccess: true, alias: 'a' });
    clock.now += 500;
    expect((await requestOf(await create('a'))).status).toBe(200);
  });

  test('fail at a rate of those that change something, beside faults of their answers', async () => {
    await fault({ async_status: 'lost', async_delay_ms: 10, rate: 0.5 });
    await fault({ status: 503, rate: 0.25 });
    const statuses: unknown[] = [];
    for (const alias of ['a', 'b', 'c', 'd', 'e']) {
      const answer = await create(alias);
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([202, 202, 202, 503, 202]);
    expect((await state()).incidents.map(({ key }: { key: string }) => key)).toEqual(['a', 'c']);
  });
});
