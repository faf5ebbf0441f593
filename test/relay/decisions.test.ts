import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createDecisions, type Decided, type Decisions } from '../../src/relay/decisions.ts';
import { alert, incident } from '../support/alerts.ts';
import { collect } from '../support/collect.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

function decided(given: Partial<Decided> = {}): Decided {
  return {
    at: AT,
    receiver: 'platform',
    integration: 'pagerduty_configs[0]',
    incident: incident(),
    action: 'trigger',
    decision: 'forward',
    reason: 'first',
    outcome: 'accepted',
    ...given,
  };
}

const keys = (decisions: Decisions) => decisions.query({}, 1_000).map(({ incident_key }) => incident_key);

test('shows what was decided and done, without what does not apply', () => {
  const decisions = createDecisions(10);
  decisions.record(decided());
  decisions.record(
    decided({
      at: AT + 1_000,
      outcome: 'unavailable',
      failure: 'rateLimited',
      detail: 'status 429: slow down',
      attempts: 3,
      durationMs: 8_900,
      fallbackFor: 'db',
      triggeredBy: 'webhook',
    }),
  );
  const common = {
    receiver: 'platform',
    integration: 'pagerduty_configs[0]',
    incident_key: '0123456789abcdef',
    fingerprints: ['0123456789abcdef'],
    alerts: 1,
    group_key: '{}:{alertname="HighLatency"}',
    sender: 'pagerelay',
    action: 'trigger',
    decision: 'forward',
    reason: 'first',
  };
  expect(JSON.parse(JSON.stringify(decisions.query({}, 10)))).toEqual([
    {
      ...common,
      at: '2026-01-02T03:04:06.000Z',
      outcome: 'unavailable',
      failure: 'rateLimited',
      detail: 'status 429: slow down',
      attempts: 3,
      duration_ms: 8_900,
      fallback_for: 'db',
      triggered_by: 'webhook',
    },
    { ...common, at: '2026-01-02T03:04:05.000Z', outcome: 'accepted' },
  ]);
});

test('nothing of an earlier decision shows through in the one that takes its place', () => {
  const decisions = createDecisions(1);
  const two = incident({ alerts: [alert(), alert({ fingerprint: 'f'.repeat(16) })] });
  decisions.record(
    decided({ incident: two, failure: 'other', detail: 'old', fallbackFor: 'db', attempts: 2 }),
  );
  decisions.record(decided());
  const fresh = createDecisions(1);
  fresh.record(decided());
  expect(decisions.query({}, 1)).toEqual(fresh.query({}, 1));
});

test('keeps the newest within its room, newest first, as a plain list would, also when the room changes', () => {
  const room = fc.integer({ min: 1, max: 7 });
  const step = fc.oneof(fc.constant('record' as const), room);
  fc.assert(
    fc.property(room, fc.array(step, { maxLength: 60 }), (first, steps) => {
      const decisions = createDecisions(first);
      let capacity = first;
      let list: string[] = [];
      for (const [i, what] of steps.entries()) {
        if (what === 'record') {
          decisions.record(decided({ incident: incident({ key: String(i) }) }));
          list.unshift(String(i));
        } else {
          decisions.resize(what);
          capacity = what;
        }
        list = list.slice(0, capacity);
        expect(keys(decisions)).toEqual(list);
        expect(decisions.size).toBe(list.length);
      }
    }),
  );
});

