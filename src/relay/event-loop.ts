/** Lets others have their turn. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Calls back when what had come by now was read. */
export function afterReading(callback: () => void): void {
  // The first one ends this round of the event loop; between the two it reads.
  setImmediate(() => setImmediate(callback));
}

/** Resolves then. */
export function whenRead(): Promise<void> {
  return new Promise(afterReading);
}
