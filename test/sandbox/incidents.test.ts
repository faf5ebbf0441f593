import { expect, test } from '@jest/globals';
import { createIncidents } from '../../src/sandbox/incidents.ts';

const KEY = 'PagerDutyKey00000000000000000001';

test('over 100,000 incidents, a tenth is forgotten, resolved ones before any open one', () => {
  const incidents = createIncidents(() => 0);
  const open = (i: number) => incidents.trigger('pagerduty', KEY, `k${i}`, 's', {});
  for (let i = 0; i < 100_000; i++) open(i);
  for (let i = 50_000; i < 55_000; i++) incidents.resolve('pagerduty', KEY, `k${i}`);
  expect(incidents.all()).toHaveLength(100_000);
  open(100_000);
  const kept = incidents.all();
  expect(kept).toHaveLength(90_001);
  expect(kept.filter(({ status }) => status === 'resolved')).toHaveLength(0);
  expect(kept.at(0)?.key).toBe('k5000');
  expect(kept.at(-1)?.key).toBe('k100000');
  // A forgotten one is not open any more: its key opens a new one.
  expect(open(0)).toMatchObject({ count: 1, id: 100_002 });
  expect(open(5000)).toMatchObject({ count: 2, id: 5001 });
});