describe('a query', () => {
  const decisions = createDecisions(100);
  const fingerprint = (i: number) => String(i).padStart(16, '0');
  for (let i = 0; i < 10; i++) {
    const alerts = [alert({ fingerprint: fingerprint(i) }), alert({ fingerprint: fingerprint(i + 1) })];
    const receiver = i % 2 === 0 ? 'even' : 'odd';
    decisions.record(decided({ receiver, incident: incident({ key: `key-${i % 5}`, alerts }) }));
  }
  const found = (filter: Parameters<Decisions['query']>[0], limit = 100) =>
    decisions.query(filter, limit).map(({ receiver, incident_key }) => `${receiver} ${incident_key}`);

  test.each([
    [{ fingerprint: fingerprint(3) }, ['odd key-3', 'even key-2']],
    [{ incidentKey: 'key-3' }, ['even key-3', 'odd key-3']],
    [{ receiver: 'odd', incidentKey: 'key-3' }, ['odd key-3']],
    [{ receiver: 'odd', fingerprint: fingerprint(3) }, ['odd key-3']],
    [{ receiver: 'odd', incidentKey: 'key-3', fingerprint: fingerprint(9) }, []],
    [{ receiver: 'od' }, []],
    [{ incidentKey: 'key' }, []],
    [{ fingerprint: '' }, []],
  ])('%j: all of it must hold, exactly', (filter, expected) => {
    expect(found(filter)).toEqual(expected);
  });

  test('gives at most so many, the newest', () => {
    expect(found({ receiver: 'odd' }, 2)).toEqual(['odd key-4', 'odd key-2']);
    expect(found({}, 0)).toEqual([]);
  });
});

describe('what alerts say', () => {
  test('is cut, and a key is found by its whole length all the same', () => {
    const decisions = createDecisions(10);
    const key = '😀'.repeat(600);
    const alerts = Array.from({ length: 50 }, (_, i) => alert({ fingerprint: String(i).padStart(16, '0') }));
    const told = incident({ key, alerts, groupKey: 'g'.repeat(100_000), sender: 's'.repeat(100_000) });
    decisions.record(decided({ incident: told, detail: 'd'.repeat(100_000) }));
    const [only] = decisions.query({ incidentKey: key }, 10);
    expect(only).toMatchObject({
      incident_key: `${'😀'.repeat(511)}…`,
      alerts: 50,
      group_key: `${'g'.repeat(199)}…`,
      sender: `${'s'.repeat(99)}…`,
      detail: `${'d'.repeat(299)}…`,
    });
    expect(only?.fingerprints).toHaveLength(20);
    expect(decisions.query({ fingerprint: '0000000000000019' }, 10)).toHaveLength(1);
  });

  test.each(['__proto__', 'constructor', '\u0000\u001b[31m\n', '"}]'])('%j is only a text', (text) => {
    const decisions = createDecisions(10);
    decisions.record(
      decided({ incident: incident({ key: text, groupKey: text, sender: text }), detail: text }),
    );
    const shown = JSON.parse(JSON.stringify(decisions.query({ incidentKey: text }, 10)));
    expect(shown).toMatchObject([{ incident_key: text, group_key: text, sender: text, detail: text }]);
    expect(decisions.query({ incidentKey: `${text}x` }, 10)).toEqual([]);
  });
});

/** Heap per entry, in bytes, after the ring was filled twice. */
function bytesPerEntry(of: (i: number) => Partial<Decided>): number {
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const decisions = createDecisions(10_000);
  const before = heap();
  // As they come: parsed from JSON, where no text is a part of another.
  for (let i = 0; i < 20_000; i++) decisions.record(JSON.parse(JSON.stringify(decided(of(i)))));
  const after = heap();
  expect(decisions.size).toBe(10_000);
  return (after - before) / 10_000;
}

describe('10,000 take a few MB', () => {
  const key = (i: number) => String(i).padStart(64, '0');

  test('as most are: about 400 bytes each', () => {
    const own = (i: number) => [alert({ fingerprint: String(i).padStart(16, '0') })];
    const bytes = bytesPerEntry((i) => ({
      incident: incident({ key: key(i), alerts: own(i), groupKey: `{}:{service="${key(i)}"}` }),
      attempts: 1,
      durationMs: 40,
    }));
    expect(bytes).toBeLessThan(700);
  });

  test('however large what they are told of: three times as much', () => {
    const bytes = bytesPerEntry((i) => {
      const large = String(i).padEnd(5_000, 'x');
      const alerts = [alert({ annotations: { description: large } })];
      return { incident: incident({ key: key(i), alerts, groupKey: large }), detail: large };
    });
    expect(bytes).toBeLessThan(2_000);
  });
});
