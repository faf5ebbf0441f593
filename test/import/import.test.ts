import { describe, expect, test } from '@jest/globals';
import { printProblem } from '../../src/config/problem.ts';
import { imported, importText } from '../support/import.ts';

const KEY = '0123456789abcdef0123456789abcdef';

describe('an alertmanager.yml with faults', () => {
  const rest = `receivers: [{ name: a, pagerduty_configs: [{ routing_key: ${KEY} }] }]`;

  test.each<readonly [string, string, readonly string[]]>([
    [
      'YAML that is none',
      'route: [\n',
      ['2:1: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
    [
      'several documents',
      `route: { receiver: a }\n${rest}\n---\na: b\n`,
      ['3:1: the file must hold one document only'],
    ],
    ['nothing in it', '', ['1:1: must be a map (got nothing)']],
    ['a text', 'hello\n', ['1:1: must be a map (got a string)']],
    ['neither route nor receivers', 'global: {}\n', ['1:1: route is missing', '1:1: receivers is missing']],
    ['an alias to nothing', `route: { receiver: *a }\n${rest}`, ['1:20: there is no anchor &a before it']],
    [
      'a receiver that is not there',
      `route:\n  receiver: a\n  routes:\n  - receiver: b\n${rest}`,
      ['4:15: route.routes[0].receiver: there is no receiver b (there are: a)'],
    ],
    [
      'two receivers of one name',
      `route: { receiver: a }\nreceivers:\n- name: a\n- name: a\n`,
      ['4:9: receivers[1].name: another receiver is called a too'],
    ],
    [
      'a receiver without a name',
      'route: { receiver: a }\nreceivers:\n- name: a\n- slack_configs: []\n',
      ['4:3: receivers[1]: name is missing'],
    ],
    ['a root without a receiver', `route: {}\n${rest}`, ['1:8: route: the root route needs a receiver']],
    [
      'a root with matchers',
      `route:\n  receiver: a\n  match: { a: b }\n${rest}`,
      ['1:1: route.matchers: the root route takes every alert: it must have no matchers'],
    ],
    [
      'matchers that are none',
      `route:\n  receiver: a\n  routes:\n  - matchers: [a]\n  - matchers: ['a="b"', 'a=~"("']\n  - match_re: { a: '(' }\n${rest}`,
      [
        "4:16: route.routes[0].matchers[0]: end of input: expected an operator such as '=', '!=', '=~' or '!~'",
        '5:25: route.routes[1].matchers[1]: error parsing regexp: missing closing ): `^(?:()$`',
        '6:20: route.routes[2].match_re.a: error parsing regexp: missing closing ): `^(?:()$`',
      ],
    ],
    [
      'values of another type',
      `route: { receiver: a, continue: 'no' }\nreceivers:\n- name: [a]\n  pagerduty_configs: { a: b }\n- name: b\n  opsgenie_configs: [{ send_resolved: maybe, tags: [a] }]\n`,
      [
        '1:33: route.continue: must be true or false (got "no")',
        '3:9: receivers[0].name: must be a string (got a list)',
        '4:22: receivers[0].pagerduty_configs: must be a list (got a map)',
        '6:39: receivers[1].opsgenie_configs[0].send_resolved: must be true or false (got "maybe")',
        '6:52: receivers[1].opsgenie_configs[0].tags: must be a string (got a list)',
      ],
    ],
    [
      'lists nested too deep',
      `route: ${'['.repeat(600)}${']'.repeat(600)}\n`,
      ['1:508: nested deeper than 500 levels'],
    ],
  ])('has each told with its place: %s', (_what, text, expected) => {
    expect(importText(text)).toEqual(expected.map((fault) => `alertmanager.yml:${fault}`));
  });

  test('shows no secret of it', () => {
    const text = `
global: { opsgenie_api_key: [k3y-1], http_config: { basic_auth: { password: [k3y-2] }, proxy_url: [k3y-3] } }
route: { receiver: a }
receivers:
- name: a
  pagerduty_configs: [{ routing_key: { k3y-4: a }, service_key: [k3y-5] }]
  opsgenie_configs: [{ api_key: [k3y-6], http_config: { authorization: { credentials: [k3y-7] }, oauth2: { client_secret: [k3y-8] } } }]
`;
    const faults = importText(text);
    expect(faults).toHaveLength(8);
    expect(String(faults)).not.toContain('k3y');
  });
});

describe('an entry that our config would be refused with', () => {
  test.each<readonly [string, string, string]>([
    [
      'an address with a password',
      `- { routing_key: ${KEY}, url: 'https://me:pass@example.org/' }`,
      '5:59: receivers[0].pagerduty_configs[0].url',
    ],
    [
      'a broken template',
      `- { routing_key: ${KEY}, description: '{{ .Status ' }`,
      '5:67: receivers[0].pagerduty_configs[0].description',
    ],
    ['no key', '- { severity: critical }', '5:5: receivers[0].pagerduty_configs[0]'],
    ['a key that is none', '- { routing_key: "a b" }', '5:20: receivers[0].pagerduty_configs[0].routing_key'],
  ])('stays in alertmanager.yml, beside the one that goes: %s', (_what, entry, place) => {
    const text = `route: { receiver: a }\nreceivers:\n- name: a\n  pagerduty_configs:\n  ${entry}\n  - routing_key: ${KEY}\n`;
    const { config, alertmanager, notes, carried } = imported(text);
    expect(carried.map(({ index }) => index)).toEqual([1]);
    expect(config.match(/routing_key/g)).toHaveLength(1);
    expect(alertmanager).toContain(
      `  pagerduty_configs:\n  ${entry.replace(/\{ (.*) \}/, '{ $1 }')}\n  webhook_configs:\n`,
    );
    expect(notes.map(printProblem).join('\n')).toMatch(
      new RegExp(
        `^alertmanager\\.yml:${place.replace(/[[\].]/g, '\\$&')}: warning: stays in alertmanager\\.yml: .+$`,
      ),
    );
    expect(notes.map(printProblem).join('\n')).not.toContain('pass@');
  });

  test('stays with all others that have the same of the global section', () => {
    const text = `
global: { pagerduty_url: 'ftp://example.org/' }
route: { receiver: a }
receivers:
- name: a
  pagerduty_configs:
  - { routing_key: ${KEY} }
  - { routing_key: ${KEY}, url: 'https://example.org/' }
  opsgenie_configs: [{ api_key: k }]
`;
    const { config, carried, notes } = imported(text);
    expect(carried.map(({ list, index }) => `${list}[${index}]`)).toEqual([
      'pagerduty_configs[1]',
      'opsgenie_configs[0]',
    ]);
    expect(config).not.toContain('global');
    expect(notes.map(printProblem)).toEqual([
      'alertmanager.yml:7:5: receivers[0].pagerduty_configs[0]: warning: stays in alertmanager.yml: its global.pagerduty_url is not taken here: must be an http or https address, without user, password or fragment (got "ftp://example.org/")',
    ]);
  });

  test('says nothing more of what would have become different', () => {
    const text = `route: { receiver: a }\nreceivers: [{ name: a, pagerduty_configs: [{ severity: page }] }]\n`;
    const { notes, alertmanager } = imported(text);
    expect(notes.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^stays in alertmanager.yml: no credential/),
    ]);
    expect(alertmanager).toBe(text);
  });
});

