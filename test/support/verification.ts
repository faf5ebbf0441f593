import type { HttpRequest } from '../../src/notify/http-request.ts';
import type { Answer } from '../../src/notify/outcome.ts';
import type { SharedStore } from '../../src/relay/shared-store.ts';
import { ACCEPTED, relayUnderTest, UNAVAILABLE } from './relay.ts';

export const CONFIG = `
route: { receiver: og, group_by: ['...'] }
receivers:
  - name: og
    opsgenie_configs: [{ api_key: secret-key }]
`;

/** An answer of JSON. */
export const json = (status: number, body: object): Answer => ({
  status,
  headers: {},
  body: JSON.stringify(body),
});

/** What is said of a promise: it is done, or it has failed. */
export const KEPT = json(200, { data: { isSuccess: true, status: 'Created alert' } });
export const broken = (status: string) => json(200, { data: { isSuccess: false, status } });

export const alert = { fingerprint: '000000000000000a' };

interface Promising {
  /** The id of each promise. */
  readonly receipt?: (n: number) => unknown;
  readonly config?: string;
  readonly store?: SharedStore;
  /** Whether it takes nothing after its first promise. */
  readonly isDown?: boolean;
  /** What is answered at `/pd`, which a config may have as the fallback. */
  readonly fallback?: Answer;
}

/** Before a vendor that promises everything; `says`: what it says later of each request. */
export function relayWithPromises(
  says: (request: number) => Answer,
  {
    receipt = (n) => `request-${n}`,
    config = CONFIG,
    store,
    isDown = false,
    fallback = ACCEPTED,
  }: Promising = {},
) {
  const asked: string[] = [];
  let promised = 0;
  const answer = ({ method, url }: HttpRequest): Answer => {
    if (url.endsWith('/pd')) return fallback;
    if (method !== 'GET' && isDown && promised > 0) return UNAVAILABLE;
    if (method !== 'GET')
      return json(202, { result: 'Request will be processed', requestId: receipt(++promised) });
    asked.push(new URL(url).pathname);
    return says(Number(url.split('-').at(-1)));
  };
  const t = relayUnderTest(config, answer, store === undefined ? {} : { store });
  /** Some time later, what is due is asked. */
  const pass = async (ms: number) => {
    t.now += ms;
    await t.relay.verify();
  };
  /** The paths of what was sent, but for the questions. */
  const posts = () =>
    t.sent().flatMap(({ url }) => (url.includes('/requests/') ? [] : [new URL(url).pathname]));
  return { t, asked, pass, posts };
}
