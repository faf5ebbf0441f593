import { type ChannelListener, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ask, withApp } from './support/app.ts';
import { always, type Script, withTcpServer, withVendor } from './support/fake-vendor.ts';

/** Every connection that this process makes goes through this channel, whichever library asks for it. */
const CONNECTIONS = 'net.client.socket';
/** The ports that were asked for. */
let asked: Set<number | undefined>;
const note: ChannelListener = (message) => {
  const { socket } = message as { socket: Socket };
  socket.on('connectionAttempt', (_address: string, port: number) => asked.add(port));
  socket.on('connect', () => asked.add(socket.remotePort));
};
beforeEach(() => {
  asked = new Set();
  subscribe(CONNECTIONS, note);
});
afterEach(() => void unsubscribe(CONNECTIONS, note));

/** An alert that names an address wherever it can. */
function luring(address: string): string {
  const everywhere = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, address]));
  const words = [
    'alertname',
    'url',
    'pagerduty_url',
    'runbook_url',
    'host',
    'proxy_url',
    'region',
    'link_1_href',
  ];
  const labels = { ...everywhere(words), severity: address, team: address, image: address };
  return JSON.stringify({
    version: '4',
    groupKey: `{}:{url="${address}"}`,
    receiver: address,
    externalURL: address,
    orgId: 1,
    title: address,
    message: address,
    groupLabels: labels,
    commonLabels: labels,
    commonAnnotations: labels,
    alerts: [
      {
        status: 'firing',
        labels,
        annotations: labels,
        startsAt: '2026-01-01T00:00:00Z',
        generatorURL: address,
        ...everywhere(['imageURL', 'silenceURL', 'dashboardURL', 'panelURL', 'valueString']),
      },
    ],
  });
}

const to = (lure: string, status: number): Script => always(status, { Location: lure, Link: `<${lure}>` });

test.each([
  ['accept it', (lure: string) => to(lure, 202)],
  ['send elsewhere', (lure: string) => to(lure, 307)],
])(
  'requests go to the hosts of the config and to no other, whatever alerts say, where vendors %s',
  async (_what, script) => {
    const lured: Socket[] = [];
    await withTcpServer(
      (socket) => lured.push(socket),
      (lure) =>
        withVendor(script(lure), (pagerduty) =>
          withVendor(script(lure), async (opsgenie) => {
            const http_config = { follow_redirects: true };
            const pagerdutyConfig = {
              url: pagerduty.url,
              routing_key: 'R'.repeat(32),
              http_config,
              client_url: '{{ .CommonLabels.url }}',
              links: [{ href: '{{ .CommonLabels.url }}', text: 'link' }],
              images: [{ src: '{{ .CommonLabels.url }}' }],
            };
            const opsgenieConfig = {
              api_url: opsgenie.url,
              api_key: 'K'.repeat(36),
              http_config,
              source: '{{ .CommonLabels.url }}',
              alias: '{{ .CommonLabels.url }}/../../x?a=b#c',
            };
            const config = JSON.stringify({
              route: { receiver: 'all' },
              receivers: [
                { name: 'all', pagerduty_configs: [pagerdutyConfig], opsgenie_configs: [opsgenieConfig] },
              ],
              relay: { drain_timeout: '0s', delivery_timeout: '2s' },
            });
            await withApp({ config }, async ({ ports: [port] }) => {
              const headers = { 'Content-Type': 'application/json', 'X-Forwarded-Host': lure, Referer: lure };
              const resolved = luring(lure).replace('"firing"', '"resolved"');
              for (const body of [luring(lure), resolved]) {
                await ask(port, '/webhook', { method: 'POST', headers, body });
                await ask(port, `/webhook/${encodeURIComponent(lure)}`, { method: 'POST', headers, body });
              }
              const allowed = new Set([
                port,
                ...[pagerduty, opsgenie].map(({ url }) => Number(new URL(url).port)),
              ]);
              expect(asked.size).toBeGreaterThanOrEqual(3);
              expect([...asked].filter((own) => !allowed.has(own))).toEqual([]);
            });
            expect(pagerduty.requests.length).toBeGreaterThan(0);
            expect(opsgenie.requests.length).toBeGreaterThan(0);
            for (const { url } of pagerduty.requests) expect(url).toBe('/');
            for (const { url } of opsgenie.requests)
              expect(url).toMatch(/^\/v2\/alerts(\/[^/?#]+\/close\?identifierType=alias)?$/);
            expect(lured).toEqual([]);
          }),
        ),
    );
  },
);
