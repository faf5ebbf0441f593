import { afterAll, expect, test } from '@jest/globals';
import { createDuration } from '../../src/template/go-duration.ts';
import { printValue, sprint, sprintf, sprintln } from '../../src/template/go-format.ts';
import { createMonth, createWeekday } from '../../src/template/go-time-names.ts';
import type { Value } from '../../src/template/value.ts';
import { createAmtool, describeWithAmtool } from '../support/amtool.ts';
import { map, slice, struct, time } from '../support/go-values.ts';
import type { AlertJson, DataSet } from './corpus.ts';
import { createRandom, type Random } from './random.ts';

const TEXTS = [
  '',
  'a',
  'hi',
  'two words',
  'é漢😀',
  'tab\t"quote" \\ back`tick`',
  '\u0000\u0007\u001b\u007f\u0085\u00a0\u00ad\u200b\u2028\ufeff\ufffd\u{e0001}',
  '100% %d',
  '<a href="x">&\'</a>',
  'x'.repeat(70),
];

const ALERT: AlertJson = {
  status: 'firing',
  labels: { alertname: 'Down', z: 'é', '😀': 'last', '\uff41': 'before' },
  annotations: {},
  startsAt: '2026-01-02T03:04:05.123Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus/graph?a=b&c',
  fingerprint: 'c0ffee0123456789',
};

const DATA: DataSet = {
  name: 'values',
  json: {
    receiver: 'team "x"',
    status: 'firing',
    alerts: [ALERT, { ...ALERT, status: 'resolved', endsAt: '2026-01-02T03:05:06Z' }],
    groupLabels: { only: 'one' },
    commonLabels: { b: '2', a: '1', 'with space': '' },
    commonAnnotations: Object.fromEntries(TEXTS.map((text, i) => [`text${i}`, text])),
    externalURL: 'http://alertmanager',
  },
};

function kv(labels: Readonly<Record<string, string>>): Value {
  return map('template.KV', labels);
}

function alert({
  status,
  labels,
  annotations,
  startsAt,
  endsAt,
  generatorURL,
  fingerprint,
}: AlertJson): Value {
  return struct('template.Alert', {
    Status: status,
    Labels: kv(labels),
    Annotations: kv(annotations),
    StartsAt: time(startsAt),
    EndsAt: time(endsAt),
    GeneratorURL: generatorURL,
    Fingerprint: fingerprint,
  });
}

const { json } = DATA;
const ALERTS = json.alerts.map(alert);

/** A value, and how a template comes by it. */
interface Sample {
  readonly expression: string;
  readonly value: Value;
}

const INTEGERS = [
  0n,
  1n,
  -1n,
  7n,
  -42n,
  39n,
  92n,
  127n,
  160n,
  233n,
  1000n,
  55296n,
  65279n,
  128512n,
  1114111n,
  1114112n,
  2n ** 32n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];

const FLOATS = [
  '0.0',
  '-0.0',
  '1.0',
  '-1.5',
  '0.5',
  '2.5',
  '0.05',
  '0.125',
  '0.1',
  '1.005',
  '9.995',
  '99.5',
  '999999.5',
  '123456.789',
  '1234567.0',
  '100000.0',
  '1000000.0',
  '0.0001',
  '0.00001',
  '0.000012345',
  '1e20',
  '1e21',
  '123456789012345678.0',
  '9007199254740993.0',
  '1e100',
  '-1e-100',
  '1.7976931348623157e308',
  '5e-324',
  '2.2250738585072014e-308',
  '2.2250738585072011e-308',
  '4.9406564584124654e-320',
  '0.3333333333333333',
];

