import type { SharedStore } from '../../src/relay/shared-store.ts';
import type { PostedAlert } from './post.ts';
import { ACCEPTED, relayUnderTest, type SentEvent } from './relay.ts';
import { answering, type Slow } from './slow-answers.ts';

/** `pd`, and `og` that stands in for it. */
export const RECEIVERS = `receivers:
  - name: pd
    fallback: og
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
  - name: og
    opsgenie_configs: [{ api_key: key, api_url: 'http://vendor.example/og' }]
`;

export const CONFIG = `
route:
  receiver: pd
  group_by: ['...']
  routes:
    - { matchers: ['both="yes"'], receiver: pd, continue: true }
    - { matchers: ['both="yes"'], receiver: og }
${RECEIVERS}`;

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

/** Who was told what, as `pd trigger` or `og close`. */
export function calls(sent: readonly SentEvent[]): readonly string[] {
  return sent.map(({ url, body }) => {
    if (url.endsWith('/pd')) return `pd ${body.event_action}`;
    return `og ${/\/(close|acknowledge)\?/.exec(url)?.[1] ?? 'create'}`;
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
