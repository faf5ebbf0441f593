import { describe, expect, test } from '@jest/globals';
import { type AppUnderTest, ask, withApp } from '../support/app.ts';
import { always, closedUrl, type Received, type Script, withVendor } from '../support/fake-vendor.ts';
import { webhookBody } from '../support/post.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SENDER = 'b7ad6b7169203331';

interface Exported {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code: number; readonly message?: string };
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** The spans in what a collector got. */
function spansOf(requests: readonly Received[]): readonly Exported[] {
  return requests.flatMap(({ body }) =>
    JSON.parse(body).resourceSpans.flatMap(({ scopeSpans }: { scopeSpans: { spans: object[] }[] }) =>
      scopeSpans.flatMap(({ spans }) => spans.map(readable)),
    ),
  );
}

function readable(span: object): object {
  const { attributes } = span as { attributes: { key: string; value: Record<string, unknown> }[] };
  return {
    ...span,
    attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
  };
}

function configOf(vendor: string, tracing: object | undefined, fallback?: string): string {
  const entry = (url: string, key: string) => ({ url, routing_key: key.repeat(32) });
  return JSON.stringify({
    route: { receiver: 'team' },
    receivers: [
      {
        name: 'team',
        pagerduty_configs: [entry(vendor, 'A')],
        ...(fallback === undefined ? {} : { fallback: 'others' }),
      },
      ...(fallback === undefined ? [] : [{ name: 'others', pagerduty_configs: [entry(fallback, 'B')] }]),
    ],
    relay: { drain_timeout: '0s', delivery_timeout: '2s' },
    ...(tracing === undefined ? {} : { tracing }),
  });
}

async function webhook({ ports: [port] }: AppUnderTest, headers: Readonly<Record<string, string>> = {}) {
  const json = { 'Content-Type': 'application/json', ...headers };
  return ask(port, '/webhook', { method: 'POST', headers: json, body: webhookBody([{}]) });
}

/** The spans that a collector has when the daemon has ended, and its log. */
async function traced(
  vendor: Script,
  tracing: object,
  use: (app: AppUnderTest) => Promise<unknown>,
  fallback?: Script,
): Promise<{
  readonly spans: readonly Exported[];
  readonly requests: readonly Received[];
  readonly log: string;
}> {
  return withVendor(always(200), (collector) =>
    withVendor(vendor, ({ url }) =>
      withVendor(fallback ?? always(202), async (other) => {
        const config = configOf(
          url,
          { endpoint: collector.url, ...tracing },
          fallback === undefined ? undefined : other.url,
        );
        const log = await withApp({ config }, async (app) => {
          await use(app);
          return app.log();
        });
        return { spans: spansOf(collector.requests), requests: collector.requests, log };
      }),
    ),
  );
}

describe('a webhook that is traced', () => {
  test('has a span for itself, for each notification and for each request, below its sender', async () => {
    let status = 503;
    const { spans, requests, log } = await traced(
      (response) => {
        response.writeHead(status, { 'Retry-After': '0' }).end('{}');
        status = 202;
      },
      {},
      async (app) => {
        const answer = await webhook(app, { traceparent: `00-${TRACE}-${SENDER}-01`, tracestate: 'a=b' });
        expect(answer.status).toBe(200);
      },
    );
    expect(requests.map(({ method, url }) => [method, url])).toEqual([['POST', '/v1/traces']]);
    expect(requests[0]?.headers['content-type']).toBe('application/json');
    const server = spans.find(({ kind }) => kind === 2);
    const notify = spans.find(({ kind }) => kind === 1);
    const posts = spans.filter(({ kind }) => kind === 3);
    expect(spans).toHaveLength(4);
    expect(spans.every(({ traceId }) => traceId === TRACE)).toBe(true);
    expect(server).toMatchObject({
      name: 'POST /webhook',
      parentSpanId: SENDER,
      traceState: 'a=b',
      attributes: { 'url.path': '/webhook', 'url.scheme': 'http', 'http.response.status_code': 200 },
    });
    expect(notify).toMatchObject({
      name: 'notify pagerduty_configs[0]',
      parentSpanId: server?.spanId,
      status: { code: 0 },
      attributes: {
        'pagerelay.receiver': 'team',
        'pagerelay.action': 'trigger',
        'pagerelay.outcome': 'accepted',
        'pagerelay.reason': 'first',
        'pagerelay.triggered_by': 'webhook',
      },
    });
    expect(posts.map(({ parentSpanId }) => parentSpanId)).toEqual([notify?.spanId, notify?.spanId]);
    expect(posts[0]).toMatchObject({
      status: { code: 2, message: 'status 503' },
      attributes: {
        'http.response.status_code': 503,
        'error.type': 'serverError',
        'server.address': '127.0.0.1',
      },
    });
    expect(posts[1]).toMatchObject({
      status: { code: 0 },
      attributes: { 'http.response.status_code': 202, 'http.request.resend_count': 1 },
    });
    expect(
      JSON.parse(log.split('\n').find((line) => line.includes('notification accepted')) ?? ''),
    ).toMatchObject({
      trace_id: TRACE,
    });
  });

  test('has what the fallback does below what it stands in for', async () => {
    const { spans } = await traced(always(400), {}, (app) => webhook(app), always(202));
    const [own, other] = ['team', 'others'].map((receiver) =>
      spans.find(({ attributes }) => attributes['pagerelay.receiver'] === receiver),
    );
    expect(own).toMatchObject({ attributes: { 'pagerelay.reason': 'fallback' } });
    expect(other).toMatchObject({
      parentSpanId: own?.spanId,
      attributes: { 'pagerelay.fallback_for': 'team', 'pagerelay.outcome': 'accepted' },
    });
  });

  test('says of what process it is', async () => {
    const { requests } = await traced(always(202), {}, (app) => webhook(app));
    const { resource } = JSON.parse(requests[0]?.body ?? '').resourceSpans[0];
    expect(readable(resource)).toMatchObject({
      attributes: { 'service.name': 'pagerelay', 'service.version': '1.2.3' },
    });
  });

  test('is so as its sender says, else by sampling_fraction', async () => {
    const { spans } = await traced(always(202), { sampling_fraction: 0 }, async (app) => {
      await webhook(app);
      await webhook(app, { traceparent: `00-${TRACE}-${SENDER}-00` });
      await webhook(app, { traceparent: `00-${TRACE}-${SENDER}-01` });
    });
    expect(spans.map(({ name }) => name).sort()).toEqual(['POST /webhook', 'notify pagerduty_configs[0]']);
    const all = await traced(always(202), {}, async (app) => {
      await webhook(app, { traceparent: 'nonsense' });
      await webhook(app, { traceparent: `00-${TRACE}-${SENDER}-00` });
    });
    expect(all.spans.map(({ name }) => name).sort()).toEqual([
      'POST',
      'POST /webhook',
      'notify pagerduty_configs[0]',
    ]);
    expect(all.spans.some(({ traceId }) => traceId === TRACE)).toBe(false);
  });

  test('shows nobody but the collector: vendors get no traceparent', async () => {
    await withVendor(always(202), async (vendor) => {
      await withVendor(always(200), async (collector) => {
        await withApp({ config: configOf(vendor.url, { endpoint: collector.url }) }, (app) => webhook(app));
      });
      expect(vendor.requests).toHaveLength(1);
      expect(vendor.requests[0]?.headers).not.toHaveProperty('traceparent');
    });
  });
});

