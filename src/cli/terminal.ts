import type { Writable } from 'node:stream';

/** What a command may touch of the process that it runs in. */
export interface Terminal {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** In ms since the epoch. */
  readonly now: () => number;
  /** Calls back at each of these signals. Returns the way to stop that. */
  onSignal(signals: readonly NodeJS.Signals[], callback: (signal: NodeJS.Signals) => void): () => void;
}

/** 0 done, 1 the thing asked for does not hold, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2;
