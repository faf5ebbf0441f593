import { isDeepStrictEqual } from 'node:util';
import { afterEach, expect, jest, test } from '@jest/globals';
import { createParseWebhook, type Webhook } from '../../src/webhook/webhook.ts';
import {
  type Alertmanager,
  describeWithAlertmanager,
  type FiringAlert,
  runAlertmanager,
} from '../support/alertmanager.ts';
import { withVendor } from '../support/fake-vendor.ts';
import { eventually } from '../support/process.ts';
import { snapshotOf, summaryOf } from '../support/snapshots.ts';

jest.setTimeout(60_000);

const TIMING = 'group_wait: 200ms, group_interval: 1s, repeat_interval: 1h';

/** A tree with every way to write matchers, to group, and to inherit both. */
function nestedConfig(url: string): string {
  return String.raw`
route:
  receiver: web.hook
  group_by: [team, team2, instance, note]
  group_wait: 200ms
  group_interval: 1s
  routes:
  - match: { team: 'a"b\c', kind: x }
    match_re: { svc: 'api|web.*', abc: '.*' }
    receiver: 'b{1}'
    group_by: ['...']
    continue: true
    routes:
    - matchers: [ 'zone!="eu"', 'host=~"db\\d+"', 'zone!~"q|r"', 'name=ünï', "lines=\"a\nb\"" ]
      group_by: [svc]
      receiver: nested
    - matchers: [ zone="eu" ]
  - matchers: [ 'team=~"a.*"' ]
    receiver: nested
    continue: true
    group_by: [kind]
  - matchers: [ 'team=~"a.*"' ]
    receiver: nested
    continue: true
    group_by: [kind]
  - matchers: [ team="none" ]
    receiver: none
  - matchers: [ team="by-mail" ]
    receiver: elsewhere
receivers:
- name: web.hook
  webhook_configs: [ { url: '${url}webhook' }, { url: '${url}other' } ]
- name: 'b{1}'
  webhook_configs: [ { url: '${url}webhook/b%7B1%7D/' } ]
- name: nested
  webhook_configs: [ { url: '${url}webhook?x=1' }, { url: '${url}webhook/one' }, { url: '${url}webhook/one' } ]
- name: none
- name: elsewhere
  webhook_configs: [ { url: '${url}other' } ]
`;
}

const A = { team: 'a"b\\c', kind: 'x', svc: 'web-1', abc: 'é' };
const ALERTS: readonly FiringAlert[] = [
  {
    alertname: 'Plain',
    team: 'x',
    team2: '1',
    instance: 'tab\there',
    note: 'no\u200bspace 🔥 "q" \\ \n \u00ad',
  },
  { alertname: 'Plain', team: 'x', team2: '1', job: 'b' },
  { alertname: 'Plain', team: 'x', team2: '1', job: 'a', more: '1' },
  { alertname: 'Plain', team: 'x', team2: '1', job: 'a', severity: '2' },
  { alertname: 'Plain', team: 'x', team2: '1', job: 'a', severity: '1' },
  { alertname: 'Plain', team: 'x', team2: '1' },
  { alertname: 'Ungrouped' },
  { ...A, alertname: 'All' },
  { ...A, alertname: 'Eu', zone: 'eu' },
  { ...A, alertname: 'Nested', host: 'db12', name: 'ünï', lines: 'a\nb' },
  { alertname: 'Nowhere', team: 'none' },
  { alertname: 'Mailed', team: 'by-mail' },
].map((labels, i) => ({
  labels,
  annotations: { summary: `number ${i}` },
  startsAt: '2026-11-01T00:00:00.123Z',
  generatorURL: `http://prometheus/${i}`,
}));

