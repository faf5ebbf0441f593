import { expect, test } from '@jest/globals';
import { createLosses } from '../../src/relay/losses.ts';

const MINUTE = 60_000;

/** Looks at these minutes, at an Alertmanager that was started at those; what it told at which minutes it may have lost. */
function lostAfter(looks: readonly (readonly [at: number, upSince: number])[]): readonly number[] {
  const losses = createLosses();
  for (const [at, upSince] of looks) losses.see({ takenAt: at * MINUTE, upSince: upSince * MINUTE });
  return Array.from({ length: 200 }, (_, minute) => minute).filter((minute) =>
    losses.mayHaveLost(minute * MINUTE),
  );
}
const minutes = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test.each([
  ['never started again', [[100, 0]], []],
  ['started before the first look', [[100, 50]], minutes(0, 50)],
  [
    'started between two',
    [
      [100, 0],
      [160, 150],
    ],
    minutes(81, 150),
  ],
  [
    'started twice',
    [
      [50, 0],
      [70, 60],
      [130, 60],
      [150, 140],
    ],
    [...minutes(31, 60), ...minutes(111, 140)],
  ],
  [
    'not always the one that was up for longest',
    [
      [100, 0],
      [101, 50],
      [102, 0],
    ],
    [],
  ],
] as const)('of an Alertmanager that was %s', (_what, looks, lost) => {
  expect(lostAfter(looks)).toEqual(lost);
});
