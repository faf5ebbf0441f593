import { expect, test } from '@jest/globals';
import { lintAlertmanagerReceivers } from '../../src/config/lint-alertmanager-receivers.ts';
import { readAlertmanager } from '../../src/import/alertmanager-file.ts';
import { printFaults } from '../support/lint.ts';
import { configOf } from '../support/relay.ts';

const SHOWN = `
route: { receiver: pager }
receivers:
- name: pager
  webhook_configs: [{ url: 'http://relay/webhook/platform' }, { url: 'http://relay/webhook/db' }]
- name: all
  webhook_configs: [{ url: 'http://relay/webhook' }]
- name: chat
  webhook_configs: [{ url: 'http://chat/hook' }]
- name: mail
`;

const URL = 'alertmanager_url: http://alertmanager:9093';
const RIGHT = 'pager: [/webhook/platform, /webhook/db], all: /webhook';

function lint(relay: string, file = SHOWN): readonly string[] {
  const source = readAlertmanager(file);
  if ('length' in source) throw new Error(JSON.stringify(source));
  const ours = `
relay: { ${relay} }
route: { receiver: platform }
receivers: [{ name: platform, pagerduty_configs: [{ routing_key: k }] }, { name: db }]
`;
  const faults = lintAlertmanagerReceivers(source.file, configOf(ours));
  expect(faults.every(({ warning }) => warning)).toBe(true);
  return printFaults(faults);
}

test('without it, what to write is told where not every webhook posts to /webhook', () => {
  expect(lint(URL)).toEqual([
    'relay.alertmanager_url: Alertmanager 0.26 and later do not show where they post: add alertmanager_receivers: { "pager": [/webhook/platform, /webhook/db], "all": [/webhook] }',
  ]);
  const all = "[{ name: all, webhook_configs: [{ url: 'http://relay/webhook' }] }, { name: mail }]";
  expect(lint(URL, `{ route: { receiver: all }, receivers: ${all} }`)).toEqual([]);
});

test('what may be another service at the same path is told as such', () => {
  const file = SHOWN.replace('http://chat/hook', 'http://chat/webhook');
  expect(lint(URL, file)).toEqual([
    expect.stringContaining('"chat": [/webhook] }, of which only those that are this relay\'s (relay, chat)'),
  ]);
  expect(lint(`${URL}, alertmanager_receivers: { ${RIGHT} }`, file)).toEqual([]);
});

test.each([
  "{ url: 'http://{{ .CommonLabels.host }}/webhook' }",
  '{ url: <secret> }',
  '{ url_file: /etc/url }',
])('nothing is told where %s posts to is not known', (entry) => {
  const file = `{ route: { receiver: a }, receivers: [{ name: a, webhook_configs: [${entry}] }] }`;
  expect(lint(URL, file)).toEqual([]);
  expect(lint(`${URL}, alertmanager_receivers: { a: /webhook/db }`, file)).toEqual([]);
});

test('nothing is told where Alertmanager is not looked at', () => {
  expect(lint('')).toEqual([]);
});

test('it is held against the file', () => {
  expect(lint(`${URL}, alertmanager_receivers: { ${RIGHT} }`)).toEqual([]);
  const wrong = 'pager: /webhook/platform, chat: /webhook, mail: /webhook, piger: /webhook';
  expect(lint(`${URL}, alertmanager_receivers: { ${wrong} }`)).toEqual([
    'relay.alertmanager_receivers.chat: not as in alertmanager.yml: there it posts to /hook',
    'relay.alertmanager_receivers.mail: not as in alertmanager.yml: it has no webhook there',
    'relay.alertmanager_receivers.piger: not as in alertmanager.yml: it has no such receiver',
    'relay.alertmanager_receivers: in alertmanager.yml "pager" posts to /webhook/db, too',
    'relay.alertmanager_receivers: in alertmanager.yml "all" posts to /webhook, too',
  ]);
});

test('a proxy may put something before the path', () => {
  const file = SHOWN.replaceAll('http://relay/', 'https://ingress/pagerelay/');
  expect(lint(`${URL}, alertmanager_receivers: { ${RIGHT} }`, file)).toEqual([]);
  expect(lint(`${URL}, alertmanager_receivers: { pager: /webhook, all: /webhook }`, file)).toEqual([
    'relay.alertmanager_receivers.pager: not as in alertmanager.yml: there it posts to /pagerelay/webhook/platform and /pagerelay/webhook/db',
  ]);
});
