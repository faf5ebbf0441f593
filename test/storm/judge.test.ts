import { expect, test } from '@jest/globals';

interface Fire {
  readonly startS: number;
  readonly endS: number;
}
type Judge = (storm: object) => Readonly<Record<'lost' | 'stuck' | 'extra' | 'repeats', readonly string[]>>;

const { judge } = (await import(new URL('../../storm/judge.mjs', import.meta.url).href)) as { judge: Judge };

const alert = (instance: string, ...fires: readonly Fire[]) => ({
  labels: { alertname: 'A', instance },
  fires,
});

/** An incident at PagerDuty whose history says what was done when, in seconds. */
function incident(instance: string, ...history: readonly (readonly [string, number, unchanged?: true])[]) {
  return {
    vendor: 'pagerduty',
    event: { payload: { custom_details: { labels: { alertname: 'A', instance } } } },
    status: history.at(-1)?.[0] === 'resolve' ? 'resolved' : 'open',
    history: history.map(([action, atS, unchanged]) => ({
      action,
      at: new Date(atS * 1000).toISOString(),
      unchanged,
    })),
  };
}

const found = (alerts: readonly object[], incidents: readonly object[], per = 'alert') =>
  judge({
    alerts,
    incidents,
    per,
    startedAt: 0,
    nowS: 100,
    hidden: [
      { startS: 30, endS: 40 },
      { startS: 35, endS: 45 },
    ],
  });

const FIRED = { startS: 10, endS: 60 };
const FIRES = { startS: 10, endS: 200 };
const NOTHING = { lost: [], stuck: [], extra: [], repeats: [] };

test('what was opened and closed, and what is open while it fires, is right', () => {
  const alerts = [alert('a', FIRED), alert('b', FIRES)];
  const incidents = [incident('a', ['trigger', 12], ['resolve', 61]), incident('b', ['trigger', 12])];
  expect(found(alerts, incidents)).toEqual(NOTHING);
});

test('lost: it fires and nothing is open; or it fired for long and there never was anything', () => {
  expect(found([alert('a', FIRES)], [incident('a', ['trigger', 12], ['resolve', 50])])).toMatchObject({
    lost: ['a'],
  });
  expect(found([alert('a', FIRED)], [])).toMatchObject({ lost: ['a'] });
  expect(found([alert('a', { startS: 10, endS: 20 })], [])).toMatchObject({ lost: ['a'] });
  expect(found([alert('a', { startS: 10, endS: 19 })], [])).toEqual(NOTHING);
  const again = { startS: 65, endS: 80 };
  expect(found([alert('a', FIRED, again)], [incident('a', ['trigger', 67], ['resolve', 81])])).toMatchObject({
    lost: ['a'],
  });
});

test('not lost: something kept it from the vendor, or it was silenced', () => {
  expect(found([alert('a', { startS: 25, endS: 49 })], [])).toEqual(NOTHING);
  expect(found([alert('a', { startS: 25, endS: 51 })], [])).toMatchObject({ lost: ['a'] });
  expect(found([{ ...alert('a', FIRED), silencedS: 18 }], [])).toEqual(NOTHING);
  expect(found([{ ...alert('a', FIRED), silencedS: 21 }], [])).toMatchObject({ lost: ['a'] });
});

test('stuck: it is open and nothing fires', () => {
  expect(found([alert('a', FIRED)], [incident('a', ['trigger', 12])])).toMatchObject({ stuck: ['a'] });
});

test('extra: opened more often than it fired, or never fired', () => {
  const twice = [
    incident('a', ['trigger', 12], ['resolve', 30]),
    incident('a', ['trigger', 40], ['resolve', 61]),
  ];
  expect(found([alert('a', FIRED)], twice)).toMatchObject({ extra: ['a'] });
  expect(found([], [incident('b', ['trigger', 12], ['resolve', 30])])).toMatchObject({ extra: ['b'] });
});

test('extra: a second one for a firing, though another firing was merged into an incident or never told', () => {
  const untold = [
    { startS: 10, endS: 14 },
    { startS: 20, endS: 60 },
  ];
  const second = [
    incident('a', ['trigger', 21], ['resolve', 30]),
    incident('a', ['trigger', 31], ['resolve', 61]),
  ];
  expect(found([alert('a', ...untold)], second)).toEqual({ ...NOTHING, extra: ['a'] });
  const merged = [
    { startS: 10, endS: 20 },
    { startS: 22, endS: 30 },
    { startS: 40, endS: 60 },
  ];
  const third = [
    incident('a', ['trigger', 12], ['trigger', 23], ['resolve', 31]),
    incident('a', ['trigger', 41], ['resolve', 45]),
    incident('a', ['trigger', 46], ['resolve', 61]),
  ];
  expect(found([alert('a', ...merged)], third)).toEqual({ ...NOTHING, extra: ['a'] });
});

test('extra: opened before it fired', () => {
  const early = incident('a', ['trigger', 9], ['resolve', 61]);
  expect(found([alert('a', FIRED)], [early])).toEqual({ ...NOTHING, extra: ['a'] });
});

test('not extra: one for each firing, be it that its page came when it had ended', () => {
  const flapping = alert('a', { startS: 10, endS: 20 }, { startS: 40, endS: 60 });
  const each = [
    incident('a', ['trigger', 25], ['resolve', 26]),
    incident('a', ['trigger', 40], ['resolve', 61]),
  ];
  expect(found([flapping], each)).toEqual(NOTHING);
});

test('repeats: a trigger that says nothing new, since when it fires included', () => {
  const repeated = incident('a', ['trigger', 12], ['trigger', 20, true], ['resolve', 61]);
  expect(found([alert('a', FIRED)], [repeated])).toEqual({ ...NOTHING, repeats: ['a'] });
  const again = [
    { startS: 10, endS: 30 },
    { startS: 40, endS: 60 },
  ];
  const reopened = incident('a', ['trigger', 12], ['trigger', 41], ['resolve', 61]);
  expect(found([alert('a', ...again)], [reopened])).toMatchObject({ repeats: [] });
});

test('per group: it fires as long as any of its alerts does', () => {
  const alerts = [alert('a', FIRED), alert('b', { startS: 50, endS: 90 })];
  const whole = incident('a', ['trigger', 12], ['trigger', 51], ['resolve', 91]);
  expect(found(alerts, [whole], 'group')).toEqual(NOTHING);
});

test('extra per group: opened again while it goes on firing, though an alert of it begins meanwhile', () => {
  const alerts = [
    alert('a', FIRED),
    alert('b', { startS: 30, endS: 50 }),
    alert('c', { startS: 70, endS: 75 }),
  ];
  const twice = [
    incident('a', ['trigger', 12], ['resolve', 25]),
    incident('b', ['trigger', 31], ['resolve', 61]),
  ];
  expect(found(alerts, twice, 'group')).toEqual({ ...NOTHING, extra: ['A'] });
});

test('not extra per group: opened again once all that fired of it had ended or was silenced', () => {
  const alerts = [
    { ...alert('a', { startS: 10, endS: 90 }), silencedS: 50 },
    alert('b', { startS: 60, endS: 80 }),
  ];
  const twice = [
    incident('a', ['trigger', 12], ['resolve', 51]),
    incident('b', ['trigger', 61], ['resolve', 81]),
  ];
  expect(found(alerts, twice, 'group')).toEqual(NOTHING);
});
