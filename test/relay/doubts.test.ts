import { describe, expect, test } from '@jest/globals';
import type { Snapshot } from '../../src/alertmanager/snapshot.ts';
import type { Answer } from '../../src/notify/outcome.ts';
import type { SharedStore } from '../../src/relay/shared-store.ts';
import { config, END, FIRST, SECOND } from '../support/looks.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, type AnswerRequest, relayUnderTest, UNAVAILABLE, webhookOf } from '../support/relay.ts';
import { sharedMemory } from '../support/shared-memory.ts';

const SPARE = '  - { name: spare, pagerduty_configs: [{ routing_key: spare }] }\n';
const alert = (letter: string, more: Partial<PostedAlert> = {}): PostedAlert => ({
  fingerprint: letter.repeat(16),
  ...more,
});
const ended = (letter: string) => alert(letter, { status: 'resolved' });

/** A relay, and an Alertmanager that has these alerts active at the moment when it is looked at. */
function setUp(groupBy = "['...']") {
  const seen = { active: '', isBelieved: true, looks: 0 };
  const fresh = async (): Promise<Snapshot | undefined> => {
    seen.looks++;
    if (!seen.isBelieved) return undefined;
    const state = (fingerprint: string) =>
      seen.active.includes(fingerprint.charAt(0)) ? 'active' : undefined;
    return { takenAt: t.now, upSince: 0, groups: [], state };
  };
  const t = relayUnderTest(config('', groupBy), () => ACCEPTED, { fresh });
  const outcomes = async (...alerts: readonly PostedAlert[]) =>
    (await t.tell(alerts)).map(({ action, outcome }) => `${action} ${outcome}`);
  return { t, seen, outcomes };
}

describe('what is to be sent', () => {
  test('a firing that Alertmanager does not have is to be told again, until somebody has insisted for two minutes', async () => {
    const { t, outcomes } = setUp();
    expect(await outcomes(alert('a'))).toEqual(['trigger unavailable']);
    t.now += 60_000;
    expect(await outcomes(alert('a'))).toEqual(['trigger unavailable']);
    t.now += 59_000;
    expect(await outcomes(alert('a'))).toEqual(['trigger unavailable']);
    expect(t.sent()).toEqual([]);
    t.now += 1_000;
    expect(await outcomes(alert('a'))).toEqual(['trigger accepted']);
    expect(t.logs.filter(({ msg }) => msg === 'notification doubted').length).toBe(3);
    expect(t.records.decisions.query({}, 10)).toContainEqual(
      expect.objectContaining({
        outcome: 'unavailable',
        failure: 'doubted',
        detail: expect.stringContaining('Alertmanager says otherwise'),
      }),
    );
    const failed = 'pagerelay_notifications_failed_total{receiver="pd",integration="pagerduty_configs[0]"';
    const metrics = await t.scrape();
    expect(metrics).toContain(`${failed},reason="doubted"} 3`);
    expect(metrics).toContain(`${failed},reason="other"} 0`);
  });

  test.each([false, true])(
    'one that a process may have sent that died is ended when Alertmanager has long not had it (fired before: %s)',
    async (hasFired) => {
      const { t, seen, outcomes } = setUp();
      if (hasFired) {
        seen.active = 'a';
        await outcomes(alert('a'));
        seen.active = '';
        await outcomes(ended('a'));
      }
      t.sent();
      const startsAt = new Date(t.now).toISOString();
      t.now += 1_000;
      expect(await outcomes(alert('a', { startsAt }))).toEqual(['trigger unavailable']);
      for (let minute = 0; minute < 7; minute++) {
        t.now += 60_000;
        await t.relay.reconcile({ takenAt: t.now, upSince: 0, groups: [], state: () => undefined });
      }
      expect(t.sent().map(({ body }) => body.event_action)).toEqual(['resolve']);
    },
  );

  test('one that it has, muted or not, is sent at once', async () => {
    const { seen, outcomes } = setUp();
    seen.active = 'a';
    expect(await outcomes(alert('a'))).toEqual(['trigger accepted']);
    seen.active = '';
    expect(await outcomes(ended('a'))).toEqual(['resolve accepted']);
  });

  test('the end of an alert that is active is to be told again', async () => {
    const { t, seen, outcomes } = setUp();
    seen.active = 'a';
    expect(await outcomes(ended('a'))).toEqual(['resolve unavailable']);
    seen.active = '';
    expect(await outcomes(ended('a'))).toEqual(['resolve accepted']);
    expect(t.sent().length).toBe(1);
  });

  test('where Alertmanager cannot be believed, all is sent', async () => {
    const { seen, outcomes } = setUp();
    seen.isBelieved = false;
    expect(await outcomes(alert('a'))).toEqual(['trigger accepted']);
    expect(await outcomes(ended('b'))).toEqual(['resolve accepted']);
  });

  test('the time begins anew when it was true meanwhile, or when nobody has insisted', async () => {
    const { t, seen, outcomes } = setUp();
    await outcomes(ended('a'));
    expect(await outcomes(alert('b'))).toEqual(['trigger unavailable']);
    t.now += 90_000;
    expect(await outcomes(alert('b'))).toEqual(['trigger unavailable']);
    t.now += 60_000;
    expect(await outcomes(alert('b'))).toEqual(['trigger unavailable']);
    seen.active = 'b';
    expect(await outcomes(alert('b'))).toEqual(['trigger accepted']);
  });
});

