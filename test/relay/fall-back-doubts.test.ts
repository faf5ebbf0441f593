import { describe, expect, test } from '@jest/globals';
import { calls, RECEIVERS } from '../support/fallback.ts';
import { MINUTE, WATCHED } from '../support/looks.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, LIMITED, relayUnderTest, webhookOf } from '../support/relay.ts';
import { answering, type Slow } from '../support/slow-answers.ts';

describe.each(["['...']", '[service]', '[]'])(
  'a firing that its fallback took for stale (group_by: %s)',
  (groupBy) => {
    const of = (startsAt: string, more: Partial<PostedAlert> = {}): PostedAlert => ({
      fingerprint: 'a'.repeat(16),
      labels: { alertname: 'a', service: 'shop' },
      startsAt,
      ...more,
    });

    function setUp() {
      const answers: { pd: Slow } = { pd: ACCEPTED };
      const route = `route: { receiver: pd, group_by: ${groupBy} }`;
      const t = relayUnderTest(`${WATCHED}\n${route}\n${RECEIVERS}`, ({ url }) =>
        answering(url.endsWith('/pd') ? answers.pd : ACCEPTED),
      );
      /** Minutes pass, and Alertmanager, which has this alert active, is looked at. */
      const pass = async (minutes: number, active?: PostedAlert) => {
        for (let minute = 0; minute < minutes; minute++) {
          t.now += 61_000;
          const group = (one: PostedAlert) => ({
            webhook: webhookOf([one]),
            direct: [undefined],
            muted: new Set<string>(),
          });
          await t.relay.reconcile({
            takenAt: t.now,
            upSince: 0,
            groups: active === undefined ? [] : [group(active)],
            state: (fingerprint) => (active?.fingerprint === fingerprint ? 'active' : undefined),
          });
          await t.relay.tend();
        }
        return calls(t.sent());
      };
      const told = async (start: string, status: PostedAlert['status'] = 'firing') =>
        (await t.tell([of(start, { status })])).map(({ reason }) => reason);
      return { t, answers, pass, told };
    }

    test('is opened where it stays active, though its receiver closed its incident long before', async () => {
      const { t, answers, pass, told } = setUp();
      for (const status of ['firing', 'resolved'] as const) await told('2027-01-15T07:00:00Z', status);
      await pass(30);
      const start = new Date(t.now).toISOString();
      t.now += MINUTE;
      answers.pd = LIMITED;
      for (const status of ['firing', 'resolved'] as const) await told(start, status);
      t.now += MINUTE;
      expect(await told(start)).toEqual(['stale']);
      t.sent();
      expect(await pass(20, of(start))).toContain('og create');
    });

    test('is not opened before five minutes, though it began long ago', async () => {
      const { t, answers, pass, told } = setUp();
      const start = new Date(t.now).toISOString();
      t.now += MINUTE;
      answers.pd = LIMITED;
      await told(start);
      await pass(10, of(start));
      await told(start, 'resolved');
      t.now += 10_000;
      expect(await told(start)).toEqual(['stale']);
      t.sent();
      expect(await pass(2, of(start))).not.toContain('og create');
    });
  },
);
