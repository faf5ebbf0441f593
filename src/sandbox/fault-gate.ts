import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'express';
import type { SandboxVendor } from './incidents.ts';
import type { State } from './state.ts';

/** Names the process that calls: of several that share nothing, each knows only of what it was told itself. */
const CALLER_HEADER = 'X-Sandbox-Caller';

/** Gives a vendor's answer, unless an injected fault takes its place. */
export async function answerOrFault(
  state: State,
  vendor: SandboxVendor,
  credential: string,
  response: Response,
  answer: () => void,
): Promise<void> {
  const { now, faults, counts, pauses } = state;
  const arrivedAt = state.arrivals.get(response.req) ?? now();
  const account = `${vendor} ${credential}`;
  const caller = response.req.get(CALLER_HEADER);
  const callersAccount = caller === undefined ? account : `${account} ${caller}`;
  const ignored = pauses.ignoredBy(callersAccount, arrivedAt);
  if (ignored !== undefined) state.cameEarly({ account: callersAccount, arrivedAt, ...ignored });
  if (pauses.ignoredBy(account, arrivedAt) !== undefined) counts.early_any++;
  const fault = faults.next(vendor, credential);
  if (fault === undefined) return answer();
  counts.faulted++;
  if (fault.latency_ms !== undefined) await sleep(fault.latency_ms);
  if (fault.reset) response.socket?.resetAndDestroy();
  if (fault.reset || fault.hang) return;
  if (fault.retry_after !== undefined) {
    const until = now() + fault.retry_after * 1000;
    response.set('Retry-After', String(fault.retry_after));
    const { socket } = response;
    response.once('finish', () =>
      afterReading(() => {
        if (socket === null || socket.destroyed || socket.readableEnded) return;
        const started = [...new Set([account, callersAccount])].map((told) => pauses.start(told, until));
        state.whenUnread(socket, () => {
          for (const takeBack of started) takeBack();
        });
      }),
    );
  }
  if (fault.status === undefined) return answer();
  response.status(fault.status).json({ message: `injected status ${fault.status}` });
}

/**
 * Calls back when what has come by now was read: on a busy machine it may have waited for longer than answers are on their
 * way, and its time is that of its reading.
 */
function afterReading(callback: () => void): void {
  // The first one ends this turn of the event loop; in the next two it accepts what has connected, and reads it.
  setImmediate(() => setImmediate(() => setImmediate(callback)));
}