describeWithAlertmanager('what is seen of a real Alertmanager', () => {
  let running: Alertmanager | undefined;
  afterEach(async () => running?.kill());

  test('is what it posts: receivers, group keys, group labels, alerts and their order', async () => {
    const parse = createParseWebhook();
    await withVendor(
      (response) => response.end(),
      async ({ url, requests }) => {
        const own = await runAlertmanager(nestedConfig(url));
        running = own;
        await own.fire(...ALERTS);
        const posted = () => {
          const byGroup = new Map<string, Webhook>();
          for (const { url: path, body } of requests) {
            const webhook = parse(Buffer.from(body), 1000);
            if ('status' in webhook) throw new Error(webhook.message);
            if (path !== '/other') byGroup.set(`${webhook.receiver} ${webhook.groupKey}`, webhook);
          }
          return [...byGroup.values()];
        };
        const look = async () => {
          const { groups } = await snapshotOf([own.url]);
          const expected = new Map(
            groups.map(({ webhook }) => [JSON.stringify(summaryOf(webhook)), webhook]),
          );
          const texts = posted().map((webhook) => JSON.stringify(summaryOf(webhook)));
          return { groups, expected, texts };
        };
        // Alertmanager puts alerts into their groups one by one, and posts a group again that has more.
        await eventually('every group is posted', async () => {
          const { expected, texts } = await look();
          return isDeepStrictEqual(new Set(expected.keys()), new Set(texts)) && expected.size === 7
            ? true
            : undefined;
        }).catch(() => undefined);

        const { groups, expected, texts } = await look();
        expect(new Set(expected.keys())).toEqual(new Set(texts));
        for (const webhook of posted()) {
          const same = expected.get(JSON.stringify(summaryOf(webhook)));
          // The API knows neither the external URL nor why a webhook would be posted.
          expect({ ...same, externalURL: webhook.externalURL }).toEqual(webhook);
        }
        expect(groups).toHaveLength(7);
        expect(Object.fromEntries(groups.map(({ webhook, direct }) => [webhook.receiver, direct]))).toEqual({
          'web\\.hook': [undefined],
          'b\\{1\\}': ['b{1}'],
          nested: [undefined, 'one'],
        });
      },
    );
  });

  test('has silenced and inhibited alerts as muted, and time-muted ones in their groups', async () => {
    const firing = (alertname: string, labels = {}): FiringAlert => ({ labels: { alertname, ...labels } });
    running = await runAlertmanager(`
route:
  receiver: day
  group_by: [alertname]
  ${TIMING.replaceAll(', ', '\n  ')}
  routes:
  - { matchers: [ team="both" ], receiver: night, mute_time_intervals: [always], continue: true }
  - { matchers: [ team="both" ] }
  - { matchers: [ team="night" ], receiver: night, mute_time_intervals: [always] }
  - { matchers: [ team="never" ], receiver: night, active_time_intervals: [never] }
receivers:
- { name: day, webhook_configs: [ { url: 'http://127.0.0.1:1/webhook' } ] }
- { name: night, webhook_configs: [ { url: 'http://127.0.0.1:1/webhook' } ] }
inhibit_rules:
- { source_matchers: [ alertname="Cause" ], target_matchers: [ alertname="Effect" ] }
time_intervals:
- { name: always, time_intervals: [ { times: [ { start_time: '00:00', end_time: '24:00' } ], weekdays: ['sunday:saturday'], months: ['january:december'], days_of_month: ['1:-1'], location: Europe/Berlin } ] }
- { name: never, time_intervals: [ { years: ['1999:2001'] } ] }
`);
    await running.fire(
      ...[firing('Cause'), firing('Effect'), firing('Silenced'), firing('Both', { team: 'both' })],
      ...[firing('Night', { team: 'night' }), firing('Never', { team: 'never' })],
    );
    await silence(running.url, 'Silenced');
    const { groups, state } = await snapshotOf([running.url]);
    const seen = groups.flatMap(({ webhook, muted }) =>
      webhook.alerts.map(({ labels, fingerprint }) => ({
        [`${labels.alertname} at ${webhook.receiver}`]: muted.has(fingerprint),
        [String(labels.alertname)]: state(fingerprint),
      })),
    );
    expect(Object.assign({}, ...seen)).toEqual({
      ...{ Cause: 'active', 'Cause at day': false },
      ...{ Effect: 'muted', 'Effect at day': true },
      ...{ Silenced: 'muted', 'Silenced at day': true },
      ...{ Both: 'active', 'Both at night': true, 'Both at day': false },
      ...{ Night: 'muted', 'Night at night': true },
      ...{ Never: 'muted', 'Never at night': true },
    });
    expect(state('0123456789abcdef')).toBeUndefined();
  });

  test('is without what has ended', async () => {
    const alert = { labels: { alertname: 'Over' } };
    running = await runAlertmanager(`
route: { receiver: day }
receivers: [ { name: day, webhook_configs: [ { url: 'http://127.0.0.1:1/webhook' } ] } ]
`);
    await running.fire(alert);
    expect((await snapshotOf([running.url])).groups).toHaveLength(1);
    await running.end(alert);
    expect((await snapshotOf([running.url])).groups).toHaveLength(0);
  });
});

async function silence(url: string, alertname: string): Promise<void> {
  const at = (ms: number) => new Date(Date.now() + ms).toISOString();
  const body = JSON.stringify({
    matchers: [{ name: 'alertname', value: alertname, isRegex: false, isEqual: true }],
    ...{ startsAt: at(0), endsAt: at(600_000), createdBy: 'test', comment: 'test' },
  });
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${url}/api/v2/silences`, { method: 'POST', headers, body });
  expect(answer.status).toBe(200);
}
