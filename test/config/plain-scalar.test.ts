import { describe, expect, test } from '@jest/globals';
import { type Loaded, load } from '../../src/config/load.ts';
import { printProblem } from '../../src/config/problem.ts';

function loaded(text: string): Loaded {
  return load(text, 'pagerelay.yaml', { env: {}, now: Date.now });
}

function matchersOf(match: string): unknown {
  const text = `route: { receiver: a, routes: [{ match: ${match} }] }\nreceivers: [{ name: a }]\n`;
  const { config, problems } = loaded(text);
  expect(problems.map(printProblem)).toEqual([]);
  return config?.route.routes[0]?.matchers.map(({ name, value }) => [name, value]);
}

// go-yaml, and so Alertmanager, takes the text of any plain scalar where it wants a text (tried with amtool).
describe('where a text is wanted', () => {
  test.each([
    '1',
    '1.10',
    '007',
    '0x1F',
    '0o17',
    '1e3',
    '+5',
    '-0',
    '.inf',
    '.nan',
    'true',
    'False',
    'yes',
    'No',
    'on',
    'y',
    '2026-01-01',
    '12:30:45',
    '1_000',
    '12345678901234567890',
  ])('%s without quotes is that text', (text) => {
    expect(matchersOf(`{ a: ${text} }`)).toEqual([['a', text]]);
  });

  test('it is through aliases and merge keys too, and names are none of it', () => {
    expect(matchersOf('{ a: &x 1.10, b: *x, 1: 2.0, <<: { c: 3.0, a: 4 } }')).toEqual(
      expect.arrayContaining([
        ['a', '1.10'],
        ['b', '1.10'],
        ['1', '2.0'],
        ['c', '3.0'],
      ]),
    );
  });

  test('the first of a list of merged maps has it', () => {
    expect(matchersOf('{ <<: [{ a: 1.0 }, { a: 2.0, b: 3.0 }] }')).toEqual([
      ['a', '1.0'],
      ['b', '3.0'],
    ]);
  });

  test('a tagged or quoted number is as it was', () => {
    const { problems } = loaded(
      'route: { receiver: a, routes: [{ match: { a: !!float "1.10" } }] }\nreceivers: [{ name: a }]\n',
    );
    expect(problems.map(printProblem)).toEqual([
      'pagerelay.yaml:1:54: route.routes[0].match.a: must be a string (got 1.1)',
    ]);
  });
});

describe('where a boolean is wanted', () => {
  const withContinue = (text: string) =>
    loaded(`route: { receiver: a, routes: [{ continue: ${text} }] }\nreceivers: [{ name: a }]\n`);

  // YAML 1.1, https://yaml.org/type/bool.html
  test.each(['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'true', 'True', 'TRUE'])(
    '%s is true',
    (text) => {
      expect(withContinue(text).config?.route.routes[0]?.continue).toBe(true);
    },
  );

  test.each(['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'false', 'False', 'FALSE'])(
    '%s is false',
    (text) => {
      expect(withContinue(text).config?.route.routes[0]?.continue).toBe(false);
    },
  );

  test.each(['"yes"', "'on'", 'yEs', '1', '"true"', 'si', '[yes]'])('%s is a fault', (text) => {
    expect(withContinue(text).problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^must be true or false \(got /),
    ]);
  });

  test('%YAML 1.1 at the top changes nothing', () => {
    const text = `route: { receiver: a, routes: [{ continue: off, match: { a: yes, b: 2026-01-01 } }] }`;
    const { config } = loaded(`%YAML 1.1\n---\n${text}\nreceivers: [{ name: a }]\n`);
    expect(config?.route.routes[0]).toMatchObject({
      continue: false,
      matchers: [
        { name: 'a', value: 'yes' },
        { name: 'b', value: '2026-01-01' },
      ],
    });
  });
});

test('one anchor can be used by hundreds', () => {
  const receivers = Array.from({ length: 500 }, (_, i) => `- { name: r${i}, pagerduty_configs: *pd }\n`);
  const text = `route: { receiver: a }\nreceivers:\n- { name: a, pagerduty_configs: &pd [{ routing_key: 12 }] }\n${receivers.join('')}`;
  expect(loaded(text).config?.receivers.size).toBe(501);
});
