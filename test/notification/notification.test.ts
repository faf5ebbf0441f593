import { describe, expect, test } from '@jest/globals';
import { common, type Labels, labelValue } from '../../src/notification/notification.ts';
import { alert } from '../support/alerts.ts';

/** Labels as they come from JSON: `__proto__` is then a name like any other. */
function fromJson(json: string): Labels {
  return JSON.parse(json) as Labels;
}

describe('labelValue', () => {
  test.each(['constructor', 'toString', 'hasOwnProperty', '__proto__', 'missing'])(
    'of %s is empty where no such label was sent',
    (name) => {
      expect(labelValue({}, name)).toBe('');
    },
  );

  test.each(['constructor', 'toString', '__proto__', 'job', ''])('of %j is what was sent', (name) => {
    expect(labelValue(fromJson(`{${JSON.stringify(name)}:"x"}`), name)).toBe('x');
  });
});

describe('common', () => {
  const withLabels = (...sets: readonly Labels[]) => sets.map((labels) => alert({ labels }));

  test.each<[string, readonly Labels[], Labels]>([
    ['nothing of no alert', [], {}],
    ['everything of one alert', [{ a: '1', b: '' }], { a: '1', b: '' }],
    [
      'what all have with one value',
      [
        { a: '1', b: '2', c: '3' },
        { c: '3', a: '1', b: 'x' },
        { a: '1', c: '3' },
      ],
      { a: '1', c: '3' },
    ],
    ['not what only some have', [{ a: '1' }, {}], {}],
    ['not a label that some have empty and others not at all', [{ a: '' }, {}], {}],
    ['not a name that every object has', [{ constructor: 'x' }, {}], {}],
    [
      'a name that every object has, where all sent it',
      [{ constructor: 'x' }, { constructor: 'x' }],
      { constructor: 'x' },
    ],
  ])('is %s', (_, sets, expected) => {
    expect(common(withLabels(...sets), 'labels')).toEqual(expected);
  });

  test('keeps __proto__ as a label', () => {
    const labels = common(
      withLabels(fromJson('{"__proto__":"x","a":"1"}'), fromJson('{"__proto__":"x"}')),
      'labels',
    );
    expect(Object.entries(labels)).toEqual([['__proto__', 'x']]);
    expect(Object.getPrototypeOf(labels)).toBe(Object.prototype);
  });

  test('reads annotations when asked for them', () => {
    const alerts = [
      alert({ annotations: { summary: 's', a: '1' } }),
      alert({ annotations: { summary: 's', a: '2' } }),
    ];
    expect(common(alerts, 'annotations')).toEqual({ summary: 's' });
  });
});
