import { describe, expect, test } from '@jest/globals';
import { OPSGENIE_KEY, PAGERDUTY_KEY } from '../support/daemon.ts';
import { useSandbox } from '../support/use-sandbox.ts';

const EVENT = {
  routing_key: PAGERDUTY_KEY,
  event_action: 'trigger',
  dedup_key: 'k',
  payload: { summary: 's', source: 'h', severity: 'error' },
};

/** A further trigger leaves the incident acknowledged, and what comes while there is no open one is dropped. */
const LIFE = ['trigger', 'trigger', 'acknowledge', 'trigger', 'resolve', 'resolve', 'acknowledge', 'trigger'];

const { call, get, state } = useSandbox();
const enqueue = (event: unknown) => call('/v2/enqueue', event);
const genie = { Authorization: `GenieKey ${OPSGENIE_KEY}` };

describe('PagerDuty', () => {
  test('a trigger opens, another adds to it, acknowledged or not, a resolve ends it, a further one opens a new one', async () => {
    for (const action of LIFE) {
      expect((await enqueue({ ...EVENT, event_action: action })).status).toBe(202);
    }
    expect((await state()).incidents).toMatchObject([
      {
        status: 'resolved',
        count: 3,
        acknowledged: true,
        history: [
          { action: 'trigger' },
          { action: 'trigger' },
          { action: 'acknowledge' },
          { action: 'trigger' },
          { action: 'resolve' },
        ],
      },
      { status: 'open', acknowledged: false, count: 1 },
    ]);
  });

  test('keys do not share incidents, and the key itself is not shown', async () => {
    await enqueue(EVENT);
    await enqueue({ ...EVENT, routing_key: PAGERDUTY_KEY.replace('1', '2'), event_action: 'resolve' });
    expect((await state()).incidents).toMatchObject([{ status: 'open', account: '0001' }]);
    expect(JSON.stringify(await state())).not.toContain(PAGERDUTY_KEY);
  });

  test.each<[string, object, string]>([
    ['a short key', { routing_key: 'x' }, "Length of 'routing_key' is incorrect (should be 32 characters)"],
    [
      'a key with a dash',
      { routing_key: `${'x'.repeat(31)}-` },
      "'routing_key' cannot contain non-alphanumeric characters.",
    ],
    [
      'an unknown action',
      { event_action: 'open' },
      "'event_action' is invalid (must be one of trigger, acknowledge, resolve)",
    ],
    [
      'a long dedup_key',
      { dedup_key: 'x'.repeat(256) },
      "'dedup_key' is too long (maximum is 255 characters)",
    ],
    [
      'a resolve without key',
      { event_action: 'resolve', dedup_key: undefined },
      "'dedup_key' is missing or blank",
    ],
    ['no payload', { payload: undefined }, "'payload' is missing or blank"],
    [
      'a long summary',
      { payload: { ...EVENT.payload, summary: 'x'.repeat(1025) } },
      "'summary' is too long (maximum is 1024 characters)",
    ],
    [
      'a blank source',
      { payload: { ...EVENT.payload, source: ' ' } },
      "'payload.source' is missing or blank",
    ],
    [
      'severity page',
      { payload: { ...EVENT.payload, severity: 'page' } },
      "'payload.severity' is invalid (must be one of critical, error, warning, info)",
    ],
    [
      'details as text',
      { payload: { ...EVENT.payload, custom_details: 'x' } },
      "'payload.custom_details' must be an object",
    ],
    ['a link without address', { links: [{ text: 'x' }] }, "'links.href' is missing or blank"],
    ['a picture by http', { images: [{ src: 'http://x/y.png' }] }, "'images.src' must be served over HTTPS"],
  ])('refuses %s', async (_what, change, error) => {
    expect(await enqueue({ ...EVENT, ...change })).toMatchObject({ status: 400, body: { errors: [error] } });
    expect((await state()).requests).toMatchObject({ accepted: 0, invalid: 1 });
  });

  test('refuses what is no JSON, and what is over 512 KB', async () => {
    expect(await enqueue('{')).toMatchObject({ status: 400, body: { errors: ['JSON parse error'] } });
    const details = { d: 'x'.repeat(512_000) };
    expect((await enqueue({ ...EVENT, payload: { ...EVENT.payload, custom_details: details } })).status).toBe(
      413,
    );
  });
});

