import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildWebhook, type SingleAlert } from '../../src/webhook/build-webhook.ts';
import { fingerprint } from '../../src/webhook/fingerprint.ts';
import { createParseWebhook } from '../../src/webhook/webhook.ts';
import { anyText } from '../support/texts.ts';
import { webhookReader } from '../support/webhook-body.ts';

const AT = Date.parse('2026-11-02T08:30:00.250Z');
const ALERT: SingleAlert = {
  status: 'firing',
  labels: { team: 'db', alertname: 'Test', env: '' },
  annotations: { summary: 'only a test', empty: '' },
  atMs: AT,
};

describe('the fingerprint', () => {
  // As Alertmanager 0.25 says them at /api/v2/alerts; that of no label is FNV's offset.
  test.each([
    [{}, 'cbf29ce484222325'],
    [{ alertname: 'PagerelayTest' }, '5ed8f6982038cff6'],
    [{ severity: 'critical', alertname: 'DiskFull', instance: 'db-1:9100' }, 'bafaf1f2a64a6f67'],
    [{ a: '1', b: '2', a_b: '3', B: '4', _: '5' }, '4106712c495c0e74'],
    [{ a: '2', a1: '1', a_: '3' }, '52ffe8b7c92c20e0'],
    [{ alertname: 'Größe 😀 "x"\n\\' }, '5ea61b9902dbb214'],
  ])('of %j is %s', (labels, expected) => {
    expect(fingerprint(labels)).toBe(expected);
  });

  test('orders names by their bytes: U+FFFD stands before U+1F600, though its UTF-16 is greater', () => {
    expect(fingerprint({ '\u{1f600}': '1', '\ufffd': '2' })).toBe(
      fingerprintInOrder(['\ufffd', '2', '\u{1f600}', '1']),
    );
  });
});

/** FNV-1a, worked out here once more, of these texts in this order. */
function fingerprintInOrder(texts: readonly string[]): string {
  const bytes = texts.flatMap((text) => [...Buffer.from(text), 0xff]);
  const hash = bytes.reduce(
    (before, byte) => ((before ^ BigInt(byte)) * 1099511628211n) & 0xffffffffffffffffn,
    14695981039346656037n,
  );
  return hash.toString(16).padStart(16, '0');
}

describe('the webhook of one alert', () => {
  test('is in the form of version 4', () => {
    const labels = { team: 'db', alertname: 'Test' };
    expect(JSON.parse(buildWebhook(ALERT))).toEqual({
      receiver: 'pagerelay',
      status: 'firing',
      alerts: [
        {
          status: 'firing',
          labels,
          annotations: ALERT.annotations,
          startsAt: '2026-11-02T08:30:00.250Z',
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: '',
          fingerprint: fingerprint(labels),
        },
      ],
      groupLabels: labels,
      commonLabels: labels,
      commonAnnotations: ALERT.annotations,
      externalURL: '',
      version: '4',
      groupKey: '{}:{alertname="Test", team="db"}',
      truncatedAlerts: 0,
    });
  });

  test('of a resolved one ends now, under the same group key and fingerprint', () => {
    const firing = JSON.parse(buildWebhook(ALERT));
    const resolved = JSON.parse(
      buildWebhook({ ...ALERT, status: 'resolved', annotations: {}, atMs: AT + 60_000 }),
    );
    expect(resolved).toMatchObject({
      status: 'resolved',
      alerts: [{ status: 'resolved', endsAt: '2026-11-02T08:31:00.250Z' }],
    });
    expect(resolved.groupKey).toBe(firing.groupKey);
    expect(resolved.alerts[0].fingerprint).toBe(firing.alerts[0].fingerprint);
  });

  test('is one that the relay reads, whatever the texts', () => {
    const read = webhookReader(createParseWebhook());
    const texts = fc.dictionary(anyText(1), anyText(1));
    fc.assert(
      fc.property(texts, texts, (labels, annotations) => {
        const webhook = read(buildWebhook({ ...ALERT, labels, annotations }));
        expect(webhook).toMatchObject({
          alerts: [{ labels, annotations, startsAtMs: AT, fingerprint: fingerprint(labels) }],
        });
      }),
    );
  });
});
