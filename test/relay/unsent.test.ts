import { expect, test } from '@jest/globals';
import { A, alert, relayWithFallback } from '../support/fallback.ts';
import { ACCEPTED, relayUnderTest, UNAVAILABLE } from '../support/relay.ts';
import { broken, CONFIG, json } from '../support/verification.ts';

test('an end that its own receiver is still owed is unsent, until that has it', async () => {
  const { t, answers, wait } = relayWithFallback();
  answers.pd = UNAVAILABLE;
  await t.tell([alert()]);
  expect(t.relay.unsentResolves()).toEqual([]);
  await t.tell([alert('resolved')]);
  expect(t.relay.unsentResolves()).toEqual([
    {
      receiver: 'pd',
      integration: 'pagerduty_configs[0]',
      incident_key: A,
      why: 'its receiver was unavailable',
    },
  ]);
  answers.pd = ACCEPTED;
  await wait();
  expect(t.relay.unsentResolves()).toEqual([]);
});

test('a close that failed is unsent, until it is sent once more', async () => {
  let isDown = false;
  let promised = 0;
  const t = relayUnderTest(CONFIG, ({ method }) => {
    if (method === 'GET') return broken('no');
    return isDown ? UNAVAILABLE : json(202, { requestId: `request-${++promised}` });
  });
  const later = async (ms: number) => {
    t.now += ms;
    await t.relay.verify();
  };
  await t.tell([alert('resolved')]);
  expect(t.relay.unsentResolves()).toEqual([]);
  isDown = true;
  await later(1_000);
  expect(t.relay.unsentResolves()).toMatchObject([
    { receiver: 'og', incident_key: A, why: 'it was accepted but failed' },
  ]);
  isDown = false;
  await later(61_000);
  expect(t.relay.unsentResolves()).toEqual([]);
});
