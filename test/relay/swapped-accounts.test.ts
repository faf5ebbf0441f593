import { describe, expect, test } from '@jest/globals';
import { ACCEPTED, REJECTED, UNAVAILABLE } from '../support/relay.ts';
import { alert, relayWithReloads } from '../support/reload.ts';
import { pending } from '../support/slow-answers.ts';

/** Both receivers are at one vendor, with these keys. Everything goes to `to`, whose fallback is the other one. */
const config = (one: string, two: string, { fallback = 'two', to = 'one' } = {}) => `
relay: { delivery_timeout: 9s }
route: { receiver: ${to}, group_by: ['...'] }
receivers:
  - name: one
    ${to === 'one' && fallback !== '' ? `fallback: ${fallback}` : ''}
    pagerduty_configs: [{ routing_key: ${one}, url: 'http://vendor.example/pd' }]
  - name: two
    ${to === 'two' ? 'fallback: one' : ''}
    pagerduty_configs: [{ routing_key: ${two}, url: 'http://vendor.example/pd' }]
`;

test.each([
  ['takes', ACCEPTED],
  ['rejects', REJECTED],
])(
  'a page that a reload left to the fallback is not told anew: its end is kept back at the old account, that %s it',
  async (_what, answer) => {
    const held = (key: string) =>
      config(key, 'k2').replace("['...']", "['...'], dedup: { hold_resolve: 5m }");
    const on = relayWithReloads(held('k1'));
    const slow = pending();
    on.answers.set('k1', slow.answer);
    const telling = [on.t.tell([alert('a')]), on.t.tell([alert('a', 'resolved')])];
    on.use(held('k3'));
    slow.give(UNAVAILABLE);
    await Promise.all(telling);
    on.answers.set('k1', answer);
    on.told();
    const told = [await on.tend(), await on.tend(5 * 60_000)].flat();
    expect(told).not.toContain('k3 trigger a');
    expect(told).toContain('k2 resolve a');
    expect(await on.t.scrape()).toContain('pagerelay_stand_ins 0');
  },
);

describe.each([
  ["its fallback's account, and that one its own", config('k2', 'k1')],
  ["its fallback's account, and that one another", config('k2', 'k3')],
  ["its fallback's account, and takes the fallback away", config('k2', 'k2', { fallback: '' })],
])('a reload that gives a receiver %s', (_what, next) => {
  test('leaves the incident that the fallback has to it, and it is ended there', async () => {
    const on = relayWithReloads(config('k1', 'k2'));
    on.answers.set('k1', UNAVAILABLE);
    await on.t.tell([alert('a')]);
    on.told();
    on.use(next);
    on.answers.clear();
    expect(await on.tend()).toEqual([]);
    expect(await on.t.scrape()).toContain('pagerelay_stand_ins 0');
    await on.t.tell([alert('a', 'resolved')]);
    expect(on.told()).toContain('k2 resolve a');
    await on.t.tell([alert('b')]);
    expect(on.told()).toContain('k2 trigger b');
  });

  test.each([
    ['rejected', REJECTED],
    ['not taken now', UNAVAILABLE],
  ])('answers for what was under way and is %s', async (_what, answer) => {
    const on = relayWithReloads(config('k1', 'k2'));
    const slow = pending();
    on.answers.set('k1', slow.answer);
    const telling = on.t.tell([alert('a')]);
    on.use(next);
    slow.give(answer);
    await telling;
    on.answers.clear();
    on.told();
    await on.t.tell([alert('a')]);
    expect(on.told()).toContain('k2 trigger a');
  });
});

test('receivers that have changed places by a reload do not wait for each other: what one hands back the other does not hand on', async () => {
  const on = relayWithReloads(config('k1', 'k2'));
  on.answers.set('k1', UNAVAILABLE);
  await on.t.tell([alert('a')]);
  on.told();
  on.use(config('k1', 'k2', { to: 'two' }));
  on.answers.set('k1', ACCEPTED);
  on.answers.set('k2', UNAVAILABLE);
  expect(await on.tend()).toEqual(['k1 trigger a', 'k2 resolve a']);
  on.answers.clear();
  expect(await on.tend()).toEqual(['k2 resolve a']);
});
