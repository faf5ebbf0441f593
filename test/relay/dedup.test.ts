import { describe, expect, test } from '@jest/globals';
import type { Incident } from '../../src/notification/notification.ts';
import { decide, learn, remember } from '../../src/relay/dedup.ts';
import { STALE_WINDOW_MS } from '../../src/relay/members.ts';
import type { Remembered } from '../../src/relay/remembered.ts';
import type { Content, DedupRules } from '../../src/route/route.ts';
import { alertOf, incidentOf } from '../support/incidents.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RULES: DedupRules = {
  windowMs: HOUR,
  resendOn: new Set<Content>(['severity', 'summary', 'alerts']),
  repeats: 'forward',
  holdResolveMs: 0,
};
const REPEAT = { notificationReason: 'repeat interval elapsed' };

/** What is decided on one thing said after another at the given times, each time remembering what is accepted. */
function story(
  steps: readonly (readonly [at: number, said: Incident])[],
  rules = RULES,
  sendResolved = true,
): string[] {
  let memory: Remembered | undefined;
  return steps.map(([at, said]) => {
    const decision = decide(said, rules, sendResolved, memory, at);
    memory = decision.forward
      ? remember(decision, rules, memory, at)
      : (learn(decision, memory, at) ?? memory);
    return `${decision.forward ? 'send' : 'skip'} ${decision.action} ${decision.reason}`;
  });
}

const A = alertOf({ fingerprint: '000000000000000a' });
const B = alertOf({ fingerprint: '000000000000000b', startsAtMs: 2000 });
const ended = (alert: typeof A) => ({ ...alert, status: 'resolved' as const });

