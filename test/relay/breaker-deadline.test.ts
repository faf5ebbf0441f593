import { expect, test } from '@jest/globals';
import type { PostedAlert } from '../support/post.ts';
import { relayUnderTest } from '../support/relay.ts';

const config = (deliveryTimeout: string) => `
relay: { delivery_timeout: ${deliveryTimeout} }
route: { receiver: pd, group_by: ['...'] }
receivers:
  - name: pd
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
`;
const alerts: readonly PostedAlert[] = Array.from({ length: 6 }, (_, i) => ({
  fingerprint: String(i).repeat(16),
}));

test.each([
  ['3s', 'opens', 1],
  ['1s', 'stays closed, for so little time says nothing', 0],
])(
  'the breaker of a vendor that hangs, with %s for a webhook and 4s for an attempt, %s',
  async (deliveryTimeout, _what, open) => {
    const t = relayUnderTest(config(deliveryTimeout), () => ({ failure: 'timeout', code: 'ETIMEDOUT' }));
    await t.tell(alerts);
    const gauge = 'pagerelay_circuit_open{receiver="pd",integration="pagerduty_configs[0]"}';
    expect(await t.scrape()).toContain(`${gauge} ${open}`);
  },
);
