import type { Deadline } from './deadline.ts';
import type { Remembered } from './remembered.ts';

/**
 * What replicas know together. It only adds to the memory of each: while it cannot be reached every replica goes on by
 * itself, for a page that is sent twice is merged by its key, and one that is not sent is lost.
 */
export interface SharedStore {
  /**
   * Keeps other replicas off a place until the lease is given back, or until the deadline is well over. Waits for one
   * that is at work there (`late`: until the deadline). Undefined where there is no store: nothing has to be awaited.
   */
  take(place: string, deadline: Deadline): Promise<Lease | 'late'> | undefined;
  /** Tells the others that a vendor wants nothing more with a credential (`Integration.target`) for a while. */
  pause(target: string, forMs: number): void;
}

export interface Lease {
  /** What the replicas know of the place, where that is newer than what this one knows by itself. */
  readonly known: Remembered | undefined;
  /** Gives the place back, with what is known of it now and whether that is new. */
  release(remembered: Remembered | undefined, isNew: boolean): void;
}
