import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, jest, test } from '@jest/globals';
import { load } from '../../src/config/load.ts';
import { describeWithAlertmanager } from '../support/alertmanager.ts';
import { start } from '../support/process.ts';

jest.setTimeout(60_000);

/** A file that both programs read. */
function withSpec(spec: string): string {
  return withSections(
    'routes: [{ mute_time_intervals: [t], active_time_intervals: [t] }]',
    `time_intervals: [{ name: t, time_intervals: [${spec}] }]`,
  );
}

function withSections(route: string, sections: string): string {
  return `route: { receiver: a, ${route} }\nreceivers: [{ name: a }]\n${sections}\n`;
}

const SPECS = [
  ...[
    '{}',
    '{ unknown: 1 }',
    '{ time_zone: UTC }',
    '{ weekdays: monday }',
    '{ times: { start_time: 09:00 } }',
  ],
  ...['{ times: null, weekdays: null, days_of_month: null, months: null, years: null, location: null }'],
  ...[
    ...['09:00 17:00', "'09:00' '17:00'", '00:00 24:00', '01:35 17:39', '23:59 24:00', '09:35 09:36'],
    ...[
      '9:00 17:00',
      '09:00 9:30',
      '09:00 09:00',
      '17:00 09:00',
      '22:00 06:00',
      '24:00 24:00',
      '24:00 17:41',
    ],
    ...['12:30 24:01', '01:99 23:59', '00:00 99:99', '0900 1700', '09:00:00 17:00:00', "'' '17:00'", 'a b'],
    ...["'09:00 ' '17:00'", "'9' '17'", '-1:00 17:00', '09:00 null'],
  ].map((times) => {
    const [, begin, end] = /^('[^']*'|\S+) (.*)$/.exec(times) ?? [];
    return `{ times: [{ start_time: ${begin}, end_time: ${end} }] }`;
  }),
  '{ times: [{ start_time: 09:00 }] }',
  '{ times: [{ end_time: 09:00 }] }',
  '{ times: [{}] }',
  '{ times: [{ start_time: 09:00, end_time: 17:00, location: UTC }] }',
  ...[
    ...[
      'monday',
      'Monday',
      'SUNDAY',
      "'monday:friday'",
      "'Sunday:Saturday'",
      "'saturday:saturday'",
      'sunday:monday',
    ],
    ...[
      'mon',
      '1',
      "'1:3'",
      "'-2:-1'",
      "''",
      "'monday:'",
      "':monday'",
      "'monday : friday'",
      "' monday'",
      'true',
    ],
    ...["'friday:monday'", "'saturday:sunday'", "'monday:sunday'", "'monday:tuesday:friday'", 'someday'],
  ].map((weekday) => `{ weekdays: [${weekday}] }`),
  ...[
    ...['1', "'1'", '31', '-1', '-31', "'1:5'", '1:5', "'-3:-1'", "'1:-1'", "'01'", '010', "'+5'", "'-5:-5'"],
    ...[
      "'5:05'",
      '0',
      "'-0'",
      '32',
      '-32',
      '1.5',
      'first',
      "''",
      "'1:'",
      "':5'",
      "'1:2:3'",
      "' 1:5'",
      "'1-5'",
    ],
    ...["'1e1'", "'0x10'", '9999999999999999999999', 'false', '{}', '[1]'],
  ].map((day) => `{ days_of_month: [${day}] }`),
  ...[
    ...[
      '1',
      '12',
      'january',
      'December',
      "'1:3'",
      "'may:august'",
      "'MAY:August'",
      "'1:may'",
      "'05'",
      'june:june',
    ],
    ...[
      'jan',
      "''",
      "'may:'",
      "'december:january'",
      "'12:1'",
      "'august:may'",
      'martius',
      "'march:junius'",
      "'1:2:3'",
    ],
    ...['1.5', 'mai'],
  ].map((month) => `{ months: [${month}] }`),
  ...[
    ...['2026', "'2026'", "'2020:2022'", "'2030:2030'", "'02026'", "'1'", "'9999'"],
    ...["'2022:2020'", "'2:1'", 'soon', "''", "'2026-2030'", "'2026:2027:2028'", "' 2026'", '2026.5', 'true'],
  ].map((year) => `{ years: [${year}] }`),
  // Names that every installation of the time zone database has, whatever of its older ones.
  ...[
    ...['UTC', "''", 'Local', 'Europe/Berlin', 'Australia/Sydney', 'Asia/Kolkata', 'Etc/GMT+5', 'GMT'],
    ...['America/Argentina/Buenos_Aires', 'America/St_Johns'],
    ...[
      'Europe/Berln',
      'Berlin',
      'local',
      "'+05:30'",
      "'-0500'",
      '../etc',
      '5',
      'CEST',
      'UTC+1',
      "' UTC'",
      '{}',
    ],
  ].map((location) => `{ location: ${location} }`),
];

const BOUNDS = [-32, -31, -30, -29, -28, -27, -19, -2, -1, 0, 1, 2, 10, 27, 28, 29, 30, 31, 32];
const DAY_RANGES = BOUNDS.flatMap((first) => BOUNDS.map((last) => `{ days_of_month: ['${first}:${last}'] }`));

