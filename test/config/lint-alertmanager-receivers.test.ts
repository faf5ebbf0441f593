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

const URL = 'alertmanager_url: http://alertmanager:9093';

test('without it, what to write is told where not every webhook posts to /webhook', () => {
  expect(lint(URL)).toEqual([
    'relay.alertmanager_url: Alertmanager 0.26 and later do not show where they post: add alertmanager_receivers: { "pager": [/webhook/db, /webhook/platform], "all": [/webhook] }',
  ]);
  const all = "[{ name: all, webhook_configs: [{ url: 'http://relay/webhook' }] }, { name: mail }]";
  expect(lint(URL, `{ route: { receiver: all }, receivers: ${all} }`)).toEqual([]);
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
  const right = 'pager: [/webhook/platform, /webhook/db], all: /webhook';
  expect(lint(`${URL}, alertmanager_receivers: { ${right} }`)).toEqual([]);
  const wrong = 'pager: /webhook, chat: /webhook, piger: /webhook';
  expect(lint(`${URL}, alertmanager_receivers: { ${wrong} }`)).toEqual([
    'relay.alertmanager_receivers.piger: alertmanager.yml has no such receiver',
    'relay.alertmanager_receivers.pager: in alertmanager.yml "pager" posts to /webhook/db and /webhook/platform',
    'relay.alertmanager_receivers: in alertmanager.yml "all" posts to /webhook',
    'relay.alertmanager_receivers.chat: in alertmanager.yml "chat" posts nothing here',
  ]);
});