test('what needs nothing sent needs no look', async () => {
  const { seen, outcomes } = setUp();
  await outcomes(ended('a'));
  expect(await outcomes(ended('a'))).toEqual(['resolve suppressed']);
  expect(seen.looks).toBe(1);
});

test('of several alerts one that fires is enough', async () => {
  const { seen, outcomes } = setUp('[]');
  seen.active = 'b';
  expect(await outcomes(alert('a'), alert('b'), ended('c'))).toEqual(['trigger accepted']);
});

test('a webhook looks once, however many incidents it is about', async () => {
  const { seen, outcomes } = setUp();
  seen.active = 'abc';
  await outcomes(alert('a'), alert('b'), alert('c'));
  expect(seen.looks).toBe(1);
});

describe('an incident by labels', () => {
  const of = (letter: string, startsAt: string): PostedAlert =>
    alert(letter, { labels: { alertname: letter.toUpperCase(), service: 'shop' }, startsAt });

  /** Alertmanager has b only; a is told by somebody else, as another group. */
  async function setUpWithOther() {
    const state = (fingerprint: string) => (fingerprint.startsWith('b') ? ('active' as const) : undefined);
    const fresh = async () => ({ takenAt: t.now, upSince: 0, groups: [], state });
    const t = relayUnderTest(config('', '[service]'), () => ACCEPTED, { fresh });
    let fired = 0;
    const reasons = async (one: PostedAlert) =>
      (await t.tell([one], { groupKey: `{}:{id="${one.fingerprint}"}` })).map(({ reason }) => reason);
    const firesAnew = () => reasons(of('b', `2027-01-15T07:00:${String(fired++).padStart(2, '0')}Z`));
    await firesAnew();
    return { t, reasons, firesAnew };
  }

  test('does not keep another sender waiting for longer because Alertmanager tells of it meanwhile', async () => {
    const { t, reasons, firesAnew } = await setUpWithOther();
    const other = of('a', '2027-01-15T07:30:00Z');
    for (let minute = 0; minute < 2; minute++) {
      expect(await reasons(other)).toEqual(['doubted']);
      t.now += 60_000;
      expect(await firesAnew()).toEqual(['changed']);
    }
    expect(await reasons(other)).toEqual(['changed']);
  });

  test('has each sender doubted for itself', async () => {
    const { t, reasons } = await setUpWithOther();
    for (let minute = 0; minute < 2; minute++) {
      await reasons(of('a', '2027-01-15T07:30:00Z'));
      t.now += 60_000;
    }
    expect(await reasons(of('c', '2027-01-15T07:40:00Z'))).toEqual(['doubted']);
  });
});

