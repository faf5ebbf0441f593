import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AnswerRules, Reason } from '../../src/notify/notifier.ts';
import { type Answer, outcomeOf } from '../../src/notify/outcome.ts';
import { vendors } from '../../src/notify/registry.ts';

const NOW = Date.parse('2026-11-02T08:30:00Z');
const RULES: AnswerRules = {
  final: [501],
  refusesKey: [401, 403],
  pauseHeader: 'x-ratelimit-period-in-sec',
  errorText: () => '',
};

function answer(status: number, headers: Answer['headers'] = {}, body = ''): Answer {
  return { status, headers, body };
}

const asItIs = (text: string) => text;

describe('the outcome of every status from 200 to 599', () => {
  // Ranges in order: the first that holds a status says what becomes of it. Reasons: Alertmanager, notify/util.go.
  const table: readonly (readonly [number, number, 'accepted' | 'rejected' | 'unavailable', Reason])[] = [
    [200, 299, 'accepted', 'other'],
    [300, 399, 'rejected', 'other'],
    [401, 401, 'rejected', 'authError'],
    [403, 403, 'rejected', 'authError'],
    [408, 408, 'unavailable', 'clientError'],
    [429, 429, 'unavailable', 'rateLimited'],
    [400, 499, 'rejected', 'clientError'],
    [501, 501, 'rejected', 'serverError'],
    [500, 599, 'unavailable', 'serverError'],
  ];
  const statuses = Array.from({ length: 400 }, (_, i) => 200 + i);

  test.each(statuses)('%i', (status) => {
    const [, , expected, reason] = table.find(([from, to]) => status >= from && status <= to) ?? [];
    const detail = `status ${status}`;
    expect(outcomeOf(answer(status), RULES, NOW, asItIs)).toEqual(
      expected === 'accepted'
        ? { status: 'accepted' }
        : { status: expected, reason, detail, ...(status === 413 ? { tooLarge: true } : {}) },
    );
  });

  test('a 501 may pass where the vendor does not call it final', () => {
    expect(outcomeOf(answer(501), { ...RULES, final: [] }, NOW, asItIs).status).toBe('unavailable');
  });
});

describe('the wait that a vendor asks for', () => {
  function wait(headers: Answer['headers'], status = 429): number | undefined {
    const outcome = outcomeOf(answer(status, headers), RULES, NOW, asItIs);
    return outcome.status === 'unavailable' ? outcome.retryAfterMs : undefined;
  }

  test.each([
    ['0', 0],
    ['1', 1000],
    ['120', 120_000],
    [' 7 ', 7000],
    ['007', 7000],
    // Never more than a day, whatever it says.
    ['86400', 86_400_000],
    ['86401', 86_400_000],
    ['9'.repeat(400), 86_400_000],
    ['Mon, 02 Nov 2026 08:30:30 GMT', 30_000],
    ['Mon, 02 Nov 2026 08:30:00 GMT', 0],
    ['Mon, 02 Nov 2026 08:00:00 GMT', 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 86_400_000],
    // RFC 9110 5.6.7: the obsolete forms of dates are still to be read.
    ['Monday, 02-Nov-26 08:30:30 GMT', 30_000],
  ])('Retry-After: %s is %i ms', (value, ms) => {
    expect(wait({ 'retry-after': value })).toBe(ms);
  });

  test.each([
    ['Mon, 02 Nov 2026 08:29:50 GMT', 40_000],
    ['Mon, 02 Nov 2026 08:30:20 GMT', 10_000],
    ['Mon, 02 Nov 2026 08:31:00 GMT', 0],
    ['soon', 30_000],
  ])('a date is held against the clock of who sends it: %s', (date, ms) => {
    expect(wait({ date, 'retry-after': 'Mon, 02 Nov 2026 08:30:30 GMT' })).toBe(ms);
    expect(wait({ date, 'retry-after': '7' })).toBe(7_000);
  });

  // RFC 9110 10.2.3 knows whole seconds and HTTP dates, nothing else.
  test.each([
    '',
    ' ',
    'soon',
    'NaN',
    'Infinity',
    '1e3',
    '0x10',
    '-5',
    '1.5',
    'in 5 minutes',
    'until 2099',
    '١',
  ])('Retry-After: %j says nothing', (value) => {
    expect(wait({ 'retry-after': value })).toBeUndefined();
    // … and does not hide what the vendor's own header says.
    expect(wait({ 'retry-after': value, 'x-ratelimit-period-in-sec': '30' })).toBe(30_000);
  });

  test.each([408, 429, 500, 503, 599])('Retry-After counts with a %i', (status) => {
    expect(wait({ 'retry-after': '3' }, status)).toBe(3000);
  });

  // https://docs.opsgenie.com/docs/api-rate-limiting
  test('X-RateLimit-Period-In-Sec counts with a 429, after Retry-After', () => {
    expect([
      wait({ 'x-ratelimit-period-in-sec': '60' }),
      wait({ 'x-ratelimit-period-in-sec': '60', 'retry-after': '2' }),
      wait({ 'x-ratelimit-period-in-sec': 'garbage' }),
      wait({}),
    ]).toEqual([60_000, 2000, undefined, undefined]);
  });

  // Opsgenie sends the header with every answer: with a 503 it is no reason to wait out the minute.
  test.each([408, 500, 503])('X-RateLimit-Period-In-Sec does not count with a %i', (status) => {
    expect(wait({ 'x-ratelimit-period-in-sec': '60' }, status)).toBeUndefined();
  });

  test('a vendor without a header of its own has only Retry-After', () => {
    const { pauseHeader: _none, ...rules } = RULES;
    expect(outcomeOf(answer(429, { 'x-ratelimit-period-in-sec': '60' }), rules, NOW, asItIs)).toEqual({
      status: 'unavailable',
      reason: 'rateLimited',
      detail: 'status 429',
    });
  });
});

