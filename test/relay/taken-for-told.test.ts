import { describe, expect, test } from '@jest/globals';
import type { Snapshot } from '../../src/alertmanager/snapshot.ts';
import { config, END, FIRST, SECOND } from '../support/looks.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, type AnswerRequest, LIMITED, relayUnderTest, webhookOf } from '../support/relay.ts';

const alert = (letter: string, more: Partial<PostedAlert> = {}): PostedAlert => ({
  fingerprint: letter.repeat(16),
  ...more,
});

/** A relay, and an Alertmanager that has these alerts active. */
function setUp(groupBy = "['...']", receiver = '', answer: AnswerRequest = () => ACCEPTED) {
  const seen: { active: readonly PostedAlert[]; isBelieved: boolean; looks: number } = {
    active: [],
    isBelieved: true,
    looks: 0,
  };
  const fresh = async (): Promise<Snapshot | undefined> => {
    seen.looks++;
    if (!seen.isBelieved) return undefined;
    const groups = [{ webhook: webhookOf(seen.active), direct: [undefined], muted: new Set<string>() }];
    const has = new Set(seen.active.map(({ fingerprint }) => fingerprint));
    return { takenAt: t.now, upSince: 0, groups, state: (own) => (has.has(own) ? 'active' : undefined) };
  };
  const text = config('', groupBy).replace('routing_key: key,', `routing_key: key, ${receiver}`);
  const t = relayUnderTest(text, answer, { fresh });
  const outcomes = async (...alerts: readonly PostedAlert[]) =>
    (await t.tell(alerts)).map(({ action, outcome, reason }) => `${action} ${outcome} ${reason}`);
  return { t, seen, fresh, outcomes };
}

describe.each(["['...']", '[]'])('a page of which nothing is to be sent (group_by: %s)', (groupBy) => {
  async function setUpOpen() {
    const own = setUp(groupBy);
    own.seen.active = [alert('a', FIRST)];
    expect(await own.outcomes(alert('a', FIRST))).toEqual(['trigger accepted first']);
    return own;
  }
  async function setUpClosed() {
    const own = await setUpOpen();
    own.seen.active = [];
    expect(await own.outcomes(alert('a', END))).toEqual(['resolve accepted resolved']);
    own.t.sent();
    return own;
  }

  test('is not taken for told after its end: Alertmanager would not tell of the next firing', async () => {
    const { t, seen, outcomes } = await setUpClosed();
    for (let minute = 0; minute < 10; minute++) {
      expect(await outcomes(alert('a', FIRST))).toEqual(['trigger unavailable doubted']);
      t.now += 60_000;
    }
    expect(await outcomes(alert('a', FIRST))).toEqual(['trigger suppressed stale']);
    expect(t.sent()).toEqual([]);
    seen.active = [alert('a', SECOND)];
    expect(await outcomes(alert('a', SECOND))).toEqual(['trigger accepted first']);
  });

  test('and what fires after its end is opened when Alertmanager has it, should it be taken for told in the end', async () => {
    const { t, seen, fresh, outcomes } = await setUpClosed();
    for (let minute = 0; minute <= 10; minute++) {
      await outcomes(alert('a', FIRST));
      t.now += 60_000;
    }
    seen.active = [alert('a', SECOND)];
    const look = await fresh();
    if (look === undefined) throw new Error('it is looked at');
    await t.relay.reconcile(look);
    expect(t.sent().map(({ body }) => body.event_action)).toEqual(['trigger']);
    expect(await outcomes(alert('a', SECOND))).toEqual(['trigger suppressed duplicate']);
  });

  test('nor where another replica may have told of its end', async () => {
    const { t, seen, outcomes } = await setUpOpen();
    seen.active = [];
    for (let minute = 0; minute < 10; minute++) {
      expect(await outcomes(alert('a', FIRST))).toEqual(['trigger unavailable doubted']);
      t.now += 60_000;
    }
    expect(await outcomes(alert('a', FIRST))).toEqual(['trigger suppressed duplicate']);
    expect(t.sent().length).toBe(1);
  });

  test('pages after its end for what fires again by now', async () => {
    const { seen, outcomes } = await setUpClosed();
    seen.active = [alert('a', SECOND)];
    expect(await outcomes(alert('a', FIRST))).toEqual(['trigger accepted first']);
    expect(await outcomes(alert('a', SECOND))).toEqual(['trigger suppressed duplicate']);
    seen.isBelieved = false;
    expect(await outcomes(alert('a', END))).toEqual(['resolve suppressed stale']);
    expect(await outcomes(alert('a', { ...SECOND, status: 'resolved' }))).toEqual([
      'resolve accepted resolved',
    ]);
  });

  test('pages for nothing before that: people may have closed it, and a peer have a later start', async () => {
    const { t, seen, outcomes } = await setUpOpen();
    t.sent();
    seen.active = [alert('a', SECOND)];
    expect(await outcomes(alert('a', FIRST))).toEqual(['trigger unavailable doubted']);
    expect(t.sent()).toEqual([]);
    expect(await outcomes(alert('a', SECOND))).toEqual(['trigger accepted changed']);
    expect(await outcomes(alert('a', FIRST))).toEqual(['trigger suppressed duplicate']);
  });

  test('is taken for told where Alertmanager has the alert, or cannot be looked at', async () => {
    const { seen, outcomes } = await setUpClosed();
    seen.active = [alert('a', FIRST)];
    expect(await outcomes(alert('a', FIRST))).toEqual(['trigger suppressed stale']);
    Object.assign(seen, { active: [], isBelieved: false });
    expect(await outcomes(alert('a', FIRST))).toEqual(['trigger suppressed stale']);
  });

  test('is taken for told where somebody has insisted whom Alertmanager does not speak for', async () => {
    const { t, outcomes } = setUp(groupBy);
    const insist = async (more: Partial<PostedAlert>) => {
      for (let minute = 0; minute < 2; minute++) {
        expect(await outcomes(alert('a', more))).toEqual(['trigger unavailable doubted']);
        t.now += 60_000;
      }
      expect(await outcomes(alert('a', more))).toEqual([expect.stringContaining('trigger accepted')]);
    };
    await insist(FIRST);
    expect(await outcomes(alert('a', FIRST))).toEqual(['trigger suppressed duplicate']);
    // What is stale of it does not keep its next firing waiting for longer.
    expect(await outcomes(alert('a', END))).toEqual(['resolve accepted resolved']);
    expect(await outcomes(alert('a', FIRST))).toEqual(['trigger unavailable doubted']);
    await insist(SECOND);
  });
});

