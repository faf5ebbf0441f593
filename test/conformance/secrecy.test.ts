import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { Integration } from '../../src/config/compile-receiver.ts';
import type { Notification } from '../../src/notification/notification.ts';
import { vendors } from '../../src/notify/registry.ts';
import { createLogger } from '../../src/observe/log.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { createCounters } from '../../src/relay/counters.ts';
import { reportDelivered } from '../../src/relay/report.ts';
import {
  CREDENTIAL,
  configured,
  type Delivered,
  type DeliverOptions,
  deliverOnce,
} from '../support/deliveries.ts';
import { closedUrl, type Script, withTcpServer, withVendor } from '../support/fake-vendor.ts';
import { aResolve, aTrigger } from '../support/notifications.ts';

/** Everything of a delivery that anybody can come to see: what is returned, thrown, logged and replied. */
async function everythingShown(
  to: Integration,
  notification: Notification,
  options: DeliverOptions = { withinMs: 300 },
): Promise<string> {
  const show = (value: unknown) =>
    `${inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true })}\n${JSON.stringify(value)}`;
  let delivery: Delivered;
  try {
    delivery = await deliverOnce(to, notification, options);
  } catch (error) {
    return `${show(error)}\n${(error as Error).stack}`;
  }
  let logged = '';
  const write = (line: string) => {
    logged += line;
  };
  const log = createLogger({ level: 'debug', format: 'json', write, now: Date.now });
  const config = {
    receivers: new Map([['team', { name: 'team', integrations: [to] }]]),
  } as unknown as Parameters<ReturnType<typeof createCounters>['of']>[0];
  const counters = createCounters(createMetrics()).of(config)(to);
  const decision = { ...notification, reason: 'first' } as unknown as Parameters<typeof reportDelivered>[1];
  const result = reportDelivered(to, decision, delivery, { startedAt: 0, now: 1 }, counters, log);
  return [show(delivery), show(to), show(result), logged].join('\n');
}

/** Answers with the whole request, as a vendor's error text may: in the documented fields, in the rest and in headers. */
function echo(status: number): Script {
  return (response, { url, headers, body }) => {
    const request = `POST ${url} ${headers.authorization ?? ''} ${body}`;
    response
      .writeHead(status, `echo ${headers.authorization ?? CREDENTIAL}`, {
        'X-Echo': encodeURI(request.slice(0, 2000)),
        'X-Key': CREDENTIAL,
        'Retry-After': '3600',
      })
      .end(
        JSON.stringify({ message: request, errors: [request, { request }], status: request, [request]: 1 }),
      );
  };
}

describe.each(vendors)('the credential of $type is shown nowhere', (vendor) => {
  test.each([200, 202, 302, 400, 401, 413, 422, 429, 500, 501, 503])(
    'when a %i echoes the request in body, headers and status text',
    async (status) => {
      await withVendor(echo(status), async ({ url, requests }) => {
        const to = configured(vendor, url);
        const shown = [await everythingShown(to, aTrigger()), await everythingShown(to, aResolve())].join(
          '\n',
        );
        // The vendor did get it.
        expect(JSON.stringify(requests[0])).toContain(CREDENTIAL);
        expect(shown).not.toContain(CREDENTIAL);
      });
    },
  );

  test('when the answer is cut off in the middle of an echo', async () => {
    const script: Script = (response, request) => {
      const filler = 'x'.repeat(64 * 1024 - 20);
      response
        .writeHead(400)
        .end(`{"message":"${filler}${CREDENTIAL}","errors":["${JSON.stringify(request)}"]}`);
    };
    await withVendor(script, async ({ url }) => {
      const shown = await everythingShown(configured(vendor, url), aTrigger());
      expect(shown).not.toContain(CREDENTIAL.slice(0, 12));
    });
  });

  // Gson, for one, writes = as \u003d; PHP writes / as \/.
  test('when the answer writes it with JSON escapes', async () => {
    const escaped = [...CREDENTIAL]
      .map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('');
    const script: Script = (response) => {
      response.writeHead(400).end(`{"message":"no such key ${escaped}","errors":["${escaped}"]}`);
    };
    await withVendor(script, async ({ url }) => {
      expect(await everythingShown(configured(vendor, url), aTrigger())).not.toContain(CREDENTIAL);
    });
  });

  test('when it has characters that no header may have: the config is refused', () => {
    const odd = `${CREDENTIAL}\n"\u{1f511}`;
    const use = () => configured(vendor, 'http://127.0.0.1:1/', { [vendor.credential.setting]: odd });
    expect(use).toThrow(`${vendor.credential.setting}: holds white space or characters that no key has`);
    expect(use).not.toThrow(CREDENTIAL);
  });

  test('when no connection comes about, breaks, is no HTTP, hangs or is stopped', async () => {
    const refused = await everythingShown(configured(vendor, await closedUrl()), aTrigger());
    const broken = await withVendor(
      (response) => response.socket?.resetAndDestroy(),
      ({ url }) => everythingShown(configured(vendor, url), aTrigger()),
    );
    const garbage = await withTcpServer(
      (socket) => socket.on('data', (data) => socket.end(data)),
      (url) => everythingShown(configured(vendor, url), aTrigger()),
    );
    const hanging = await withVendor(
      () => {},
      ({ url }) => everythingShown(configured(vendor, url), aTrigger()),
    );
    const stopped = await withVendor(
      () => {},
      ({ url }) =>
        everythingShown(configured(vendor, url), aTrigger(), { stopping: AbortSignal.timeout(100) }),
    );
    expect([refused, broken, garbage, hanging, stopped].join('\n')).not.toContain(CREDENTIAL);
  });
});
