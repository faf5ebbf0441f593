import { describe, expect, test } from '@jest/globals';
import { groupIncidentKey } from '../../src/notification/incident-key.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, configOf as compile, REJECTED, relayUnderTest, type SentEvent } from '../support/relay.ts';
import { pending } from '../support/slow-answers.ts';

/** An alert of a team, named by one letter. */
const alert = (letter: string, team: string, status: PostedAlert['status'] = 'firing'): PostedAlert => ({
  status,
  labels: { alertname: `Alert-${letter}`, ...(team === '' ? {} : { team }) },
  fingerprint: letter.repeat(16),
});

const GROUP_KEY = groupIncidentKey('{}:{}');

/** Account, action and the alerts that an event names, or what Opsgenie is told instead. */
function outline({ url, body }: SentEvent): readonly unknown[] {
  const { routing_key, event_action, dedup_key, payload } = body as {
    readonly routing_key: string;
    readonly event_action: string;
    readonly dedup_key: string;
    readonly payload: { readonly summary: string };
  };
  expect(url).toBe('http://vendor.example/pd');
  return [routing_key, event_action, dedup_key, payload.summary];
}

const configOf = (route: string, more = '') => `
route: { receiver: pd, ${route} }
receivers:
  - name: pd
    pagerduty_configs:
      - routing_key: default
        url: http://vendor.example/pd
        description: '{{ range .Alerts }}{{ .Labels.alertname }} {{ .Status }} {{ end }}'
        routing_key_by: { label: team, keys: { db: { key: key-db }, web: { key: key-web }, constructor: { key: key-odd } } }
        ${more}
`;

describe('routing_key_by', () => {
  test('splits a group by what each alert itself has; an unknown value and none go to the default', async () => {
    const { tell, sent } = relayUnderTest(configOf(''));
    const results = await tell([
      alert('a', 'db'),
      alert('b', 'web'),
      alert('c', 'db'),
      alert('d', 'shop'),
      alert('e', ''),
      alert('f', '__proto__'),
      alert('0', 'constructor'),
    ]);
    expect(sent().map(outline)).toEqual([
      ['key-db', 'trigger', GROUP_KEY, 'Alert-a firing Alert-c firing '],
      ['key-web', 'trigger', GROUP_KEY, 'Alert-b firing '],
      ['default', 'trigger', GROUP_KEY, 'Alert-d firing Alert-e firing Alert-f firing '],
      ['key-odd', 'trigger', GROUP_KEY, 'Alert-0 firing '],
    ]);
    expect(results.map(({ outcome, integration }) => [outcome, integration])).toEqual(
      Array(4).fill(['accepted', 'pagerduty_configs[0]']),
    );
  });

  // What a group has in common differs between trigger and resolve; an alert's own labels do not.
  test('firing and resolved go to the same account, whatever else is in the group', async () => {
    const { tell, sent } = relayUnderTest(configOf(''));
    await tell([alert('a', 'db'), alert('b', 'web')]);
    await tell([alert('a', 'db', 'resolved'), alert('b', 'web')]);
    await tell([alert('b', 'web', 'resolved')]);
    expect(sent().map(outline)).toEqual([
      ['key-db', 'trigger', GROUP_KEY, 'Alert-a firing '],
      ['key-web', 'trigger', GROUP_KEY, 'Alert-b firing '],
      ['key-db', 'resolve', GROUP_KEY, 'Alert-a resolved '],
      ['key-web', 'resolve', GROUP_KEY, 'Alert-b resolved '],
    ]);
  });

  test('per alert, each has its own account', async () => {
    const { tell, sent } = relayUnderTest(configOf("group_by: ['...']"));
    await tell([alert('a', 'db'), alert('b', 'shop')]);
    await tell([alert('a', 'db', 'resolved'), alert('b', 'shop', 'resolved')]);
    expect(new Set(sent().map((event) => outline(event).slice(0, 3).join()))).toEqual(
      new Set([
        `key-db,trigger,${'a'.repeat(16)}`,
        `default,trigger,${'b'.repeat(16)}`,
        `key-db,resolve,${'a'.repeat(16)}`,
        `default,resolve,${'b'.repeat(16)}`,
      ]),
    );
  });

  test('accounts that have the same key are one', async () => {
    const same = configOf('').replace('key: key-web', 'key: key-db');
    const { tell, sent } = relayUnderTest(same);
    await tell([alert('a', 'db'), alert('b', 'web')]);
    expect(sent().map(outline)).toEqual([['key-db', 'trigger', GROUP_KEY, 'Alert-a firing Alert-b firing ']]);
  });

  test('one account that is down holds up no other', async () => {
    const { tell } = relayUnderTest(configOf(''), ({ body }) =>
      body.includes('key-db')
        ? { status: 401, headers: {}, body: '' }
        : { status: 202, headers: {}, body: '' },
    );
    expect((await tell([alert('a', 'db'), alert('b', 'web')])).map(({ outcome }) => outcome)).toEqual([
      'rejected',
      'accepted',
    ]);
  });

  test('counts under the name of its integration, and shows no key', async () => {
    const { tell, scrape, logs } = relayUnderTest(configOf(''), ({ body }) => ({
      status: 400,
      headers: {},
      body: JSON.stringify({ message: body }),
    }));
    const results = await tell([alert('a', 'db'), alert('b', 'web')]);
    expect(await scrape()).toContain(
      'pagerelay_notifications_total{receiver="pd",integration="pagerduty_configs[0]",action="trigger"} 2',
    );
    expect(JSON.stringify([results, logs])).not.toMatch(/key-db|key-web/);
  });

  test('api_key_by does the same at Opsgenie, in the header', async () => {
    const authorizations: unknown[] = [];
    const config = `
route: { receiver: og }
receivers:
  - name: og
    opsgenie_configs:
      - { api_key: default, api_url: 'http://vendor.example', api_key_by: { label: team, keys: { db: { key: key-db } } } }
`;
    const { tell } = relayUnderTest(config, ({ headers }) => {
      authorizations.push(headers.Authorization);
      return { status: 202, headers: {}, body: '' };
    });
    await tell([alert('a', 'db'), alert('b', 'web')]);
    await tell([alert('a', 'db', 'resolved'), alert('b', 'web')]);
    expect(authorizations).toEqual(['GenieKey key-db', 'GenieKey default', 'GenieKey key-db']);
  });
});