describe('per alert', () => {
  test('fires, is said again, resolves', () => {
    expect(
      story([
        [0, incidentOf([A])],
        [1, incidentOf([A])],
        [2, incidentOf([ended(A)])],
        [3, incidentOf([ended(A)])],
      ]),
    ).toEqual([
      'send trigger first',
      'skip trigger duplicate',
      'send resolve resolved',
      'skip resolve duplicate',
    ]);
  });

  test('an unchanged alert is sent again when its window is over', () => {
    expect(
      story([
        [0, incidentOf([A])],
        [HOUR - 1, incidentOf([A])],
        [HOUR, incidentOf([A])],
        [HOUR + 1, incidentOf([A])],
      ]),
    ).toEqual([
      'send trigger first',
      'skip trigger duplicate',
      'send trigger repeat',
      'skip trigger duplicate',
    ]);
  });

  test('a changed severity or summary is sent within the window; a changed description is not', () => {
    const worse = { ...A, labels: { ...A.labels, severity: 'page' } };
    const other = { ...A, annotations: { summary: 'other' } };
    const described = { ...A, annotations: { description: 'x', summary: 'other' } };
    expect(
      story([
        [0, incidentOf([A])],
        [1, incidentOf([worse])],
        [2, incidentOf([other])],
        [3, incidentOf([described])],
      ]),
    ).toEqual([
      'send trigger first',
      'send trigger changed',
      'send trigger changed',
      'skip trigger duplicate',
    ]);
  });

  test("Alertmanager's repeat passes within the window, unless repeats are dropped; a change always does", () => {
    const steps = [
      [0, incidentOf([A])],
      [2 * MINUTE, incidentOf([A], REPEAT)],
      [4 * MINUTE, incidentOf([{ ...A, annotations: { summary: 'other' } }], REPEAT)],
    ] as const;
    expect(story(steps)).toEqual(['send trigger first', 'send trigger repeat', 'send trigger changed']);
    expect(story(steps, { ...RULES, repeats: 'drop' })).toEqual([
      'send trigger first',
      'skip trigger repeat',
      'send trigger changed',
    ]);
  });

  test("Alertmanager's retry of a repeat that another integration did not take is no further repeat, and a clock that was set back makes none of one", () => {
    expect(
      story([
        [0, incidentOf([A])],
        [HOUR, incidentOf([A], REPEAT)],
        [HOUR + 110_000 - 1, incidentOf([A], REPEAT)],
        [HOUR + 110_000, incidentOf([A], REPEAT)],
        [MINUTE, incidentOf([A], REPEAT)],
      ]),
    ).toEqual([
      'send trigger first',
      'send trigger repeat',
      'skip trigger duplicate',
      'send trigger repeat',
      'send trigger repeat',
    ]);
  });

  test('a repeat is never stale: Alertmanager has counted the alert as firing for all that time', () => {
    expect(
      story([
        [0, incidentOf([A])],
        [1, incidentOf([ended(A)])],
        [2, incidentOf([A], REPEAT)],
      ]),
    ).toEqual(['send trigger first', 'send resolve resolved', 'send trigger first']);
  });

  test('a repeat of something not remembered is sent even where repeats are dropped: it may never have arrived', () => {
    expect(story([[0, incidentOf([A], REPEAT)]], { ...RULES, repeats: 'drop' })).toEqual([
      'send trigger first',
    ]);
  });

  test('a firing with the start of what has ended is a lagging peer; with a new start it is a new incident', () => {
    expect(
      story([
        [0, incidentOf([A])],
        [1, incidentOf([ended(A)])],
        [2, incidentOf([A])],
        [3, incidentOf([{ ...A, startsAtMs: 1001 }])],
        [4, incidentOf([ended({ ...A, startsAtMs: 1001 })])],
      ]),
    ).toEqual([
      'send trigger first',
      'send resolve resolved',
      'skip trigger stale',
      'send trigger first',
      'send resolve resolved',
    ]);
  });

  test('the end of what has begun again since is a lagging peer; an end with an earlier start alone is not', () => {
    const again = { ...A, startsAtMs: 9000 };
    const endedAt = (alert: typeof A, at: number) => ({
      ...ended(alert),
      endsAt: new Date(at).toISOString(),
    });
    expect(
      story([
        [10_000, incidentOf([A])],
        [10_001, incidentOf([endedAt(A, 8000)])],
        [10_002, incidentOf([again])],
        [10_003, incidentOf([endedAt(A, 8000)])],
        // Another Prometheus saw it begin earlier, and Alertmanager goes by that.
        [10_004, incidentOf([endedAt({ ...A, startsAtMs: 8900 }, 9500)])],
      ]),
    ).toEqual([
      'send trigger first',
      'send resolve resolved',
      'send trigger first',
      'skip resolve stale',
      'send resolve resolved',
    ]);
  });

  test.each(['alert', 'group'] as const)(
    'a start that lies ahead makes no end stale, per %s',
    (granularity) => {
      // Who posts an end and no start: Alertmanager takes the one for the other.
      const ahead = { ...A, startsAtMs: 1_800_000 };
      const over = { ...ended(A), startsAtMs: 5000, endsAt: new Date(5000).toISOString() };
      expect(
        story([
          [1000, { ...incidentOf([ahead]), granularity }],
          [6000, { ...incidentOf([over]), granularity }],
        ]),
      ).toEqual(['send trigger first', 'send resolve resolved']);
    },
  );

  test('after the stale window an old start is a page again', () => {
    expect(
      story([
        [0, incidentOf([A])],
        [1, incidentOf([ended(A)])],
        [STALE_WINDOW_MS, incidentOf([A])],
        [STALE_WINDOW_MS + 1, incidentOf([A])],
      ]),
    ).toEqual(['send trigger first', 'send resolve resolved', 'skip trigger stale', 'send trigger first']);
  });

  test('without a start it cannot be known to be stale, and pages', () => {
    const timeless = alertOf({ startsAt: '', startsAtMs: 0 });
    expect(
      story([
        [0, incidentOf([timeless])],
        [1, incidentOf([ended(timeless)])],
        [2, incidentOf([timeless])],
      ]),
    ).toEqual(['send trigger first', 'send resolve resolved', 'send trigger first']);
  });

  test('a new start of what was never told to have ended is sent: the vendor may have closed it', () => {
    expect(
      story([
        [0, incidentOf([A])],
        [1, incidentOf([{ ...A, startsAtMs: 5000 }])],
      ]),
    ).toEqual(['send trigger first', 'send trigger changed']);
  });

  test('a resolve of something not remembered is sent', () => {
    expect(story([[0, incidentOf([ended(A)])]])).toEqual(['send resolve resolved']);
  });

  test('another replica may have opened it again: a resolve with a later start is no duplicate', () => {
    expect(
      story([
        [0, incidentOf([A])],
        [1, incidentOf([ended(A)])],
        [2, incidentOf([ended({ ...A, startsAtMs: 5000 })])],
      ]),
    ).toEqual(['send trigger first', 'send resolve resolved', 'send resolve resolved']);
  });

  test('with send_resolved: false the end is not sent, and the next firing is a first one', () => {
    expect(
      story(
        [
          [0, incidentOf([A])],
          [1, incidentOf([ended(A)])],
          [2, incidentOf([{ ...A, startsAtMs: 5000 }])],
        ],
        RULES,
        false,
      ),
    ).toEqual(['send trigger first', 'skip resolve send_resolved', 'send trigger first']);
  });
});

