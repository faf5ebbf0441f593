import { setMaxListeners } from 'node:events';

/** When to give up, told two ways: a time for those who plan, a signal for those who wait. */
export interface Deadline {
  /** On the relay's clock, in ms. */
  readonly at: number;
  /** Aborts at that time with a TimeoutError, or with an AbortError when the daemon stops. */
  readonly signal: AbortSignal;
  /** Frees its timer. */
  clear(): void;
}

/** A deadline `ms` from now, or as soon as `stopping` aborts. */
export function createDeadline(ms: number, now: () => number, stopping: AbortSignal): Deadline {
  const controller = new AbortController();
  // Every delivery under way listens, and there may be thousands.
  setMaxListeners(0, controller.signal);
  const timer = setTimeout(() => controller.abort(new DOMException('time is over', 'TimeoutError')), ms);
  const stop = () => controller.abort(new DOMException('pagerelay is stopping', 'AbortError'));
  if (stopping.aborted) stop();
  else stopping.addEventListener('abort', stop);
  return {
    at: now() + ms,
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      stopping.removeEventListener('abort', stop);
    },
  };
}
