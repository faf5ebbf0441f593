/**
 * Puts something off to the end of this round of the event loop, when all that had come was read. What follows from many
 * answers is then done step by step for all of them, and not every step for one after the other: from the second one on the
 * code of a step is in the processor's cache (docs/adr/0023-round-end.md).
 */
export type AtRoundEnd = (task: () => void) => void;

/** What is put off runs in its order; it must not throw. */
export function createAtRoundEnd(): AtRoundEnd {
  let tasks: (() => void)[] = [];
  const runAll = () => {
    const all = tasks;
    tasks = [];
    for (const task of all) task();
  };
  return (task) => {
    if (tasks.push(task) === 1) setImmediate(runAll);
  };
}