describe('a collector that does not take spans', () => {
  test.each([
    ['answers 503', always(503)],
    ['takes a part', always(200, {}, '{"partialSuccess": {"rejectedSpans": "3", "errorMessage": "no"}}')],
    ['does not answer', () => {}],
  ] as const)('that %s costs no page, is told of once and counted', async (_what, script) => {
    await withVendor(always(202), ({ url }) =>
      withVendor(script, async (collector) => {
        const config = configOf(url, { endpoint: collector.url, timeout: '300ms' });
        const log = await withApp({ config }, async (app) => {
          expect((await webhook(app)).status).toBe(200);
          await app.app.stop({ drain: false });
          return app.log();
        });
        expect(collector.requests).toHaveLength(1);
        expect(log.match(/traces are not taken/g)).toHaveLength(1);
      }),
    );
  });

  test('keeps the daemon from ending for two seconds at most', async () => {
    await withVendor(always(202), ({ url }) =>
      withVendor(
        () => {},
        async (collector) => {
          await withApp(
            { config: configOf(url, { endpoint: collector.url, timeout: '1m' }) },
            async (app) => {
              await webhook(app);
              const since = Date.now();
              await app.app.stop({ drain: false });
              expect(Date.now() - since).toBeLessThan(4_000);
            },
          );
        },
      ),
    );
  });

  test('that is not there costs no page either', async () => {
    const endpoint = await closedUrl();
    await withVendor(always(202), async ({ url }) => {
      await withApp({ config: configOf(url, { endpoint }) }, async (app) => {
        expect((await webhook(app)).status).toBe(200);
        await app.app.stop({ drain: false });
        expect(app.log()).toContain('ECONNREFUSED');
      });
    });
  });
});

test('a reload begins and ends it, with the http_config that it has', async () => {
  await withVendor(always(202), ({ url }) =>
    withVendor(always(200), async (collector) => {
      await withApp({ config: configOf(url, undefined) }, async (app) => {
        await webhook(app);
        const http_config = { authorization: { credentials: 'for-the-collector' } };
        app.write('pagerelay.yaml', configOf(url, { endpoint: `${collector.url}v1/traces`, http_config }));
        expect(await app.app.reload()).toEqual([]);
        await webhook(app);
        app.write('pagerelay.yaml', configOf(url, undefined));
        expect(await app.app.reload()).toEqual([]);
        await webhook(app);
      });
      expect(collector.requests.map((request) => [request.url, request.headers.authorization])).toEqual([
        ['/v1/traces', 'Bearer for-the-collector'],
      ]);
      // The second webhook said nothing new.
      expect(
        spansOf(collector.requests)
          .map(({ name }) => name)
          .sort(),
      ).toEqual(['POST /webhook', 'notify pagerduty_configs[0]']);
    }),
  );
});