describe('a group as Alertmanager sent it', () => {
  const group = (alerts: Incident['alerts'], rest: Partial<Incident> = {}) =>
    incidentOf(alerts, { granularity: 'group', ...rest });

  test('an alert that joins or ends updates it; it resolves when the payload holds no firing one', () => {
    expect(
      story([
        [0, group([A])],
        [1, group([A, B])],
        [2, group([A, B])],
        [3, group([ended(A), B])],
        [4, group([ended(B)])],
      ]),
    ).toEqual([
      'send trigger first',
      'send trigger changed',
      'skip trigger duplicate',
      'send trigger changed',
      'send resolve resolved',
    ]);
  });

  test('where alerts were cut, ended ones do not speak for the group, unless Alertmanager says that all ended', () => {
    expect(
      story([
        [0, group([A, B], { truncatedAlerts: 1 })],
        [1, group([ended(A), ended(B)], { truncatedAlerts: 1 })],
        [2, group([ended(A), ended(B)], { truncatedAlerts: 1, notificationReason: 'all alerts resolved' })],
      ]),
    ).toEqual(['send trigger first', 'skip resolve truncated', 'send resolve resolved']);
  });

  test('an end that came before the new start neither ends the alert nor the group', () => {
    const again = { ...A, startsAtMs: 9000 };
    const endOf = (alert: typeof A, at: number) => ({ ...ended(alert), endsAt: new Date(at).toISOString() });
    const group = (...alerts: readonly (typeof A)[]) => incidentOf(alerts, { granularity: 'group' });
    expect(
      story([
        [10_000, group(again, B)],
        [10_001, group(endOf(A, 8000), endOf(B, 8000))],
        [10_002, group(endOf(A, 8000))],
        [10_003, group(endOf(again, 9500), endOf(B, 8000))],
      ]),
    ).toEqual(['send trigger first', 'skip resolve stale', 'skip resolve stale', 'send resolve resolved']);
  });

  test('stale alerts are left out of what is sent', () => {
    const before: Remembered = {
      action: 'resolve',
      others: [],
      members: [{ fingerprint: A.fingerprint, startsAtMs: A.startsAtMs, endedAt: 0 }],
    };
    const decision = decide(group([A, B]), RULES, true, before, 1);
    expect(decision.forward).toBe(true);
    expect(decision.incident.alerts).toEqual([B]);
  });

  test('thousands of alerts are decided on in a moment, also when all of them are remembered', () => {
    const many = Array.from({ length: 20_000 }, (_, i) =>
      alertOf({ fingerprint: i.toString(16).padStart(16, '0'), startsAtMs: 1000 + i }),
    );
    const startedAt = Date.now();
    expect(
      story([
        [0, group(many)],
        [1, group(many.map(ended))],
        [2, group(many)],
        [3, group(many.map(ended))],
      ]),
    ).toEqual([
      'send trigger first',
      'send resolve resolved',
      'skip trigger stale',
      'skip resolve duplicate',
    ]);
    // Quadratic work would take minutes; this bound is no timing, only far below that.
    expect(Date.now() - startedAt).toBeLessThan(20_000);
  });
});

