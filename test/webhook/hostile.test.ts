import { describe, expect, test } from '@jest/globals';
import { createParseWebhook } from '../../src/webhook/webhook.ts';
import { onlyAlert, webhookReader } from '../support/webhook-body.ts';

const read = webhookReader(createParseWebhook());
const alertOf = (json: string) => onlyAlert(read, json);
const labelled = (labels: string, rest = '') => alertOf(`{"status":"firing","labels":${labels}${rest}}`);

describe('names that mean something in JavaScript', () => {
  test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length'])(
    '%s is only a label',
    (name) => {
      const { labels } = labelled(`{"${name}":"polluted","a":"1"}`);
      expect(Object.entries(labels)).toEqual([
        [name, 'polluted'],
        ['a', '1'],
      ]);
      expect(Object.getPrototypeOf(labels)).toBe(Object.prototype);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    },
  );

  test('__proto__ is only a label also where the text must be repaired', () => {
    expect(Object.entries(labelled(String.raw`{"__proto__":"x\ud800"}`).labels)).toEqual([
      ['__proto__', 'x\ufffd'],
    ]);
  });
});

describe('half a surrogate pair', () => {
  test.each([
    ['in a value', String.raw`{"a":"x\ud83dy"}`, { a: 'x\ufffdy' }],
    ['in upper case', String.raw`{"a":"\uD83D"}`, { a: '\ufffd' }],
    ['the other half', String.raw`{"a":"\ude00"}`, { a: '\ufffd' }],
    ['in a name', String.raw`{"a\ud83d":"1"}`, { 'a\ufffd': '1' }],
    ['halves in the wrong order', String.raw`{"a":"\ude00\ud83d"}`, { a: '\ufffd\ufffd' }],
  ])('is replaced: %s', (_, json, expected) => {
    expect(labelled(json).labels).toEqual(expected);
  });

  test.each([
    ['a whole pair', String.raw`{"a":"\ud83d\ude00"}`, { a: '😀' }],
    ['an escaped backslash before the letters', String.raw`{"a":"\\ud83d"}`, { a: String.raw`\ud83d` }],
  ])('is left alone where it is none: %s', (_, json, expected) => {
    expect(labelled(json).labels).toEqual(expected);
  });

  test('is replaced everywhere that is used', () => {
    const half = String.raw`\ud83d`;
    const text = `{"version":"4","groupKey":"k${half}","receiver":"${half}","externalURL":"${half}","notification_reason":"${half}","groupLabels":{"a":"${half}"},"alerts":[{"status":"firing","labels":{"a":"${half}"},"annotations":{"b":"${half}"},"startsAt":"${half}","endsAt":"${half}","generatorURL":"${half}","fingerprint":"0123456789abcdef"}]}`;
    expect(read(text)).toEqual({
      groupKey: 'k\ufffd',
      receiver: '\ufffd',
      externalURL: '\ufffd',
      notificationReason: '\ufffd',
      truncatedAlerts: 0,
      groupLabels: { a: '\ufffd' },
      routeLabels: {},
      alerts: [
        {
          status: 'firing',
          labels: { a: '\ufffd' },
          annotations: { b: '\ufffd' },
          startsAt: '\ufffd',
          startsAtMs: 0,
          endsAt: '\ufffd',
          generatorURL: '\ufffd',
          fingerprint: '0123456789abcdef',
        },
      ],
    });
  });
});

describe('the fingerprint', () => {
  const fingerprint = (labels: string, given?: string) =>
    labelled(labels, given === undefined ? '' : `,"fingerprint":${JSON.stringify(given)}`).fingerprint;

  test("is the sender's where it has Alertmanager's form", () => {
    expect(fingerprint('{"a":"1"}', 'c0ffee0123456789')).toBe('c0ffee0123456789');
  });

  test.each([
    undefined,
    '',
    '0123',
    'C0FFEE0123456789',
    'c0ffee0123456789\n',
    'c0ffee01234567890',
    '../../../../etc',
  ])('is a hash of the labels where %j was given', (given) => {
    // First half of the SHA-256 of [["a","1"],["b","2"]]: as fixed as an incident key, because it is one.
    expect(fingerprint('{"b":"2","a":"1"}', given)).toBe('5f13efef7cdd95e7');
  });

  test('does not depend on the order of the labels, and differs with each name and value', () => {
    expect(fingerprint('{"a":"1","b":"2"}')).toBe(fingerprint('{"b":"2","a":"1"}'));
    const all = ['{}', '{"a":"1"}', '{"a":"2"}', '{"b":"1"}', '{"a":"1","b":"2"}', '{"a":"1b2"}'].map(
      (labels) => fingerprint(labels),
    );
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('startsAt', () => {
  const startsAtMs = (startsAt: string) =>
    labelled('{}', `,"startsAt":${JSON.stringify(startsAt)}`).startsAtMs;

  test.each([
    ['2026-01-02T03:04:05Z', Date.UTC(2026, 0, 2, 3, 4, 5)],
    ['2026-01-02T03:04:05.123456789Z', Date.UTC(2026, 0, 2, 3, 4, 5, 123)],
    ['2026-01-02T03:04:05-05:30', Date.UTC(2026, 0, 2, 8, 34, 5)],
    ['1970-01-01T00:00:00Z', 0],
  ])('%s is understood', (text, expected) => {
    expect(startsAtMs(text)).toBe(expected);
  });

  test.each(['', '0001-01-01T00:00:00Z', '1969-12-31T23:59:59Z', 'yesterday', '2026-13-01T00:00:00Z', '{}'])(
    '%j is no time',
    (text) => {
      expect(startsAtMs(text)).toBe(0);
    },
  );

  // Date.parse takes these for dates in the local time zone; RFC 3339 knows none of them.
  test.each(['5', 'incident 5', 'January 2', '2026-01-02T03:04:05'])(
    '%j, which is not RFC 3339, is no time',
    (text) => {
      expect(startsAtMs(text)).toBe(0);
    },
  );
});

describe('deep nesting', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const objects = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;

  test.each([
    ['in a field nobody reads', `{"version":"4","groupKey":"k","alerts":[],"x":${deep}}`, { alerts: [] }],
    [
      'beside half a surrogate pair',
      `{"version":"4","groupKey":"k","alerts":[],"y":"\\ud800","x":${objects}}`,
      { alerts: [] },
    ],
    [
      'in place of the alerts',
      `{"version":"4","groupKey":"k","alerts":${objects}}`,
      { status: 400, message: 'not an Alertmanager webhook: alerts must be array' },
    ],
    [
      'in place of an alert',
      `{"version":"4","groupKey":"k","alerts":${deep}}`,
      { status: 400, message: 'not an Alertmanager webhook: alerts[0] must be object' },
    ],
    [
      'in place of a label, beside half a surrogate pair',
      `{"version":"4","groupKey":"k","y":"\\ud800","alerts":[{"status":"firing","labels":{"a":${deep}}}]}`,
      { status: 400, message: 'not an Alertmanager webhook: alerts[0].labels.a must be string' },
    ],
    ['without an end', '['.repeat(100_000), { status: 400 }],
  ])('of 100,000 levels is survived %s', (_, text, expected) => {
    expect(read(text)).toMatchObject(expected);
  });
});
