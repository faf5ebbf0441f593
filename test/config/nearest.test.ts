import { expect, test } from '@jest/globals';
import { nearest, noSuch } from '../../src/config/nearest.ts';

test.each<[string, readonly string[], string | undefined]>([
  ['tema', ['db', 'team', 'web'], 'team'],
  ['dbb', ['db', 'dbs'], 'db'],
  ['platform-critcal', ['platform', 'platform-critical'], 'platform-critical'],
  ['db', ['web', 'qa'], undefined],
  ['x', ['y'], undefined],
  ['anything', [], undefined],
  ['platform', ['database'], undefined],
])('who wrote %s may mean one of %j: %s', (name, known, expected) => {
  expect(nearest(name, known)).toBe(expected);
});

test('where none is near, all are told of', () => {
  expect(noSuch('receiver', 'platform', ['db', 'web'])).toBe(
    'there is no receiver platform (there are: db, web)',
  );
  expect(noSuch('time interval', 'nights', [])).toBe('there is no time interval nights');
});
