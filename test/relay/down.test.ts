import { beforeEach, describe, expect, test } from '@jest/globals';
import { ACCEPTED, configOf, type RelayUnderTest, relayUnderTest } from '../support/relay.ts';

const PROXY = ', http_config: { proxy_url: "http://proxy.example:3128" }';

/** Three teams at one address; those with a proxy are behind one that is dead. */
const config = (settings: Readonly<Record<string, string>>) => `
relay: { delivery_timeout: 1s }
route: { receiver: direct, group_by: ['...'] }
receivers:
${Object.entries(settings)
  .map(
    ([name, more]) =>
      `  - { name: ${name}, pagerduty_configs: [{ routing_key: of-${name}, url: 'http://vendor.example/pd'${more} }] }`,
  )
  .join('\n')}
`;

describe('an endpoint that cannot be reached through its proxy', () => {
  let t: RelayUnderTest;
  const fire = (receiver: string, i = 1) => t.tellDirectly(receiver, [{ fingerprint: String(i).repeat(16) }]);
  const open = async () =>
    Array.from(
      (await t.scrape()).matchAll(/^pagerelay_circuit_open{receiver="(.*?)".*} 1$/gm),
      ([, receiver]) => receiver,
    );

  beforeEach(async () => {
    t = relayUnderTest(config({ direct: '', proxied: PROXY, twin: PROXY }), (_request, settings) => {
      if (settings?.transport?.proxy.url === undefined) return ACCEPTED;
      // As if it had hung: there is no time left for another attempt.
      t.now += 1_000;
      return { failure: 'network', code: 'ECONNREFUSED' };
    });
    for (let i = 1; i <= 5; i++) await fire('proxied', i);
  });

  test('is down for those behind that proxy, and for nobody else', async () => {
    expect(await fire('twin')).toMatchObject([{ outcome: 'unavailable', reason: 'circuitOpen' }]);
    expect(await fire('direct')).toMatchObject([{ outcome: 'accepted' }]);
    expect(await open()).toEqual(['proxied', 'twin']);
    expect(t.logs.filter(({ level }) => level === 'error')).toMatchObject([
      { msg: expect.stringContaining('endpoint down'), receiver: 'proxied' },
      { msg: expect.stringContaining('endpoint down'), receiver: 'twin' },
    ]);
  });

  test('is no longer down for who leaves the proxy, or the config, and is for who comes to it', async () => {
    t.relay.use(configOf(config({ direct: PROXY, proxied: '' })));
    expect(await open()).toEqual(['direct']);
    expect(await fire('proxied')).toMatchObject([{ outcome: 'accepted' }]);
  });
});
