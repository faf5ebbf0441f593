import { describe, expect, test } from '@jest/globals';
import type { Snapshot } from '../../src/alertmanager/snapshot.ts';
import { alert, config, ended, GROUP, MINUTE, seen, told } from '../support/looks.ts';
import { ACCEPTED, relayUnderTest, UNAVAILABLE } from '../support/relay.ts';
import { sharedMemory } from '../support/shared-memory.ts';

const HOUR = 60 * MINUTE;
const BREAKFAST = `
time_intervals:
  - { name: breakfast, time_intervals: [{ times: [{ start_time: '08:00', end_time: '09:00' }] }] }
`;

const OG = `  - name: og
    opsgenie_configs: [{ api_key: key, api_url: 'http://vendor.example/og' }]
`;

/** These alerts are held while their route is muted, and Alertmanager was looked at, a minute after: it had these. */
async function held(
  letters: string,
  groupBy = "['...']",
  more = '',
  active: readonly string[] = [...letters],
  muted: readonly string[] = [],
  receiver = '',
) {
  const route = `receiver: pd, group_by: ${groupBy}, mute_time_intervals: [breakfast] ${more}`;
  const vendor = { answer: ACCEPTED };
  const alertmanager: { has: Snapshot | undefined; looks: number } = { has: undefined, looks: 0 };
  const fresh = async () => {
    alertmanager.looks++;
    return alertmanager.has;
  };
  const plain = config(`routes: [{ ${route} }]`, groupBy);
  const own = receiver === '' ? plain : `${plain.replace('- name: pd', `- name: pd\n    ${receiver}`)}${OG}`;
  const text = `${own}${BREAKFAST}`;
  const t = relayUnderTest(text, ({ url }) => (url.includes('/og/') ? ACCEPTED : vendor.answer), { fresh });
  if (letters !== '')
    await t.tell(
      [...letters].map((letter) => alert(letter)),
      GROUP,
    );
  t.now += MINUTE;
  await t.relay.reconcile(seen(t.now, active, muted));
  /** So much later, while Alertmanager has these; without any it cannot be looked at. */
  const tend = async (afterMs: number, active?: string, muted = '') => {
    t.now += afterMs;
    alertmanager.has = active === undefined ? undefined : seen(t.now, [...active], [...muted]);
    alertmanager.looks = 0;
    await t.relay.tend();
    return told(t.sent());
  };
  const size = async () => Number(/^pagerelay_notifications_held (\d+)$/m.exec(await t.scrape())?.[1]);
  return { t, vendor, alertmanager, tend, size };
}

test('what Alertmanager has silenced at the end of the mute is sent when it is heard again', async () => {
  const { alertmanager, tend, size } = await held('a');
  expect(await tend(HOUR, '', 'a')).toEqual([]);
  expect(alertmanager.looks).toBe(1);
  expect(await size()).toBe(1);
  // Not every second.
  expect(await tend(1_000, '', 'a')).toEqual([]);
  expect(alertmanager.looks).toBe(0);
  expect(await tend(HOUR, '', 'a')).toEqual([]);
  expect(await tend(30_000, 'a')).toEqual(['trigger a']);
  expect(await size()).toBe(0);
});

test('what Alertmanager no longer has is neither sent nor held', async () => {
  const { tend, size } = await held('ab');
  expect(await tend(HOUR, 'b')).toEqual(['trigger b']);
  expect(await size()).toBe(0);
});

test('what was silenced and is over is dropped, too', async () => {
  const { tend, size } = await held('a');
  expect(await tend(HOUR, '', 'a')).toEqual([]);
  expect(await tend(MINUTE, '')).toEqual([]);
  expect(await size()).toBe(0);
});

test('all of it is sent where Alertmanager cannot be looked at', async () => {
  const { tend } = await held('ab');
  expect(await tend(HOUR)).toEqual(['trigger a', 'trigger b']);
});

test('what Alertmanager never had is sent: it may be from a peer that is not looked at', async () => {
  const { t, tend } = await held('a');
  await t.tell([alert('b')], { groupKey: '{}:{service="other"}' });
  expect(await tend(HOUR, '')).toEqual(['trigger b']);
});

test('a look from before an alert was told says nothing of it', async () => {
  const { t, alertmanager } = await held('a');
  const old = seen(t.now, []);
  t.now += MINUTE;
  await t.tell([alert('a')], GROUP);
  t.now += HOUR;
  alertmanager.has = old;
  await t.relay.tend();
  expect(told(t.sent())).toEqual(['trigger a']);
});

test.each(['[service]', '[]'])('of an incident by %s what is heard is sent', async (groupBy) => {
  const { t, tend } = await held('abc', groupBy);
  expect(await tend(HOUR, 'a', 'b')).toHaveLength(1);
  expect(t.records.decisions.query({}, 1)).toMatchObject([{ alerts: 1 }]);
});

