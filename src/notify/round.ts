/**
 * Hands on together what came in one round of the event loop. What follows from many answers is then done step by step for
 * all of them, and not every step for one after the other: from the second one on the code of a step is in the processor's
 * cache (docs/adr/0023-round.md).
 */
export interface Round {
  /** Puts a task off until all that had come was read; it must not throw. */
  putOff(task: () => void): void;
  /** Runs what is put off now, in its order, before something that it has to come before. */
  catchUp(): void;
}

export function createRound(): Round {
  let tasks: (() => void)[] = [];
  const catchUp = () => {
    const all = tasks;
    tasks = [];
    for (const task of all) task();
  };
  return {
    putOff(task) {
      if (tasks.push(task) === 1) setImmediate(catchUp);
    },
    catchUp,
  };
}
