import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, LIMITED, type RelayUnderTest, relayUnderTest } from '../support/relay.ts';

const A = 'a'.repeat(16);
const START = '2027-01-15T08:00:00Z';
const alert = (letter: string, more: Partial<PostedAlert> = {}): PostedAlert => ({
  fingerprint: letter.repeat(16),
  startsAt: START,
  ...more,
});
const config = (more = '', route = "group_by: ['...']") => `
route: { receiver: pd, ${route} }
receivers:
  - name: pd
    pagerduty_configs: [{ routing_key: key${more} }]
`;
const ENDED = { status: 'resolved' } as const;

interface Asked {
  readonly text?: string;
  /** Whether Alertmanager still has it when the vendor can be told, where it is looked at. */
  readonly isActive?: boolean;
  /** What comes of a look at Alertmanager that fails. */
  readonly noLook?: () => Promise<undefined> | undefined;
  /** What happens before the vendor says to wait. */
  readonly before?: (t: RelayUnderTest) => Promise<unknown>;
}

/** What comes of these, one after the other, while the vendor has said to wait for a second; and what it is sent after that. */
async function whilePaused(
  tells: readonly ((t: RelayUnderTest) => Promise<unknown>)[],
  { text = config(), isActive, noLook, before }: Asked = {},
) {
  let isLimited = false;
  let isAsBefore = true;
  const isWatched = isActive !== undefined || noLook !== undefined;
  const state = (fingerprint: string) =>
    isAsBefore || isActive || fingerprint !== A ? ('active' as const) : undefined;
  const look = async () => ({ takenAt: t.now, upSince: 0, groups: [], state });
  const fresh = noLook ?? look;
  const watched = isWatched ? "relay: { alertmanager_url: 'http://alertmanager' }" : '';
  const answer = () => {
    if (!isLimited) return ACCEPTED;
    isLimited = false;
    return { ...LIMITED, headers: { 'retry-after': '1' } };
  };
  const t = relayUnderTest(`${watched}${text}`, answer, isWatched ? { fresh } : {});
  await before?.(t);
  t.sent();
  isLimited = true;
  const other = t.tell([alert('f')], { groupKey: 'other' });
  await sleep(20);
  const telling = [];
  for (const tell of tells) {
    telling.push(tell(t));
    await sleep(20);
    isAsBefore = false;
  }
  t.now += 1_000;
  await Promise.all([...telling, other]);
  const [first, ...rest] = t.sent();
  const own = rest.filter(({ body }) => body.dedup_key !== first?.body.dedup_key);
  return {
    sent: own.map(({ body }) => body.event_action),
    decided: t.records.decisions
      .query({ fingerprint: A }, 10)
      .map(({ action, reason, outcome }) => `${action} ${reason} ${outcome}`),
    scraped: await t.scrape(),
  };
}
const telling =
  (...alerts: readonly PostedAlert[]) =>
  (t: RelayUnderTest) =>
    t.tell(alerts);

test.each([
  ['', {}],
  [', where Alertmanager is looked at', { isActive: false }],
])('nobody is paged for what has ended while its page had to wait%s', async (_where, asked) => {
  const told = [telling(alert('a')), telling(alert('a', ENDED))];
  const { sent, decided, scraped } = await whilePaused(told, asked);
  expect(sent).toEqual(['resolve']);
  expect(decided).toEqual(['resolve superseded accepted', 'resolve resolved accepted']);
  expect(scraped).toContain('pagerelay_notifications_suppressed_total{receiver="pd",reason="superseded"} 1');
});

test('what Alertmanager has active is paged, whatever a peer says that knows less', async () => {
  const { sent, decided } = await whilePaused([telling(alert('a')), telling(alert('a', ENDED))], {
    isActive: true,
  });
  expect(sent).toEqual(['trigger']);
  expect(decided).toEqual(['resolve resolved unavailable', 'trigger first accepted']);
});

test.each([
  ['is not believed', async () => undefined],
  ['was slow a moment ago', () => undefined],
])(
  'a page gives no way where Alertmanager %s: the end may be that of a peer that knows less',
  async (_what, noLook) => {
    const told = [telling(alert('a')), telling(alert('a', ENDED))];
    expect((await whilePaused(told, { noLook })).sent).toEqual(['trigger', 'resolve']);
  },
);

test.each([
  ['no end', ', send_resolved: false', ''],
  ['none of the whole', ', send_resolved_matchers: [\'severity="warning"\']', 'critical'],
])('where %s is told, the page is sent all the same', async (_what, more, other) => {
  const labels = { alertname: 'A', severity: 'warning' };
  const first = alert('a', { labels });
  const second = alert('b', { labels: { ...labels, severity: other }, ...ENDED });
  const ends = other === '' ? [{ ...first, ...ENDED }] : [{ ...first, ...ENDED }, second];
  const text = config(more, 'group_by: []');
  expect((await whilePaused([telling(first), telling(...ends)], { text })).sent).toEqual(['trigger']);
});

test('an end goes before what fires again, which may be kept back', async () => {
  const { sent } = await whilePaused(
    [telling(alert('a', ENDED)), telling(alert('a', { startsAt: '2027-01-15T08:00:01Z' }))],
    {
      before: telling(alert('a')),
    },
  );
  expect(sent).toEqual(['resolve', 'trigger']);
});

test('what fires again is not kept from being told by an end that was kept back before', async () => {
  const { sent } = await whilePaused([telling(alert('a')), (t) => t.relay.tend()], {
    text: config('', "group_by: ['...'], dedup: { hold_resolve: 20m, window: 1m }"),
    before: async (t) => {
      await t.tell([alert('a')]);
      await t.tell([alert('a', ENDED)]);
      t.now += 20 * 60_000;
    },
  });
  expect(sent).toEqual(['trigger']);
});

test('what waits with an older start goes as it is, and the later one after it', async () => {
  const later = alert('a', { startsAt: '2027-01-15T08:00:01Z' });
  const { sent } = await whilePaused([telling(alert('a')), telling(later)]);
  expect(sent).toEqual(['trigger', 'trigger']);
});