test('nobody is asked while it cannot be sent anyhow', async () => {
  const { vendor, alertmanager, tend, size } = await held('a');
  vendor.answer = UNAVAILABLE;
  expect(await tend(HOUR, 'a')).toEqual(['trigger a']);
  expect(await tend(1_000, 'a')).toEqual([]);
  expect(alertmanager.looks).toBe(0);
  vendor.answer = ACCEPTED;
  expect(await tend(MINUTE, 'a')).toEqual(['trigger a']);
  expect(await size()).toBe(0);
});

test('what is acknowledged because it is silenced stays held', async () => {
  const { t, tend, size } = await held('a', "['...']", ', on_muted: acknowledge');
  await t.relay.reconcile(seen(t.now, [], ['a']));
  expect(told(t.sent())).toEqual(['acknowledge a']);
  expect(await size()).toBe(1);
  expect(await tend(HOUR, 'a')).toEqual(['trigger a']);
});

describe('what is silenced in an incident of a whole group', () => {
  test('stays held when the rest of it is sent, and is sent when it is heard', async () => {
    const { tend, size } = await held('ab', '[]');
    expect(await tend(HOUR, 'a', 'b')).toHaveLength(1);
    expect(await size()).toBe(1);
    expect(await tend(HOUR, 'a', 'b')).toEqual([]);
    expect(await tend(MINUTE, 'ab')).toHaveLength(1);
    expect(await size()).toBe(0);
  });

  test('stays held when the rest of it is found at Alertmanager', async () => {
    const { t, tend, size } = await held('ab', '[]', '', ['a'], ['b']);
    expect(await size()).toBe(2);
    expect(await tend(HOUR, 'a', 'b')).toHaveLength(1);
    expect(await tend(MINUTE, 'ab')).toHaveLength(1);
    expect(t.records.decisions.query({}, 1)).toMatchObject([{ alerts: 1 }]);
  });

  test('stays held when a fallback takes the rest of it', async () => {
    const { t, vendor, tend, size } = await held('ab', '[]', '', ['a', 'b'], [], 'fallback: og');
    vendor.answer = UNAVAILABLE;
    await tend(HOUR, 'a', 'b');
    expect(t.records.decisions.query({}, 10)).toContainEqual(
      expect.objectContaining({ receiver: 'og', outcome: 'accepted' }),
    );
    expect(await size()).toBe(1);
  });
});

describe('what is silenced when it is found by a process that was not told of it', () => {
  test.each(["['...']", '[service]', '[]'])(
    'is held, too, and sent when it is heard: by %s',
    async (groupBy) => {
      const { tend, size } = await held('', groupBy, '', [], ['a']);
      expect(await size()).toBe(1);
      expect(await tend(HOUR, '', 'a')).toEqual([]);
      expect(await tend(MINUTE, 'a')).toHaveLength(1);
      expect(await tend(MINUTE, 'a')).toEqual([]);
      expect(await size()).toBe(0);
    },
  );

  test('is dropped when it is over', async () => {
    const { tend, size } = await held('', "['...']", '', [], ['a']);
    expect(await tend(HOUR, '')).toEqual([]);
    expect(await size()).toBe(0);
  });
});

test('what was seen silenced waits for an hour where Alertmanager cannot be looked at, and no longer', async () => {
  const { tend } = await held('ab');
  expect(await tend(HOUR, '', 'ab')).toEqual([]);
  expect(await tend(MINUTE)).toEqual([]);
  expect(await tend(58 * MINUTE)).toEqual([]);
  expect(await tend(MINUTE)).toEqual(['trigger a', 'trigger b']);
});

test('what Alertmanager tells of after it was seen silenced does not wait', async () => {
  const { t, tend } = await held('ab', "['...']", '', [], ['a', 'b']);
  t.now += MINUTE;
  await t.tell([alert('a')], GROUP);
  expect(await tend(58 * MINUTE)).toEqual(['trigger a']);
});

test('what is heard again and could not be sent does not wait for a look', async () => {
  const { vendor, tend } = await held('a');
  expect(await tend(HOUR, '', 'a')).toEqual([]);
  vendor.answer = UNAVAILABLE;
  expect(await tend(MINUTE, 'a')).toEqual(['trigger a']);
  vendor.answer = ACCEPTED;
  expect(await tend(MINUTE + 1_000)).toEqual(['trigger a']);
});

test('what Alertmanager never had and could not be sent is sent all the same', async () => {
  const { t, vendor, tend } = await held('a');
  await t.tell([alert('b')], { groupKey: '{}:{service="other"}' });
  vendor.answer = UNAVAILABLE;
  expect(await tend(HOUR, '')).toEqual(['trigger b']);
  vendor.answer = ACCEPTED;
  expect(await tend(MINUTE + 1_000, '')).toEqual(['trigger b']);
});

test('of an incident by labels what only a muted route leads to is held when it is found', async () => {
  const t = relayUnderTest(
    `${config('routes: [{ receiver: pd, matchers: [alertname=A], mute_time_intervals: [breakfast] }]', '[service]')}${BREAKFAST}`,
  );
  const [ofA, ofB] = ['a', 'b'].map((letter) => seen(t.now, [letter]).groups);
  const both = { ...seen(t.now, ['a', 'b']), groups: [...(ofA ?? []), ...(ofB ?? [])] };
  await t.relay.reconcile(both);
  t.now += HOUR;
  await t.relay.tend();
  expect(t.sent()).toHaveLength(1);
  expect(t.records.decisions.query({}, 1)).toMatchObject([{ fingerprints: ['a'.repeat(16)] }]);
});

