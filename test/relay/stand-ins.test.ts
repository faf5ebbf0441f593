import { expect, test } from '@jest/globals';
import type { Job } from '../../src/relay/jobs.ts';
import { createStandIns, type StandIn } from '../../src/relay/stand-ins.ts';
import { alertOf, incidentOf } from '../support/incidents.ts';

const standIn = (i: number, isOwed: boolean): StandIn => ({
  job: { place: `place ${i}`, incident: incidentOf([alertOf()]) } as Job,
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

test('a reload that swaps two places swaps what they have, and one that makes one of two keeps what both opened', () => {
  const standIns = createStandIns();
  const to = (places: readonly string[]) => {
    const next = new Map(['place 0', 'place 1'].map((place, i) => [place, places[i] ?? place]));
    standIns.move(({ job, ...rest }) => ({
      ...rest,
      job: { ...job, place: next.get(job.place) ?? job.place },
    }));
  };
  standIns.put(standIn(0, true));
  standIns.put(standIn(1, true));
  to(['place 1', 'place 0']);
  expect(standIns.get('place 0')?.opened).toMatchObject([{ place: 'stand-in 1' }]);
  expect(standIns.get('place 1')?.opened).toMatchObject([{ place: 'stand-in 0' }]);
  to(['one', 'one']);
  expect(standIns.size).toBe(1);
  expect(standIns.get('one')?.opened).toHaveLength(2);
  standIns.drop('one');
  expect(['stand-in 0', 'stand-in 1'].map((place) => standIns.isOpened(place))).toEqual([false, false]);
});

test('what is owed is never forgotten', () => {
  const standIns = createStandIns();
  for (let i = 0; i < 10_000; i++) standIns.put(standIn(i, true));
  expect(standIns.hasRoom).toBe(false);
});
