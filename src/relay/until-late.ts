import type { Signal } from '../notify/signal.ts';

/** What is waited for, or `late()` where the signal aborts first. It leaves no listener behind. */
export async function untilLate<T, L>(waiting: Promise<T>, signal: Signal, late: () => L): Promise<T | L> {
  let giveUp = () => {};
  const tooLate = new Promise<L>((resolve) => {
    giveUp = () => resolve(late());
    signal.addEventListener('abort', giveUp);
  });
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([waiting, tooLate]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
