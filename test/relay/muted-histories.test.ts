import { describe, expect, test } from '@jest/globals';
import { calls } from '../support/fallback.ts';
import { MINUTE } from '../support/looks.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, relayUnderTest, type SentEvent, UNAVAILABLE } from '../support/relay.ts';
import { sharedMemory } from '../support/shared-memory.ts';

const HOUR = 60 * MINUTE;

/** Muted from 08:00 to 09:00, the hour in which the relay under test begins. */
const config = (groupBy: string, { more = '', fallback = '' } = {}) => `
time_intervals:
  - { name: breakfast, time_intervals: [{ times: [{ start_time: '08:00', end_time: '09:00' }] }] }
route: { receiver: pd, routes: [{ receiver: pd, group_by: ${groupBy}, mute_time_intervals: [breakfast]${more} }] }
receivers:
  - name: pd
    ${fallback}
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd', description: '{{ range .Alerts.Firing }}{{ .Labels.alertname }} {{ end }}' }]
  - { name: og, opsgenie_configs: [{ api_key: key, api_url: 'http://vendor.example/og' }] }
`;
const FALLBACK = { fallback: 'fallback: og' };

/** An alert by its letter; in small letters it fires, in capitals it has ended. It began before this process. */
const alert = (letter: string, startsAt = '2027-01-15T07:00:00Z'): PostedAlert => ({
  status: letter === letter.toLowerCase() ? 'firing' : 'resolved',
  labels: { alertname: letter.toLowerCase(), service: 'shop' },
  fingerprint: letter.toLowerCase().repeat(16),
  startsAt,
  endsAt: letter === letter.toLowerCase() ? '0001-01-01T00:00:00Z' : '2027-01-15T08:00:00Z',
});
const alerts = (letters: string) => [...letters].map((letter) => alert(letter));
const outline = ({ body }: SentEvent) =>
  `${body.event_action} ${(body.payload as { readonly summary: string } | undefined)?.summary.trim() ?? ''}`.trim();
const actions = (sent: readonly SentEvent[]) => sent.map(({ body }) => body.event_action);

describe.each(['[]', '[service]', "['...']"])(
  'what is held of an incident that may be open from before a restart (by %s)',
  (groupBy) => {
    test('an end that could not be told is told when it is told again', async () => {
      let answer = UNAVAILABLE;
      const t = relayUnderTest(config(groupBy), () => answer);
      await t.tell(alerts('a'));
      expect(await t.tell(alerts('A'))).toMatchObject([{ outcome: 'unavailable' }]);
      answer = ACCEPTED;
      t.now += 61_000;
      t.sent();
      await t.tell(alerts('A'));
      expect(actions(t.sent())).toEqual(['resolve']);
    });

    test('an end that hold_resolve keeps back is sent when it is due', async () => {
      const t = relayUnderTest(config(groupBy, { more: ', dedup: { hold_resolve: 2m }' }));
      await t.tell(alerts('a'));
      await t.tell(alerts('A'));
      t.now += 2 * MINUTE;
      await t.relay.tend();
      expect(actions(t.sent())).toEqual(['resolve']);
    });

    test('its end is told to the fallback, too, which may have it since then', async () => {
      const t = relayUnderTest(config(groupBy, FALLBACK));
      await t.tell(alerts('a'));
      t.now += MINUTE;
      await t.tell(alerts('A'));
      expect(calls(t.sent()).toSorted()).toEqual(['og close', 'pd resolve']);
    });

    test("and what the fallback may have is ended when it is sent at the mute's end", async () => {
      const t = relayUnderTest(config(groupBy, FALLBACK));
      await t.tell(alerts('a'));
      for (const ms of [HOUR, MINUTE]) {
        t.now += ms;
        await t.relay.tend();
      }
      expect(calls(t.sent())).toEqual(['pd trigger', 'og close']);
    });
  },
);

test('what a lagging peer says of ended alerts is not held with the others of their group', async () => {
  const t = relayUnderTest(config('[service]'));
  await t.tell(alerts('a'));
  await t.tell(alerts('A'));
  t.sent();
  t.now += MINUTE;
  await t.tell(alerts('ab'));
  t.now += HOUR;
  await t.relay.tend();
  expect(t.sent().map(outline)).toEqual(['trigger b']);
  await t.tell(alerts('B'));
  expect(actions(t.sent())).toEqual(['resolve']);
});

