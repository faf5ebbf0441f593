import { describe, expect, test } from '@jest/globals';
import type { Snapshot } from '../../src/alertmanager/snapshot.ts';
import type { SharedStore } from '../../src/relay/shared-store.ts';
import { actionOf, alert, config, ended, GROUP, MINUTE, seen, told } from '../support/looks.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, type AnswerRequest, relayUnderTest, UNAVAILABLE, webhookOf } from '../support/relay.ts';
import { sharedMemory } from '../support/shared-memory.ts';

const HOUR = 60 * MINUTE;
const BREAKFAST = `
time_intervals:
  - { name: breakfast, time_intervals: [{ times: [{ start_time: '08:00', end_time: '09:00' }] }] }
`;
const BELIEVED = /^believed though Alertmanager does not have it/;

interface Setup {
  readonly text?: string;
  readonly answer?: AnswerRequest;
  readonly store?: SharedStore;
}

/** A relay, and an Alertmanager that has these alerts; what is posted is another sender's. */
function setUp({ text = config(), answer = () => ACCEPTED, ...more }: Setup = {}) {
  const alertmanager = { has: '', isBelieved: true };
  const now = (): Snapshot => seen(t.now, [...alertmanager.has]);
  const fresh = async () => (alertmanager.isBelieved ? now() : undefined);
  const t = relayUnderTest(text, answer, { fresh, ...more });
  const tell = async (...alerts: readonly PostedAlert[]) =>
    (await t.tell(alerts, GROUP)).map(({ action, outcome }) => `${action} ${outcome}`);
  /** It says so again until it is believed. */
  const insist = async (...alerts: readonly PostedAlert[]) => {
    const outcomes: string[] = [];
    for (let minute = 0; minute < 3; minute++) {
      outcomes.push(...(await tell(...alerts)));
      t.now += MINUTE;
    }
    return outcomes;
  };
  /** Looks so many times, with so much time before each; what was sent. */
  const look = async (times: number, everyMs: number) => {
    for (let i = 0; i < times; i++) {
      t.now += everyMs;
      await t.relay.reconcile(now());
      await t.relay.tend();
    }
    return told(t.sent());
  };
  const warnings = () => t.logs.filter(({ level, msg }) => level === 'warn' && BELIEVED.test(msg));
  return { t, alertmanager, tell, insist, look, warnings };
}

const PAGED = ['trigger unavailable', 'trigger unavailable', 'trigger accepted'];

test('what the vendor may not have taken is as any other once Alertmanager has it', async () => {
  const answers = { now: UNAVAILABLE };
  const { alertmanager, t, insist, look } = setUp({ answer: () => answers.now });
  await insist(alert('a'));
  answers.now = ACCEPTED;
  alertmanager.has = 'a';
  t.sent();
  expect(await look(1, MINUTE)).toEqual([]);
  alertmanager.has = '';
  expect(await look(10, MINUTE)).toEqual(['resolve a']);
});