describe('the end of an alert in an incident by labels', () => {
  const of = (letter: string, more: Partial<PostedAlert> = {}) =>
    alert(letter, { labels: { alertname: letter.toUpperCase(), service: 'shop' }, ...more });
  const group = (letter: string) => ({ groupKey: `{}:{alertname="${letter.toUpperCase()}"}` });

  /** An Alertmanager that has these alerts active, and a relay that looks at it. */
  function setUpShop() {
    const seen = { active: '', isBelieved: true };
    const snapshot = (): Snapshot => ({
      takenAt: t.now,
      upSince: 0,
      groups: [...seen.active].map((letter) => ({
        webhook: webhookOf([of(letter)], group(letter)),
        direct: [undefined],
        muted: new Set<string>(),
      })),
      state: (fingerprint) => (seen.active.includes(fingerprint.charAt(0)) ? 'active' : undefined),
    });
    const fresh = async () => (seen.isBelieved ? snapshot() : undefined);
    const t = relayUnderTest(config('', '[service]'), () => ACCEPTED, { fresh });
    const tell = async (letter: string, status: PostedAlert['status'] = 'firing') =>
      (await t.tell([of(letter, { status })], group(letter))).map(
        ({ outcome, reason }) => `${outcome} ${reason}`,
      );
    return { t, seen, tell, look: () => t.relay.reconcile(snapshot()) };
  }

  test('does not end it while Alertmanager has another one active that another replica was told of', async () => {
    const { t, seen, tell, look } = setUpShop();
    seen.active = 'a';
    await tell('a');
    await look();
    t.now += 5_000;
    seen.active = 'b';
    expect(await tell('a', 'resolved')).toEqual(['suppressed still_firing']);
    seen.active = '';
    expect(await tell('b', 'resolved')).toEqual(['accepted resolved']);
    expect(t.sent().map(({ body }) => body.event_action)).toEqual(['trigger', 'resolve']);
  });

  test('is to be told again while nothing is known of the incident and Alertmanager was not looked at yet', async () => {
    const { t, seen, tell, look } = setUpShop();
    seen.isBelieved = false;
    expect(await tell('a', 'resolved')).toEqual(['unavailable doubted']);
    t.now += 60_000;
    seen.active = 'b';
    await look();
    expect(await tell('a', 'resolved')).toEqual(['suppressed still_firing']);
    expect(t.sent()).toEqual([]);
  });

  test('is taken when Alertmanager cannot be looked at for long', async () => {
    const { t, seen, tell } = setUpShop();
    seen.isBelieved = false;
    expect(await tell('a', 'resolved')).toEqual(['unavailable doubted']);
    t.now += 8 * 60_000 + 1;
    expect(await tell('a', 'resolved')).toEqual(['accepted resolved']);
  });
});

test.each([
  ['is given up when its alert is active again', 429, 'a', 'resolve unavailable', 1],
  ['is sent when it still holds', 429, '', 'resolve accepted', 2],
  ['is sent on when the vendor may have taken it already', 503, 'a', 'resolve accepted', 2],
])('an end that waits for the vendor %s', async (_what, status, active, outcome, sent) => {
  const seen = { active: 'a' };
  const refusals: Answer[] = [];
  const answer = () => {
    const refusal = refusals.pop();
    if (refusal === undefined) return ACCEPTED;
    // Another replica is told of the end, and that the alert fires again.
    setImmediate(() => {
      seen.active = active;
      t.now += 2_000;
    });
    return refusal;
  };
  const t = relayUnderTest(config(), answer, {
    fresh: async () => ({
      takenAt: t.now,
      upSince: 0,
      groups: [],
      state: () => (seen.active === '' ? undefined : 'active'),
    }),
  });
  await t.tell([alert('a')]);
  t.sent();
  refusals.push({ status, headers: {}, body: '' });
  seen.active = '';
  const told = await t.tell([ended('a')]);
  expect(told.map(({ action, outcome: came }) => `${action} ${came}`)).toEqual([outcome]);
  expect(t.sent().length).toBe(sent);
});