describe('a dead letter belongs to its account', () => {
  const BOTH = [alert('a', 'db'), alert('b', 'web')];
  const OTHER = `
  - name: other
    pagerduty_configs: [{ routing_key: key-db, url: 'http://vendor.example/pd' }]
`;

  function rejecting(config: string, ...rejected: readonly string[]) {
    const keys = new Set(rejected);
    const t = relayUnderTest(config, ({ body }) =>
      keys.has((JSON.parse(String(body)) as { routing_key: string }).routing_key) ? REJECTED : ACCEPTED,
    );
    const letters = () =>
      t.records.deadLetters.list(10).map(({ incident }) => incident.alerts.map(({ labels }) => labels.team));
    return { t, keys, letters };
  }

  test('what another account of the integration accepts leaves it as it is', async () => {
    const { t, keys, letters } = rejecting(configOf(''), 'key-db');
    await t.tell(BOTH);
    expect(letters()).toEqual([['db']]);
    t.now += 7_200_000;
    await t.tell([alert('b', 'web')]);
    expect(letters()).toEqual([['db']]);
    keys.clear();
    await t.tell(BOTH);
    expect(letters()).toEqual([]);
  });

  test('and so does what another one rejects', async () => {
    const { t, letters } = rejecting(configOf(''), 'key-db', 'key-web');
    await t.tell(BOTH);
    expect(letters()).toEqual([['web'], ['db']]);
  });

  test('whichever receiver it is told by', async () => {
    const { t, keys, letters } = rejecting(configOf('') + OTHER, 'key-db');
    await t.tell(BOTH);
    expect(letters()).toEqual([['db']]);
    keys.clear();
    await t.tellDirectly('other', [alert('a', 'db')]);
    expect(letters()).toEqual([]);
  });

  test('to which it goes with a reload: a key that was mended makes it untrue', async () => {
    const { t, letters } = rejecting(configOf(''), 'key-db');
    await t.tell(BOTH);
    t.relay.use(compile(configOf('').replace('key: key-db', 'key: mended')));
    expect(letters()).toEqual([['db']]);
    await t.tell(BOTH);
    expect(letters()).toEqual([]);
  });

  test('to which it goes with a reload while it is under way', async () => {
    const old = pending();
    const t = relayUnderTest(configOf(''), ({ body }) =>
      String(body).includes('key-db') ? old.answer : ACCEPTED,
    );
    const telling = t.tell(BOTH);
    t.relay.use(compile(configOf('').replace('key: key-db', 'key: mended')));
    old.give(REJECTED);
    await telling;
    expect(t.records.deadLetters.size).toBe(1);
    await t.tell(BOTH);
    expect(t.records.deadLetters.size).toBe(0);
  });

  test('which may be that of several values: a replay goes there', async () => {
    const config = configOf('').replace('key: key-web', 'key: key-db');
    const { t, keys } = rejecting(config, 'key-db');
    await t.tell(BOTH);
    keys.clear();
    t.sent();
    const { deadLetters } = t.records;
    const job = deadLetters.job(deadLetters.list(1)[0]?.id ?? '');
    expect(job && (await t.relay.replay(job))).toEqual({ status: 'accepted' });
    expect(t.sent().map(outline)).toEqual([
      ['key-db', 'trigger', GROUP_KEY, 'Alert-a firing Alert-b firing '],
    ]);
    expect(deadLetters.size).toBe(0);
  });
});