describe.each(['[]', '[service]', "['...']"])('where replicas share what they know (by %s)', (groupBy) => {
  /** One holds this alert, and another one is told of its end, ten minutes later. */
  async function twoReplicas() {
    const store = sharedMemory();
    const [one, two] = [store(), store()].map((own) =>
      relayUnderTest(config(groupBy), () => ACCEPTED, { store: own }),
    );
    if (!one || !two) throw new Error('there are two');
    await one.tell(alerts('a'));
    two.now += 10 * MINUTE;
    expect(await two.tell(alerts('A'))).toMatchObject([{ outcome: 'accepted' }]);
    return { one, two };
  }

  test("what another one was told the end of long ago is not sent at the mute's end", async () => {
    const { one } = await twoReplicas();
    one.now += HOUR;
    await one.relay.tend();
    expect(one.sent()).toEqual([]);
    expect(await one.scrape()).toContain('pagerelay_notifications_held 0');
  });

  test.each([
    ['began again with a later start', '2027-01-15T08:20:00Z'],
    ['came back with its old start', undefined],
  ])('what has %s since is sent', async (_what, startsAt) => {
    const { one } = await twoReplicas();
    one.now += 30 * MINUTE;
    await one.tell([alert('a', startsAt)]);
    one.now += 30 * MINUTE;
    await one.relay.tend();
    expect(one.sent().map(outline)).toEqual(['trigger a']);
  });
});

test.each(['[]', '[service]'])(
  'what another replica was told the end of is not sent with the rest, however long the vendor is down (by %s)',
  async (groupBy) => {
    const store = sharedMemory();
    let answer = UNAVAILABLE;
    const [one, two] = [store(), store()].map((own) =>
      relayUnderTest(config(groupBy), () => answer, { store: own }),
    );
    if (!one || !two) throw new Error('there are two');
    await one.tell(alerts('ab'));
    two.now += MINUTE;
    await two.tell(alerts('Ab'));
    one.now += HOUR;
    for (const each of [UNAVAILABLE, ACCEPTED]) {
      answer = each;
      one.now += MINUTE;
      await one.relay.tend();
      expect(new Set(one.sent().map(outline))).toEqual(new Set(['trigger b']));
    }
    two.now = one.now;
    await two.tell(alerts('B'));
    expect(actions(two.sent())).toEqual(['resolve']);
  },
);

describe('of an incident by labels', () => {
  /** Both alerts are held by one replica, and another one is told of the end of the first. */
  async function twoReplicas(isOpen: boolean) {
    const store = sharedMemory();
    const [one, two] = [store(), store()].map((own) =>
      relayUnderTest(config('[service]'), () => ACCEPTED, { store: own }),
    );
    if (!one || !two) throw new Error('there are two');
    if (isOpen) {
      for (const each of [one, two]) each.now -= MINUTE;
      await one.tell(alerts('c'), { groupKey: 'three' });
      for (const each of [one, two]) each.now += MINUTE;
    }
    await one.tell(alerts('a'), { groupKey: 'one' });
    if (isOpen) await one.tell(alerts('b'), { groupKey: 'two' });
    two.now += 10 * MINUTE;
    await two.tell(alerts('A'), { groupKey: 'one' });
    one.now += 20 * MINUTE;
    if (!isOpen) await one.tell(alerts('b'), { groupKey: 'two' });
    one.sent();
    two.sent();
    one.now += 40 * MINUTE;
    await one.relay.tend();
    return one;
  }

  test.each([
    ['closed', false],
    ['open', true],
  ])(
    'that is %s what another replica was told the end of is left out, and ends it no later',
    async (_how, isOpen) => {
      const one = await twoReplicas(isOpen);
      expect(one.sent().map(outline)).toEqual(['trigger b']);
      if (isOpen) await one.tell(alerts('C'), { groupKey: 'three' });
      await one.tell(alerts('B'), { groupKey: 'two' });
      expect(actions(one.sent())).toEqual(['resolve']);
    },
  );
});