describe.each([
  ['opsgenie', ''],
  ['jsm', '/jsm/ops/integration'],
])('%s', (vendor, base) => {
  const create = (alert: unknown, headers: Readonly<Record<string, string>> = genie) =>
    call(`${base}/v2/alerts`, alert, headers);

  test('creates under an alias, counts up, closes; the status of a request says what became of it', async () => {
    await create({ message: 'm', alias: 'a/b' });
    await create({ message: 'm', alias: 'a/b' });
    const closing = await call(`${base}/v2/alerts/a%2Fb/close?identifierType=alias`, { source: 's' }, genie);
    expect(closing.status).toBe(202);
    expect((await state()).incidents).toMatchObject([{ vendor, key: 'a/b', status: 'resolved', count: 2 }]);
    const status = await call(
      `${base}/v2/alerts/requests/${closing.body.requestId}`,
      undefined,
      genie,
      'GET',
    );
    expect(status.body.data).toMatchObject({ isSuccess: true, status: 'Closed alert' });
    const again = await call(`${base}/v2/alerts/a%2Fb/close?identifierType=alias`, {}, genie);
    expect(again.status).toBe(202);
    const failed = await call(`${base}/v2/alerts/requests/${again.body.requestId}`, undefined, genie, 'GET');
    expect(failed.body.data).toMatchObject({ isSuccess: false, status: 'Alert does not exist' });
    const unknown = await call(`${base}/v2/alerts/requests/none`, undefined, genie, 'GET');
    expect([unknown.status, unknown.headers.get('x-opsgenie-errortype')]).toEqual([
      404,
      'RequestNotProcessed',
    ]);
  });

  test('refuses a missing key with 401 and one in no known form with 422', async () => {
    expect((await create({ message: 'm' }, {})).status).toBe(401);
    expect((await create({ message: 'm' }, { Authorization: 'GenieKey nonsense' })).status).toBe(422);
  });

  test.each<[string, object, object]>([
    ['no message', { message: undefined }, { message: 'can not be empty' }],
    ['a long message', { message: 'x'.repeat(131) }, { message: 'size should be at most 130' }],
    ['a long alias', { alias: 'x'.repeat(513) }, { alias: 'size should be at most 512' }],
    ['P6', { priority: 'P6' }, { priority: 'should be one of [ P1, P2, P3, P4, P5 ]' }],
    ['21 tags', { tags: Array(21).fill('x') }, { tags: 'should have at most 20 items' }],
    ['a long tag', { tags: ['x'.repeat(51)] }, { tags: 'items should be at most 50 characters' }],
    ['a number in details', { details: { n: 1 } }, { details: 'values should be strings' }],
    [
      'long details',
      { details: { n: 'x'.repeat(8000) } },
      { details: 'size should be at most 8000 in total' },
    ],
    [
      'a responder of no type',
      { responders: [{ name: 'x' }] },
      { 'responders[0].type': 'should be one of [ team, user, escalation, schedule ]' },
    ],
    [
      'a nameless responder',
      { responders: [{ type: 'team' }] },
      { 'responders[0]': 'id or name should be provided' },
    ],
    [
      'a user by name',
      { responders: [{ type: 'user', name: 'x' }] },
      { 'responders[0]': 'id or username should be provided' },
    ],
    [
      'a team by username',
      { responders: [{ type: 'team', username: 'x' }] },
      { 'responders[0]': 'id or name should be provided' },
    ],
    [
      'a schedule that sees it',
      {
        visibleTo: [
          { type: 'team', name: 'x' },
          { type: 'schedule', name: 'x' },
        ],
      },
      { 'visibleTo[1].type': 'should be one of [ team, user ]' },
    ],
    [
      'a nameless team that sees it',
      { visibleTo: [{ type: 'team' }] },
      { 'visibleTo[0]': 'id or name should be provided' },
    ],
    ['51 who see it', { visibleTo: Array(51).fill({}) }, { visibleTo: 'should be a list of at most 50' }],
    ['an unknown field', { severity: 'x' }, { severity: 'is not a known field' }],
  ])('refuses %s', async (_what, change, errors) => {
    expect(await create({ message: 'm', ...change })).toMatchObject({ status: 422, body: { errors } });
  });

  test('keeps the note of a close', async () => {
    await create({ message: 'm', alias: 'a' });
    await call(`${base}/v2/alerts/a/close?identifierType=alias`, { note: 'over', source: 's' }, genie);
    expect((await state()).incidents).toMatchObject([
      { history: [{ action: 'trigger' }, { action: 'resolve', note: 'over' }] },
    ]);
  });

  test.each<[string, unknown, object]>([
    ['a long note', { note: 'x'.repeat(25_001) }, { note: 'size should be at most 25000' }],
    ['an unknown field', { message: 'x' }, { message: 'is not a known field' }],
    ['no object', [], { body: 'should be an object' }],
  ])('refuses a close with %s', async (_what, body, errors) => {
    await create({ message: 'm', alias: 'a' });
    expect(await call(`${base}/v2/alerts/a/close?identifierType=alias`, body, genie)).toMatchObject({
      status: 422,
      body: { errors },
    });
    expect((await state()).incidents).toMatchObject([{ status: 'open' }]);
  });

  test('has no other calls, and counts one as invalid', async () => {
    expect((await call(`${base}/v2/alerts/a/snooze?identifierType=alias`, {}, genie)).status).toBe(404);
    expect(await state()).toMatchObject({
      requests: { accepted: 0, invalid: 1 },
      invalid: [{ vendor, errors: 'there is no call POST /v2/alerts/a/snooze' }],
    });
  });
});