describe.each(["['...']", '[service]', '[]'])('what another sender insists on (group_by: %s)', (groupBy) => {
  const text = config('', groupBy);

  test('stays open until nobody has told of it for a day', async () => {
    const { t, insist, look, warnings } = setUp({ text });
    expect(await insist(alert('a'))).toEqual(PAGED);
    expect(told(t.sent()).map(actionOf)).toEqual(['trigger']);
    expect(await look(10, 6 * MINUTE)).toEqual([]);
    expect(await look(22, HOUR)).toEqual([]);
    expect((await look(2, HOUR)).map(actionOf)).toEqual(['resolve']);
    expect(warnings()).toMatchObject([{ receiver: 'pd', integration: 'pagerduty_configs[0]' }]);
  });

  test('is ended at once by its own end', async () => {
    const { insist, look, tell } = setUp({ text });
    await insist(alert('a'));
    await look(10, 6 * MINUTE);
    expect(await tell(ended('a'))).toEqual(['resolve accepted']);
  });

  test('is told of anew by what needs nothing sent, or cannot be held against Alertmanager', async () => {
    const { t, alertmanager, insist, look, tell } = setUp({
      text: config('dedup: { window: 48h }', groupBy),
    });
    await insist(alert('a'));
    await look(20, HOUR);
    expect(await tell(alert('a'))).toEqual(['trigger suppressed']);
    expect(await look(20, HOUR)).toEqual([]);
    alertmanager.isBelieved = false;
    expect(await tell(alert('a', { startsAt: '2027-01-15T10:30:00Z' }))).toEqual(['trigger accepted']);
    t.sent();
    expect(await look(23, HOUR)).toEqual([]);
    expect((await look(2, HOUR)).map(actionOf)).toEqual(['resolve']);
  });

  test('is no longer doubted while it is open', async () => {
    const { insist, look, tell, warnings } = setUp({ text });
    await insist(alert('a'));
    await look(2, HOUR);
    expect(await tell(alert('a', { annotations: { summary: 'worse' } }))).toEqual(['trigger accepted']);
    expect(await tell(ended('a'))).toEqual(['resolve accepted']);
    expect(await tell(alert('a', { startsAt: '2027-01-15T10:30:00Z' }))).toEqual(['trigger unavailable']);
    expect(warnings()).toHaveLength(1);
  });

  test.each(['sees it', 'is told of it'])('is as any other once Alertmanager %s', async (how) => {
    const { t, alertmanager, insist, look, tell } = setUp({ text });
    await insist(alert('a'));
    t.now += 2 * HOUR;
    alertmanager.has = 'a';
    if (how === 'sees it') await look(1, MINUTE);
    else expect(await tell(alert('a'))).toEqual(['trigger accepted']);
    t.sent();
    alertmanager.has = '';
    expect((await look(8, MINUTE)).map(actionOf)).toEqual(['resolve']);
  });

  test('is as any other where it was accepted while Alertmanager could not be looked at', async () => {
    const { t, alertmanager, look, tell } = setUp({ text });
    alertmanager.isBelieved = false;
    expect(await tell(alert('a'))).toEqual(['trigger accepted']);
    t.sent();
    expect((await look(8, MINUTE)).map(actionOf)).toEqual(['resolve']);
  });

  test('stays open while a vendor that was down is told', async () => {
    const vendor = { answer: UNAVAILABLE };
    const { t, insist, look, tell } = setUp({ text, answer: () => vendor.answer });
    await insist(alert('a'));
    t.now += MINUTE;
    vendor.answer = ACCEPTED;
    t.sent();
    expect(await tell(alert('a'))).toEqual(['trigger accepted']);
    t.sent();
    expect(await look(10, 6 * MINUTE)).toEqual([]);
  });

  test('is sent at the end of a mute, and stays open', async () => {
    const route = `routes: [{ receiver: pd, group_by: ${groupBy}, mute_time_intervals: [breakfast] }]`;
    const { insist, look } = setUp({ text: `${config(route, groupBy)}${BREAKFAST}` });
    expect(await insist(alert('a'))).toEqual([
      'trigger unavailable',
      'trigger unavailable',
      'trigger suppressed',
    ]);
    expect(await look(9, 6 * MINUTE)).toEqual([]);
    expect((await look(10, 6 * MINUTE)).map(actionOf)).toEqual(['trigger']);
  });

  test('stays open at a fallback, and is handed back', async () => {
    const spare =
      "  - name: spare\n    pagerduty_configs: [{ routing_key: spare, url: 'http://spare/pd' }]\n";
    const vendor = { answer: UNAVAILABLE };
    const { t, insist, look } = setUp({
      text: `${text.replace('- name: pd', '- name: pd\n    fallback: spare')}${spare}`,
      answer: ({ url }) => (url.startsWith('http://spare/') ? ACCEPTED : vendor.answer),
    });
    expect(await insist(alert('a'))).toEqual(PAGED);
    t.sent();
    t.now += MINUTE;
    const atSpare = async (times: number) => {
      for (let i = 0; i < times; i++) await look(1, 6 * MINUTE);
    };
    await atSpare(5);
    expect(t.records.decisions.query({}, 100).filter(({ reason }) => reason === 'gone')).toEqual([]);
    vendor.answer = ACCEPTED;
    await atSpare(2);
    expect(t.records.decisions.query({}, 100)).toContainEqual(
      expect.objectContaining({ receiver: 'pd', action: 'trigger', outcome: 'accepted' }),
    );
    await atSpare(5);
    expect(t.records.decisions.query({}, 100).filter(({ reason }) => reason === 'gone')).toEqual([]);
  });
});

