import { afterAll, expect, test } from '@jest/globals';
import { parseAlertTime } from '../../src/template/go-time.ts';
import { formatTime } from '../../src/template/go-time-format.ts';
import { createAmtool, describeWithAmtool } from '../support/amtool.ts';
import { callMethod, printed } from '../support/go-methods.ts';
import type { DataSet } from './corpus.ts';
import { createRandom, type Random } from './random.ts';

const SEED = 20_260_704;

/** Every element of a layout, what looks like one, and what stands between them. */
const PIECES = [
  ...['January', 'Jan', '1', '01', 'Monday', 'Mon', '2', '_2', '02', '__2', '002', '2006', '06'],
  ...['15', '3', '03', '4', '04', '5', '05', 'PM', 'pm', '.0', '.000', ',00', '.9', '.999999999', ',999'],
  ...[
    'MST',
    'Z0700',
    'Z07:00',
    'Z07',
    'Z070000',
    'Z07:00:00',
    '-0700',
    '-07:00',
    '-07',
    '-070000',
    '-07:00:00',
  ],
  ...[
    'Janet',
    'Month',
    'jan',
    'MON',
    '_2006',
    '__2006',
    '_',
    '20',
    '200',
    '0',
    '00',
    '07',
    '7',
    'Z7',
    '-7',
    'P',
  ],
  ...['.1', '.0001', ',9990', '.', ',', ':', '-', '/', ' ', 'T', 'é', "'", '日'],
];

const METHODS = [
  ...['Year', 'YearDay', 'Month', 'Day', 'Weekday', 'Hour', 'Minute', 'Second', 'Nanosecond', 'IsZero'],
  ...['Unix', 'UnixMilli', 'UnixMicro', 'UnixNano', 'UTC', 'Local', 'String'],
];

/** An expression for `.StartsAt` and what it gives here. */
interface Sample {
  readonly time: string;
  readonly expression: string;
  readonly text: string;
}

function aTime(random: Random): string {
  const pad = (value: number, length = 2) => String(value).padStart(length, '0');
  const year = random.pick([0, 1, 4, 1582, 1900, 1969, 1970, 2000, 2024, 2026, 9999, random.below(10_000)]);
  const date = `${pad(year, 4)}-${pad(1 + random.below(12))}-${pad(1 + random.below(28))}`;
  const hour = random.pick([0, 11, 12, 13, 23]);
  const fraction = random.pick(['', '.5', '.120', '.000000001', '.999999999', '.070800900']);
  const zone = random.pick(['Z', '+02:00', '-05:30', '+00:01', '-00:01', '+14:00', '-12:00', '+23:59']);
  return `${date}T${pad(hour)}:${pad(random.below(60))}:${pad(random.below(60))}${fraction}${zone}`;
}

function samples(random: Random): Sample[] {
  const all: Sample[] = [];
  for (let i = 0; i < 20; i++) {
    const text = aTime(random);
    const time = parseAlertTime(text);
    const add = (expression: string, value: Parameters<typeof printed>[0]) =>
      all.push({ time: text, expression, text: printed(value) });
    for (const method of METHODS) add(`.StartsAt.${method}`, callMethod(time, method));
    for (let j = 0; j < 60; j++) {
      const layout = Array.from({ length: 1 + random.below(7) }, () => random.pick(PIECES)).join('');
      add(`.StartsAt.Format ${JSON.stringify(layout)}`, formatTime(time, layout));
    }
    for (let j = 0; j < 10; j++) {
      const size = 10 ** random.below(19);
      const duration = BigInt(random.below(size) - Math.floor(size / 2));
      for (const method of ['Add', 'Round', 'Truncate'])
        add(`.StartsAt.${method} ${duration}`, callMethod(time, method, duration));
      const sum = callMethod(time, 'Add', duration);
      add(
        `((.StartsAt.Add ${duration}).Sub .StartsAt).Round 977`,
        callMethod(callMethod(sum, 'Sub', time), 'Round', 977n),
      );
      const amounts = [random.below(6000) - 3000, random.below(60) - 30, random.below(2000) - 1000];
      add(`.StartsAt.AddDate ${amounts.join(' ')}`, callMethod(time, 'AddDate', ...amounts.map(BigInt)));
    }
  }
  return all;
}

function dataAt(time: string): DataSet {
  const alert = { status: 'firing', labels: {}, annotations: {}, generatorURL: '', fingerprint: '' };
  return {
    name: time.replace(/\W/g, '_'),
    json: {
      receiver: '',
      status: 'firing',
      alerts: [{ ...alert, startsAt: time, endsAt: time }],
      groupLabels: {},
      commonLabels: {},
      commonAnnotations: {},
      externalURL: '',
    },
  };
}

describeWithAmtool('times as Go has them', () => {
  const amtool = createAmtool([]);
  afterAll(() => amtool.close());

  test(`layouts, methods and arithmetic, generated from the seed ${SEED}`, async () => {
    const all = samples(createRandom(SEED));
    const data = new Map(all.map(({ time }) => [time, dataAt(time)]));
    const rendered = await amtool.render(
      all.map(({ time, expression }) => ({
        template: `{{ with index .Alerts 0 }}{{ ${expression} }}{{ end }}`,
        data: data.get(time) ?? dataAt(time),
      })),
    );
    expect(all).toEqual(all.map((sample, i) => ({ ...sample, ...rendered[i] })));
    expect(all.length).toBeGreaterThan(2000);
  }, 60_000);
});
