import type { Snapshot } from '../alertmanager/snapshot.ts';

/** What Alertmanager may have forgotten that it told: killed, it has lost what it had not saved. */
export interface Losses {
  /** Each look at it, in their order. */
  see(snapshot: Pick<Snapshot, 'takenAt' | 'upSince'>): void;
  /** Of a time in ms since the epoch. What it told before the first look it may have lost, if it was started since. */
  mayHaveLost(toldAt: number): boolean;
}

/** It has saved what it told so long ago, in ms: it does so every 15 minutes by default, and that takes a while. */
const SAVED_MS = 20 * 60_000;
/** Times between looks with a restart in them that are remembered. */
const MAX_GAPS = 100;

export function createLosses(): Losses {
  let last = { takenAt: Number.NEGATIVE_INFINITY, upSince: Number.NEGATIVE_INFINITY };
  let gaps: readonly { readonly from: number; readonly to: number }[] = [];
  return {
    see({ takenAt, upSince }) {
      const from = last.takenAt - SAVED_MS;
      if (upSince > last.upSince && upSince > from) gaps = [...gaps, { from, to: upSince }].slice(-MAX_GAPS);
      last = { takenAt, upSince };
    },
    mayHaveLost: (toldAt) => gaps.some(({ from, to }) => from < toldAt && toldAt < to),
  };
}
