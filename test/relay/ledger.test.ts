import { describe, expect, test } from '@jest/globals';
import type { Answer } from '../../src/notify/outcome.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, REJECTED, relayUnderTest, webhookOf } from '../support/relay.ts';

const CONFIG = `
relay: { max_in_flight: 1 }
route: { receiver: pd, group_by: ['...'] }
receivers:
  - name: pd
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
`;

const alert = (letter: string): PostedAlert => ({
  status: 'firing',
  fingerprint: letter.repeat(16),
  startsAt: '2027-01-15T07:00:00Z',
});

function setUp(config = CONFIG) {
  let answer = (_answer: Answer) => {};
  const answered = new Promise<Answer>((resolve) => {
    answer = resolve;
  });
  const t = relayUnderTest(config, () => answered);
  const decisions = () =>
    t.records.decisions
      .query({}, 10)
      .map(({ decision, reason, outcome, triggered_by }) => [decision, reason, outcome, triggered_by]);
  return { t, decisions, answer: () => answer(ACCEPTED) };
}

test('a twin is on record with what came of the one that was under way', async () => {
  const { t, decisions, answer } = setUp(CONFIG.replace('max_in_flight: 1', 'max_in_flight: 10'));
  const both = [t.tell([alert('a')]), t.tell([alert('a')])];
  answer();
  await Promise.all(both);
  expect(decisions()).toEqual(
    expect.arrayContaining([
      ['forward', 'first', 'accepted', 'webhook'],
      ['suppress', 'in_flight', 'accepted', 'webhook'],
    ]),
  );
});

test('what there was no room for is on record, with the bound that was met', async () => {
  const { t, decisions, answer } = setUp();
  const first = t.tell([alert('a')]);
  await t.tell([alert('b')]);
  expect(decisions()).toEqual([['suppress', 'untried', 'unavailable', 'webhook']]);
  const [refused] = t.records.decisions.query({ fingerprint: 'b'.repeat(16) }, 1);
  expect(refused).toMatchObject({ failure: 'atBound', detail: expect.stringContaining('max_in_flight') });
  answer();
  await first;
});

test('what there was no room for counts as failed, and the log names the bound once for a webhook', async () => {
  const { t, answer } = setUp();
  const first = t.tell([alert('a'), alert('d')]);
  await t.tell([alert('b'), alert('c')]);
  // Routed nowhere.
  expect(await t.tell([])).toEqual([]);
  expect(t.logs.filter(({ level }) => level === 'warn')).toEqual([
    {
      level: 'warn',
      msg: 'webhook refused: too many notifications are in flight',
      setting: 'relay.max_in_flight',
      limit: 1,
      in_flight: 2,
      refused: 2,
    },
  ]);
  const metrics = await t.scrape();
  const place = 'receiver="pd",integration="pagerduty_configs[0]"';
  expect(metrics).toContain(`pagerelay_notifications_total{${place},action="trigger"} 2`);
  expect(metrics).toContain(`pagerelay_notifications_failed_total{${place},reason="atBound"} 2`);
  answer();
  await first;
});

test('what came to its turn too late is on record', async () => {
  const { t, decisions, answer } = setUp(CONFIG.replace('max_in_flight: 1', 'delivery_timeout: 1s'));
  const first = t.tell([alert('a')]);
  t.now += 5_000;
  await t.relay.relay(webhookOf([alert('b')]), { arrivedAt: t.now - 2_000 });
  expect(decisions()).toEqual([['suppress', 'untried', 'unavailable', 'webhook']]);
  answer();
  await first;
});

describe('a dead letter of a page', () => {
  const ended = (letter: string, startsAt = '2027-01-15T07:00:00Z'): PostedAlert => ({
    ...alert(letter),
    status: 'resolved',
    startsAt,
  });

  async function rejected(alerts: readonly PostedAlert[], route = "group_by: ['...']") {
    const t = relayUnderTest(
      `
route: { receiver: pd, ${route} }
receivers:
  - name: pd
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd', send_resolved: false }]
`,
      () => REJECTED,
    );
    await t.tell(alerts);
    expect(t.records.deadLetters.size).toBe(1);
    return t;
  }

  test('goes with the end of its alert, also where nobody is told of that', async () => {
    const t = await rejected([alert('a')]);
    await t.tell([ended('a', '2027-01-15T06:00:00Z')]);
    expect(t.records.deadLetters.size).toBe(1);
    await t.tell([ended('a')]);
    expect(t.records.deadLetters.size).toBe(0);
  });

  test('goes with the last one of several, told one after the other', async () => {
    const t = await rejected([alert('a'), alert('b')], 'group_by: [service]');
    await t.tell([ended('a')]);
    expect(t.records.deadLetters.size).toBe(1);
    await t.tell([ended('b')]);
    expect(t.records.deadLetters.size).toBe(0);
  });
});