describe('the end of an incident of a group', () => {
  const ROOM = { groupKey: '{}:{room="1"}' };

  /** An Alertmanager that has these alerts of one group active, and these muted. */
  function setUpGroup({
    text = config('', '[]'),
    answer = () => ACCEPTED,
    ...more
  }: {
    text?: string;
    answer?: AnswerRequest;
    store?: SharedStore;
  } = {}) {
    const seen = { active: '', muted: '', groupKey: ROOM.groupKey };
    const fresh = async (): Promise<Snapshot> => {
      const alerts = [...seen.active, ...seen.muted].map((letter) => alert(letter));
      const muted = new Set([...seen.muted].map((letter) => letter.repeat(16)));
      const state = (fingerprint: string) => {
        if (muted.has(fingerprint)) return 'muted';
        return seen.active.includes(fingerprint.charAt(0)) ? 'active' : undefined;
      };
      const webhook = { ...webhookOf(alerts, ROOM), groupKey: seen.groupKey };
      const groups = alerts.length === 0 ? [] : [{ webhook, direct: [undefined], muted }];
      return { takenAt: t.now, upSince: 0, groups, state };
    };
    const t = relayUnderTest(text, answer, { fresh, ...more });
    const outcomes = async (...alerts: readonly PostedAlert[]) =>
      (await t.tell(alerts, ROOM)).map(({ action, outcome }) => `${action} ${outcome}`);
    return { t, seen, outcomes };
  }

  test('is not its end while another alert of it is active, and that one ends it', async () => {
    const { t, seen, outcomes } = setUpGroup();
    seen.active = 'a';
    await outcomes(alert('a'));
    seen.active = '';
    await outcomes(ended('a'));
    seen.active = 'b';
    await outcomes(alert('b'));
    t.sent();
    expect(await outcomes(ended('a'))).toEqual(['resolve suppressed']);
    expect(t.sent()).toEqual([]);
    seen.active = '';
    expect(await outcomes(ended('b'))).toEqual(['resolve accepted']);
  });

  test('is told by reconciliation when the other alert, too, has ended before anybody was told of it', async () => {
    const { t, seen, outcomes } = setUpGroup();
    seen.active = 'a';
    await outcomes(alert('a'));
    seen.active = 'b';
    expect(await outcomes(ended('a'))).toEqual(['resolve suppressed']);
    for (let minute = 0; minute < 8; minute++) {
      t.now += 60_000;
      await t.relay.reconcile({ takenAt: t.now, upSince: 0, groups: [], state: () => undefined });
    }
    expect(t.sent().map(({ body }) => body.event_action)).toEqual(['trigger', 'resolve']);
  });

  test.each([
    ['for itself', config('', '[]')],
    [
      'nor taken by a fallback',
      config('', '[]').replace('- name: pd', '- name: pd\n    fallback: spare') + SPARE,
    ],
  ])('is given up, %s, when another alert begins while it waits for the vendor', async (_what, text) => {
    const limited: Answer[] = [{ status: 429, headers: {}, body: '' }];
    const isEnd = (body: unknown) => /"key","event_action":"resolve"/.test(String(body));
    const answer: AnswerRequest = ({ body }) => {
      const refusal = isEnd(body) ? limited.pop() : undefined;
      if (refusal === undefined) return ACCEPTED;
      setImmediate(() => {
        seen.active = 'b';
        t.now += 2_000;
      });
      return refusal;
    };
    const { t, seen, outcomes } = setUpGroup({ text, answer });
    seen.active = 'a';
    await outcomes(alert('a'));
    t.sent();
    seen.active = '';
    expect(await outcomes(ended('a'))).toEqual(['resolve unavailable']);
    expect(t.sent().length).toBe(1);
    expect(t.records.decisions.query({}, 1)).toMatchObject([{ failure: 'doubted' }]);
  });

  test('is not its end for replicas that share what they know either', async () => {
    const share = sharedMemory();
    const [one, other] = [setUpGroup({ store: share() }), setUpGroup({ store: share() })];
    const see = (active: string) => Object.assign(one.seen, Object.assign(other.seen, { active }));
    see('a');
    await one.outcomes(alert('a'));
    see('');
    await one.outcomes(ended('a'));
    see('b');
    await one.outcomes(alert('b'));
    expect(await other.outcomes(ended('a'))).toEqual(['resolve suppressed']);
    see('');
    expect(await other.outcomes(ended('b'))).toEqual(['resolve accepted']);
  });

  test('is not that of its stand-in at a fallback either', async () => {
    const fallback = `
relay: { alertmanager_url: 'http://alertmanager' }
route: { receiver: pd, group_by: [] }
receivers:
  - { name: pd, fallback: spare, pagerduty_configs: [{ routing_key: key }] }
  - { name: spare, pagerduty_configs: [{ routing_key: spare }] }
`;
    const answer: AnswerRequest = ({ body }) => (String(body).includes('"spare"') ? ACCEPTED : UNAVAILABLE);
    const { t, seen, outcomes } = setUpGroup({ text: fallback, answer });
    seen.active = 'ab';
    await outcomes(alert('a'));
    await outcomes(alert('a'), alert('b'));
    seen.active = 'b';
    t.sent();
    expect(await outcomes(ended('a'))).toEqual(['resolve suppressed']);
    expect(t.sent()).toEqual([]);
  });

  test('is sent at once while its other alerts are muted, for Alertmanager tells nobody of them', async () => {
    const { seen, outcomes } = setUpGroup();
    seen.active = 'ab';
    await outcomes(alert('a'), alert('b'));
    Object.assign(seen, { active: '', muted: 'b' });
    expect(await outcomes(ended('a'))).toEqual(['resolve accepted']);
  });

  test('is sent at once where it is not known which group the active ones are of', async () => {
    const { seen, outcomes } = setUpGroup();
    seen.active = 'a';
    await outcomes(alert('a'));
    Object.assign(seen, { active: 'b', groupKey: '' });
    expect(await outcomes(ended('a'))).toEqual(['resolve accepted']);
  });
});