test('what nobody is told the end of is not doubted, and stays open at a fallback that would be told', async () => {
  const spare = "  - name: spare\n    pagerduty_configs: [{ routing_key: spare, url: 'http://spare/pd' }]\n";
  const text = config().replace('- name: pd', '- name: pd\n    fallback: spare');
  const { tell, look } = setUp({
    text: `${text.replace('routing_key: key,', 'routing_key: key, send_resolved: false,')}${spare}`,
    answer: ({ url }) => (url.startsWith('http://spare/') ? ACCEPTED : UNAVAILABLE),
  });
  expect(await tell(alert('a'))).toEqual(['trigger accepted']);
  expect((await look(10, 6 * MINUTE)).filter((one) => actionOf(one) === 'resolve')).toEqual([]);
});

test('a replica that shares what it knows does not end what another one was told of', async () => {
  const share = sharedMemory();
  const [one, other] = [setUp({ store: share() }), setUp({ store: share() })];
  await one.insist(alert('a'));
  await one.look(23, HOUR);
  other.t.now = one.t.now;
  expect(await other.tell(alert('a'))).toEqual(['trigger accepted']);
  expect(await one.look(23, HOUR)).toEqual([]);
  expect(await one.look(3, HOUR)).toEqual(['resolve a']);
});

test('what is not doubted because too much is doubted already stays open, too', async () => {
  const route = 'routes: [{ receiver: quiet, matchers: [alertname=Many] }]';
  const quiet = '  - name: quiet\n    pagerduty_configs: [{ routing_key: quiet }]\n';
  const { t, tell, look } = setUp({ text: `${config(route)}${quiet}` });
  const many = Array.from({ length: 10_000 }, (_, i) => ({
    labels: { alertname: 'Many' },
    fingerprint: i.toString(16).padStart(16, '0'),
  }));
  await tell(...many);
  expect(await tell(alert('a'))).toEqual(['trigger accepted']);
  t.sent();
  expect(await look(13, 6 * MINUTE)).not.toContain('resolve a');
});

describe('what says of itself that it is a test', () => {
  function setUpTest() {
    const own = setUp();
    const test = async (posted: PostedAlert) => {
      const results = await own.t.relay.relay(webhookOf([posted], GROUP), {
        arrivedAt: own.t.now,
        isTest: true,
      });
      return results === 'no such receiver'
        ? []
        : results.map(({ action, outcome }) => `${action} ${outcome}`);
    };
    return { ...own, test };
  }

  test.each([true, false])(
    'is not doubted, and stays open for a day (is looked at: %s)',
    async (isBelieved) => {
      const { t, alertmanager, test: post, look, warnings } = setUpTest();
      alertmanager.isBelieved = isBelieved;
      expect(await post(alert('a'))).toEqual(['trigger accepted']);
      t.sent();
      expect(await look(23, HOUR)).toEqual([]);
      expect(await look(3, HOUR)).toEqual(['resolve a']);
      expect(warnings()).toEqual([]);
    },
  );

  test('is ended at once by its own end', async () => {
    const { test: post } = setUpTest();
    await post(alert('a'));
    expect(await post(ended('a'))).toEqual(['resolve accepted']);
  });

  test('is as any other where it has the labels of an alert that fires: its end is doubted', async () => {
    const { t, alertmanager, test: post, look } = setUpTest();
    alertmanager.has = 'a';
    expect(await post(alert('a'))).toEqual(['trigger accepted']);
    expect(await post(ended('a'))).toEqual(['resolve unavailable']);
    t.sent();
    alertmanager.has = '';
    expect(await look(8, MINUTE)).toEqual(['resolve a']);
  });
});
