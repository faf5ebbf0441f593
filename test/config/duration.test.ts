import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDuration, printDuration } from '../../src/config/duration.ts';
import { load } from '../../src/config/load.ts';
import { createDeadline } from '../../src/relay/deadline.ts';

// As Prometheus reads them: github.com/prometheus/common, model/time.go and its test.
describe('parseDuration', () => {
  test.each([
    ['0', 0],
    ['0s', 0],
    ['0w', 0],
    ['1ms', 1],
    ['250ms', 250],
    ['1s', 1000],
    ['90s', 90_000],
    ['5m', 300_000],
    ['5m30s', 330_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['4d1h', 349_200_000],
    ['14d', 1_209_600_000],
    ['3w', 1_814_400_000],
    ['3w2d1h', 1_990_800_000],
    ['1y', 31_536_000_000],
    ['1y2w3d4h5m6s7ms', 33_019_506_007],
    ['007s', 7000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    '',
    ' ',
    '1',
    '00',
    '-1s',
    '+1s',
    '1.5h',
    '1,5h',
    's',
    '1 s',
    ' 1s',
    '1s\n',
    '1S',
    '1M',
    '1µs',
    '1us',
    '1ns',
    '30m1h',
    '1h1h',
    '1d1y',
    '1e3s',
    '0x1s',
    '١s',
    'forever',
    // More milliseconds than a number holds exactly.
    '300000y',
    `${'9'.repeat(400)}s`,
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

// A timer that is set for longer than 2^31 ms fires at once, and every delivery would be over before it began.
test('a delivery_timeout longer than any timer is refused, or is long', () => {
  const text = '{ relay: { delivery_timeout: 30d }, route: { receiver: a }, receivers: [{ name: a }] }';
  const { config, problems } = load(text, 'long.yaml', { env: {}, now: Date.now });
  if (config === undefined) {
    expect(problems.filter(({ warning }) => !warning).map(({ path }) => path)).toEqual([
      'relay.delivery_timeout',
    ]);
    return;
  }
  const deadline = createDeadline(
    Date.now() + config.relay.deliveryTimeoutMs,
    Date.now,
    new AbortController().signal,
  );
  const later = new Promise<boolean>((resolve) => setTimeout(() => resolve(deadline.signal.aborted), 50));
  return expect(later.finally(() => deadline.clear())).resolves.toBe(false);
});

describe('a printed duration', () => {
  // By the rule of Duration.String in prometheus/common, model/time.go.
  test.each([
    [0, '0s'],
    [1, '1ms'],
    [90_000, '1m30s'],
    [3_600_000, '1h'],
    [86_400_000, '1d'],
    [7 * 86_400_000, '1w'],
    [8 * 86_400_000, '8d'],
    [365 * 86_400_000, '1y'],
    [400 * 86_400_000, '400d'],
  ])('of %i ms is %s', (ms, text) => {
    expect(printDuration(ms)).toBe(text);
  });

  test('reads as what it is', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (ms) => {
        expect(parseDuration(printDuration(ms))).toBe(ms);
      }),
    );
  });
});