test('what there is no room to hold when it is found is held by a later look', async () => {
  const { t, tend } = await held('');
  const many = Array.from({ length: 20_000 }, (_, i) => ({ fingerprint: i.toString(16).padStart(16, '0') }));
  await t.tell(many);
  await t.relay.reconcile(seen(t.now, ['a'], ['b']));
  await t.tell(many.slice(0, 2).map((one) => ({ ...one, status: 'resolved' as const })));
  t.sent();
  await t.relay.reconcile(seen(t.now, ['a'], ['b']));
  await t.tell(many.map((one) => ({ ...one, status: 'resolved' as const })));
  t.sent();
  expect(await tend(HOUR, 'a', 'b')).toEqual(['trigger a']);
  expect(await tend(MINUTE, 'ab')).toEqual(['trigger b']);
});

test('what is found while there is no room to remember it is held', async () => {
  const own = config('routes: [{ receiver: pd, mute_time_intervals: [breakfast] }]');
  const t = relayUnderTest(`dedup: { max_entries: 1 }${own}${BREAKFAST}`);
  await t.tell([ended('b')]);
  await t.relay.reconcile(seen(t.now, ['a']));
  expect(await t.scrape()).toContain('pagerelay_notifications_held 1');
});

test('what was resolved because it was silenced and is heard within the mute is held once, and sent at its end', async () => {
  const { t, tend, size } = await held('', "['...']", ', on_muted: resolve', [], ['a']);
  await t.relay.reconcile(seen(t.now, [], ['a']));
  expect(told(t.sent())).toEqual(['resolve a']);
  for (let look = 0; look < 3; look++) {
    t.now += MINUTE;
    await t.relay.reconcile(seen(t.now, ['a']));
  }
  expect(await size()).toBe(1);
  expect(t.records.decisions.query({}, 9)).toHaveLength(1);
  expect(await tend(HOUR, 'a')).toEqual(['trigger a']);
  await t.relay.reconcile(seen(t.now + 1, ['a']));
  expect(t.sent()).toEqual([]);
});

test.each(["['...']", '[service]'])(
  'what is held for a receiver that does not resolve is dropped when it is gone for long: by %s',
  async (groupBy) => {
    const own = config(`routes: [{ receiver: pd, mute_time_intervals: [breakfast] }]`, groupBy);
    const t = relayUnderTest(`${own.replace('key: key,', 'key: key, send_resolved: false,')}${BREAKFAST}`);
    const held = async () => Number(/^pagerelay_notifications_held (\d+)$/m.exec(await t.scrape())?.[1]);
    const look = async (active: readonly string[], afterMs = MINUTE) => {
      t.now += afterMs;
      await t.relay.reconcile(seen(t.now, active));
      return held();
    };
    expect(await look(['a'])).toBe(1);
    expect(await look([])).toBe(1);
    expect(await look([], 5 * MINUTE)).toBe(1);
    await t.tell([alert('a', { startsAt: '2027-01-15T08:06:00Z' })], GROUP);
    expect(await look([])).toBe(1);
    expect(await look([], 5 * MINUTE)).toBe(1);
    expect(await look([])).toBe(0);
    expect(await look(['a'])).toBe(1);
    t.now += HOUR;
    await t.relay.tend();
    await look(['a']);
    expect(t.sent()).toHaveLength(1);
  },
);

test('what Alertmanager never had is sent, though it had another alert of its incident that is over', async () => {
  const { t, tend } = await held('', '[service]');
  await t.tell([alert('b')], { groupKey: '{}:{service="other"}' });
  t.now += MINUTE;
  await t.relay.reconcile(seen(t.now, ['a']));
  expect(await tend(HOUR, '')).toHaveLength(1);
  expect(t.records.decisions.query({}, 1)).toMatchObject([{ fingerprints: ['b'.repeat(16)] }]);
});

test('what stays open is not ended with what was held of it, where another replica has told of it', async () => {
  const store = sharedMemory();
  const text = config('routes: [{ receiver: pd, mute_time_intervals: [breakfast] }]', "['...']");
  const own = `${text.replace('key: key,', 'key: key, send_resolved: false,')}${BREAKFAST}`;
  const other = relayUnderTest(
    own.replace('08:00', '09:00').replace("'09:00' }", "'10:00' }"),
    () => ACCEPTED,
    {
      store: store(),
    },
  );
  await other.tell([alert('a')]);
  expect(other.sent()).toHaveLength(1);
  const t = relayUnderTest(own, () => ACCEPTED, { store: store() });
  await t.relay.reconcile(seen(t.now, ['a']));
  for (let minute = 0; minute < 10; minute++) {
    t.now += MINUTE;
    await t.relay.reconcile(seen(t.now, []));
  }
  expect(t.sent()).toEqual([]);
  expect(await t.scrape()).not.toMatch(/reconciled_incidents_total\{what="gone"\} [1-9]/);
});
