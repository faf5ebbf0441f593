import { expect, test } from '@jest/globals';
import type { Job } from '../../src/relay/jobs.ts';
import { isPagedSince, standingOf } from '../../src/relay/paged-since.ts';
import type { Remembered } from '../../src/relay/remembered.ts';
import { alertOf, incidentOf } from '../support/incidents.ts';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(16)) as [string, string, string];
const end = incidentOf([alertOf({ fingerprint: A, status: 'resolved' })], { granularity: 'group' });
const job = { incident: end } as Job;
const pagedAt = (acceptedAt: number | undefined, firing: Readonly<Record<string, number>>): Remembered => ({
  action: 'trigger',
  ...(acceptedAt === undefined ? {} : { last: { group: '', text: '', startsAtMs: 1, acceptedAt } }),
  others: [],
  members: Object.entries(firing).map(([fingerprint, startsAtMs]) => ({ fingerprint, startsAtMs })),
});
const then = standingOf(job, pagedAt(1_000, { [A]: 1, [B]: 1 }));

test.each([
  ['another alert that was paged', pagedAt(2_000, { [B]: 1, [C]: 2 }), true],
  ['another alert, whose page is to be sent once more', pagedAt(undefined, { [B]: 1, [C]: 2 }), true],
  ['the next firing of one that may have ended untold', pagedAt(2_000, { [B]: 2 }), true],
  ['one that was silenced when it was told, and may have ended untold', pagedAt(2_000, { [B]: 1 }), true],
  ['nothing but one that may have ended untold, told once more', pagedAt(undefined, { [B]: 1 }), false],
  ['what it ends itself', pagedAt(2_000, { [A]: 2 }), false],
  ['nothing since', pagedAt(1_000, { [C]: 2 }), false],
  ['what was closed since', { ...pagedAt(2_000, { [C]: 2 }), action: 'resolve' } as Remembered, false],
])('the end of a group comes after the page of %s', (_what, remembered, isSince) => {
  expect(isPagedSince(job, remembered, then)).toBe(isSince);
});