describe('dedup_key', () => {
  const BY_ALERTNAME = "dedup_key: '{{ .CommonLabels.service }}'";
  const of = (letter: string, status: PostedAlert['status'] = 'firing', service = 'shop'): PostedAlert => ({
    status,
    labels: { alertname: `Alert-${letter}`, service },
    fingerprint: letter.repeat(16),
  });
  const actions = (events: readonly SentEvent[]) =>
    events.map((event) => outline(event).slice(1, 3).join(' '));

  test('that several alerts have makes one incident of them, which closes with the last', async () => {
    const { tell, sent } = relayUnderTest(configOf("group_by: ['...']", BY_ALERTNAME));
    await tell([of('a'), of('b'), of('c', 'firing', 'cart')]);
    expect(sent().map((event) => outline(event).slice(1))).toEqual([
      ['trigger', 'shop', 'Alert-a firing Alert-b firing '],
      ['trigger', 'cart', 'Alert-c firing '],
    ]);
    const ends = await tell([of('a', 'resolved')]);
    expect([ends.map(({ outcome, reason }) => `${outcome} ${reason}`), sent()]).toEqual([
      ['suppressed still_firing'],
      [],
    ]);
    await tell([of('b', 'resolved')]);
    expect(actions(sent())).toEqual(['resolve shop']);
  });

  test('that several groups have makes one incident of them, which closes with the last', async () => {
    const { tell, sent } = relayUnderTest(configOf('', BY_ALERTNAME));
    await tell([of('a')], { groupKey: '{}:{g="1"}' });
    await tell([of('b')], { groupKey: '{}:{g="2"}' });
    await tell([of('a', 'resolved')], { groupKey: '{}:{g="1"}' });
    expect(actions(sent())).toEqual(['trigger shop', 'trigger shop']);
    await tell([of('b', 'resolved')], { groupKey: '{}:{g="2"}' });
    expect(actions(sent())).toEqual(['resolve shop']);
  });

  test('of which nothing comes leaves the incident its own key', async () => {
    const { tell, sent } = relayUnderTest(configOf('', BY_ALERTNAME));
    await tell([of('a', 'firing', '')]);
    expect(actions(sent())).toEqual([`trigger ${GROUP_KEY}`]);
  });

  test('meets that of another receiver of the same account: said once', async () => {
    const config = `
route:
  receiver: one
  routes:
    - { receiver: one, continue: true }
    - { receiver: two }
receivers:
  - { name: one, pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd', dedup_key: 'same' }] }
  - { name: two, pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd', dedup_key: 'same' }] }
`;
    const { tell, sent } = relayUnderTest(config);
    expect((await tell([of('a')])).map(({ receiver }) => receiver)).toEqual(['one']);
    expect(actions(sent())).toEqual(['trigger same']);
  });

  test('that 20,000 alerts share is worked out without hanging', async () => {
    const { tell, sent } = relayUnderTest(configOf("group_by: ['...']", "dedup_key: 'one'"));
    const alerts = Array.from({ length: 20_000 }, (_, i) => ({
      fingerprint: i.toString(16).padStart(16, '0'),
    }));
    const startedAt = performance.now();
    expect(await tell(alerts)).toHaveLength(1);
    expect(performance.now() - startedAt).toBeLessThan(8000);
    expect(sent()).toHaveLength(1);
  });

  test('that fails is counted and logged, and the incident keeps its own key', async () => {
    const { tell, sent, logs, scrape } = relayUnderTest(configOf('', "dedup_key: '{{ index .Alerts 9 }}'"));
    await tell([of('a')]);
    expect(actions(sent())).toEqual([`trigger ${GROUP_KEY}`]);
    expect(logs.filter(({ msg }) => msg === 'template failed')).toMatchObject([
      {
        level: 'error',
        receiver: 'pd',
        integration: 'pagerduty_configs[0]',
        setting: 'dedup_key',
        incident_key: GROUP_KEY,
      },
    ]);
    expect(await scrape()).toContain(
      'pagerelay_template_failures_total{receiver="pd",integration="pagerduty_configs[0]"} 1',
    );
  });
});

