import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreConfig } from '../config/compile-store.ts';
import { sha256hex } from '../notification/incident-key.ts';
import { abortSignalOf } from '../notify/signal.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Deadline } from '../relay/deadline.ts';
import { accountOf } from '../relay/place.ts';
import type { Remembered } from '../relay/remembered.ts';
import type { Lease, SharedStore } from '../relay/shared-store.ts';
import { type Connection, connect } from './connection.ts';
import { createFromText, toText } from './remembered-text.ts';
import { CATCH_UP, PAUSE, RELEASE, STAY_ALIVE, TAKE } from './scripts.ts';

/** What replicas know together, in Redis (docs/adr/0015-shared-store.md). */
export interface RedisStore extends SharedStore {
  /** From now on this one; none where there is nothing to use. Ends when it was tried to connect. */
  use(config: StoreConfig | undefined): Promise<void>;
  close(): Promise<void>;
}

export interface RedisStoreOptions {
  readonly metrics: Pick<Metrics, 'dedup_store_up' | 'dedup_store_errors_total'>;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly now: () => number;
  /** Another replica has been told to wait, for so many ms. */
  onPause(target: string, forMs: number): void;
}

/** How long a lock outlasts the deadline of who has it, in ms: by then its request was aborted. */
const LOCK_GRACE_MS = 2_000;
/** How long after its last word a replica counts as alive, in ms: what it had locked when it was killed waits for no longer. */
const ALIVE_MS = 3_000;
const BEAT_MS = 750;
/** How long to wait before a place is asked for again, in ms. */
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 200;
/** Places that are remembered as changed while Redis could not be reached. */
const MAX_MISSED = 100_000;
/** Locks that could not be given back. */
const MAX_LOCKS = 10_000;
/** Pauses that the others could not be told of. */
const MAX_PAUSES = 10_000;
/** Written at the same time when it can be again. */
const CATCH_UP_BATCH = 50;
/** Longest pause that is taken from another replica, in ms: as from a vendor (notify/outcome.ts). */
const MAX_PAUSE_MS = 86_400_000;

interface Open extends StoreConfig {
  readonly connection: Connection;
}

/** As the script gives it (scripts.ts). */
type TakeReply = readonly [isTaken: 0 | 1, at?: string | null, is?: string | null, pausedMs?: number];

/** What could not be written, and when it was learnt. */
interface Missed {
  readonly at: number;
  readonly remembered: Remembered;
}

/** A pause: until when, in ms since the epoch, and how long that was. */
interface Untold {
  readonly until: number;
  readonly ms: number;
}

/** A lock that was to be given back, and what was to be written with it. */
interface Released {
  readonly place: string;
  readonly token: string;
  /** In ms since the epoch. */
  readonly writtenAt: number;
  readonly what: Missed | undefined;
}

