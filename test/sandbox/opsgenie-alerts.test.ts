import { describe, expect, test } from '@jest/globals';
import { OPSGENIE_KEY } from '../support/daemon.ts';
import { useSandbox } from '../support/use-sandbox.ts';

const { clock, call, get, state } = useSandbox();
const genie = { Authorization: `GenieKey ${OPSGENIE_KEY}` };
const JSM = '/jsm/ops/integration';

const create = (alias: string, change = {}, { base = '', headers = genie } = {}) =>
  call(`${base}/v2/alerts`, { message: `about ${alias}`, alias, ...change }, headers);
const act = (alias: string, action: string, body: unknown = {}, base = '') =>
  call(`${base}/v2/alerts/${encodeURIComponent(alias)}/${action}?identifierType=alias`, body, genie);
const list = (query: string) => get(`/v2/alerts?${query}`, genie);
const aliases = async (query: string) =>
  (await list(query)).body.data.map(({ alias }: { alias: string }) => alias);
const statusOf = async ({ body }: Awaited<ReturnType<typeof create>>, base = '') =>
  (await get(`${base}/v2/alerts/requests/${body.requestId}`, genie)).body.data;

describe.each([
  ['opsgenie', ''],
  ['jsm', JSM],
])('acknowledging at %s', (vendor, base) => {
  test('marks the open alert of the alias, and a further create leaves it so', async () => {
    await create('a/b', {}, { base });
    const answer = await act('a/b', 'acknowledge', { user: 'u', source: 's', note: 'mine' }, base);
    expect(answer.status).toBe(202);
    expect(await statusOf(answer, base)).toMatchObject({
      isSuccess: true,
      action: 'Acknowledge',
      alias: 'a/b',
    });
    await create('a/b', {}, { base });
    expect((await state()).incidents).toMatchObject([
      {
        vendor,
        status: 'open',
        acknowledged: true,
        count: 2,
        history: [{ action: 'trigger' }, { action: 'acknowledge', note: 'mine' }, { action: 'trigger' }],
      },
    ]);
  });

  test('is taken for no open alert, and then fails', async () => {
    await create('a', {}, { base });
    await act('a', 'close', {}, base);
    const answer = await act('a', 'acknowledge', {}, base);
    expect(answer.status).toBe(202);
    expect(await statusOf(answer, base)).toMatchObject({ isSuccess: false, status: 'Alert does not exist' });
    expect((await state()).incidents).toMatchObject([{ status: 'resolved', acknowledged: false }]);
  });

  test('refuses a field that it does not have', async () => {
    await create('a', {}, { base });
    expect(await act('a', 'acknowledge', { message: 'm' }, base)).toMatchObject({
      status: 422,
      body: { errors: { message: 'is not a known field' } },
    });
  });

  test('goes by the id that the status of the create tells, too', async () => {
    const { alertId } = await statusOf(await create('a', {}, { base }), base);
    const answer = await call(`${base}/v2/alerts/${alertId}/acknowledge`, {}, genie);
    expect(await statusOf(answer, base)).toMatchObject({ isSuccess: true, alertId, alias: 'a' });
    const other = { Authorization: `GenieKey ${OPSGENIE_KEY.replace(/d$/, 'e')}` };
    await call(`${base}/v2/alerts/${alertId}/close`, {}, other);
    expect((await state()).incidents).toMatchObject([{ status: 'open', acknowledged: true }]);
  });
});

