import { describe, expect, test } from '@jest/globals';
import { PAGERDUTY_KEY } from '../support/daemon.ts';
import { useSandbox } from '../support/use-sandbox.ts';

const { clock, call, get, state } = useSandbox();
const token = { Authorization: 'Token token=y_abcDEF-123+4567890' };

const send = (dedup_key: string, event_action = 'trigger', change = {}) =>
  call('/v2/enqueue', {
    routing_key: PAGERDUTY_KEY,
    event_action,
    dedup_key,
    client: 'c',
    client_url: 'http://c',
    payload: { summary: `about ${dedup_key}`, source: 'h', severity: 'error', custom_details: { n: 1 } },
    ...change,
  });
const list = async (query = '') => (await get(`/incidents${query}`, token)).body;
const titles = async (query: string) =>
  (await list(query)).incidents.map(({ title }: { title: string }) => title);
/** One triggered, one acknowledged, one resolved. */
const oneOfEach = async () => {
  for (const key of ['t', 'a', 'r']) await send(key);
  await send('a', 'acknowledge');
  clock.now += 60_000;
  await send('r', 'resolve');
};

describe('incidents', () => {
  test('are those of all routing keys, in the three states', async () => {
    await oneOfEach();
    await send('other', 'trigger', { routing_key: PAGERDUTY_KEY.replace(/.$/, '9') });
    const { incidents, ...paging } = await list('?date_range=all');
    expect(incidents).toMatchObject([
      { status: 'triggered', title: 'about t', incident_number: 1, type: 'incident', resolved_at: null },
      { status: 'acknowledged', title: 'about a', resolved_at: null },
      {
        status: 'resolved',
        title: 'about r',
        created_at: '1970-01-01T00:16:40Z',
        resolved_at: '1970-01-01T00:17:40Z',
      },
      { status: 'triggered', title: 'about other' },
    ]);
    expect(paging).toEqual({ limit: 25, offset: 0, more: false, total: null });
  });

  test('can be asked for by state, service and key', async () => {
    await oneOfEach();
    const open = '?statuses[]=triggered&statuses%5B%5D=acknowledged&service_ids[]=PX';
    expect(await titles(open)).toEqual(['about t', 'about a']);
    expect(await titles('?statuses[]=resolved')).toEqual(['about r']);
    expect(await titles('?incident_key=a')).toEqual(['about a']);
    expect(await titles('?incident_key=')).toHaveLength(3);
    expect(await titles('?sort_by=created_at:desc')).toEqual(['about r', 'about a', 'about t']);
  });

  test('come in pages', async () => {
    await oneOfEach();
    const page = await list('?limit=2&offset=0&total=true');
    expect(page).toMatchObject({ limit: 2, offset: 0, more: true, total: 3 });
    expect(page.incidents).toHaveLength(2);
    const last = await list('?limit=2&offset=2');
    expect(last).toMatchObject({ more: false, incidents: [{ title: 'about r' }] });
  });

  test('older than a month need date_range=all', async () => {
    await send('old');
    clock.now += 31 * 24 * 60 * 60 * 1000;
    expect(await titles('')).toEqual([]);
    expect(await titles('?date_range=all')).toEqual(['about old']);
  });

  test.each([
    ['limit=101', "'limit' should be a whole number from 1 to 100"],
    ['offset=-1', "'offset' should be a whole number from 0"],
    ['limit=100&offset=9901', "'offset' and 'limit' exceed 10000 together"],
    ['statuses[]=open', 'Status must be a list of triggered, acknowledged, resolved.'],
    ['date_range=year', "'date_range' should be all"],
    ['sort_by=title', "'sort_by' should be one of"],
    ['status=triggered', "'status' is not known to the sandbox"],
  ])('refuses %s', async (query, error) => {
    const answer = await get(`/incidents?${query}`, token);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code: 2001, errors: [expect.stringContaining(error)] });
    expect((await state()).requests.invalid).toBe(1);
  });

  test.each([
    ['none', {}],
    ['a bearer', { Authorization: `Bearer ${'x'.repeat(20)}` }],
    ['a short key', { Authorization: 'Token token=short' }],
  ])('need a key: %s', async (_what, headers) => {
    const answer = await get('/incidents', headers);
    expect([answer.status, answer.body]).toEqual([401, { error: { message: 'Unauthorized', code: 2006 } }]);
  });
});

describe('the alerts of an incident', () => {
  test('tell the dedup_key and what was sent', async () => {
    await send('k');
    const [{ id }] = (await list()).incidents;
    const { body } = await get(`/incidents/${id}/alerts?statuses[]=triggered`, token);
    expect(body).toMatchObject({
      alerts: [
        {
          type: 'alert',
          status: 'triggered',
          alert_key: 'k',
          severity: 'error',
          body: {
            type: 'alert_body',
            details: { n: 1 },
            cef_details: { client: 'c', client_url: 'http://c', dedup_key: 'k' },
          },
          incident: { id },
        },
      ],
      more: false,
    });
  });

  test('are triggered or resolved, not acknowledged', async () => {
    await oneOfEach();
    const { incidents } = await list();
    const statuses: unknown[] = [];
    for (const { id } of incidents) {
      const { body } = await get(`/incidents/${id}/alerts`, token);
      statuses.push(body.alerts[0].status);
    }
    expect(statuses).toEqual(['triggered', 'triggered', 'resolved']);
    const path = `/incidents/${incidents[2].id}/alerts`;
    expect((await get(`${path}?statuses[]=triggered`, token)).body.alerts).toEqual([]);
    expect((await get(`${path}?statuses[]=acknowledged`, token)).status).toBe(400);
  });

  test('of no such incident are 404, as is any other call', async () => {
    const { body } = await call(
      '/v2/alerts',
      { message: 'm' },
      { Authorization: 'GenieKey 0a1b2c3d-0000-4000-8000-00000000feed' },
    );
    expect(body.requestId).toBeDefined();
    const [{ id }] = (await state()).incidents;
    const ids = ['nonsense', `Q1${id.toString(36).toUpperCase().padStart(12, '0')}`];
    for (const path of [...ids.map((one) => `/incidents/${one}/alerts`), `/incidents/${ids[1]}`]) {
      const answer = await get(path, token);
      expect([answer.status, answer.body]).toEqual([404, { error: { message: 'Not Found', code: 2100 } }]);
    }
  });
});
