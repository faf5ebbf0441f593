import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { Snapshot } from '../../src/alertmanager/snapshot.ts';
import { createHttpClient } from '../../src/notify/http-client.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import { createWatch } from '../../src/relay/watch.ts';
import { listed, withPeers } from '../support/fake-alertmanager.ts';
import type { PostedAlert } from '../support/post.ts';
import {
  ACCEPTED,
  type AnswerRequest,
  configOf,
  REJECTED,
  type RelayUnderTest,
  relayUnderTest,
  type SentEvent,
  UNAVAILABLE,
  webhookOf,
} from '../support/relay.ts';
import { sharedMemory } from '../support/shared-memory.ts';
import { pending } from '../support/slow-answers.ts';
import { snapshotOf } from '../support/snapshots.ts';

const config = (hold: string) => `
route: { receiver: pd, group_by: ['...'], dedup: { hold_resolve: ${hold} } }
receivers:
  - name: pd
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
`;

/** Fired at this minute of the day. */
const alert = (minute: number, status: PostedAlert['status'] = 'firing'): PostedAlert => ({
  status,
  fingerprint: 'a'.repeat(16),
  startsAt: `2027-01-15T07:${String(minute).padStart(2, '0')}:00Z`,
});

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

const actions = (sent: readonly SentEvent[]) => sent.map(({ body }) => body.event_action);
const reasons = (results: readonly { readonly reason: string }[]) => results.map(({ reason }) => reason);

/** What is sent in the end where the next firing was rejected, after `happen`. */
async function sentOnceRejected(text: string, happen: (t: RelayUnderTest) => Promise<void>) {
  let isRejected = false;
  const t = relayUnderTest(text, () => (isRejected ? REJECTED : ACCEPTED));
  await happen(t);
  isRejected = true;
  expect(await t.tell([alert(10)])).toMatchObject([{ outcome: 'rejected' }]);
  isRejected = false;
  t.sent();
  t.now += 30 * 60_000;
  await t.relay.tend();
  return actions(t.sent());
}

test('a resolve is sent although the next firing was rejected: nobody tells of the end of that', async () => {
  const sent = await sentOnceRejected(config('30m'), async (t) => {
    await t.tell([alert(1)]);
    await t.tell([alert(1, 'resolved')]);
  });
  expect(sent).toEqual(['resolve']);
});

test('a lagging peer changes nothing about that', async () => {
  const sent = await sentOnceRejected(config('30m').replace("['...']", '[]'), async (t) => {
    await t.tell([alert(1, 'resolved')]);
    t.now += 5_000;
    expect(reasons(await t.tell([alert(1)]))).toEqual(['stale']);
  });
  expect(sent).toEqual(['resolve']);
});

/** A resolve of an alert that is due while Alertmanager has this one active. */
async function dueWhileActive(active: PostedAlert) {
  let [fresh, glimpse]: readonly (Snapshot | undefined)[] = [];
  const looks = { fresh: async () => fresh, glimpse: async () => glimpse };
  const t = relayUnderTest(config('2m'), () => ACCEPTED, looks);
  const see = (alerts: readonly PostedAlert[], isYoung = false) => {
    const group = { webhook: webhookOf(alerts), direct: [undefined], muted: new Set<string>() };
    const isThere = alerts.length > 0;
    const seen: Snapshot = {
      takenAt: t.now,
      upSince: 0,
      groups: isThere ? [group] : [],
      state: () => (isThere ? 'active' : undefined),
    };
    [fresh, glimpse] = [isYoung ? undefined : seen, seen];
    return seen;
  };
  await t.tell([alert(1)]);
  await t.tell([alert(1, 'resolved')]);
  t.now += 120_000;
  see([active]);
  return { t, see };
}

test('there is room for 20,000 resolves; more are sent at once and counted, and the log says so once for a webhook', async () => {
  const t = relayUnderTest(config('2m'));
  const many = Array.from({ length: 20_002 }, (_, i) => ({
    ...alert(1, 'resolved'),
    fingerprint: i.toString(16).padStart(16, '0'),
  }));
  await t.tell(many.slice(0, 20_000));
  expect(t.sent()).toEqual([]);
  expect(reasons(await t.tell(many.slice(20_000)))).toEqual(['resolved', 'resolved']);
  expect(t.logs.filter(({ level }) => level === 'warn')).toEqual([
    { level: 'warn', msg: 'too many resolves are kept back: others are sent at once', held: 20_000 },
  ]);
  expect(await t.scrape()).toContain('pagerelay_resolves_not_held_total 2');
});

