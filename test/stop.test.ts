import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { ask, withApp } from './support/app.ts';
import { always, withVendor } from './support/fake-vendor.ts';
import { webhookBody } from './support/post.ts';

describe('a stop', () => {
  const config = (url: string) =>
    JSON.stringify({
      route: { receiver: 'team', group_by: ['...'], dedup: { hold_resolve: '10m' } },
      receivers: [{ name: 'team', pagerduty_configs: [{ routing_key: 'R'.repeat(32), url }] }],
      relay: { drain_timeout: '0s', shutdown_timeout: '1s', delivery_timeout: '1s' },
    });
  const tell = async (port: number | undefined) => {
    const headers = { 'Content-Type': 'application/json' };
    for (const status of ['firing', 'resolved'] as const)
      await ask(port, '/webhook', { method: 'POST', headers, body: webhookBody([{ status }]) });
  };

  test('sends what was kept back although somebody is still at his request', async () => {
    await withVendor(always(202), async ({ url, requests }) => {
      await withApp({ config: config(url) }, async ({ app, ports: [port] }) => {
        await tell(port);
        const slow = connect({ host: '127.0.0.1', port: port ?? 0 });
        slow.on('error', () => {});
        slow.write('POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{');
        await new Promise((resolve) => setTimeout(resolve, 100));
        await app.stop({ drain: false });
      });
      expect(requests.map(({ body }) => JSON.parse(body).event_action)).toEqual(['trigger', 'resolve']);
    });
  });

  test('says what it could not send', async () => {
    let answers = 0;
    await withVendor(
      (response, request, index) => {
        if (answers++ === 0) always(202)(response, request, index);
      },
      async ({ url }) => {
        await withApp({ config: config(url) }, async ({ app, ports: [port], log }) => {
          await tell(port);
          await app.stop({ drain: false });
          expect(log()).toContain(
            '"level":"error","msg":"resolve not sent: it was kept back","receiver":"team"',
          );
        });
      },
    );
  }, 20_000);

  test('says once how many alerts of muted routes it drops', async () => {
    await withVendor(always(202), async ({ url, requests }) => {
      const muted = JSON.parse(config(url));
      muted.time_intervals = [{ name: 'always', time_intervals: [{}] }];
      muted.route.routes = [{ receiver: 'team', mute_time_intervals: ['always'] }];
      await withApp({ config: JSON.stringify(muted) }, async ({ app, ports: [port], log }) => {
        const headers = { 'Content-Type': 'application/json' };
        const body = webhookBody(['a', 'b'].map((letter) => ({ fingerprint: letter.repeat(16) })));
        await ask(port, '/webhook', { method: 'POST', headers, body });
        await app.stop({ drain: false });
        expect(log().match(/.*held alerts dropped.*/g)).toEqual([
          expect.stringContaining('"level":"warn","msg":"held alerts dropped: the daemon stops","alerts":2'),
        ]);
      });
      expect(requests).toEqual([]);
    });
  });
});
