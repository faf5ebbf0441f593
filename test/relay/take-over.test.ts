import { describe, expect, test } from '@jest/globals';
import type { Counters } from '../../src/relay/counters.ts';
import { createDeadline } from '../../src/relay/deadline.ts';
import { AS_SAID } from '../../src/relay/errand.ts';
import type { Job } from '../../src/relay/jobs.ts';
import { createMemory } from '../../src/relay/memory.ts';
import type { Result } from '../../src/relay/report.ts';
import { createStandIns } from '../../src/relay/stand-ins.ts';
import { createTakeOver } from '../../src/relay/take-over.ts';
import { alertOf, incidentOf } from '../support/incidents.ts';

const jobAt = (place: string, status: 'firing' | 'resolved' = 'firing') =>
  ({ place, integration: { receiver: 'pd' }, incident: incidentOf([alertOf({ status })]) }) as Job;

const RESULT: Result = {
  receiver: 'pd',
  integration: 'pagerduty_configs[0]',
  incident_key: 'key',
  action: 'trigger',
  outcome: 'accepted',
  reason: 'first',
};

describe('where there is no room for more', () => {
  /** Its receiver has not taken what is said of its place. */
  function full() {
    const standIns = createStandIns();
    for (let i = 0; i < 10_000; i++)
      standIns.put({
        job: jobAt(`place ${i}`),
        action: 'trigger',
        isOwed: true,
        opened: [jobAt(`stand-in ${i}`)],
        since: 0,
      });
    const told: string[] = [];
    const memory = createMemory({ maxEntries: 10, ttlMs: 60_000, now: () => 0, onEvict() {} });
    const takeOver = createTakeOver({
      standIns,
      held: { tell() {}, hold: () => true },
      heldResolves: { drop() {}, standing: () => undefined },
      memory: () => memory,
      now: () => 0,
      async turn({ place }) {
        told.push(place);
        return RESULT;
      },
    });
    const tell = (job: Job, action: 'trigger' | 'resolve', outcome: Result['outcome']) => {
      const deadline = createDeadline(0, () => 0, new AbortController().signal);
      const errand = { job, deadline, manner: AS_SAID, counters: { fallbacks: { count: 0 } } as Counters };
      const decision = { forward: true, action, reason: 'first', incident: job.incident } as const;
      return takeOver(errand, undefined, [jobAt('stand-in')], {
        decision,
        result: { ...RESULT, action, outcome, reason: 'other' },
      });
    };
    return { standIns, told, tell };
  }

  test('the end of what a fallback has is told to it', async () => {
    const { standIns, told, tell } = full();
    const result = await tell(jobAt('place 1', 'resolved'), 'resolve', 'unavailable');
    expect(result).toMatchObject({ outcome: 'accepted', reason: 'fallback' });
    expect(told).toEqual(['stand-in', 'stand-in 1']);
    expect(standIns.get('place 1')).toMatchObject({ action: 'resolve', isOwed: true, opened: [] });
  });

  test('no fallback takes what is new, and what its receiver rejects is told again', async () => {
    const { told, tell } = full();
    expect(await tell(jobAt('new'), 'trigger', 'rejected')).toMatchObject({
      outcome: 'unavailable',
      reason: 'atBound',
      detail: 'pd/pagerduty_configs[0]: too many incidents are at fallbacks; here: other',
    });
    expect(told).toEqual([]);
  });
});
