import type { Integration } from '../../src/config/compile-receiver.ts';
import { load } from '../../src/config/load.ts';
import { printProblem } from '../../src/config/problem.ts';
import type { Notification } from '../../src/notification/notification.ts';
import { createHttpClient } from '../../src/notify/http-client.ts';
import type { Vendor } from '../../src/notify/vendor.ts';
import { createBreakers } from '../../src/relay/breaker.ts';
import { createDeadline } from '../../src/relay/deadline.ts';
import { type Delivery, deliver } from '../../src/relay/deliver.ts';
import { createGate } from '../../src/relay/gate.ts';
import { createPacing } from '../../src/relay/pacing.ts';
import { createStall } from '../../src/relay/stall.ts';

/** In the form of PagerDuty's keys, the strictest: 32 letters and digits. */
export const CREDENTIAL = 'K3yThatNobodyMayEverSee012345678';

/** One entry of the vendor's list, made from a config file as in production; its address is `url`. */
export function configured(
  { type, credential, settingsSchema }: Vendor,
  url: string,
  settings: Readonly<Record<string, unknown>> = {},
): Integration {
  const isAddress = ([, schema]: [string, object]) => 'format' in schema && schema.format === 'url';
  const [address] = Object.entries(settingsSchema.properties).filter(isAddress);
  if (address === undefined) throw new Error(`${type} has no setting for its address`);
  const entry = { [credential.setting]: CREDENTIAL, [address[0]]: url, ...settings };
  const file = { route: { receiver: 'team' }, receivers: [{ name: 'team', [`${type}_configs`]: [entry] }] };
  const { config, problems } = load(JSON.stringify(file), 'test.yaml', { env: {}, now: Date.now });
  const [only] = config?.receivers.get('team')?.integrations ?? [];
  if (only === undefined) throw new Error(problems.map(printProblem).join('\n'));
  return only;
}

export interface DeliverOptions {
  /** Until the deadline, in ms. */
  readonly withinMs?: number;
  readonly stopping?: AbortSignal;
  /** The clock by which the deadline is planned; its timer runs by the real one. */
  readonly now?: () => number;
}

export interface Delivered extends Delivery {
  readonly elapsedMs: number;
  readonly counters: { readonly requests: number; readonly failed: number; readonly limitedSeconds: number };
}

/** Delivers as the relay does, over a real HTTP client of its own. */
export async function deliverOnce(
  to: Integration,
  notification: Notification,
  { withinMs = 4000, stopping = new AbortController().signal, now = Date.now }: DeliverOptions = {},
): Promise<Delivered> {
  const http = createHttpClient({ userAgent: 'pagerelay/test', env: {}, now: Date.now });
  const counters = {
    requests: { count: 0 },
    requestsFailed: { count: 0 },
    rateLimitedSeconds: { count: 0 },
    keysRefused: { count: 0 },
  };
  const pacing = createPacing({ now, stall: createStall(now), widthOf: () => 64, limitOf: () => undefined });
  const gate = createGate(pacing, createBreakers({ now }), now);
  const deadline = createDeadline(now() + withinMs, now, stopping);
  const startedAt = performance.now();
  try {
    const delivery = await deliver(notification, to, deadline, {
      http,
      gate,
      now,
      place: 'one',
      counters,
      rank: () => 0,
    });
    return {
      ...delivery,
      elapsedMs: performance.now() - startedAt,
      counters: {
        requests: counters.requests.count,
        failed: counters.requestsFailed.count,
        limitedSeconds: counters.rateLimitedSeconds.count,
      },
    };
  } finally {
    deadline.clear();
    await http.close();
  }
}