const FILES = [
  withSections('mute_time_intervals: [t]', 'time_intervals: [{ name: t }]'),
  withSections('active_time_intervals: [t]', 'time_intervals: [{ name: t }]'),
  withSections('mute_time_intervals: []', 'time_intervals: [{ name: t }]'),
  withSections('routes: [{ mute_time_intervals: [u] }]', 'time_intervals: [{ name: t }]'),
  withSections('routes: [{ active_time_intervals: [u] }]', 'time_intervals: [{ name: t }]'),
  withSections('routes: [{ active_time_intervals: [t, t] }]', 'time_intervals: [{ name: t }]'),
  withSections('routes: [{ active_time_intervals: t }]', 'time_intervals: [{ name: t }]'),
  withSections('routes: [{ mute_time_intervals: [t] }]', 'mute_time_intervals: [{ name: t }]'),
  withSections('', 'time_intervals: [{ name: t }, { name: t }]'),
  withSections('', 'mute_time_intervals: [{ name: t }, { name: t }]'),
  withSections('', 'time_intervals: [{ name: t }]\nmute_time_intervals: [{ name: t }]'),
  withSections('', 'time_intervals: [{ name: t }]\nmute_time_intervals: [{ name: u }]'),
  withSections('', "time_intervals: [{ name: '' }]"),
  withSections('', 'time_intervals: [{ time_intervals: [{}] }]'),
  withSections('', 'time_intervals: [{ name: t, times: [] }]'),
  withSections('', 'time_intervals: [{ name: t, time_intervals: {} }]'),
  withSections('', 'time_intervals: []'),
  withSections('', 'time_intervals:'),
];

// What is taken on one side only, on purpose.
const STRICTER: Readonly<Record<string, readonly string[]>> = {
  'no month has this number': ["['3:15']", '[0]', '[13]', "['-1']"].map((months) => `{ months: ${months} }`),
  'no year that comes has this number': ["['0']", "['-5']", "['99999']"].map(
    (years) => `{ years: ${years} }`,
  ),
  // Its documentation says that an empty list is as none; by its code nothing satisfies it.
  'an empty list may mean all or nothing': ['times', 'weekdays', 'days_of_month', 'months', 'years'].map(
    (key) => `{ ${key}: [] }`,
  ),
  'a time that is not there': ['null'],
  'a range that is not there': ['{ years: [null] }', '{ days_of_month: [null] }'],
};
const LAXER: Readonly<Record<string, readonly string[]>> = {
  'whole numbers in any notation': ['{ years: [2026.0] }', '{ days_of_month: [0x10] }', '{ years: [1e3] }'],
};

describeWithAlertmanager('compared with amtool check-config,', () => {
  test.each([
    ['times of all kinds', SPECS],
    ['ranges of days of the month', DAY_RANGES],
  ])('many %s are taken or refused alike', async (_of, specs) => {
    const ours = specsTaken(specs);
    const theirs = await takenByAmtool(specs.map(withSpec));
    expect(specs.filter((_, i) => ours[i] !== theirs[i])).toEqual([]);
    expect(theirs.filter((isTaken) => isTaken).length).toBeGreaterThan(50);
    expect(theirs.filter((isTaken) => !isTaken).length).toBeGreaterThan(50);
  });

  test('files with them and routes that name them are taken or refused alike', async () => {
    const theirs = await takenByAmtool(FILES);
    expect(FILES.filter((text, i) => (loadText(text).config !== undefined) !== theirs[i])).toEqual([]);
    expect(new Set(theirs)).toEqual(new Set([true, false]));
  });

  test.each(Object.entries(STRICTER))('only this is refused here: %s', async (_why, specs) => {
    expect(await takenByAmtool(specs.map(withSpec))).toEqual(specs.map(() => true));
    expect(specsTaken(specs)).toEqual(specs.map(() => false));
  });

  test.each(Object.entries(LAXER))('only this is taken here: %s', async (_why, specs) => {
    expect(await takenByAmtool(specs.map(withSpec))).toEqual(specs.map(() => false));
    expect(specsTaken(specs)).toEqual(specs.map(() => true));
  });
});

function loadText(text: string): ReturnType<typeof load> {
  return load(text, 'pagerelay.yaml', { env: {}, now: Date.now });
}

/** Whether we take each of these times, from what is said of one file that has them all. */
function specsTaken(specs: readonly string[]): readonly boolean[] {
  const intervals = specs.map((spec, i) => `- { name: t${i}, time_intervals: [${spec}] }`);
  const { problems } = loadText(withSections('', `time_intervals:\n${intervals.join('\n')}`));
  const refused = new Set(problems.map(({ path }) => Number(/^time_intervals\[(\d+)\]/.exec(path)?.[1])));
  if (refused.has(Number.NaN)) throw new Error(JSON.stringify(problems));
  return specs.map((_, i) => !refused.has(i));
}

/** Whether `amtool check-config` takes each of these files. */
async function takenByAmtool(texts: readonly string[]): Promise<readonly boolean[]> {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-amtool-'));
  const names = texts.map((text, i) => {
    const name = join(folder, `${i}.yml`);
    writeFileSync(name, text);
    return name;
  });
  const running = start('amtool', ['check-config', ...names], { env: { HOME: folder } });
  await running.ended;
  rmSync(folder, { recursive: true });
  const found = running.output().matchAll(/^Checking '.*\/(\d+)\.yml' {2}(SUCCESS|FAILED)/gm);
  const verdicts = new Map(
    Array.from(found, ([, i, verdict]) => [Number(i), verdict === 'SUCCESS'] as const),
  );
  if (verdicts.size !== texts.length) throw new Error(`amtool checked ${verdicts.size}: ${running.output()}`);
  return texts.map((_, i) => verdicts.get(i) === true);
}
