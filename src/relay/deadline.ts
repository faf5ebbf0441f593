import { Cancellation, type Signal } from '../notify/signal.ts';
import type { Span } from '../observe/span.ts';

/** When to give up, told two ways: a time for those who plan, a signal for those who wait. */
export interface Deadline {
  /** On the relay's clock, in ms. */
  readonly at: number;
  /** Aborts at that time with a TimeoutError, or with an AbortError when the daemon stops. */
  readonly signal: Signal;
  /** What is done until then is traced as part of this, where it is traced. */
  readonly span?: Span | undefined;
  /** Frees its timer. */
  clear(): void;
}

/** A deadline at that time, or as soon as `stopping` aborts. */
export function createDeadline(at: number, now: () => number, stopping: Signal, span?: Span): Deadline {
  const signal = new Cancellation();
  const timeOut = () => signal.abort(new DOMException('time is over', 'TimeoutError'));
  const leftMs = at - now();
  const timer = setTimeout(timeOut, Math.max(0, leftMs));
  if (leftMs <= 0) timeOut();
  const stop = () => signal.abort(new DOMException('pagerelay is stopping', 'AbortError'));
  if (stopping.aborted) stop();
  else stopping.addEventListener('abort', stop);
  return {
    at,
    signal,
    span,
    clear() {
      clearTimeout(timer);
      stopping.removeEventListener('abort', stop);
    },
  };
}
