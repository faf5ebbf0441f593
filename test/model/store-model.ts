import type { Deadline } from '../../src/relay/deadline.ts';
import { accountOf } from '../../src/relay/place.ts';
import type { Remembered } from '../../src/relay/remembered.ts';
import type { Lease, SharedStore } from '../../src/relay/shared-store.ts';
import type { VirtualTime } from './virtual-time.ts';

/**
 * Redis as far as the model goes (src/redis/redis-store.ts): locks that end by themselves, what is known of each place as a
 * text, what was learnt while it could not be reached, and pauses. Nothing is forgotten for its age, and no answer takes time.
 */
export interface StoreModel {
  /** That of one process, and how to kill that: what it has locked stays so, and nothing more is heard of it. */
  connect(onPause: (target: string, forMs: number) => void): StoreClient;
  /** Forgets everything: it keeps nothing on disk. */
  empty(): void;
}

export interface StoreClient {
  readonly store: SharedStore;
  /** Whether this process can reach it. */
  reach(isUp: boolean): void;
  kill(): void;
}

interface Lock {
  readonly of: object;
  readonly until: number;
}

interface Known {
  readonly at: number;
  readonly is: string;
}

const LOCK_GRACE_MS = 2_000;
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 200;

export function createStoreModel(time: VirtualTime): StoreModel {
  const locks = new Map<string, Lock>();
  const known = new Map<string, Known>();
  const pauses = new Map<string, number>();
  const listeners = new Map<object, (target: string, forMs: number) => void>();

  function connect(onPause: (target: string, forMs: number) => void): StoreClient {
    const self = {};
    const missed = new Map<string, Known>();
    let isUp = true;
    let isAlive = true;
    listeners.set(self, onPause);

    /** Undefined while another process has it; one that this process left locked it takes over. */
    function lock(place: string, until: number): Lock | undefined {
      const held = locks.get(place);
      if (held !== undefined && held.until > time.now() && held.of !== self) return undefined;
      const own = { of: self, until };
      locks.set(place, own);
      return own;
    }

    async function take(place: string, deadline: Deadline): Promise<Lease | 'late'> {
      for (let waitMs = FIRST_WAIT_MS; isUp; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
        const own = lock(place, Math.max(time.now(), deadline.at) + LOCK_GRACE_MS);
        if (own !== undefined) return leaseOf(place, own);
        await time.sleep(Math.min(waitMs, Math.max(0, deadline.at - time.now())));
        if (!isAlive) return new Promise(() => {});
        if (deadline.signal.aborted) return 'late';
      }
      return alone(place);
    }

    function leaseOf(place: string, own: Lock): Lease {
      const account = accountOf(place);
      const pausedMs = (pauses.get(account) ?? 0) - time.now();
      if (pausedMs > 0) onPause(account, pausedMs);
      const stored = known.get(place);
      const isOlder = (stored?.at ?? 0) < (missed.get(place)?.at ?? 0);
      const before = stored === undefined || isOlder ? undefined : (JSON.parse(stored.is) as Remembered);
      return {
        known: before,
        release: (remembered, isNew) => giveBack(place, own, remembered, isNew || before === undefined),
      };
    }

    function giveBack(place: string, own: Lock, remembered: Remembered | undefined, isToKeep: boolean): void {
      if (!isAlive) return;
      const isOurs = isUp && locks.get(place) === own;
      if (isOurs) {
        locks.delete(place);
        missed.delete(place);
      }
      if (remembered === undefined || !isToKeep) return;
      const news = { at: time.now(), is: JSON.stringify(remembered) };
      if (isOurs) known.set(place, news);
      else miss(place, news);
    }

    function alone(place: string): Lease {
      return {
        known: undefined,
        release(remembered, isNew) {
          if (!isAlive || !isNew || remembered === undefined) return;
          miss(place, { at: time.now(), is: JSON.stringify(remembered) });
        },
      };
    }

    function miss(place: string, news: Known): void {
      missed.set(place, news);
      if (isUp) catchUp();
    }

    function catchUp(): void {
      for (const [place, what] of missed) {
        if (what.at > (known.get(place)?.at ?? 0)) known.set(place, what);
      }
      missed.clear();
    }

    return {
      store: {
        take,
        pause(target, forMs) {
          if (!isAlive || !isUp) return;
          pauses.set(target, Math.max(pauses.get(target) ?? 0, time.now() + forMs));
          for (const [other, hear] of listeners) if (other !== self) hear(target, forMs);
        },
      },
      reach(canBe) {
        isUp = canBe;
        if (isUp) catchUp();
      },
      kill() {
        isAlive = false;
        listeners.delete(self);
      },
    };
  }

  return {
    connect,
    empty() {
      for (const all of [locks, known, pauses]) all.clear();
    },
  };
}