const SCALARS: readonly Sample[] = [
  ...INTEGERS.map((value) => ({ expression: `${value}`, value })),
  ...FLOATS.map((text) => ({ expression: text, value: Number(text) })),
  ...TEXTS.map((value, i) => ({ expression: `.CommonAnnotations.text${i}`, value })),
  { expression: 'true', value: true },
  { expression: 'false', value: false },
  { expression: 'nil', value: null },
  {
    expression: `((index .Alerts 1).EndsAt.Sub (index .Alerts 1).StartsAt)`,
    value: createDuration(60_877_000_000n),
  },
  { expression: '(index .Alerts 0).StartsAt.Month', value: createMonth(1) },
  { expression: '(index .Alerts 0).StartsAt.Weekday', value: createWeekday(5) },
  { expression: '(index .Alerts 0).StartsAt', value: time(ALERT.startsAt) },
  { expression: '(index .Alerts 0).EndsAt', value: time(ALERT.endsAt) },
  { expression: '(index .Alerts 0)', value: ALERTS[0] ?? null },
  {
    expression: '.',
    value: struct('template.Data', {
      Receiver: json.receiver,
      Status: json.status,
      Alerts: slice('template.Alerts', ...ALERTS),
      GroupLabels: kv(json.groupLabels),
      CommonLabels: kv(json.commonLabels),
      CommonAnnotations: kv(json.commonAnnotations),
      ExternalURL: json.externalURL,
    }),
  },
];

/** What Go reaches through a pointer, which `%p` prints as an address that is another each time. */
const CONTAINERS: readonly Sample[] = [
  { expression: '.GroupLabels', value: kv(json.groupLabels) },
  { expression: '.CommonLabels', value: kv(json.commonLabels) },
  { expression: '(index .Alerts 0).Labels', value: kv(ALERT.labels) },
  { expression: '(index .Alerts 0).Annotations', value: kv({}) },
  { expression: '.CommonLabels.Names', value: slice('[]string', 'a', 'b', 'with space') },
  { expression: '.CommonLabels.Values', value: slice('[]string', '1', '2', '') },
  {
    expression: '.GroupLabels.SortedPairs',
    value: slice('template.Pairs', struct('template.Pair', { Name: 'only', Value: 'one' })),
  },
  { expression: '.Alerts', value: slice('template.Alerts', ...ALERTS) },
  { expression: '.Alerts.Firing', value: slice('[]template.Alert', ...ALERTS.slice(0, 1)) },
];

/** Every verb, some more often, and what is none. */
const VERBS = [...'vvvvTtbcdoOqxXUeEfFgGspw%yZ!é😀'];
const FLAGS = [...'+-# 0'];
const WIDTHS = ['', '', '', '', '0', '1', '3', '5', '8', '12', '25', '90'];
const PRECISIONS = ['', '', '', '', '.', '.0', '.1', '.2', '.3', '.6', '.10', '.17', '.25', '.60'];
const ODD_WIDTHS = ['*', '[1]*', '[2]*', '10000010', '[3]5'];
const ODD_PRECISIONS = ['.*', '.[1]*', '.[2]*', '.-1', '.10000010', '.[1]3'];
const INDEXES = ['[1]', '[2]', '[3]', '[0]', '[9]', '[]', '[x]', '[-1]', '[', '[1', '[99999999]'];
const LITERALS = ['', '', ' ', '|', 'text ', 'é', '😀', ']'];

/** A conversion without its verb. `oddity`: how often each part is one that is rarely written, or wrong. */
function measures(random: Random, oddity: number): string {
  const flags = Array.from({ length: random.pick([0, 0, 1, 1, 2, 3]) }, () => random.pick(FLAGS)).join('');
  const index = () => (random.chance(oddity) ? random.pick(INDEXES) : '');
  const width = random.pick(random.chance(oddity) ? ODD_WIDTHS : WIDTHS);
  const precision = random.pick(random.chance(oddity) ? ODD_PRECISIONS : PRECISIONS);
  return flags + index() + width + precision + index();
}

function randomFormat(random: Random): string {
  let format = random.pick(LITERALS);
  for (let left = random.pick([1, 1, 1, 2, 3]); left > 0; left--) {
    const verb = random.chance(0.02) ? '' : random.pick(VERBS);
    format += `%${measures(random, 0.12)}${verb}${random.pick(LITERALS)}`;
  }
  return format;
}

function operands(random: Random, format: string): Sample[] {
  // Widths of some thousand for every part of a large value make megabytes.
  const hasStar = format.includes('*');
  const all = format.includes('p') ? SCALARS : [...SCALARS, ...CONTAINERS];
  const samples = hasStar ? all.filter(({ value }) => !isLarge(value)) : all;
  return Array.from({ length: random.pick([0, 1, 1, 1, 2, 2, 3]) }, () =>
    random.pick(hasStar && random.chance(0.5) ? SMALL : samples),
  );
}