describe('send_resolved_matchers', () => {
  const config = configOf(
    "group_by: ['...']",
    `send_resolved_matchers: ['severity!="critical"', team=~"db|web"]`,
  );
  const of = (
    letter: string,
    severity: string,
    team: string,
    status: PostedAlert['status'],
  ): PostedAlert => ({
    ...alert(letter, team, status),
    labels: { alertname: 'A', severity, team },
  });

  test('only incidents that match all of them are resolved', async () => {
    const { tell, sent } = relayUnderTest(config);
    const alerts = (status: PostedAlert['status']) => [
      of('a', 'critical', 'db', status),
      of('b', 'warning', 'db', status),
      of('c', 'warning', 'shop', status),
    ];
    await tell(alerts('firing'));
    sent();
    const results = await tell(alerts('resolved'));
    expect(
      results.map(({ incident_key, outcome, reason }) => `${incident_key[0]} ${outcome} ${reason}`),
    ).toEqual(
      expect.arrayContaining([
        'a suppressed send_resolved',
        'b accepted resolved',
        'c suppressed send_resolved',
      ]),
    );
    expect(sent().map((event) => outline(event).slice(0, 3))).toEqual([
      ['key-db', 'resolve', 'b'.repeat(16)],
    ]);
  });

  test('what is not resolved is over all the same: the alert pages anew', async () => {
    const { tell, sent } = relayUnderTest(config);
    await tell([of('a', 'critical', 'db', 'firing')]);
    await tell([of('a', 'critical', 'db', 'resolved')]);
    const again = { ...of('a', 'critical', 'db', 'firing'), startsAt: '2026-01-01T05:00:00Z' };
    expect((await tell([again])).map(({ reason }) => reason)).toEqual(['first']);
    expect(sent()).toHaveLength(2);
  });

  test('send_resolved: false stands above them', async () => {
    const { tell } = relayUnderTest(
      configOf('', `send_resolved: false\n        send_resolved_matchers: [alertname=~".*"]`),
    );
    await tell([alert('a', 'db')]);
    expect((await tell([alert('a', 'db', 'resolved')])).map(({ reason }) => reason)).toEqual([
      'send_resolved',
    ]);
  });
});