export function createRedisStore({ metrics, log, now, onPause }: RedisStoreOptions): RedisStore {
  const self = randomUUID();
  const fromText = createFromText();
  const missed = new Map<string, Missed>();
  /** The tokens of locks that could not be given back, with their places. */
  const locks = new Map<string, string>();
  /** Pauses of targets that the others could not be told of. */
  const pauses = new Map<string, Untold>();
  let taken = 0;
  /** Leases that are not given back yet, and locks that Redis may have given too late. */
  let held = 0;
  let isBeating = false;
  let current: Open | undefined;
  let isUp: boolean | undefined;

  async function use(config: StoreConfig | undefined): Promise<void> {
    if (current !== undefined && config !== undefined && isSame(current, config)) return;
    void current?.connection.close();
    current = undefined;
    isUp = undefined;
    metrics.dedup_store_up.reset();
    if (config === undefined) return;
    metrics.dedup_store_up.set({ store: 'redis' }, 0);
    metrics.dedup_store_errors_total.inc({ store: 'redis' }, 0);
    const connection: Connection = connect({
      url: config.url,
      channel: `${config.prefix}:pauses`,
      onMessage: hear,
      onUp: () => connection === current?.connection && up(current),
      onLate: () =>
        connection === current?.connection && metrics.dedup_store_errors_total.inc({ store: 'redis' }),
      onError: (why) => connection === current?.connection && down(why),
    });
    current = { ...config, connection };
    await connection.tried;
  }

  function up(open: Open): void {
    if (isUp === false) log.info('dedup store is back', { store: 'redis' });
    isUp = true;
    metrics.dedup_store_up.set({ store: 'redis' }, 1);
    void tellPauses(open);
    // Who waits for a lock is to know what was learnt under it.
    void catchUp(open).then(() => giveAllBack(open));
  }

  async function giveAllBack(open: Open): Promise<void> {
    const all = [...locks];
    locks.clear();
    for (const batch of batchesOf(all)) {
      await Promise.all(batch.map(([token, place]) => giveBack(open, place, token)));
    }
  }

  /** Gives a lock back under which nothing was learnt that has not been told; where that cannot be said now, later. */
  async function giveBack({ connection, prefix }: Open, place: string, token: string): Promise<void> {
    const release = [token, '', '', ''];
    const later = (reply: unknown) => reply !== undefined && locks.delete(token);
    const reply = await connection.run(RELEASE, keysOf(prefix, place), release, later);
    if (reply === undefined) note(token, place);
  }

  function note(token: string, place: string): void {
    if (locks.size < MAX_LOCKS) locks.set(token, place);
  }

  function down(detail: string): void {
    metrics.dedup_store_errors_total.inc({ store: 'redis' });
    metrics.dedup_store_up.set({ store: 'redis' }, 0);
    const message = 'dedup store cannot be used: each replica goes on by itself';
    if (isUp !== false) log.warn(message, { store: 'redis', detail });
    isUp = false;
  }

  async function takeFrom(open: Open, place: string, deadline: Deadline): Promise<Lease | 'late'> {
    const token = `${self}:${++taken}`;
    const owed = owing(open, place, token);
    let reply = await tryToTake(open, place, token, deadline, owed.mayHaveIt);
    let signal: AbortSignal | undefined;
    for (let waitMs = FIRST_WAIT_MS; reply?.[0] === 0; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      signal ??= abortSignalOf(deadline.signal);
      if (await isOver(waitMs * (0.5 + Math.random()), signal)) return 'late';
      reply = await tryToTake(open, place, token, deadline, owed.mayHaveIt);
    }
    return reply === undefined ? alone(place, owed.isDone) : leaseOf(open, place, token, reply);
  }

  /** A lock that Redis may have given, and whose answer was not waited for or is lost: it is given back by who works without it. */
  function owing(open: Open, place: string, token: string) {
    let [mayHaveIt, isDone] = [false, false];
    const settle = () => {
      if (mayHaveIt && isDone) void giveBack(open, place, token);
    };
    return {
      mayHaveIt() {
        if (!mayHaveIt && !isDone) hold();
        mayHaveIt = true;
        settle();
      },
      isDone() {
        if (mayHaveIt && !isDone) held--;
        isDone = true;
        settle();
      },
    };
  }

  /** `mayHaveIt` is told where the answer was not waited for, when it comes or is lost. */
  async function tryToTake(
    { connection, prefix }: Open,
    place: string,
    token: string,
    deadline: Deadline,
    mayHaveIt: () => void,
  ): Promise<TakeReply | undefined> {
    const [lock, known] = keysOf(prefix, place);
    const lastsMs = Math.ceil(Math.max(0, deadline.at - now())) + LOCK_GRACE_MS;
    const keys = [lock, known, pauseKey(prefix, accountOf(place)), aliveKey(prefix, self)];
    const args = [token, lastsMs, aliveKey(prefix, ''), ALIVE_MS];
    return (await connection.run(TAKE, keys, args, mayHaveIt)) as TakeReply | undefined;
  }

  function hold(): void {
    held++;
    stayAlive();
  }

  /** Says from time to time that this replica is alive, as long as it has anything locked. */
  function stayAlive(): void {
    if (isBeating) return;
    isBeating = true;
    setTimeout(() => {
      isBeating = false;
      if (held === 0 || current === undefined) return;
      void current.connection.run(STAY_ALIVE, [aliveKey(current.prefix, self)], [ALIVE_MS]);
      stayAlive();
    }, BEAT_MS).unref();
  }

  function leaseOf(open: Open, place: string, token: string, [, at, is, pausedMs = 0]: TakeReply): Lease {
    if (pausedMs > 0) onPause(accountOf(place), pausedMs);
    hold();
    const isOlder = Number(at ?? 0) < (missed.get(place)?.at ?? 0);
    const known = isOlder ? undefined : fromText(is);
    return {
      known,
      release(remembered, isNew) {
        held--;
        const isToKeep = remembered !== undefined && (isNew || known === undefined);
        const text = isToKeep ? toText(remembered) : '';
        const writtenAt = now();
        const what = isToKeep ? { at: writtenAt, remembered } : undefined;
        const settled = (reply: unknown) => settle(open, { place, token, writtenAt, what }, reply);
        void open.connection
          .run(RELEASE, keysOf(open.prefix, place), [token, writtenAt, text, open.ttlMs], settled)
          .then(settled);
      },
    };
  }

  /** Without Redis: what is learnt meanwhile is told when it is back. `isDone` is told after that. */
  function alone(place: string, isDone = () => {}): Lease {
    return {
      known: undefined,
      release(remembered, isNew) {
        // Redis may have come back meanwhile.
        if (isNew && remembered !== undefined)
          miss(place, { at: now(), remembered }, isUp ? current : undefined);
        isDone();
      },
    };
  }

  /** What comes of giving a lock back: 1 where it was done; undefined where Redis did not answer, then what becomes of that. */
  function settle(open: Open, { place, token, writtenAt, what }: Released, reply: unknown): void {
    if (reply !== undefined) locks.delete(token);
    else note(token, place);
    if (reply === 1) forget(place, writtenAt);
    // 0: the lock had run out, and another replica may have been at work meanwhile: the newer one stays.
    else if (what !== undefined) miss(place, what, reply === 0 ? open : undefined);
  }

  /** Redis was told what was learnt by then, in ms since the epoch. */
  function forget(place: string, at: number): void {
    if ((missed.get(place)?.at ?? 0) <= at) missed.delete(place);
  }

  /** Keeps what Redis was not told, unless something newer is kept; where it can be reached it is told of that at once. */
  function miss(place: string, what: Missed, open: Open | undefined): void {
    if ((missed.get(place)?.at ?? 0) > what.at) return;
    putLast(missed, place, what, MAX_MISSED);
    if (open !== undefined) void catchUp(open, [[place, what]]);
  }

  /** Where another replica has learnt something since, that stays. */
  async function catchUp(
    { connection, prefix, ttlMs }: Open,
    all: readonly (readonly [place: string, Missed])[] = [...missed],
  ): Promise<void> {
    for (const batch of batchesOf(all)) {
      const replies = await Promise.all(
        batch.map(([place, { at, remembered }]) =>
          connection.run(CATCH_UP, [keysOf(prefix, place)[1]], [at, toText(remembered), ttlMs]),
        ),
      );
      for (const [i, [place, what]] of batch.entries()) {
        if (replies[i] === undefined) return;
        if (missed.get(place) === what) missed.delete(place);
      }
    }
  }

  function pause(target: string, forMs: number): void {
    if (current !== undefined) void tellPause(current, target, forMs);
  }

  /** Tells the others of a pause, unless it is over; where they cannot be told now, later. */
  async function tellPause({ connection, prefix }: Open, target: string, forMs: number): Promise<void> {
    const ms = Math.ceil(forMs);
    if (ms <= 0) return;
    const untold = { until: now() + ms, ms };
    const message = JSON.stringify({ from: self, target, ms });
    const reply = await connection.run(PAUSE, [pauseKey(prefix, target)], [ms, `${prefix}:pauses`, message]);
    if (reply !== undefined || (pauses.get(target)?.until ?? 0) >= untold.until) return;
    putLast(pauses, target, untold, MAX_PAUSES);
  }

  async function tellPauses(open: Open): Promise<void> {
    const all = [...pauses];
    pauses.clear();
    for (const batch of batchesOf(all)) {
      // The clock may have been set back since.
      await Promise.all(
        batch.map(([target, { until, ms }]) => tellPause(open, target, Math.min(until - now(), ms))),
      );
    }
  }

  function hear(message: string): void {
    const { from, target, ms } = parse(message);
    if (from === self || typeof target !== 'string' || typeof ms !== 'number') return;
    if (ms > 0 && ms <= MAX_PAUSE_MS) onPause(target, ms);
  }

  return {
    use,
    take: (place, deadline) => (current === undefined ? undefined : takeFrom(current, place, deadline)),
    pause,
    async close() {
      await current?.connection.close();
    },
  };
}

