import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'express';
import type { SandboxVendor } from './incidents.ts';
import type { State } from './state.ts';

/** Gives a vendor's answer, unless an injected fault takes its place. */
export async function answerOrFault(
  state: State,
  vendor: SandboxVendor,
  credential: string,
  response: Response,
  answer: () => void,
): Promise<void> {
  const { now, faults, counts, pausedUntil } = state;
  const account = `${vendor} ${credential}`;
  if (now() < (pausedUntil.get(account) ?? 0)) counts.early++;
  const fault = faults.next(vendor);
  if (fault === undefined) return answer();
  counts.faulted++;
  if (fault.latency_ms !== undefined) await sleep(fault.latency_ms);
  if (fault.reset) response.socket?.resetAndDestroy();
  if (fault.reset || fault.hang) return;
  if (fault.retry_after !== undefined) {
    pausedUntil.set(account, now() + fault.retry_after * 1000);
    response.set('Retry-After', String(fault.retry_after));
  }
  if (fault.status === undefined) return answer();
  response.status(fault.status).json({ message: `injected status ${fault.status}` });
}
