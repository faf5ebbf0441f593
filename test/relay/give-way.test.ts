import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, LIMITED, relayUnderTest } from '../support/relay.ts';

const START = '2027-01-15T08:00:00Z';
const alert = (letter: string, more: Partial<PostedAlert> = {}): PostedAlert => ({
  fingerprint: letter.repeat(16),
  startsAt: START,
  ...more,
});
const config = (more = '') => `
route: { receiver: pd, group_by: ['...'] }
receivers:
  - name: pd
    pagerduty_configs: [{ routing_key: key${more} }]
`;

/** What comes of these while the vendor has said to wait for a second, and what it is sent after that. */
async function whilePaused(webhooks: readonly PostedAlert[], more = '') {
  let isLimited = true;
  const t = relayUnderTest(config(more), () => {
    if (!isLimited) return ACCEPTED;
    isLimited = false;
    return { ...LIMITED, headers: { 'retry-after': '1' } };
  });
  const other = t.tell([alert('f')]);
  await sleep(20);
  const telling = webhooks.map((one) => t.tell([one]));
  await sleep(20);
  t.now += 1_000;
  const results = (await Promise.all(telling)).flat();
  await other;
  const sent = t.sent().filter(({ body }) => JSON.stringify(body).includes('a'.repeat(16)));
  return {
    told: results.map(({ action, outcome, reason }) => `${action} ${outcome} ${reason}`),
    sent: sent.map(({ body }) => body.event_action),
    decided: t.records.decisions
      .query({ fingerprint: 'a'.repeat(16) }, 10)
      .map(({ action, reason, outcome }) => `${action} ${reason} ${outcome}`),
    scraped: await t.scrape(),
  };
}

test('nobody is paged for what has ended while its page had to wait', async () => {
  const { told, sent, decided, scraped } = await whilePaused([
    alert('a'),
    alert('a', { status: 'resolved' }),
  ]);
  expect(sent).toEqual(['resolve']);
  expect(told).toEqual(['resolve accepted resolved', 'resolve accepted resolved']);
  expect(decided).toEqual(['resolve superseded accepted', 'resolve resolved accepted']);
  expect(scraped).toContain('pagerelay_notifications_suppressed_total{receiver="pd",reason="superseded"} 1');
});

test('where nobody is told of ends, the page is sent all the same', async () => {
  const { sent } = await whilePaused(
    [alert('a'), alert('a', { status: 'resolved' })],
    ', send_resolved: false',
  );
  expect(sent).toEqual(['trigger']);
});

test('what waits with an older start goes as it is, and the later one after it', async () => {
  const { sent } = await whilePaused([alert('a'), alert('a', { startsAt: '2027-01-15T08:00:01Z' })]);
  expect(sent).toEqual(['trigger', 'trigger']);
});
