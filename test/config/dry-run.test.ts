import { expect, test } from '@jest/globals';
import { load } from '../../src/config/load.ts';
import { printProblem } from '../../src/config/problem.ts';

const TEXT = `
route: { receiver: a }
receivers:
- name: a
  pagerduty_configs:
  - { routing_key_env: PAGERDUTY_KEY_ONE }
  - { routing_key_env: PAGERDUTY_KEY_TWO }
  - { routing_key_env: PAGERDUTY_KEY_TWO }
`;
const WARNINGS = [
  'pagerelay.yaml:6:24: receivers[0].pagerduty_configs[0].routing_key_env: warning: environment variable PAGERDUTY_KEY_ONE is not set or empty',
  'pagerelay.yaml:7:24: receivers[0].pagerduty_configs[1].routing_key_env: warning: environment variable PAGERDUTY_KEY_TWO is not set or empty',
  'pagerelay.yaml:8:24: receivers[0].pagerduty_configs[2].routing_key_env: warning: environment variable PAGERDUTY_KEY_TWO is not set or empty',
];

test('in a dry run a variable that is not set is a warning, and without it a fault', () => {
  const context = { env: {}, now: Date.now };
  const dry = load(TEXT, 'pagerelay.yaml', { ...context, isDryRun: true });
  expect(dry.config).toBeDefined();
  expect(dry.problems.map(printProblem)).toEqual(WARNINGS);
  const { config, problems } = load(TEXT, 'pagerelay.yaml', context);
  expect(config).toBeUndefined();
  expect(problems.map(printProblem)).toEqual(WARNINGS.map((line) => line.replace('warning: ', '')));
});

test('in a dry run accounts are told apart by their variables', () => {
  const { config } = load(TEXT, 'pagerelay.yaml', { env: {}, now: Date.now, isDryRun: true });
  const [one, two, three] = config?.receivers.get('a')?.integrations.map(({ target }) => target) ?? [];
  expect(one).not.toBe(two);
  expect(two).toBe(three);
});