describe('an alert that fires again', () => {
  /** Alertmanager, where it can be looked at, has the second firing. */
  function setUpAgain(groupBy: string, state: ReturnType<Snapshot['state']> = 'active') {
    const looks = { are: true };
    const fresh = async (): Promise<Snapshot | undefined> => {
      const webhook = webhookOf([alert('a', SECOND)]);
      const groups = [{ webhook, direct: [undefined], muted: new Set<string>() }];
      return looks.are ? { takenAt: t.now, upSince: 0, groups, state: () => state } : undefined;
    };
    const t = relayUnderTest(config('', groupBy), () => ACCEPTED, { fresh });
    const outcomes = async (more: Partial<PostedAlert>) =>
      (await t.tell([alert('a', more)])).map(
        ({ action, outcome, reason }) => `${action} ${outcome} ${reason}`,
      );
    return { outcomes, looks };
  }

  test.each(["['...']", '[]', '[team]'])(
    'is not closed by the end of the firing before, though a lagging peer told of that one (group_by: %s)',
    async (groupBy) => {
      const { outcomes, looks } = setUpAgain(groupBy);
      expect(await outcomes(FIRST)).toEqual(['trigger accepted first']);
      looks.are = false;
      expect(await outcomes(END)).toEqual(['resolve suppressed stale']);
      expect(await outcomes(SECOND)).toEqual(['trigger suppressed duplicate']);
      expect(await outcomes({ ...SECOND, status: 'resolved', endsAt: '2027-01-15T07:30:00Z' })).toEqual([
        'resolve accepted resolved',
      ]);
    },
  );

  test('is closed by it where what fires again is silenced: nobody would tell its end', async () => {
    const { outcomes, looks } = setUpAgain("['...']", 'muted');
    expect(await outcomes(FIRST)).toEqual(['trigger accepted first']);
    looks.are = false;
    expect(await outcomes(END)).toEqual(['resolve accepted resolved']);
  });
});