describe.each(['alert', 'labels', 'group'] as const)(
  'what was resolved and began again, by %s, and was not accepted',
  (granularity) => {
    const said = incidentOf([alertOf({ startsAtMs: 2000 })], { granularity });
    const closed: Remembered = {
      ...{ action: 'resolve', others: [], resolvedAt: 1500, reopenFrom: 0 },
      members: [{ fingerprint: said.alerts[0]?.fingerprint ?? '', startsAtMs: 1000, endedAt: 1500 }],
    };
    const decision = decide(said, RULES, true, closed, 3000);

    test('is remembered as open where it may be, and as what it was closed for', () => {
      const { resolvedAt, reopenFrom } = closed;
      expect(learn(decision, closed, 3000, true)).toMatchObject({
        action: 'trigger',
        resolvedAt,
        reopenFrom,
      });
    });

    test('is closed still where it is known not to have arrived', () => {
      expect((learn(decision, closed, 3000) ?? closed).action).toBe('resolve');
    });
  },
);

describe('by labels', () => {
  const from = (groupKey: string, ...alerts: Incident['alerts']) =>
    incidentOf(alerts, { granularity: 'labels', groupKey });

  test('an incident that several groups feed resolves with its last member', () => {
    expect(
      story([
        [0, from('g1', A)],
        [1, from('g2', B)],
        [2, from('g1', A)],
        [3, from('g1', ended(A))],
        [4, from('g2', ended(B))],
      ]),
    ).toEqual([
      'send trigger first',
      'send trigger changed',
      'skip trigger duplicate',
      'skip resolve still_firing',
      'send resolve resolved',
    ]);
  });

  test('a member that is learnt from a suppressed notification counts too', () => {
    const rules = { ...RULES, resendOn: new Set<Content>(['severity', 'summary']) };
    expect(
      story(
        [
          [0, from('g1', A)],
          [1, from('g2', B)],
          [2, from('g1', ended(A))],
          [3, from('g2', ended(B))],
        ],
        rules,
      ),
    ).toEqual([
      'send trigger first',
      // Same severity and summary, but it began later than anything sent.
      'send trigger changed',
      'skip resolve still_firing',
      'send resolve resolved',
    ]);
  });

  test('an alert that is no longer mentioned may be muted: it still counts', () => {
    expect(
      story([
        [0, from('g1', A, B)],
        [1, from('g1', ended(A))],
        [2, from('g1', ended(B))],
      ]),
    ).toEqual(['send trigger first', 'skip resolve still_firing', 'send resolve resolved']);
  });

  test('where alerts were cut and all have ended, those that the group told of before have ended too', () => {
    const cut = { granularity: 'labels', groupKey: 'g1', truncatedAlerts: 1 } as const;
    expect(
      story([
        [0, from('g1', B)],
        [1, incidentOf([A], cut)],
        [2, incidentOf([ended(A)], { ...cut, notificationReason: 'all alerts resolved' })],
      ]),
    ).toEqual(['send trigger first', 'send trigger changed', 'send resolve resolved']);
  });

  test('each group has its own window and start: a reminder of one does not free the other', () => {
    const rules = { ...RULES, resendOn: new Set<Content>(['severity', 'summary']) };
    expect(
      story(
        [
          [0, from('g1', A)],
          [1, from('g2', B)],
          [2 * MINUTE, incidentOf([A], { granularity: 'labels', groupKey: 'g1', ...REPEAT })],
          [2 * MINUTE + 1, from('g2', B)],
        ],
        rules,
      ),
    ).toEqual([
      'send trigger first',
      'send trigger changed',
      'send trigger repeat',
      'skip trigger duplicate',
    ]);
  });

  test('what is remembered of one incident has bounds, however many groups and alerts feed it', () => {
    let memory: Remembered | undefined;
    for (let i = 0; i < 300; i++) {
      const alerts = Array.from({ length: 100 }, (_, n) =>
        alertOf({ fingerprint: (i * 100 + n).toString(16).padStart(16, '0') }),
      );
      const said = incidentOf(alerts, { granularity: 'labels', groupKey: `${i}${'x'.repeat(10_000)}` });
      memory = remember(decide(said, RULES, true, memory, i), RULES, memory, i);
    }
    expect(memory?.others).toHaveLength(99);
    expect(memory?.members).toHaveLength(20_000);
    expect(JSON.stringify(memory).length).toBeLessThan(2_500_000);
  });
});