test('two entries of a receiver with one key, of which pagerelay tells only one, are noted', () => {
  const text = `
route: { receiver: a }
receivers:
- name: a
  pagerduty_configs:
  - { routing_key: ${KEY} }
  - { routing_key: ${KEY}, url: https://events.eu.pagerduty.com/v2/enqueue }
  - { routing_key: ${KEY}, severity: info }
- name: b
  pagerduty_configs: [{ routing_key: ${KEY} }]
`;
  expect(imported(text).notes.map(printProblem)).toEqual([
    'alertmanager.yml:8:5: receivers[0].pagerduty_configs[2]: warning: the key is that of pagerduty_configs[0]: of one incident pagerelay tells an account once, as the first entry says',
  ]);
});

describe('what is written out for a version', () => {
  const text = `route: { receiver: a }\nreceivers: [{ name: a, pagerduty_configs: [{ routing_key: ${KEY} }] }]\n`;

  test.each([
    [[0, 24], 'text', '{{ template "pagerduty.default.instances" .Alerts.Firing }}'],
    [[0, 29], 'text', '{{ template "pagerduty.default.instances" .Alerts.Firing }}'],
    [[0, 30], 'yaml', '{{ .Alerts.Firing | toJson }}'],
    [[1, 0], 'yaml', '{{ .Alerts.Firing | toJson }}'],
  ] as const)('%j: details as %s, %s', (version, format, firing) => {
    const { config } = imported(text, { version });
    expect(config).toContain(`details_format: ${format}\n`);
    expect(config).toContain(`firing: '${firing}'\n`);
  });
});
