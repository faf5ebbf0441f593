import { describe, expect, test } from '@jest/globals';
import type { Alert, Incident } from '../../src/notification/notification.ts';
import type { DeadLetter } from '../../src/relay/dead-letters.ts';
import { fieldsOf, showDeadLetter, showWholeDeadLetter } from '../../src/relay/show-dead-letter.ts';
import { alert, incident } from '../support/alerts.ts';

function letter(given: Partial<Incident> = {}): DeadLetter {
  return {
    id: 'mjwaid1k-1',
    at: Date.UTC(2026, 0, 2, 3, 4, 5),
    receiver: 'platform',
    integration: 'pagerduty_configs[0]',
    incident: incident(given),
    action: 'trigger',
    reason: 'clientError',
    detail: 'status 400: no such key',
    replays: 2,
  };
}

const many = (length: number, given: Partial<Alert> = {}) => Array.from({ length }, () => alert(given));
const GRAPH = 'http://prometheus.example/graph?g0.expr=slow';
const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

const SHOWN = {
  id: 'mjwaid1k-1',
  at: '2026-01-02T03:04:05.000Z',
  receiver: 'platform',
  integration: 'pagerduty_configs[0]',
  incident_key: '0123456789abcdef',
  action: 'trigger',
  reason: 'clientError',
  detail: 'status 400: no such key',
  alerts: 1,
  fingerprints: ['0123456789abcdef'],
  replays: 2,
};

test('in a list without what the alerts say', () => {
  expect(showDeadLetter(letter())).toEqual(SHOWN);
  expect(showDeadLetter(letter({ alerts: many(30) }))).toMatchObject({ alerts: 30 });
  expect(showDeadLetter(letter({ alerts: many(30) })).fingerprints).toHaveLength(20);
});

test('on its own with it, in full where it fits', () => {
  const annotations = { summary: 'it is slow', description: 'd'.repeat(50_000) };
  expect(showWholeDeadLetter(letter({ alerts: [alert({ annotations, generatorURL: GRAPH })] }))).toEqual({
    ...SHOWN,
    group_key: '{}:{alertname="HighLatency"}',
    sender: 'pagerelay',
    content: [
      {
        status: 'firing',
        labels: { alertname: 'HighLatency', severity: 'critical' },
        annotations,
        startsAt: '2026-01-02T03:04:05.678Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: GRAPH,
        fingerprint: '0123456789abcdef',
      },
    ],
  });
});

describe('what is too long for one answer', () => {
  test('is cut where it is longest, and the answer says so', () => {
    const annotations = { summary: 'it is slow', description: 'd'.repeat(1_000_000) };
    const { content, cut } = showWholeDeadLetter(letter({ alerts: [alert({ annotations })] }));
    expect(content[0]?.annotations).toEqual({
      summary: 'it is slow',
      description: `${'d'.repeat(8_191)}…`,
    });
    expect(cut).toBe(
      'shown are the first 100 alerts, 100 labels and 100 annotations of each, and 8192 characters of each text',
    );
  });

  test('says so too where only the number of alerts or labels is over', () => {
    const labels = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`label_${i}`, 'x']));
    expect(showWholeDeadLetter(letter({ alerts: many(100) })).cut).toBeUndefined();
    expect(showWholeDeadLetter(letter({ alerts: many(101) })).cut).toBeDefined();
    expect(showWholeDeadLetter(letter({ alerts: [alert({ labels })] })).cut).toBeDefined();
    const generatorURL = 'u'.repeat(100_000);
    expect(showWholeDeadLetter(letter({ alerts: [alert({ generatorURL })] })).cut).toBeDefined();
  });

  const texts = (count: number, length: number, character: string) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`${i}`.padEnd(length, character), character.repeat(length)]),
    );
  test.each([
    ['many alerts', many(20_000, { annotations: { description: 'd'.repeat(400) } })],
    ['many labels', many(3, { labels: texts(5_000, 20, 'x') })],
    ['long names and control characters', many(2, { labels: texts(200, 2_000, '\u0001') })],
    [
      'the same in annotations too',
      many(200, { labels: texts(50, 500, '\u0001'), annotations: texts(50, 500, '\u0002') }),
    ],
    ['astral characters', many(50, { annotations: texts(50, 500, '😀') })],
    ['times that are none', [alert({ startsAt: 'x'.repeat(1_000_000), endsAt: 'x'.repeat(1_000_000) })]],
    ['long links', many(100, { generatorURL: '\u0001'.repeat(100_000) })],
    [
      'all of it in the last form',
      [
        alert({
          labels: texts(50, 500, '\u0001'),
          annotations: texts(50, 500, '\u0002'),
          startsAt: '\u0001'.repeat(500),
          endsAt: '\u0001'.repeat(500),
          generatorURL: '\u0001'.repeat(500),
        }),
      ],
    ],
  ])('is never more than 64 KiB: %s', (_name, alerts) => {
    const { content } = showWholeDeadLetter(
      letter({ alerts, groupKey: 'g'.repeat(1e6), sender: 's'.repeat(1e6) }),
    );
    expect(content.length).toBeGreaterThan(0);
    expect(bytes(content)).toBeLessThanOrEqual(65_536);
    expect(bytes(showWholeDeadLetter(letter({ alerts, groupKey: 'g'.repeat(1e6) })))).toBeLessThan(70_000);
  });
});

test.each(['__proto__', 'constructor', '\u0000\u001b[31m\n', '"}]'])(
  '%j is only a name and a text',
  (text) => {
    const texts = JSON.parse(JSON.stringify([[text, text]])) as [string, string][];
    const hostile = letter({ alerts: [alert({ labels: Object.fromEntries(texts) })] });
    const shown = JSON.parse(JSON.stringify(showWholeDeadLetter(hostile)));
    expect(Object.entries(shown.content[0].labels)).toEqual([[text, text]]);
    expect(fieldsOf(hostile).labels).toEqual([`${text}=${text}`]);
  },
);

describe('in the log', () => {
  test('with everything needed', () => {
    const annotations = { summary: 'it is slow' };
    const first = alert({ annotations, generatorURL: GRAPH });
    expect(fieldsOf(letter({ alerts: [first, ...many(30)] }))).toEqual({
      id: 'mjwaid1k-1',
      receiver: 'platform',
      integration: 'pagerduty_configs[0]',
      incident_key: '0123456789abcdef',
      group_key: '{}:{alertname="HighLatency"}',
      sender: 'pagerelay',
      action: 'trigger',
      reason: 'clientError',
      detail: 'status 400: no such key',
      alerts: 31,
      fingerprints: Array.from({ length: 31 }, () => '0123456789abcdef'),
      starts_at: '2026-01-02T03:04:05.678Z',
      generator_url: GRAPH,
      labels: ['alertname=HighLatency', 'severity=critical'],
      annotations: ['summary=it is slow'],
      others: Array.from({ length: 30 }, () => 'alertname=HighLatency, severity=critical'),
    });
  });

  test('on a line that is bounded', () => {
    const texts = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, i) => [`${i}`.padEnd(1_000, 'n'), 'v'.repeat(100_000)]),
    );
    const long = 'x'.repeat(100_000);
    const alerts = many(1_000, { labels: texts, annotations: texts, startsAt: long, generatorURL: long });
    expect(bytes(fieldsOf(letter({ alerts, groupKey: long, sender: long })))).toBeLessThan(40_000);
  });
});
