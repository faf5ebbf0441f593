/** Timers of a test's own: time passes only when it is told to. */
export interface VirtualTime {
  readonly now: () => number;
  /** Lets so many ms pass: what is due in them happens, each with all that follows from it at once. */
  advance(ms: number): Promise<void>;
  sleep(ms: number): Promise<void>;
  /** Gives the real timers back. */
  end(): void;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

const REAL = { setTimeout, clearTimeout, setImmediate };

/** Takes the place of `setTimeout` from now on. */
export function createVirtualTime(startMs: number): VirtualTime {
  let now = startMs;
  let order = 0;
  const timers = new Set<Timer>();
  const handles = new WeakMap<object, Timer>();

  const start = (run: () => void, ms = 0): object => {
    const timer = { at: now + Math.max(0, ms), order: order++, run };
    timers.add(timer);
    const handle = { unref: () => handle, ref: () => handle };
    handles.set(handle, timer);
    return handle;
  };
  const clear = (handle?: object): void => {
    const timer = handle && handles.get(handle);
    if (timer !== undefined) timers.delete(timer);
  };
  Object.assign(globalThis, { setTimeout: start, clearTimeout: clear });

  /** The first that is due by then. */
  const dueBy = (end: number): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (timer.at > end) continue;
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
        first = timer;
    }
    return first;
  };

  return {
    now: () => now,
    async advance(ms) {
      const end = now + ms;
      await settled();
      for (let timer = dueBy(end); timer !== undefined; timer = dueBy(end)) {
        timers.delete(timer);
        now = Math.max(now, timer.at);
        timer.run();
        await settled();
      }
      now = end;
    },
    sleep: (ms) => new Promise((resolve) => start(resolve, ms)),
    end() {
      Object.assign(globalThis, { setTimeout: REAL.setTimeout, clearTimeout: REAL.clearTimeout });
    },
  };
}

/** Everything that follows without time passing has happened: also what takes its turn by `setImmediate` itself. */
async function settled(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise((resolve) => REAL.setImmediate(resolve));
}