describe('the detail of a refusal', () => {
  const [pagerduty, opsgenie] = vendors.map(({ answers }) => answers);
  const detail = (rules: AnswerRules | undefined, body: string) => {
    const outcome = outcomeOf(answer(400, {}, body), rules ?? RULES, NOW, asItIs);
    return outcome.status === 'accepted' ? '' : outcome.detail;
  };

  test.each([
    [
      '{"status":"invalid event","message":"Event object is invalid","errors":["Length of \'routing_key\' is incorrect (should be 32 characters)"]}',
      "status 400: Event object is invalid: Length of 'routing_key' is incorrect (should be 32 characters)",
    ],
    ['{"message":"no","errors":["a","b"]}', 'status 400: no: a, b'],
    ['{"errors":["a"]}', 'status 400: a'],
    ['{"message":"no"}', 'status 400: no'],
    ['{"status"}', 'status 400'],
    ['', 'status 400'],
    ['<html>Bad Gateway</html>', 'status 400'],
  ])("PagerDuty's %s", (body, expected) => {
    expect(detail(pagerduty, body)).toBe(expected);
  });

  test.each([
    [
      '{"message":"Request body is not processable. Please check the errors.","errors":{"teams[0]":"id or name should be provided"},"took":0.1}',
      'status 400: Request body is not processable. Please check the errors.: {"teams[0]":"id or name should be provided"}',
    ],
    ['{"message":"Key format is not valid!"}', 'status 400: Key format is not valid!'],
    ['', 'status 400'],
  ])("Opsgenie's %s", (body, expected) => {
    expect(detail(opsgenie, body)).toBe(expected);
  });

  test('is one that fits a log line', () => {
    const long = detail(pagerduty, JSON.stringify({ message: '😀'.repeat(10_000) }));
    expect([...long]).toHaveLength(300);
    expect(long.endsWith('😀…')).toBe(true);
  });

  test.each(vendors)('whatever $type answers, reading it never throws', ({ answers }) => {
    const odd = ['null', '5', '[]', '"x"', '{"errors":null}', '{"message":{},"errors":[null,[]]}'];
    const hostile = [
      '{"message":"m","errors":[{"toString":null,"valueOf":null}]}',
      '{"__proto__":{"message":1}}',
    ];
    for (const body of [...odd, ...hostile]) expect(detail(answers, body)).toMatch(/^status 400/);
    fc.assert(fc.property(fc.json(), (body) => expect(detail(answers, body)).toMatch(/^status 400/)));
  });
});
