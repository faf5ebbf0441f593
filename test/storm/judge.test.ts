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