describe('hold_resolve', () => {
  test('keeps a resolve back, and sends it when its time has come', async () => {
    const t = relayUnderTest(config('2m'));
    await t.tell([alert(1)]);
    expect(reasons(await t.tell([alert(1, 'resolved')]))).toEqual(['hold_resolve']);
    t.now += 119_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['trigger']);
    expect(await t.scrape()).toContain('pagerelay_resolves_held 1');
    t.now += 1_000;
    await t.relay.tend();
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['resolve']);
    expect(await t.scrape()).toContain('pagerelay_resolves_held 0');
  });

  test('an alert that fires again meanwhile updates the incident, which is not resolved', async () => {
    const t = relayUnderTest(config('2m'));
    await t.tell([alert(1)]);
    await t.tell([alert(1, 'resolved')]);
    t.now += 60_000;
    expect(reasons(await t.tell([alert(30)]))).toEqual(['changed']);
    t.now += 3_600_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['trigger', 'trigger']);
    expect(reasons(await t.tell([alert(30, 'resolved')]))).toEqual(['hold_resolve']);
    t.now += 120_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['resolve']);
  });

  test('is called off when Alertmanager has its alert active again: another replica was told of that', async () => {
    const { t, see } = await dueWhileActive(alert(30));
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['trigger']);
    expect(await t.scrape()).toContain('pagerelay_resolves_held 0');
    see([]);
    expect(reasons(await t.tell([alert(30, 'resolved')]))).toEqual(['hold_resolve']);
    t.now += 120_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['resolve']);
  });

  test('is not called off by a peer of Alertmanager that still has what has ended', async () => {
    const { t } = await dueWhileActive(alert(1));
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['trigger', 'resolve']);
  });

  test("a lagging peer's firing does not call it off", async () => {
    const t = relayUnderTest(config('2m'));
    await t.tell([alert(1)]);
    await t.tell([alert(1, 'resolved')]);
    expect(reasons(await t.tell([alert(1)]))).toEqual(['stale']);
    t.now += 120_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['trigger', 'resolve']);
  });

  test('the twin of a resolve does not make it wait longer', async () => {
    const t = relayUnderTest(config('2m'));
    await t.tell([alert(1)]);
    await t.tell([alert(1, 'resolved')]);
    t.now += 60_000;
    await t.tell([alert(1, 'resolved')]);
    t.now += 60_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['trigger', 'resolve']);
  });

  test('one that nothing is known of is kept back too, and one that cannot be delivered stays', async () => {
    let isDown = true;
    const t = relayUnderTest(config('2m'), () =>
      isDown ? UNAVAILABLE : { status: 202, headers: {}, body: '' },
    );
    expect(reasons(await t.tell([alert(1, 'resolved')]))).toEqual(['hold_resolve']);
    t.now += 120_000;
    await t.relay.tend();
    isDown = false;
    t.now += 61_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['resolve', 'resolve']);
    await t.relay.tend();
    expect(t.sent()).toEqual([]);
  });

  test('when the daemon stops, all are sent', async () => {
    const t = relayUnderTest(config('2m'));
    await t.tell([alert(1)]);
    await t.tell([alert(1, 'resolved')]);
    await t.relay.tend({ isLast: true });
    expect(actions(t.sent())).toEqual(['trigger', 'resolve']);
  });

  test('a reload that takes the receiver away leaves them to be sent where the incident is', async () => {
    const t = relayUnderTest(config('2m'));
    await t.tell([alert(1)]);
    await t.tell([alert(1, 'resolved')]);
    t.relay.use(configOf(config('2m').replaceAll('pd', 'other')));
    t.now += 120_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['trigger', 'resolve']);
  });
});

