import { expect, test } from '@jest/globals';
import { createMetrics } from '../../src/observe/metrics.ts';
import { type Job, jobsOf } from '../../src/relay/jobs.ts';
import { createRoom } from '../../src/relay/room.ts';
import { createState } from '../../src/relay/state.ts';
import { configOf, webhookOf } from '../support/relay.ts';

const config = configOf(`
relay: { max_in_flight: 10 }
route: { receiver: slow, group_by: ['...'] }
receivers:
  - name: slow
    pagerduty_configs: [{ routing_key: slow }]
  - name: quick
    pagerduty_configs: [{ routing_key: quick }]
  - name: both
    pagerduty_configs: [{ routing_key: slow }, { routing_key: quick }]
`);
const room = (of = config) => createRoom(createState(of, createMetrics(), Date.now));

let told = 0;
/** A receiver's jobs for so many alerts that nobody was told of before. */
function jobsFor(receiver: string, count: number, of = config): readonly Job[] {
  const alerts = Array.from({ length: count }, () => ({
    fingerprint: (told++).toString(16).padStart(16, '0'),
  }));
  return jobsOf(webhookOf(alerts), of, receiver);
}

test('a credential has half of the room at most, so that what is for others is taken', () => {
  const own = room();
  const slow = jobsFor('slow', 5);
  expect(own.enter(slow)).toHaveLength(5);
  expect(own.enter(jobsFor('slow', 1))).toEqual([]);
  expect(own.enter(jobsFor('both', 2)).map(({ integration }) => integration.receiver)).toEqual([
    'both',
    'both',
  ]);
  expect(own.inFlight).toBe(7);
  own.leave(slow);
  expect(own.enter(jobsFor('slow', 1))).toHaveLength(1);
});

test('so does an address, whatever the credentials that it is told with', () => {
  const many = configOf(`
relay: { max_in_flight: 10 }
route: { receiver: many, group_by: ['...'] }
receivers:
  - { name: many, pagerduty_configs: [{ routing_key: one }, { routing_key: two }, { routing_key: three }] }
  - { name: other, opsgenie_configs: [{ api_key: key }] }
`);
  const own = room(many);
  for (const taken of [3, 3, 0]) expect(own.enter(jobsFor('many', 1, many))).toHaveLength(taken);
  expect(own.enter(jobsFor('other', 4, many))).toHaveLength(4);
});

test('what is refused for its credential takes no room from the others of its webhook', () => {
  const own = room();
  expect(own.enter(jobsFor('slow', 7))).toHaveLength(7);
  expect(own.enter(jobsFor('both', 3)).map(({ integration }) => integration.name)).toEqual(
    Array(3).fill('pagerduty_configs[1]'),
  );
});

test('more than half is taken where nothing of that credential is in flight: later it would be no less', () => {
  const own = room();
  expect(own.enter(jobsFor('slow', 8))).toHaveLength(8);
  expect(own.enter(jobsFor('quick', 2))).toHaveLength(2);
  expect(own.enter(jobsFor('quick', 1))).toEqual([]);
});

test('more than there is room for at all is taken where nothing is in flight', () => {
  const own = room();
  const many = jobsFor('slow', 30);
  expect(own.enter(many)).toHaveLength(30);
  expect(own.enter(jobsFor('quick', 1))).toEqual([]);
  own.leave(many);
  expect(own.inFlight).toBe(0);
  expect(own.enter(jobsFor('quick', 1))).toHaveLength(1);
});

test('a credential that is the only one has all of it', () => {
  const own = room(
    configOf(`
relay: { max_in_flight: 10 }
route: { receiver: slow }
receivers: [{ name: slow, pagerduty_configs: [{ routing_key: slow }] }]
`),
  );
  expect(own.enter(jobsFor('slow', 5))).toHaveLength(5);
  expect(own.enter(jobsFor('slow', 5))).toHaveLength(5);
  expect(own.enter(jobsFor('slow', 1))).toEqual([]);
});