test('one of a group of which some have ended is not taken for told when all have', async () => {
  const { seen, outcomes } = setUp('[]');
  const [a, b] = [alert('a'), alert('b')];
  seen.active = [a, b];
  await outcomes(b);
  await outcomes(a, b);
  seen.active = [b];
  await outcomes(alert('a', { status: 'resolved' }), b);
  await outcomes(b);
  seen.active = [];
  expect(await outcomes(a, b)).toEqual(['trigger unavailable doubted']);
});

test('one of which nobody is told the end is not taken for told: people may have closed it', async () => {
  const { seen, outcomes } = setUp("['...']", 'send_resolved: false,');
  seen.active = [alert('a', FIRST)];
  await outcomes(alert('a', FIRST));
  seen.active = [];
  expect(await outcomes(alert('a', FIRST))).toEqual(['trigger unavailable doubted']);
  expect(await outcomes(alert('a', END))).toEqual(['resolve suppressed send_resolved']);
  seen.active = [alert('a', SECOND)];
  expect(await outcomes(alert('a', FIRST))).toEqual(['trigger accepted first']);
});

describe('one that two integrations are told of', () => {
  const other = 'url: "http://vendor.example/pd" }, { routing_key: other,';
  const refusing = { is: false };

  async function setUpTwo() {
    const own = setUp("['...']", other, ({ body }) =>
      refusing.is && String(body).includes('"other"') ? LIMITED : ACCEPTED,
    );
    own.seen.active = [alert('a')];
    await own.outcomes(alert('a'));
    own.seen.active = [];
    return own;
  }

  test.each([
    ['ten minutes where both have it', false, 10],
    ['two where the other one may be believed then', true, 2],
  ])('is doubted for %s', async (_, isRefused, minutes) => {
    refusing.is = isRefused;
    const { t, outcomes } = await setUpTwo();
    const first = async () => (await outcomes(alert('a')))[0];
    for (let minute = 0; minute < minutes; minute++) {
      expect(await first()).toBe('trigger unavailable doubted');
      t.now += 60_000;
    }
    expect(await first()).toBe('trigger suppressed duplicate');
  });
});

describe('beside other incidents of its webhook', () => {
  test('one that is open is taken for told, for else they would not count as told either', async () => {
    const { seen, outcomes } = setUp();
    seen.active = [alert('a'), alert('b')];
    await outcomes(alert('a'), alert('b'));
    seen.active = [alert('b')];
    const { looks } = seen;
    expect(await outcomes(alert('a'), alert('b'))).toEqual(Array(2).fill('trigger suppressed duplicate'));
    expect(seen.looks).toBe(looks);
  });

  test('one whose end was told is not', async () => {
    const { seen, outcomes } = setUp();
    seen.active = [alert('a'), alert('b')];
    await outcomes(alert('a'), alert('b'));
    seen.active = [alert('b')];
    await outcomes(alert('a', { status: 'resolved' }));
    expect(await outcomes(alert('a'), alert('b'))).toEqual([
      'trigger unavailable doubted',
      'trigger suppressed duplicate',
    ]);
  });
});