describe('a resolve that is due while Alertmanager is too young to be believed', () => {
  const MINUTE = 60_000;

  /** It becomes due a minute after an Alertmanager started that has its alert active since that minute of the day, or not. */
  async function dueWhileYoung(
    activeSince: number | undefined,
    then: (t: RelayUnderTest, forget: () => Promise<void>, asked: readonly string[]) => Promise<void>,
  ) {
    const { startsAt } = alert(activeSince ?? 0);
    const alerts = activeSince === undefined ? [] : [listed('a'.repeat(16), { startsAt })];
    const status = { uptime: '2027-01-15T08:01:00Z' };
    await withPeers([{ alerts, status }], async (urls, [asked = []]) => {
      const http = createHttpClient({ userAgent: 'pagerelay/test', env: {}, now: Date.now });
      const now = () => t.now;
      const watch = createWatch({ http, metrics: createMetrics(), log: SILENT, now, follow: async () => {} });
      const watched = `relay: { alertmanager_url: '${urls[0]}' }`;
      const t = relayUnderTest(`${watched}${config('2m')}`, () => ACCEPTED, watch);
      try {
        await t.tell([alert(1)]);
        await t.tell([alert(1, 'resolved')]);
        t.now += 2 * MINUTE;
        watch.use({ urls, intervalMs: 60 * MINUTE, afterMs: 6 * MINUTE });
        await t.relay.tend();
        const forget = async () => {
          alerts.length = 0;
          for (let minute = 0; minute < 13; minute++) {
            t.now += MINUTE;
            if (minute >= 6) await t.relay.reconcile(await snapshotOf(urls, { settleMs: 6 * MINUTE, now }));
          }
        };
        await then(t, forget, asked);
      } finally {
        await watch.stop();
        await http.close();
      }
    });
  }

  test('is called off by what it has: it was told of that since it started; and the incident ends when that is gone', async () => {
    await dueWhileYoung(30, async (t, forget) => {
      expect(actions(t.sent())).toEqual(['trigger']);
      expect(await t.scrape()).toContain('pagerelay_resolves_held 0');
      await forget();
      expect(actions(t.sent())).toEqual(['resolve']);
    });
  });

  test.each([
    ['what it does not have', undefined],
    ['what has ended, which it has still', 1],
  ])('is not called off by %s', async (_, activeSince) => {
    await dueWhileYoung(activeSince, async (t) => {
      expect(actions(t.sent())).toEqual(['trigger', 'resolve']);
    });
  });

  test('is all that waits for what it has: for a webhook it is only asked how it is', async () => {
    await dueWhileYoung(30, async (t, _forget, asked) => {
      expect(asked).toContain('/api/v2/alerts');
      const before = asked.length;
      expect(await t.tell([{ ...alert(40), fingerprint: 'b'.repeat(16) }])).toMatchObject([
        { outcome: 'accepted' },
      ]);
      expect(asked.slice(before)).toEqual(['/api/v2/status']);
    });
  });

  test('is sent at a stop, whatever it has: nobody would remember to end the incident', async () => {
    const { t, see } = await dueWhileActive(alert(30));
    see([alert(30)], true);
    await t.relay.tend({ isLast: true });
    expect(actions(t.sent())).toEqual(['trigger', 'resolve']);
  });
});

test('a resolve that is due is called off by what Alertmanager had when it was believed, too, where it is young now', async () => {
  const { t, see } = await dueWhileActive(alert(30));
  await t.relay.reconcile(see([alert(30)]));
  see([], true);
  await t.relay.tend();
  expect(actions(t.sent())).toEqual(['trigger']);
});

test('a resolve that is due is not called off by what Alertmanager had before it was told, as another Prometheus saw it', async () => {
  const t = relayUnderTest(config('2m'));
  const seen = { ...alert(1), startsAt: '2027-01-15T07:01:05Z' };
  await t.tell([alert(1)]);
  t.now += 1_000;
  const group = { webhook: webhookOf([seen]), direct: [undefined], muted: new Set<string>() };
  await t.relay.reconcile({ takenAt: t.now, upSince: 0, groups: [group], state: () => 'active' });
  t.now += 1_000;
  await t.tell([alert(1, 'resolved')]);
  t.now += 120_000;
  await t.relay.tend();
  expect(actions(t.sent())).toEqual(['trigger', 'resolve']);
});

