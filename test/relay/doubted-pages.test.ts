import { describe, expect, test } from '@jest/globals';
import type { Snapshot } from '../../src/alertmanager/snapshot.ts';
import { CONNECTIONS_PER_ORIGIN } from '../../src/notify/dispatchers.ts';
import type { Answer } from '../../src/notify/outcome.ts';
import { config } from '../support/looks.ts';
import { ACCEPTED, relayUnderTest } from '../support/relay.ts';

/** What an alert has that began since the process did. */
function begunSince(t: { now: number }): { readonly startsAt: string } {
  const startsAt = new Date(t.now + 1_000).toISOString();
  t.now += 5_000;
  return { startsAt };
}

describe('a page that waits for the vendor while its alert ends', () => {
  /** The vendor refuses it at first. */
  function setUpWaiting({ status = 429, groupBy = "['...']", truncatedAlerts = 0, receiver = '' } = {}) {
    const seen = { active: 'a' };
    const refusals: Answer[] = [{ status, headers: {}, body: '' }];
    const answer = () => {
      const refusal = refusals.pop();
      if (refusal === undefined) return ACCEPTED;
      setImmediate(() => {
        seen.active = '';
        t.now += 2_000;
      });
      return refusal;
    };
    const look = (): Snapshot => ({
      takenAt: t.now,
      upSince: 0,
      groups: [],
      state: () => (seen.active === '' ? undefined : 'active'),
    });
    const text = config('', groupBy).replace('routing_key: key,', `routing_key: key, ${receiver}`);
    const t = relayUnderTest(text, answer, { fresh: async () => look() });
    const { startsAt } = begunSince(t);
    const outcomes = async () =>
      (await t.tell([{ startsAt }], { truncatedAlerts })).map(
        ({ action, outcome }) => `${action} ${outcome}`,
      );
    return { t, outcomes, look };
  }

  test('is given up, and what another replica may have opened is ended', async () => {
    const { t, outcomes, look } = setUpWaiting();
    expect(await outcomes()).toEqual(['trigger unavailable']);
    expect(t.sent().length).toBe(1);
    for (let minute = 0; minute < 8; minute++) {
      t.now += 60_000;
      await t.relay.reconcile(look());
    }
    expect(t.sent().map(({ body }) => body.event_action)).toEqual(['resolve']);
  });

  test.each([
    ['for ten minutes, for Alertmanager had it', 10, {}],
    [
      'for as long where others were cut from its webhook, which are incidents of their own',
      10,
      { truncatedAlerts: 1 },
    ],
    [
      'for two where others of its incident were cut, which may fire',
      2,
      { groupBy: '[]', truncatedAlerts: 1 },
    ],
  ])('is not believed %s', async (_what, minutes, more) => {
    const { t, outcomes } = setUpWaiting(more);
    for (let minute = 0; minute < minutes; minute++) {
      expect(await outcomes()).toEqual(['trigger unavailable']);
      t.now += 60_000;
    }
    expect(t.sent().length).toBe(1);
    expect(await outcomes()).toEqual(['trigger accepted']);
  });

  test.each(['send_resolved: false,', "send_resolved_matchers: ['severity=info'],"])(
    'is sent where nobody is told of its end, and stays open (%s)',
    async (receiver) => {
      const { t, outcomes, look } = setUpWaiting({ receiver });
      expect(await outcomes()).toEqual(['trigger accepted']);
      expect(await outcomes()).toEqual(['trigger unavailable']);
      expect(t.sent().length).toBe(2);
      for (let minute = 0; minute < 8; minute++) {
        t.now += 60_000;
        await t.relay.reconcile(look());
      }
      expect(t.sent()).toEqual([]);
    },
  );

  test('is sent where the vendor may have taken it already', async () => {
    const { t, outcomes } = setUpWaiting({ status: 503 });
    expect(await outcomes()).toEqual(['trigger accepted']);
    expect(t.sent().length).toBe(2);
  });

  test('is given up, too, where it waits for others of its webhook', async () => {
    let looks = 0;
    const fresh = async (): Promise<Snapshot> => {
      const isFirst = looks++ === 0;
      return { takenAt: t.now, upSince: 0, groups: [], state: () => (isFirst ? 'active' : undefined) };
    };
    const answer = () => {
      t.now += 2;
      return ACCEPTED;
    };
    const t = relayUnderTest(config(), answer, { fresh });
    const fingerprints = Array.from({ length: 10 * CONNECTIONS_PER_ORIGIN }, (_, i) =>
      String(i).padStart(16, '0'),
    );
    const begun = begunSince(t);
    const told = await t.tell(fingerprints.map((fingerprint) => ({ fingerprint, ...begun })));
    expect(told[0]?.outcome).toBe('accepted');
    expect(told.at(-1)).toMatchObject({ action: 'trigger', outcome: 'unavailable', reason: 'doubted' });
  });
});
