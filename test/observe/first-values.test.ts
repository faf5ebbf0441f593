import { expect, test } from '@jest/globals';
import { relayUnderTest } from '../support/relay.ts';

test('what can be alerted on is there before it first happens', async () => {
  const under = relayUnderTest(`
route: { receiver: team }
receivers: [{ name: team, pagerduty_configs: [{ routing_key: ${'R'.repeat(32)} }] }]
`);
  const text = await under.scrape();
  for (const line of [
    'circuit_open{receiver="team",integration="pagerduty_configs[0]"} 0',
    'reconciled_incidents_total{what="gone"} 0',
    'reconciliations_total{result="failed"} 0',
    'dead_letters_total{receiver="team",integration="pagerduty_configs[0]"} 0',
  ]) {
    expect(text).toContain(`pagerelay_${line}`);
  }
});
