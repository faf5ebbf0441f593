import { expect, test } from '@jest/globals';
import { calls } from '../support/fallback.ts';
import type { PostedAlert } from '../support/post.ts';
import { ACCEPTED, relayUnderTest, UNAVAILABLE } from '../support/relay.ts';
import { sharedMemory } from '../support/shared-memory.ts';

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

test('the end of a group that is still owed closes nothing where another replica has paged for another of its alerts since', async () => {
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
  isDown = false;
  for (const t of [one, two]) {
    t.sent();
    t.now += 61_000;
  }
  await two.relay.tend();
  expect(calls(two.sent())).toEqual(['pd trigger', 'og close']);
  await one.relay.tend();
  expect(calls(one.sent())).toEqual([]);
  expect(await one.scrape()).toMatch(/^pagerelay_stand_ins 0$/m);
});
