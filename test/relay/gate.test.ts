import { expect, test } from '@jest/globals';
import type { Outcome } from '../../src/notify/notifier.ts';
import { createBreakers } from '../../src/relay/breaker.ts';
import { createDeadline } from '../../src/relay/deadline.ts';
import { createGate } from '../../src/relay/gate.ts';
import { createPacing } from '../../src/relay/pacing.ts';
import { configOf } from '../support/relay.ts';

const DOWN: Outcome = { status: 'unavailable', reason: 'network', detail: '' };
const LIMITED: Outcome = { status: 'unavailable', reason: 'rateLimited', detail: '', retryAfterMs: 200 };

test('what waited for a probe that was told to wait, waits as well', async () => {
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
  const deadline = createDeadline(now() + 60_000, now, new AbortController().signal);
  const counters = { rateLimitedSeconds: { count: 0 } };
  const pass = (send: () => Promise<Outcome>) => gate.pass({ to, rank: () => 0, deadline, counters }, send);
  for (let i = 0; i < 5; i++) await pass(async () => DOWN);
  clock.ahead = 1_500;
  let answer = (_outcome: Outcome) => {};
  const probe = pass(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
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
  deadline.clear();
});

test('who waits for a probe waits until the deadline, and no longer', async () => {
  const [to] =
    configOf(`
route: { receiver: team }
receivers: [{ name: team, pagerduty_configs: [{ routing_key: ${'R'.repeat(32)} }] }]
`).receivers.get('team')?.integrations ?? [];
  if (to === undefined) throw new Error('there is none');
  const clock = { ahead: 0 };
  const now = () => Date.now() + clock.ahead;
  const gate = createGate(
    createPacing({ now, widthOf: () => 64, limitOf: () => undefined }),
    createBreakers({ now }),
    now,
  );
  const stopping = new AbortController().signal;
  const counters = { rateLimitedSeconds: { count: 0 } };
  const pass = async (withinMs: number, send: () => Promise<Outcome>) => {
    const deadline = createDeadline(now() + withinMs, now, stopping);
    return gate.pass({ to, rank: () => 0, deadline, counters }, send).finally(() => deadline.clear());
  };
  for (let i = 0; i < 5; i++) await pass(60_000, async () => DOWN);
  clock.ahead = 1_500;
  let answer = (_outcome: Outcome) => {};
  const probe = pass(
    60_000,
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  expect(await pass(50, async () => ({ status: 'accepted' }))).toMatchObject({
    status: 'unavailable',
    reason: 'contextDeadlineExceeded',
    notSent: true,
  });
  answer({ status: 'accepted' });
  expect(await probe).toEqual({ status: 'accepted' });
  expect(await pass(60_000, async () => ({ status: 'accepted' }))).toEqual({ status: 'accepted' });
});