describe('updates of an alert', () => {
  const UPDATES = [
    ['PUT', 'message', 'new'],
    ['PUT', 'description', 'longer'],
    ['POST', 'details', { b: '2' }],
  ] as const;
  const alert = { message: 'm', alias: 'a b', details: { a: '1', b: '1' } };
  const update = (method: string, field: string, body: unknown, base = '', by = 'alias') =>
    call(`${base}/v2/alerts/a%20b/${field}?identifierType=${by}`, body, genie, method);
  const statusOf = async (requestId: string) =>
    (await call(`/v2/alerts/requests/${requestId}`, undefined, genie, 'GET')).body.data;

  test('opsgenie changes the open one of that alias, and keeps what was changed', async () => {
    await call('/v2/alerts', alert, genie);
    for (const [method, field, value] of UPDATES) {
      const answer = await update(method, field, { [field]: value, user: 'u', source: 's', note: 'n' });
      expect(answer.status).toBe(202);
      expect(await statusOf(answer.body.requestId)).toMatchObject({ isSuccess: true, alias: 'a b' });
    }
    const [incident] = (await state()).incidents;
    expect(incident).toMatchObject({
      status: 'open',
      count: 1,
      history: [
        { action: 'trigger', summary: 'm' },
        { action: 'update', changes: { message: 'new' } },
        { action: 'update', changes: { description: 'longer' } },
        { action: 'update', changes: { details: { b: '2' } } },
      ],
    });
    expect(incident.event).toEqual({
      alias: 'a b',
      message: 'new',
      description: 'longer',
      details: { a: '1', b: '2' },
    });
  });

  test.each(UPDATES)('%s %s is taken for no open alert, and then fails', async (method, field, value) => {
    await call('/v2/alerts', alert, genie);
    const byId = await update(method, field, { [field]: value }, '', 'id');
    await call('/v2/alerts/a%20b/close?identifierType=alias', {}, genie);
    const closed = await update(method, field, { [field]: value });
    for (const answer of [byId, closed]) {
      expect(answer.status).toBe(202);
      expect(await statusOf(answer.body.requestId)).toMatchObject({
        isSuccess: false,
        status: 'Alert does not exist',
      });
    }
    expect((await state()).incidents[0].event).toEqual(alert);
  });

  test.each(UPDATES)('jsm has no %s %s', async (method, field, value) => {
    await call('/jsm/ops/integration/v2/alerts', alert, genie);
    expect((await update(method, field, { [field]: value }, '/jsm/ops/integration')).status).toBe(404);
    expect((await state()).incidents).toMatchObject([{ vendor: 'jsm', history: [{ action: 'trigger' }] }]);
  });

  test.each<[string, string, string, unknown, object]>([
    ['PUT', 'message', 'none', {}, { message: 'can not be empty' }],
    ['PUT', 'message', 'a blank one', { message: ' ' }, { message: 'can not be empty' }],
    ['PUT', 'message', 'a long one', { message: 'x'.repeat(131) }, { message: 'size should be at most 130' }],
    [
      'PUT',
      'message',
      'two fields',
      { message: 'x', description: 'y' },
      { description: 'is not a known field' },
    ],
    ['PUT', 'description', 'an empty one', { description: '' }, { description: 'can not be empty' }],
    ['PUT', 'description', 'a number', { description: 1 }, { description: 'should be a string' }],
    ['POST', 'details', 'an empty map', { details: {} }, { details: 'can not be empty' }],
    ['POST', 'details', 'a number in it', { details: { n: 1 } }, { details: 'values should be strings' }],
    ['POST', 'details', 'text', { details: 'n' }, { details: 'should be a map' }],
    [
      'POST',
      'details',
      'long ones',
      { details: { n: 'x'.repeat(8000) } },
      { details: 'size should be at most 8000 in total' },
    ],
  ])('%s %s refuses %s', async (method, field, _what, body, errors) => {
    await call('/v2/alerts', alert, genie);
    expect(await update(method, field, body)).toMatchObject({ status: 422, body: { errors } });
    expect((await state()).incidents[0].history).toHaveLength(1);
  });

  test('are hit by faults and refused without a key, as any call', async () => {
    await call('/sandbox/faults', { vendor: 'opsgenie', status: 503 });
    expect((await update('PUT', 'message', { message: 'new' })).status).toBe(503);
    const keyless = await call('/v2/alerts/a/message?identifierType=alias', { message: 'x' }, {}, 'PUT');
    expect(keyless.status).toBe(401);
  });
});

test('the summary counts what the incidents tell', async () => {
  for (const action of LIFE) await enqueue({ ...EVENT, event_action: action });
  await enqueue({ ...EVENT, routing_key: PAGERDUTY_KEY.replace(/.$/, '9') });
  for (const alias of ['a', 'b']) await call('/v2/alerts', { message: 'm', alias }, genie);
  await call('/v2/alerts/a/acknowledge?identifierType=alias', {}, genie);
  await call('/v2/alerts', { message: '' }, genie);
  expect((await get('/sandbox/summary')).body).toEqual({
    open: 4,
    acknowledged: 1,
    resolved: 1,
    extra: 1,
    repeats: 2,
    requests: { accepted: 12, invalid: 1, faulted: 0, early: 0, early_any: 0 },
  });
  expect((await get('/sandbox/summary?vendor=opsgenie')).body).toMatchObject({ open: 2, extra: 0 });
});
