import { describe, expect, test } from '@jest/globals';
import { lintAlertmanager, lintUnposted } from '../../src/config/lint-alertmanager.ts';
import { readAlertmanager } from '../../src/import/alertmanager-file.ts';
import { printFaults } from '../support/lint.ts';
import { configOf } from '../support/relay.ts';

const OURS = `
route:
  receiver: platform
  routes: [{ receiver: db, matchers: [team="db"] }]
receivers:
- { name: platform, pagerduty_configs: [{ routing_key: k }] }
- { name: db, opsgenie_configs: [{ api_key: k }] }
- { name: nobody }
`;

function read(text: string) {
  const source = readAlertmanager(text);
  if ('length' in source) throw new Error(JSON.stringify(source));
  return source.file;
}

/** What is said of an alertmanager.yml whose one receiver has these entries, and of ours beside it. */
function lintText(text: string, ours = OURS): readonly string[] {
  const faults = lintAlertmanager(read(text), configOf(ours));
  expect(faults.every(({ warning }) => warning)).toBe(true);
  return printFaults(faults);
}
const fileWith = (entries: string, route = '') =>
  `{ route: { receiver: relay${route} }, receivers: [{ name: relay, webhook_configs: [${entries}] }] }`;
const lint = (entries: string, ours?: string) => lintText(fileWith(entries), ours);

const URL = 'url: http://pagerelay:9096/webhook';
const ENTRY = 'receivers[0].webhook_configs[0]';

describe('an entry that posts to the relay', () => {
  test.each([
    `{ ${URL} }`,
    `{ ${URL}, send_resolved: true, max_alerts: 0, timeout: 0s }`,
    `{ ${URL}, timeout: 10s, send_resolved: yes }`,
    '{ url: "https://user:password@pagers.example.com/webhook/?from=am" }, { url: http://relay/webhook/db }',
  ])('is as it should be: %s', (entries) => {
    expect(lint(entries)).toEqual([]);
  });

  test.each<[string, string]>([
    [
      `{ ${URL}, send_resolved: false }`,
      `${ENTRY}.send_resolved: the relay never hears that alerts have ended`,
    ],
    [`{ ${URL}, send_resolved: no }`, `${ENTRY}.send_resolved: the relay never hears that alerts have ended`],
    [`{ ${URL}, max_alerts: 50 }`, `${ENTRY}.max_alerts: of a group with more than 50 alerts`],
    [`{ ${URL}, timeout: 9s }`, `${ENTRY}.timeout: not longer than relay.delivery_timeout (9s)`],
    [`{ ${URL}, timeout: 500ms }`, `${ENTRY}.timeout: not longer than relay.delivery_timeout (9s)`],
    [`{ ${URL}/dbb }`, `${ENTRY}.url: the relay answers 404: there is no receiver dbb; did you mean db?`],
    [
      `{ ${URL}/some%20team }`,
      `${ENTRY}.url: the relay answers 404: there is no receiver some team (there are:`,
    ],
  ])('contradicts our config: %s', (entries, expected) => {
    expect(lint(entries)).toEqual([expect.stringContaining(expected)]);
  });

  test.each(['http://elsewhere/hook', 'http://elsewhere/webhooks', 'http://elsewhere/a/webhook'])(
    'is another one with %s, and nothing is said of it',
    (url) => {
      expect(lint(`{ ${URL} }, { url: ${url}, send_resolved: false, max_alerts: 1, timeout: 1s }`)).toEqual(
        [],
      );
    },
  );
});

describe('Alertmanager gives up before the relay', () => {
  const slow = `relay: { delivery_timeout: 30s }${OURS}`;

  test.each<[string, string, readonly string[]]>([
    ['by default not', '', []],
    ['with a short group_interval', ', group_interval: 20s', ['route.group_interval']],
    ['with an equal one', ', group_interval: 30s', ['route.group_interval']],
    ['with a longer one not', ', group_interval: 31s', []],
    [
      'with one that is inherited',
      ', group_interval: 5s, routes: [{ match: { a: b } }]',
      ['route.group_interval', 'route.routes[0]'],
    ],
    [
      'where the route to it has one',
      ', routes: [{ group_interval: 15s }]',
      ['route.routes[0].group_interval'],
    ],
    ['on the way to another receiver not', ', routes: [{ receiver: other, group_interval: 15s }]', []],
  ])('%s', (_which, route, places) => {
    const found = lintText(fileWith(`{ ${URL} }`, route), slow);
    expect(found.map((line) => line.split(': ')[0])).toEqual(places);
  });

  test('but never with less than 10s', () => {
    expect(lintText(fileWith(`{ ${URL} }`, ', group_interval: 1s'))).toEqual([]);
  });
});

