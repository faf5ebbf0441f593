/** The part of an AbortSignal that those need who wait for it in great numbers. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * A signal that costs next to nothing: every webhook has its own. An AbortSignal's list of listeners is slow to search; and of a
 * Set from which is deleted as much as is added, V8 keeps old tables, with all that they hold
 * (docs/adr/0022-young-objects.md). There are as many listeners as requests under way.
 */
export class Cancellation implements Signal {
  aborted = false;
  reason: unknown;
  readonly #listeners: (() => void)[] = [];

  /** Only the first one counts. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of [...this.#listeners]) listener();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const i = this.#listeners.indexOf(listener);
    if (i === -1) return;
    const last = this.#listeners.pop();
    if (last !== undefined && i < this.#listeners.length) this.#listeners[i] = last;
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