describe('the list of alerts', () => {
  test('has the open ones of the key, the newest first', async () => {
    await create('a', { source: 's', tags: ['x'], priority: 'P1', details: { d: '1' } });
    await create('closed');
    await act('closed', 'close');
    clock.now += 1000;
    await create('b');
    await create('b');
    await act('b', 'acknowledge');
    await create('jsm', {}, { base: JSM });
    const other = { Authorization: `GenieKey ${OPSGENIE_KEY.replace(/d$/, 'e')}` };
    await create('other', {}, { headers: other });
    for (const query of ['status:open', 'status: open']) {
      const { body } = await list(new URLSearchParams({ query }).toString());
      expect(body.data).toMatchObject([
        { alias: 'b', message: 'about b', count: 2, acknowledged: true, status: 'open', priority: 'P3' },
        { alias: 'a', source: 's', tags: ['x'], priority: 'P1', acknowledged: false },
      ]);
      expect(body.data[1]).not.toHaveProperty('details');
      expect(body.data[1].createdAt).toBe('1970-01-01T00:16:40.000Z');
      expect(body.paging).toEqual({});
    }
    expect(await aliases('order=asc')).toEqual(['a', 'closed', 'b']);
  });

  test('can be asked for by source', async () => {
    await create('a', { source: 'say "hi"' });
    await create('b', { source: 'x' });
    const query = 'status: open AND source: "say \\"hi\\""';
    expect(await aliases(new URLSearchParams({ query }).toString())).toEqual(['a']);
  });

  test('comes in pages that name each other', async () => {
    for (const alias of ['a', 'b', 'c', 'd', 'e']) await create(alias);
    const found: string[] = [];
    let next: string | undefined = '/v2/alerts?query=status%3Aopen&limit=2&sort=createdAt&order=asc';
    while (next !== undefined) {
      const { body } = await get(next, genie);
      found.push(body.data.map(({ alias }: { alias: string }) => alias).join(''));
      expect(body.paging.last).toContain('offset=4');
      next = body.paging.next?.replace(/^http:\/\/[^/]+/, '');
    }
    expect(found).toEqual(['ab', 'cd', 'e']);
  });

  test.each([
    ['query=tag:x', 'query'],
    ['query=status:open OR tag:x', 'query'],
    ['limit=101', 'limit'],
    ['offset=x', 'offset'],
    ['sort=owner', 'sort'],
    ['order=up', 'order'],
    ['status=open', 'status'],
  ])('refuses %s', async (query, name) => {
    const answer = await list(query);
    expect(answer.status).toBe(422);
    expect(Object.keys(answer.body.errors)).toEqual([name]);
  });

  test('is not known of JSM', async () => {
    expect((await get(`${JSM}/v2/alerts`, genie)).status).toBe(404);
  });
});

describe('one alert', () => {
  test('has its description and details', async () => {
    await create('a/b', { description: 'long', details: { d: '1' } });
    await act('a/b', 'details', { details: { e: '2' } });
    const { body } = await get('/v2/alerts/a%2Fb?identifierType=alias', genie);
    expect(body.data).toMatchObject({ alias: 'a/b', description: 'long', details: { d: '1', e: '2' } });
    expect((await get(`/v2/alerts/${body.data.id}`, genie)).body.data).toEqual(body.data);
  });

  test('is known by its alias while it is open, by its id afterwards, too', async () => {
    await create('a');
    const { id } = (await get('/v2/alerts/a?identifierType=alias', genie)).body.data;
    clock.now += 5000;
    await act('a', 'close');
    expect((await get('/v2/alerts/a?identifierType=alias', genie)).status).toBe(404);
    expect((await get(`/v2/alerts/${id}?identifierType=id`, genie)).body.data).toMatchObject({
      status: 'closed',
      report: { closeTime: 5000 },
    });
  });

  test('goes by its id only at JSM', async () => {
    const { alertId } = await statusOf(await create('a', {}, { base: JSM }), JSM);
    const byId = await get(`${JSM}/v2/alerts/${alertId}?alertIdentifierType=id`, genie);
    expect(byId.body.data).toMatchObject({ alias: 'a' });
    expect((await get(`${JSM}/v2/alerts/a?alertIdentifierType=alias`, genie)).status).toBe(422);
    expect((await get(`/v2/alerts/${alertId}`, genie)).status).toBe(404);
  });
});