/** The lock of a place, and what is known of it. */
function keysOf(prefix: string, place: string): [lock: string, known: string] {
  const key = `${prefix}:${sha256hex(place).slice(0, 32)}`;
  return [`${key}:lock`, `${key}:known`];
}

function aliveKey(prefix: string, replica: string): string {
  return `${prefix}:alive:${replica}`;
}

function pauseKey(prefix: string, target: string): string {
  return `${prefix}:${target}:pause`;
}

function* batchesOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let done = 0; done < all.length; done += CATCH_UP_BATCH) yield all.slice(done, done + CATCH_UP_BATCH);
}

/** Puts it behind all others, of which the first goes where they are too many. */
function putLast<T>(all: Map<string, T>, key: string, value: T, most: number): void {
  all.delete(key);
  all.set(key, value);
  if (all.size <= most) return;
  const [first] = all.keys();
  all.delete(first as string);
}

function isSame(a: StoreConfig, b: StoreConfig): boolean {
  return a.url.id === b.url.id && a.prefix === b.prefix && a.ttlMs === b.ttlMs;
}

/** Waits; whether the signal aborted meanwhile. */
async function isOver(ms: number, signal: AbortSignal): Promise<boolean> {
  await sleep(ms, undefined, { signal }).catch(() => {});
  return signal.aborted;
}

function parse(message: string): { from?: unknown; target?: unknown; ms?: unknown } {
  try {
    return (JSON.parse(message) ?? {}) as object;
  } catch {
    return {};
  }
}
