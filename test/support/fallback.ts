import type { Answer } from '../../src/notify/outcome.ts';
import type { SharedStore } from '../../src/relay/shared-store.ts';
import type { PostedAlert } from './post.ts';
import { ACCEPTED, relayUnderTest, type SentEvent } from './relay.ts';

export const CONFIG = `
route:
  receiver: pd
  group_by: ['...']
  routes:
    - { matchers: ['both="yes"'], receiver: pd, continue: true }
    - { matchers: ['both="yes"'], receiver: og }
receivers:
  - name: pd
    fallback: og
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
  - name: og
    opsgenie_configs: [{ api_key: key, api_url: 'http://vendor.example/og' }]
`;

export const A = 'a'.repeat(16);
export const alert = (
  status: PostedAlert['status'] = 'firing',
  more: Partial<PostedAlert> = {},
): PostedAlert => ({
  status,
  fingerprint: A,
  startsAt: '2027-01-15T07:00:00Z',
  ...more,
});

/** An answer that may be long in coming. */
export type Slow = Answer | Promise<Answer>;

/** Called when an answer is asked for that comes later. */
const askedFor = new WeakMap<Promise<Answer>, () => void>();

/** An answer that comes when it is given; `asked`: when a vendor was asked for it (`answering`). */
export function pending() {
  let give: (answer: Answer) => void = () => {};
  const answer = new Promise<Answer>((resolve) => {
    give = resolve;
  });
  const asked = new Promise<void>((resolve) => {
    askedFor.set(answer, resolve);
  });
  return { answer, give, asked };
}

/** What a vendor answers that was asked now. */
export function answering(answer: Slow): Slow {
  if (answer instanceof Promise) askedFor.get(answer)?.();
  return answer;
}

/** All that needs no answer is done by then. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

export const REJECTED: Answer = { status: 400, headers: {}, body: '' };

/** Who was told what, as `pd trigger` or `og close`. */
export function calls(sent: readonly SentEvent[]): readonly string[] {
  return sent.map(({ url, body }) => {
    if (url.endsWith('/pd')) return `pd ${body.event_action}`;
    return url.includes('/close') ? 'og close' : 'og create';
  });
}

export function relayWithFallback(store?: SharedStore, more = '') {
  const answers: { pd: Slow; og: Slow } = { pd: ACCEPTED, og: ACCEPTED };
  const t = relayUnderTest(
    `${CONFIG}${more}`,
    ({ url }) => answering(url.endsWith('/pd') ? answers.pd : answers.og),
    store === undefined ? {} : { store },
  );
  /** Time for everything that a vendor asked to wait for. */
  const wait = async (): Promise<void> => {
    t.now += 61_000;
    await t.relay.tend();
  };
  return { t, answers, wait };
}
