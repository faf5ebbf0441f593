import type { Integration } from '../config/compile-receiver.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { VendorRequest } from '../notify/notifier.ts';
import { type Destination, type Exchanged, exchange } from '../notify/send.ts';
import { createDeadline } from './deadline.ts';
import { type Gate, RANK } from './gate.ts';

/** Something a vendor is asked that nobody waits for. */
export interface Inquiry {
  readonly request: VendorRequest;
  /** By whose pace and breaker. */
  readonly to: Integration;
  readonly destination: Destination;
  /** How long it may take, its wait for a turn included, and its attempt by itself, in ms. */
  readonly timeoutMs: number;
  readonly attemptMs: number;
}

export interface AskParts {
  readonly http: HttpClient;
  readonly gate: Gate;
  /** In ms since the epoch. */
  readonly now: () => number;
  readonly stopping: AbortSignal;
}

/** Asks once, through the gate as everything that is sent to a vendor: behind all that somebody waits for. */
export async function ask(
  { request, to, destination, timeoutMs, attemptMs }: Inquiry,
  { http, gate, now, stopping }: AskParts,
): Promise<Exchanged> {
  const deadline = createDeadline(now() + timeoutMs, now, stopping);
  const passing = {
    to,
    rank: () => RANK.housekeeping,
    deadline,
    counters: { rateLimitedSeconds: { count: 0 } },
  };
  let answer: Exchanged | undefined;
  try {
    const outcome = await gate.pass(passing, async (mayStart) => {
      const attempt = { signal: deadline.signal, timeoutMs: attemptMs, mayStart };
      answer = await exchange(request, destination, attempt, { http, now });
      return answer.outcome;
    });
    // The gate may have refused it since.
    return answer?.outcome === outcome ? answer : { outcome };
  } finally {
    deadline.clear();
  }
}
