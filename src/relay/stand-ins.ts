import { type Job, stillFiring } from './jobs.ts';
import type { Standing } from './paged-since.ts';
import type { Remembered } from './remembered.ts';
import { takeDue } from './take-due.ts';

/**
 * Incidents that a fallback has in the place of the receiver that they were for. When that one can be reached again it
 * is told how things stand, and the stand-in is resolved.
 */
export interface StandIns {
  /** False where there is no room: then the fallback must not take it, for nobody would hand it back. */
  readonly hasRoom: boolean;
  put(standIn: StandIn): void;
  get(place: string): StandIn | undefined;
  drop(place: string): void;
  /**
   * The incident at this place of a fallback's is not a stand-in only: the fallback was told of it for itself, and keeps
   * it when the other one has it again.
   */
  claim(place: string): void;
  /** These places of a fallback's are being opened now; ends when the result is called. */
  opening(places: readonly string[]): () => void;
  isOpening(place: string): boolean;
  /** Whether a place of a fallback's is opened, or being opened by more than `own`, as a stand-in. */
  isOpened(place: string, own?: number): boolean;
  /** Whether several stand in by that place of a fallback's. */
  isShared(place: string): boolean;
  /**
   * Whether another one stands in by the same place of a fallback's (two integrations of a receiver): then this one has it
   * no longer, and the last one ends it.
   */
  leave(place: string, standInFor: string): boolean;
  /** At most so many that wait to be handed back, the longest unasked first. */
  owed(limit: number): readonly StandIn[];
  /** From a reload on: what becomes of each, and of what is put later by what was under way. */
  move(moved: Moved): void;
  /** Those that are stood in for. */
  places(): readonly string[];
  readonly size: number;
}

export interface StandIn {
  /** What its own receiver is to be told, as it stands. */
  readonly job: Job;
  /** `none`: it has been told, and the stand-in is still to be ended. */
  readonly action: 'trigger' | 'resolve' | 'none';
  /** What is remembered once it has been told (`Manner.after`). */
  readonly after?: Remembered | undefined;
  /** Of a resolve: how the incident stood at its own receiver. */
  readonly standing?: Standing;
  /** Whether tend.ts has something left to do; not where its own receiver has rejected it. */
  readonly isOwed: boolean;
  /** A trigger is not told to its own receiver again before that, in ms since the epoch. */
  readonly notBefore?: number | undefined;
  /** The jobs for the fallback's integrations that have it. */
  readonly opened: readonly Job[];
  /** When it began, in ms since the epoch. */
  readonly since: number;
  /** The place of its own receiver before a reload: what was under way then may have told its end there. */
  readonly from?: string;
}

type Moved = (standIn: StandIn) => StandIn;

const MAX_STAND_INS = 10_000;

export function createStandIns(): StandIns {
  const standIns = new Map<string, StandIn>();
  let movedNow: Moved = (standIn) => standIn;
  /** The places of fallbacks, with the places that each stands in for. */
  const opened = new Map<string, Set<string>>();

  /** How often each place is being opened. */
  const opening = new Map<string, number>();
  const count = (place: string, by: 1 | -1) => {
    const times = (opening.get(place) ?? 0) + by;
    if (times > 0) opening.set(place, times);
    else opening.delete(place);
  };

  const isShared = (place: string) => (opened.get(place)?.size ?? 0) > 1;

  const drop = (place: string) => {
    for (const job of standIns.get(place)?.opened ?? []) disown(job.place, place);
    standIns.delete(place);
  };

  const notOwed = () => {
    for (const standIn of standIns.values()) if (!standIn.isOwed) return standIn;
    return undefined;
  };

  const disown = (place: string, standInFor: string) => {
    const owners = opened.get(place);
    owners?.delete(standInFor);
    if (owners?.size === 0) opened.delete(place);
  };

  const without = (standInFor: string, place: string) => {
    const standIn = standIns.get(standInFor);
    if (standIn === undefined) return;
    const rest = standIn.opened.filter((job) => job.place !== place);
    standIns.set(standInFor, { ...standIn, opened: rest });
  };

  const keep = (standIn: StandIn) => {
    const { place } = standIn.job;
    drop(place);
    // One that its receiver has rejected is only kept to be ended with its alert, of which another replica may have been told.
    const oldest = standIns.size < MAX_STAND_INS ? undefined : notOwed();
    if (oldest !== undefined) drop(oldest.job.place);
    standIns.set(place, standIn);
    for (const job of standIn.opened) opened.set(job.place, (opened.get(job.place) ?? new Set()).add(place));
  };

  /** Where a reload has brought two to one place, the pages are owed, and what both have opened is to be ended. */
  const join = (standIn: StandIn) => {
    const known = standIns.get(standIn.job.place);
    if (known === undefined) return keep(standIn);
    const [main, other] = known.action === 'trigger' ? [known, standIn] : [standIn, known];
    const isOwn = ({ place }: Job) => main.opened.some((job) => job.place === place);
    const others = other.opened.filter((job) => !isOwn(job));
    const arePages = [main, other].every(({ action }) => action === 'trigger');
    const job = arePages ? (stillFiring(main.job, other.job) ?? main.job) : main.job;
    keep({ ...main, job, isOwed: main.isOwed || other.isOwed, opened: [...main.opened, ...others] });
  };

  return {
    get hasRoom() {
      return standIns.size < MAX_STAND_INS || notOwed() !== undefined;
    },
    put(standIn) {
      const moved = movedNow(standIn);
      if (moved.job.place === standIn.job.place) return keep(moved);
      drop(standIn.job.place);
      join(moved);
    },
    get: (place) => standIns.get(place),
    drop,
    claim(place) {
      if (opened.size === 0) return;
      for (const standInFor of opened.get(place) ?? []) without(standInFor, place);
      opened.delete(place);
    },
    opening(places) {
      for (const place of places) count(place, 1);
      return () => {
        for (const place of places) count(place, -1);
      };
    },
    isOpening: (place) => opening.has(place),
    isOpened: (place, own = 0) => opened.has(place) || (opening.get(place) ?? 0) > own,
    isShared,
    leave(place, standInFor) {
      if (!isShared(place)) return false;
      disown(place, standInFor);
      without(standInFor, place);
      return true;
    },
    owed(limit) {
      return takeDue(standIns, limit, ({ isOwed }) => isOwed);
    },
    move(moved) {
      movedNow = moved;
      const all = [...standIns.values()];
      standIns.clear();
      opened.clear();
      for (const standIn of all) join(moved(standIn));
    },
    places: () => [...standIns.keys()],
    get size() {
      return standIns.size;
    },
  };
}