describe('a resolve that is kept back', () => {
  /** Two replicas that share what they know, both told of the end. */
  async function twoReplicas(alerts: (status: PostedAlert['status']) => readonly PostedAlert[]) {
    const store = sharedMemory();
    const [one, two] = [store(), store()].map((own) =>
      relayUnderTest(config('2m'), () => ACCEPTED, { store: own }),
    );
    if (!one || !two) throw new Error('there are two');
    await one.tell(alerts('firing'));
    await one.tell(alerts('resolved'));
    await two.tell(alerts('resolved'));
    one.now += 120_000;
    two.now += 120_000;
    await one.relay.tend();
    await two.relay.tend();
    return two;
  }

  test('is let go where another replica has sent it', async () => {
    const two = await twoReplicas((status) => [alert(1, status)]);
    expect(two.sent()).toEqual([]);
    expect(await two.scrape()).toContain('pagerelay_resolves_held 0');
  });

  test('is let go where the receiver does not want it any more', async () => {
    const t = relayUnderTest(config('2m'));
    await t.tell([alert(1)]);
    await t.tell([alert(1, 'resolved')]);
    t.relay.use(configOf(config('2m').replace('}]', ', send_resolved: false }]')));
    t.now += 120_000;
    await t.relay.tend();
    expect(await t.scrape()).toContain('pagerelay_resolves_held 0');
  });

  describe('and a page that is held at another account', () => {
    const text = `
relay: { delivery_timeout: 1s }
route:
  receiver: pd
  group_by: ['...']
  dedup: { hold_resolve: 2m }
  routes: [{ matchers: ['alertname="muted"'], receiver: other, mute_time_intervals: [early] }]
time_intervals:
  - { name: early, time_intervals: [{ times: [{ start_time: '08:00', end_time: '08:01' }] }] }
receivers:
  - name: pd
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd', rate_limit: { per_minute: 1, burst: 3 } }]
  - name: other
    pagerduty_configs: [{ routing_key: other, url: 'http://vendor.example/pd' }]
`;

    /** Both are due. */
    async function bothDue(answer?: AnswerRequest) {
      const t = relayUnderTest(text, answer);
      const three = (status: PostedAlert['status']) =>
        ['a', 'b', 'c'].map((letter) => ({ ...alert(1, status), fingerprint: letter.repeat(16) }));
      await t.tell(three('firing'));
      await t.tell(three('resolved'));
      await t.tell([{ ...alert(1), fingerprint: 'f'.repeat(16), labels: { alertname: 'muted' } }]);
      t.sent();
      t.now += 120_000;
      return t;
    }

    test('leave each other time where one waits for a rate limit', async () => {
      const t = await bothDue();
      await t.relay.tend();
      expect(actions(t.sent())).toEqual(['resolve', 'resolve', 'trigger']);
    });

    test('do not wait for each other, at a stop neither', async () => {
      const slow = pending();
      const t = await bothDue(({ body }) => (body.includes('"resolve"') ? slow.answer : ACCEPTED));
      const tending = t.relay.tend();
      const last = t.relay.tend({ isLast: true });
      await sleep(50);
      expect(actions(t.sent())).toContain('trigger');
      slow.give(ACCEPTED);
      await Promise.all([tending, last]);
    });
  });

  test('is not held up by a thousand others that cannot be sent', async () => {
    const isDown = (key: unknown) => key !== 'f'.repeat(16);
    let down = false;
    const t = relayUnderTest(config('2m'), ({ body }) =>
      down && isDown(JSON.parse(String(body)).dedup_key) ? UNAVAILABLE : ACCEPTED,
    );
    const many = (status: PostedAlert['status']) =>
      Array.from({ length: 1_000 }, (_, i) => ({
        ...alert(1, status),
        labels: { alertname: `A${i}` },
        fingerprint: i.toString(16).padStart(16, '0'),
      }));
    const last = (status: PostedAlert['status']) => ({ ...alert(1, status), fingerprint: 'f'.repeat(16) });
    for (const status of ['firing', 'resolved'] as const) {
      await t.tell(many(status));
      await t.tell([last(status)]);
    }
    t.sent();
    down = true;
    t.now += 120_000;
    for (let minute = 0; minute < 3; minute++) {
      await t.relay.tend();
      t.now += 61_000;
    }
    expect(t.sent().map(({ body }) => body.dedup_key)).toContain('f'.repeat(16));
  });

  test.each([
    ['alert', config('2m')],
    ['group', config('2m').replace(", group_by: ['...']", '')],
  ])(
    'is not called off by a firing that never reached the vendor: Alertmanager will not tell of its end (by %s)',
    async (_granularity, text) => {
      let answer = ACCEPTED;
      const t = relayUnderTest(text, () => answer);
      await t.tell([alert(1)]);
      await t.tell([alert(1, 'resolved')]);
      answer = UNAVAILABLE;
      t.now += 60_000;
      expect(await t.tell([alert(30)])).toMatchObject([{ outcome: 'unavailable' }]);
      answer = ACCEPTED;
      t.sent();
      for (let minute = 0; minute < 5; minute++) {
        t.now += 60_000;
        await t.relay.tend();
      }
      expect(actions(t.sent())).toEqual(['resolve']);
    },
  );
});

test.each(["['...']", '[service]', '[]'])(
  'the end of a firing that the vendor may have taken, after an earlier end, is sent when it is due (by %s)',
  async (groupBy) => {
    let answer = ACCEPTED;
    const t = relayUnderTest(config('2m').replace("['...']", groupBy), () => answer);
    await t.tell([alert(1)]);
    await t.tell([alert(1, 'resolved')]);
    t.now += 120_000;
    await t.relay.tend();
    answer = UNAVAILABLE;
    await t.tell([alert(30)]);
    answer = ACCEPTED;
    t.now += 61_000;
    t.sent();
    expect(reasons(await t.tell([alert(30, 'resolved')]))).toEqual(['hold_resolve']);
    t.now += 120_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['resolve']);
  },
);

test('one of an incident by labels is not called off by another alert that never reached the vendor', async () => {
  let answer = ACCEPTED;
  const t = relayUnderTest(config('2m').replace("['...']", '[service]'), () => answer);
  await t.tell([alert(1)], { groupKey: 'one' });
  await t.tell([alert(1, 'resolved')], { groupKey: 'one' });
  answer = UNAVAILABLE;
  await t.tell([{ ...alert(30), fingerprint: 'b'.repeat(16) }], { groupKey: 'two' });
  answer = ACCEPTED;
  t.sent();
  for (let minute = 0; minute < 5; minute++) {
    t.now += 61_000;
    await t.relay.tend();
  }
  expect(actions(t.sent())).toEqual(['resolve']);
});
