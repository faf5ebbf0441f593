import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { load } from '../../src/config/load.ts';
import { printProblem } from '../../src/config/problem.ts';

const CONTEXT = { env: {}, now: () => 0 };

/** Whatever is in the file: a config or at least one problem, each with a place in the file. */
function expectAnswer(text: string): void {
  const { config, problems } = load(text, 'any.yaml', CONTEXT);
  expect(config !== undefined || problems.length > 0).toBe(true);
  const lines = text.split(/\r\n|\n|\r/).length;
  for (const problem of problems) {
    expect(problem.line).toBeGreaterThanOrEqual(1);
    expect(problem.line).toBeLessThanOrEqual(lines);
    expect(problem.column).toBeGreaterThanOrEqual(1);
    expect(printProblem(problem)).toMatch(/^any\.yaml:\d+:\d+: /);
  }
}

const NAMES = [
  ...['global', 'relay', 'dedup', 'route', 'routes', 'receivers', 'receiver', 'name', 'matchers', 'match'],
  ...['match_re', 'continue', 'group_by', 'window', 'resend_on', 'pagerduty_configs', 'opsgenie_configs'],
  ...['routing_key', 'api_key', 'api_key_env', 'details', 'links', 'responders', 'timeout', 'severity_map'],
  ...['__proto__', 'constructor', 'toString', '0', '', '~1/', '<<', 'slack_configs', 'group_wait'],
];
const name = fc.oneof(fc.constantFrom(...NAMES), fc.string());
const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      1.5,
      '',
      'team',
      'team="db"',
      '(',
      '...',
      '5m',
      '{{',
      'http://a',
    ),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 6 }),
  ),
}));

describe('load answers, and never throws,', () => {
  test('on any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), expectAnswer), { numRuns: 60 });
  });

  test('on any text of characters that mean something in YAML', () => {
    const unit = fc.constantFrom(
      ...[
        'a',
        'b',
        '1',
        ' ',
        '  ',
        '\n',
        '\n  ',
        '\t',
        ': ',
        ':',
        '- ',
        '? ',
        '#',
        '&a ',
        '*a',
        '!!set ',
        '!x ',
      ],
      ...[
        '[',
        ']',
        '{',
        '}',
        ',',
        '"',
        "'",
        '|',
        '>',
        '%',
        '%YAML 1.1\n',
        '---',
        '...',
        '<<: ',
        'route: ',
        '\0',
      ],
    );
    fc.assert(fc.property(fc.string({ unit, maxLength: 40 }), expectAnswer), { numRuns: 120 });
  });

  test('on any data', () => {
    fc.assert(
      fc.property(anything, (value) => expectAnswer(stringify(value))),
      { numRuns: 50 },
    );
  });

  test('on any data in the place of a section', () => {
    const rest = { route: { receiver: 'team' }, receivers: [{ name: 'team' }] };
    const section = fc.constantFrom('global', 'relay', 'dedup', 'route', 'receivers', 'time_intervals');
    fc.assert(
      fc.property(section, anything, (key, value) => expectAnswer(stringify({ ...rest, [key]: value }))),
      { numRuns: 50 },
    );
  });

  test('on any data in the place of one setting', () => {
    fc.assert(
      fc.property(name, anything, name, anything, (key, value, other, otherValue) =>
        expectAnswer(
          stringify({
            route: { receiver: 'team', routes: [{ [key]: value }] },
            receivers: [
              { name: 'team', pagerduty_configs: [{ routing_key: 'k', [other]: otherValue, [key]: value }] },
              { name: 'other', opsgenie_configs: [{ api_key: 'k', [key]: value }], [other]: otherValue },
            ],
          }),
        ),
      ),
      { numRuns: 50 },
    );
  });

  test('on any data in a time interval', () => {
    const key = fc.constantFrom('times', 'weekdays', 'days_of_month', 'months', 'years', 'location');
    const range = fc.oneof(anything, fc.stringMatching(/^-?[0-9:a-z]{0,8}$/));
    fc.assert(
      fc.property(key, anything, fc.array(range), key, range, (one, value, values, other, item) =>
        expectAnswer(
          stringify({
            route: { receiver: 'team', routes: [{ mute_time_intervals: ['a', value] }] },
            receivers: [{ name: 'team' }],
            time_intervals: [
              { name: 'a', time_intervals: [{ [one]: values, [other]: item }, { [one]: value }] },
              { name: value, time_intervals: [{ times: [{ start_time: item, end_time: value }] }] },
            ],
          }),
        ),
      ),
      { numRuns: 50 },
    );
  });

  test.each([
    ['a map that holds itself', 'route: &r { receiver: a, routes: [*r] }\nreceivers: [{ name: a }]\n'],
    ['a list that holds itself', 'route: { receiver: a }\nreceivers: &r [*r]\n'],
    ['a key that holds itself', '? &k [*k]\n: 1\n'],
    ['lists nested 10,000 deep', '['.repeat(10_000)],
    ['lists nested 10,000 deep and closed', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['maps nested 10,000 deep', '{a: '.repeat(10_000)],
    ['block lists nested 5,000 deep', '- '.repeat(5000)],
    [
      'routes nested 3,000 deep',
      `{receivers: [{name: a}], route: ${'{receiver: a, routes: ['.repeat(3000)}${']}'.repeat(3000)}}`,
    ],
    ['YAML 1.1 types', '%YAML 1.1\n---\nroute: 2026-01-01\nreceivers: !!set {a, b}\nglobal: !!binary aGk=\n'],
    ['a byte order mark', '\uFEFFroute: {receiver: a}\nreceivers: [{name: a}]\n'],
    ['lone surrogates', 'route: {receiver: "\uD800"}\nreceivers: [{name: "\uD800"}]\n'],
  ])('on %s', (_what, text) => {
    expectAnswer(text);
  });
});
