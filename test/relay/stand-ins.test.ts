import { expect, test } from '@jest/globals';
import type { Job } from '../../src/relay/jobs.ts';
import { createStandIns, type StandIn } from '../../src/relay/stand-ins.ts';

const standIn = (i: number, isOwed: boolean): StandIn => ({
  job: { place: `place ${i}` } as Job,
  action: 'trigger',
  isOwed,
  opened: [{ place: `stand-in ${i}` } as Job],
  since: 0,
});

test('when there is no room, the oldest that is owed nothing makes it', () => {
  const standIns = createStandIns();
  standIns.put(standIn(0, true));
  for (let i = 1; i < 10_000; i++) standIns.put(standIn(i, false));
  expect(standIns.hasRoom).toBe(true);
  standIns.put(standIn(10_000, false));
  expect(standIns.size).toBe(10_000);
  expect(standIns.get('place 1')).toBeUndefined();
  expect(standIns.isOpened('stand-in 1')).toBe(false);
  expect(standIns.get('place 0')).toBeDefined();
});

test('what is owed is never forgotten', () => {
  const standIns = createStandIns();
  for (let i = 0; i < 10_000; i++) standIns.put(standIn(i, true));
  expect(standIns.hasRoom).toBe(false);
});
