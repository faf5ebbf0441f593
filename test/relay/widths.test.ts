import { expect, test } from '@jest/globals';
import { widthsOf } from '../../src/relay/widths.ts';
import { configOf } from '../support/relay.ts';

const KEYS = ['a', 'b', 'c'].map((letter) => letter.repeat(32));

test('credentials that go to one origin share its 64 connections; one that is used twice counts once', () => {
  const config = configOf(`
route: { receiver: r0 }
receivers:
${[...KEYS, KEYS[0]].map((key, i) => `  - { name: r${i}, pagerduty_configs: [{ routing_key: ${key} }] }`).join('\n')}
  - { name: other, opsgenie_configs: [{ api_key: 00000000-0000-4000-8000-000000000001 }] }
`);
  expect([...widthsOf(config).values()]).toEqual([21, 21, 21, 64]);
});
