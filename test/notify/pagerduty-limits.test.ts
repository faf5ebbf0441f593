import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Notification } from '../../src/notification/notification.ts';
import { pagerDutyErrors } from '../../src/sandbox/pagerduty-errors.ts';
import { anyIncident } from '../support/arbitrary-incidents.ts';
import { anAlert, aTrigger } from '../support/notifications.ts';
import { KEY, notifierOf, type Sent, sent } from '../support/payloads.ts';

/** "512 KB", in Alertmanager's and the safe reading (notify/pagerduty/pagerduty.go). */
const MAX_BYTES = 512_000;

const vendor = notifierOf('pagerduty_configs', { routing_key: KEY });

interface Payload {
  readonly summary: string;
  readonly custom_details: Readonly<Record<string, unknown>> & {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly firing?: readonly unknown[];
    readonly truncated?: string;
  };
}

function event(notification: Notification, reduced = false): Sent & Payload {
  const result = sent(vendor, notification, reduced);
  return { ...result, ...(result.body.payload as Payload) };
}

function expectWithin(result: Sent, bytes = MAX_BYTES): void {
  expect(Buffer.byteLength(result.text)).toBeLessThanOrEqual(bytes);
  expect(pagerDutyErrors(result.body)).toEqual([]);
  expect(result.text.isWellFormed()).toBe(true);
}

const annotated = (annotations: Readonly<Record<string, string>>) =>
  aTrigger({ alerts: [anAlert({ annotations })] });

describe('the summary', () => {
  test.each([
    ['of 1,024 characters is whole', 'x'.repeat(1024), 'x'.repeat(1024), []],
    ['of 3,000 characters is cut to 1,024', 'x'.repeat(3000), `${'x'.repeat(1023)}…`, ['summary']],
    ['of 1,024 emoji is whole', '😀'.repeat(1024), '😀'.repeat(1024), []],
    ['is not cut through an emoji', `${'x'.repeat(1022)}😀😀😀`, `${'x'.repeat(1022)}😀…`, ['summary']],
    ['is the first line that is not blank', '\n \n Disk full \nmore', 'Disk full', []],
  ])('%s', (_what, text, summary, cuts) => {
    const result = event(annotated({ summary: text }));
    expect({ summary: result.summary, cuts: result.cuts }).toEqual({ summary, cuts });
    expectWithin(result);
  });
});

describe('details over the limit', () => {
  test('a huge annotation is cut, the others stay whole, and the event says so', () => {
    const others = { summary: 'Disk full', runbook: 'short', impact: 'i'.repeat(1000) };
    const result = event(annotated({ ...others, description: 'd'.repeat(600_000) }));
    expectWithin(result);
    expect(result.cuts).toEqual(['custom_details']);
    const { annotations = {}, truncated } = result.custom_details;
    expect(annotations).toEqual({ ...others, description: expect.stringMatching(/^d{490000,}…$/) });
    expect(truncated).toBe("pagerelay: 1 texts cut and 0 values left out, to fit PagerDuty's limit");
  });

  test('10,000 alerts: the first are kept, in order, and the rest is counted', () => {
    const alerts = Array.from({ length: 10_000 }, (_, i) =>
      anAlert({
        labels: { alertname: 'DiskFull', instance: `db-${i}:9100`, severity: 'critical' },
        fingerprint: i.toString(16).padStart(16, '0'),
      }),
    );
    const startedAt = performance.now();
    const result = event(aTrigger({ alerts }));
    expect(performance.now() - startedAt).toBeLessThan(3000);
    expectWithin(result);
    const { num_firing: count, labels, firing = [], truncated } = result.custom_details;
    expect({ count, labels }).toEqual({
      count: 10_000,
      labels: { alertname: 'DiskFull', severity: 'critical' },
    });
    expect(firing.length).toBeGreaterThan(500);
    expect(firing[0]).toEqual(expect.objectContaining({ fingerprint: '0000000000000000' }));
    expect(truncated).toMatch(/^pagerelay: \d+ texts cut and \d+ values left out/);
  });

  test('huge label names do not fit whole: they are left out, what is small stays', () => {
    const labels = { alertname: 'DiskFull', [`a${'n'.repeat(600_000)}`]: 'x', zone: 'eu-1' };
    const result = event(aTrigger({ alerts: [anAlert({ labels })] }));
    expectWithin(result);
    expect(result.custom_details.labels).toEqual({ alertname: 'DiskFull', zone: 'eu-1' });
  });

  test("the user's own details are the last to go", () => {
    const own = notifierOf('pagerduty_configs', {
      routing_key: KEY,
      details: { team: 'db', page: 'P'.repeat(60) },
    });
    const labels = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [`label_${i}`, `value ${i}`.repeat(4)]),
    );
    const result = sent(own, aTrigger({ alerts: [anAlert({ labels })] }));
    expectWithin(result);
    expect((result.body.payload as Payload).custom_details).toEqual(
      expect.objectContaining({ team: 'db', page: 'P'.repeat(60) }),
    );
  });

  test.each(['\u0001', '"', '\\', 'é', '漢', '😀'])('what counts is bytes on the wire: %j', (unit) => {
    const result = event(annotated({ description: unit.repeat(600_000) }));
    expectWithin(result);
    // Room that is there is used.
    expect(Buffer.byteLength(result.text)).toBeGreaterThan(MAX_BYTES - 2000);
  });

  test('reduced, after a 413, it is far smaller', () => {
    expectWithin(event(annotated({ description: 'd'.repeat(600_000) }), true), 64_000);
  });

  test.each([
    [510_900, 511_100],
    [511_900, 512_100],
  ])('around the limit, from %i to %i bytes, every size is within it', (from, to) => {
    const empty = Buffer.byteLength(event(annotated({ description: '' })).text);
    // The description's first line is the summary too, so it is kept apart from it.
    for (let size = from; size <= to; size += 50) {
      expectWithin(event(annotated({ summary: 's', description: 'd'.repeat(size - empty) })));
    }
  });
});

test('whatever the labels and annotations hold, PagerDuty takes the event', () => {
  fc.assert(
    fc.property(
      anyIncident,
      fc.constantFrom('trigger', 'resolve'),
      fc.boolean(),
      (incident, action, reduced) => {
        const result = sent(vendor, { action, incident }, reduced);
        expectWithin(result, reduced ? 64_000 : MAX_BYTES);
        expect(result.body.dedup_key).toBe(incident.key);
      },
    ),
    { numRuns: 150 },
  );
}, 20_000);