describe('Alertmanager reminds of what the relay has forgotten', () => {
  const WATCHED = "relay: { alertmanager_url: 'http://alertmanager:9093' }";

  test.each<[string, string, string, readonly string[]]>([
    ['by default not', '', '', []],
    ['with a long repeat_interval', ', repeat_interval: 1d', '', ['route.repeat_interval']],
    [
      'with one that the group_interval makes too long',
      ', repeat_interval: 23h, group_interval: 1h',
      '',
      ['route.repeat_interval'],
    ],
    ['with a long group_interval', ', group_interval: 20h', '', ['route']],
    ['with a shorter one not', ', repeat_interval: 23h', '', []],
    ['with a short dedup.ttl', '', 'dedup: { ttl: 4h }', ['route']],
    [
      'where the route to it has one',
      ', routes: [{ repeat_interval: 7d }]',
      '',
      ['route.routes[0].repeat_interval'],
    ],
    ['on the way to another receiver not', ', routes: [{ receiver: other, repeat_interval: 7d }]', '', []],
    ['nor where Alertmanager is looked at between', ', repeat_interval: 7d', WATCHED, []],
    [
      'but there, too, where replicas share what they know',
      ', repeat_interval: 7d',
      `${WATCHED}\ndedup: { store: { redis: { url: 'redis://redis.example' } } }`,
      ['route.repeat_interval'],
    ],
  ])('%s', (_which, route, ours, places) => {
    const found = lintText(fileWith(`{ ${URL} }`, route), `${ours}${OURS}`);
    expect(found.map((line) => line.split(': ')[0])).toEqual(places);
    if (places.length > 0) expect(found[0]).toContain('(dedup.ttl): make that longer');
  });
});

describe('a receiver of alertmanager.yml', () => {
  const two = (route: string, own: string) => `
route: ${route}
receivers:
- { name: relay, webhook_configs: [{ ${URL} }] }
- { name: both, webhook_configs: [{ ${URL}/platform }], ${own} }
`;

  test('that no route leads to posts nothing', () => {
    expect(lintText(two('{ receiver: relay, routes: [{ receiver: both }] }', ''))).toEqual([]);
    expect(lintText(two('{ receiver: relay }', ''))).toEqual([
      'receivers[1].name: it posts to the relay, but no route leads to it',
    ]);
  });

  test('pages twice where it has what the relay has', () => {
    const route = '{ receiver: relay, routes: [{ receiver: both }] }';
    expect(lintText(two(route, 'pagerduty_configs: [{ routing_key: x }]'))).toEqual([
      'receivers[1].pagerduty_configs: the relay has the same alerts, and pagerduty_configs at its receiver platform: they page twice, unless they are for different services',
    ]);
    expect(lintText(two(route, 'opsgenie_configs: [{ api_key: x }]'))).toEqual([]);
    expect(lintText(two(route, 'pagerduty_configs: []'))).toEqual([]);
  });
});

test('a file that posts nothing to the relay is told of', () => {
  expect(lint('{ url: http://elsewhere/hook }')).toEqual([
    'receivers: no webhook_configs posts to the relay: none has a url with the path /webhook or /webhook/<receiver>',
  ]);
});

test.each([
  '{ url_file: /run/url }',
  '{ url: <secret> }',
  "{ url: 'http://{{ .CommonLabels.host }}/webhook' }",
])('where %s posts to is not known: nothing is said of what it may reach', (entry) => {
  expect(lint(entry)).toEqual([]);
  expect(lintUnposted(read(fileWith(`{ ${URL}/db }, ${entry}`)), configOf(OURS))).toEqual([]);
});

describe('a receiver of ours that nothing comes to', () => {
  const unposted = (entries: string, ours = OURS) =>
    printFaults(lintUnposted(read(fileWith(entries)), configOf(ours)));

  test('is told of where only others are posted to', () => {
    expect(unposted(`{ ${URL}/db }`)).toEqual([
      'receivers[0].name: nothing comes to this receiver: Alertmanager posts nothing to /webhook/platform, and nothing to /webhook that a route brings here',
    ]);
  });

  test('is told of where no route leads to it', () => {
    const more = `${OURS}- { name: night shift, pagerduty_configs: [{ routing_key: k }] }`;
    expect(unposted(`{ ${URL} }`, more)).toEqual([
      expect.stringContaining('receivers[3].name: nothing comes'),
    ]);
    expect(unposted(`{ ${URL} }, { ${URL}/night%20shift }`, more)).toEqual([]);
  });

  test('is none where every one is reached, one that sends nothing aside', () => {
    expect(unposted(`{ ${URL} }`)).toEqual([]);
    expect(unposted(`{ ${URL}/db }, { ${URL}/platform }`)).toEqual([]);
  });
});
