import { expect, test } from '@jest/globals';
import type { Outcome } from '../../src/notify/notifier.ts';
import { createBreakers } from '../../src/relay/breaker.ts';
import { createDeadline } from '../../src/relay/deadline.ts';
import { createGate } from '../../src/relay/gate.ts';
import { createPacing } from '../../src/relay/pacing.ts';
import { configOf } from '../support/relay.ts';

const DOWN: Outcome = { status: 'unavailable', reason: 'network', detail: '' };
const LIMITED: Outcome = { status: 'unavailable', reason: 'rateLimited', detail: '', retryAfterMs: 200 };

/** A gate before an endpoint that has failed until its breaker opened, and is due for a probe. */
async function withBreakerOpen() {
  const [to] =
    configOf(`
route: { receiver: team }
receivers: [{ name: team, pagerduty_configs: [{ routing_key: ${'R'.repeat(32)} }] }]
`).receivers.get('team')?.integrations ?? [];
  if (to === undefined) throw new Error('there is none');
  const clock = { ahead: 0 };
  const now = () => Date.now() + clock.ahead;
  const pacing = createPacing({ now, widthOf: () => 64, limitOf: () => undefined });
  const gate = createGate(pacing, createBreakers({ now }), now);
  const counters = { rateLimitedSeconds: { count: 0 } };
  const pass = async (send: () => Promise<Outcome>, withinMs = 60_000) => {
    const deadline = createDeadline(now() + withinMs, now, new AbortController().signal);
    return gate.pass({ to, rank: () => 0, deadline, counters }, send).finally(() => deadline.clear());
  };
  for (let i = 0; i < 5; i++) await pass(async () => DOWN);
  clock.ahead = 1_500;
  let answer = (_outcome: Outcome) => {};
  const probe = pass(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  return { now, pass, probe, answer: (outcome: Outcome) => answer(outcome) };
}

test('what waited for a probe that was told to wait, waits as well', async () => {
  const { now, pass, probe, answer } = await withBreakerOpen();
  let sentAt = 0;
  const other = pass(async () => {
    sentAt = now();
    return { status: 'accepted' };
  });
  await new Promise(setImmediate);
  const pausedAt = now();
  answer(LIMITED);
  expect(await probe).toEqual(LIMITED);
  expect(await other).toEqual({ status: 'accepted' });
  expect(sentAt - pausedAt).toBeGreaterThanOrEqual(200);
});

test('who waits for a probe waits until the deadline, and no longer', async () => {
  const { pass, probe, answer } = await withBreakerOpen();
  expect(await pass(async () => ({ status: 'accepted' }), 50)).toMatchObject({
    status: 'unavailable',
    reason: 'contextDeadlineExceeded',
    notSent: true,
  });
  answer({ status: 'accepted' });
  expect(await probe).toEqual({ status: 'accepted' });
  expect(await pass(async () => ({ status: 'accepted' }))).toEqual({ status: 'accepted' });
});
