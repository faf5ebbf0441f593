import { expect, test } from '@jest/globals';
import type { Outcome } from '../../src/notify/notifier.ts';
import { createBreakers } from '../../src/relay/breaker.ts';
import { createDeadline } from '../../src/relay/deadline.ts';
import { createGate } from '../../src/relay/gate.ts';
import { createPacing } from '../../src/relay/pacing.ts';
import { NO_STALL } from '../support/pacing.ts';
import { configOf } from '../support/relay.ts';

const DOWN: Outcome = { status: 'unavailable', reason: 'network', detail: '' };
const NOT_SENT: Outcome = { status: 'unavailable', reason: 'other', detail: '', notSent: true };
const LIMITED: Outcome = { status: 'unavailable', reason: 'rateLimited', detail: '', retryAfterMs: 200 };

function aGate() {
  const [to] =
    configOf(`
route: { receiver: team }
receivers: [{ name: team, pagerduty_configs: [{ routing_key: ${'R'.repeat(32)} }] }]
`).receivers.get('team')?.integrations ?? [];
  if (to === undefined) throw new Error('there is none');
  const clock = { ahead: 0 };
  const now = () => Date.now() + clock.ahead;
  const pacing = createPacing({ now, stall: NO_STALL, widthOf: () => 64, limitOf: () => undefined });
  const gate = createGate(pacing, createBreakers({ now }), now);
  const counters = { rateLimitedSeconds: { count: 0 } };
  let passed = 0;
  /** Each is of an incident of its own. */
  const pass = async (send: (mayStart: () => boolean) => Promise<Outcome>, withinMs = 60_000) => {
    const deadline = createDeadline(now() + withinMs, now, new AbortController().signal);
    return gate
      .pass({ to, who: `${++passed}`, rank: () => 0, deadline, counters }, send)
      .finally(() => deadline.clear());
  };
  return { clock, now, pass, pacing, target: to.target };
}

/** A gate before an endpoint that has failed until its breaker opened, and is due for a probe. */
async function withBreakerOpen() {
  const { clock, now, pass, pacing, target } = aGate();
  for (let i = 0; i < 5; i++) await pass(async () => DOWN);
  clock.ahead = 1_500;
  let answer = (_outcome: Outcome) => {};
  let hold = () => {};
  let heldAt = Number.POSITIVE_INFINITY;
  const probe = pass((mayStart) => {
    if (now() > heldAt) return Promise.resolve({ status: 'accepted' });
    return new Promise((resolve) => {
      answer = resolve;
      hold = () => {
        heldAt = now();
        pacing.pause(target, heldAt + 100);
        if (mayStart()) throw new Error('it may start');
        resolve(NOT_SENT);
      };
    });
  });
  return { now, pass, probe, answer: (outcome: Outcome) => answer(outcome), hold: () => hold() };
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

test('what is not written yet when its credential is paused waits its turn once more', async () => {
  const { now, pass } = aGate();
  let connect = () => {};
  const connected = new Promise<void>((resolve) => {
    connect = resolve;
  });
  const asked: number[] = [];
  const late = pass(async (mayStart) => {
    await connected;
    asked.push(now());
    return mayStart() ? { status: 'accepted' } : NOT_SENT;
  });
  const pausedAt = now();
  expect(await pass(async () => LIMITED)).toEqual(LIMITED);
  connect();
  expect(await late).toEqual({ status: 'accepted' });
  expect(asked).toHaveLength(2);
  expect((asked[1] ?? 0) - pausedAt).toBeGreaterThanOrEqual(200);
  // What was held up says nothing of the endpoint.
  for (let i = 0; i < 10; i++)
    expect(await pass(async () => ({ status: 'accepted' }))).toEqual({ status: 'accepted' });
});

test('what is held up for longer than there is time is not sent', async () => {
  const { pass } = aGate();
  let connect = () => {};
  const connected = new Promise<void>((resolve) => {
    connect = resolve;
  });
  let asked = 0;
  const late = pass(async (mayStart) => {
    await connected;
    asked++;
    return mayStart() ? { status: 'accepted' } : NOT_SENT;
  }, 5_000);
  await pass(async () => ({ ...LIMITED, retryAfterMs: 60_000 }));
  connect();
  expect(await late).toMatchObject({ status: 'unavailable', reason: 'rateLimited', notSent: true });
  expect(asked).toBe(1);
});

test('where a probe is held up, one of those that wait for it is the next', async () => {
  const { pass, probe, hold } = await withBreakerOpen();
  const order: string[] = [];
  const late = pass(async () => ({ status: 'accepted' }), 50);
  const others = ['b', 'c'].map((name) =>
    pass(async () => {
      order.push(name);
      return { status: 'accepted' };
    }),
  );
  expect(await late).toMatchObject({ status: 'unavailable', notSent: true });
  hold();
  expect(await Promise.all(others)).toEqual([{ status: 'accepted' }, { status: 'accepted' }]);
  expect(await probe).toEqual({ status: 'accepted' });
  expect(order).toEqual(['b', 'c']);
});
