/** The part of an AbortSignal that those need who wait for it in great numbers. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A signal that costs next to nothing: every webhook has its own, and an AbortSignal's list of listeners is slow to search. */
export class Cancellation implements Signal {
  aborted = false;
  reason: unknown;
  readonly #listeners = new Set<() => void>();

  /** Only the first one counts. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of this.#listeners) listener();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }
}

/** Aborts with the other one. */
export function following(signal: AbortSignal): Signal {
  const own = new Cancellation();
  if (signal.aborted) own.abort(signal.reason);
  else signal.addEventListener('abort', () => own.abort(signal.reason));
  return own;
}

/** The same for those who take nothing but an AbortSignal. */
export function abortSignalOf(signal: Signal): AbortSignal {
  const controller = new AbortController();
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener('abort', () => controller.abort(signal.reason));
  return controller.signal;
}
