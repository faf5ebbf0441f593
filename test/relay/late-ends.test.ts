import { describe, expect, test } from '@jest/globals';
import { calls } from '../support/fallback.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, relayUnderTest, UNAVAILABLE } from '../support/relay.ts';
import { sharedMemory } from '../support/shared-memory.ts';
import { broken, KEPT, CONFIG as PROMISING, relayWithPromises } from '../support/verification.ts';

const CONFIG = `
route: { receiver: pd, group_by: [] }
receivers:
  - name: pd
    fallback: og
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
  - name: og
    opsgenie_configs: [{ api_key: key, api_url: 'http://vendor.example/og', verify: false }]
`;
const alert = (letter: string, status: PostedAlert['status'] = 'firing'): PostedAlert => ({
  status,
  fingerprint: letter.repeat(16),
  startsAt: '2027-01-15T07:00:00Z',
});

test.each([
  ['', false],
  [', though it was tried once more in vain when that was heard of', true],
])(
  'the end of a group that is still owed closes nothing where another replica has paged for another of its alerts since%s',
  async (_what, isTried) => {
    let isDown = false;
    const store = sharedMemory();
    const [one, two] = [store(), store()].map((own) =>
      relayUnderTest(CONFIG, ({ url }) => (isDown && url.endsWith('/pd') ? UNAVAILABLE : ACCEPTED), {
        store: own,
      }),
    );
    if (!one || !two) throw new Error('there are two');
    await one.tell([alert('a')]);
    isDown = true;
    await one.tell([alert('a', 'resolved')]);
    await two.tell([alert('c')]);
    one.now += 61_000;
    if (isTried) await one.relay.tend();
    isDown = false;
    for (const t of [one, two]) {
      t.sent();
      t.now += 61_000;
    }
    await two.relay.tend();
    await one.relay.tend();
    expect([calls(two.sent()), calls(one.sent())]).toEqual([['pd trigger', 'og close'], []]);
    expect(await one.scrape()).toMatch(/^pagerelay_stand_ins 0$/m);
  },
);

test('the end that is kept back is sent though its page was sent once more meanwhile, and another alert has ended untold', async () => {
  const config = PROMISING.replace("['...']", '[], dedup: { hold_resolve: 5m }');
  const { t, pass, posts } = relayWithPromises((request) => (request === 1 ? broken('no') : KEPT), {
    config,
  });
  await t.tell([alert('a'), alert('b')]);
  await t.tell([alert('a', 'resolved')]);
  await pass(1_000);
  posts();
  t.now += 5 * 60_000;
  await t.relay.tend();
  expect(posts()).toEqual([expect.stringMatching(/close$/)]);
});

describe('the end that one replica keeps back', () => {
  const alertAt = (minute: number, letter: string, status: PostedAlert['status'] = 'firing') => ({
    ...alert(letter, status),
    startsAt: `2027-01-15T07:${String(minute).padStart(2, '0')}:00Z`,
  });
  const config = (groupBy: string, more = '') => `
route: { receiver: pd, group_by: ${groupBy}, dedup: { hold_resolve: 5m${more} } }
receivers:
  - name: pd
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
`;

  /** Two replicas that share what they know, and what both have sent five minutes after the last word to the first. */
  function replicas(text: string) {
    const store = sharedMemory();
    const [one, two] = [store(), store()].map((own) => relayUnderTest(text, () => ACCEPTED, { store: own }));
    if (!one || !two) throw new Error('there are two');
    const sentAtLast = async () => {
      one.now += 5 * 60_000;
      await one.relay.tend();
      expect(await one.scrape()).toContain('pagerelay_resolves_held 0');
      return [calls(one.sent()), calls(two.sent())];
    };
    return { one, two, sentAtLast };
  }

  test('is let go where the other one has paged for another alert of the group meanwhile', async () => {
    const { one, two, sentAtLast } = replicas(config('[]'));
    await one.tell([alertAt(1, 'a')]);
    await one.tell([alertAt(1, 'a', 'resolved')]);
    two.now += 60_000;
    await two.tell([alertAt(10, 'c')]);
    expect(await sentAtLast()).toEqual([['pd trigger'], ['pd trigger']]);
  });

  test('is sent where it is that of what was paged last, though another alert of the group has ended untold', async () => {
    const { one, two, sentAtLast } = replicas(config('[]'));
    await one.tell([alertAt(1, 'a'), alertAt(1, 'b')]);
    await one.tell([alertAt(1, 'a', 'resolved')]);
    two.now += 60_000;
    await two.tell([alertAt(10, 'a')]);
    one.now += 120_000;
    await one.tell([alertAt(10, 'a', 'resolved')]);
    expect(await sentAtLast()).toEqual([['pd trigger', 'pd resolve'], ['pd trigger']]);
  });

  test('by labels is called off by a page of the other one that says nothing new', async () => {
    const { one, two, sentAtLast } = replicas(config('[service]', ', resend_on: [severity]'));
    await one.tell([alertAt(10, 'a')], { groupKey: 'first' });
    await one.tell([alertAt(10, 'a', 'resolved')], { groupKey: 'first' });
    two.now += 60_000;
    await two.tell([alertAt(10, 'c')], { groupKey: 'other' });
    expect(await sentAtLast()).toEqual([['pd trigger'], ['pd trigger']]);
  });
});
