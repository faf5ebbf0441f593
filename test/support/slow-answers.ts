import type { Answer } from '../../src/notify/outcome.ts';

/** An answer that may be long in coming. */
export type Slow = Answer | Promise<Answer>;

/** Called when an answer is asked for that comes later. */
const askedFor = new WeakMap<Promise<Answer>, () => void>();

/** An answer that comes when it is given; `asked`: when a vendor was asked for it (`answering`). */
export function pending() {
  let give: (answer: Answer) => void = () => {};
  const answer = new Promise<Answer>((resolve) => {
    give = resolve;
  });
  const asked = new Promise<void>((resolve) => {
    askedFor.set(answer, resolve);
  });
  return { answer, give, asked };
}

/** What a vendor answers that was asked now. */
export function answering(answer: Slow): Slow {
  if (answer instanceof Promise) askedFor.get(answer)?.();
  return answer;
}

/** All that needs no answer is done by then. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));