function isLarge(value: Value): boolean {
  return typeof value === 'bigint' && value > 128n && value < 2n ** 31n;
}

const SMALL = SCALARS.filter(({ value }) => typeof value === 'bigint' && value > -50n && value < 50n);

interface Case {
  readonly action: string;
  readonly printed: string;
}

/** No value holds it. */
const BETWEEN = '\u0002';
const PER_TEMPLATE = 60;

function printfCase(format: string, samples: readonly Sample[]): Case {
  return {
    action: `{{ printf \`${format}\` ${expressions(samples)} }}`,
    printed: sprintf(format, values(samples)),
  };
}

function expressions(samples: readonly Sample[]): string {
  return samples.map(({ expression }) => expression).join(' ');
}

function values(samples: readonly Sample[]): Value[] {
  return samples.map(({ value }) => value);
}

describeWithAmtool('what Go prints', () => {
  const amtool = createAmtool([]);
  afterAll(() => amtool.close());

  async function expectSame(cases: readonly Case[]): Promise<void> {
    const templates: string[] = [];
    for (let i = 0; i < cases.length; i += PER_TEMPLATE) {
      const actions = cases.slice(i, i + PER_TEMPLATE).map(({ action }) => action);
      templates.push(actions.join(BETWEEN));
    }
    const rendered = await amtool.render(templates.map((template) => ({ template, data: DATA })));
    const byGo = rendered.flatMap((each) => ('text' in each ? each.text.split(BETWEEN) : [each.error]));
    expect(byGo).toHaveLength(cases.length);
    const differences = cases
      .map(({ action, printed }, i) => ({ action, printed, byGo: byGo[i] }))
      .filter(({ printed, byGo: expected }) => printed !== expected);
    expect(differences).toEqual([]);
  }

  test('every value under every verb', async () => {
    const random = createRandom(1);
    const cases: Case[] = [];
    for (const verb of new Set(VERBS)) {
      for (const sample of verb === 'p' ? SCALARS : [...SCALARS, ...CONTAINERS]) {
        cases.push(printfCase(`%${verb}`, [sample]));
        for (let i = 0; i < 3; i++) cases.push(printfCase(`%${measures(random, 0)}${verb}`, [sample]));
      }
    }
    await expectSame(cases);
  });

  test.each([1, 2, 3])('random formats with random values (seed %i)', async (seed) => {
    const random = createRandom(seed);
    await expectSame(
      Array.from({ length: 3000 }, () => {
        const format = randomFormat(random);
        return printfCase(format, operands(random, format));
      }),
    );
  });

  test('numbers of many digits, rounded', async () => {
    const random = createRandom(1);
    await expectSame(
      Array.from({ length: 2000 }, () => {
        const digits = `${random.below(10 ** random.below(10))}.${random.below(10 ** random.below(8))}`;
        const expression = random.pick([
          digits,
          `-${digits}`,
          `${digits}5`,
          `${digits}e${random.below(600) - 300}`,
        ]);
        const format = `%${random.pick(FLAGS)}.${random.below(20)}${random.pick([...'efgxEFGX'])}`;
        return printfCase(format, [{ expression, value: Number(expression) }]);
      }),
    );
  });

  test.each<[string, (values: readonly Value[]) => string]>([
    ['print', sprint],
    ['println', sprintln],
  ])('%s', async (name, print) => {
    const random = createRandom(1);
    await expectSame(
      Array.from({ length: 500 }, () => {
        const samples = Array.from({ length: random.below(5) }, () =>
          random.pick([...SCALARS, ...CONTAINERS]),
        );
        return { action: `{{ ${name} ${expressions(samples)} }}`, printed: print(values(samples)) };
      }),
    );
  });

  test('values alone', async () => {
    const samples = [...SCALARS, ...CONTAINERS].filter(({ expression }) => expression !== 'nil');
    await expectSame(
      samples.map(({ expression, value }) => ({ action: `{{ ${expression} }}`, printed: printValue(value) })),
    );
  });
});
