import type { Alert, Incident } from '../notification/notification.ts';
import type { Signal } from '../notify/signal.ts';
import type { DedupRules } from '../route/route.ts';
import { contentOf } from './content.ts';

/** Keeps what is done for one place in the order in which it was asked for, one at a time. */
export interface Turns<T> {
  /**
   * Runs `task` when all earlier ones for `place` are done. When the one before it, still under way or waiting, says
   * the same of the incident, its result is shared instead: the twin of an HA pair must not page again. When both are a
   * webhook's own `word`, the one before it still waits and this one says something newer of each of its alerts, this one is
   * run in its place, and the other shares its result; but no page in the place of an end. A page that is under way may give
   * way to an end (`Way`). What comes from one source shares nothing with what comes from another. Who still waits when its
   * own `signal` aborts is `late`; a twin takes its place, and what nobody waits for any more is not run: turns that wait for each
   * other end so.
   */
  take(
    place: string,
    incident: Incident,
    rules: DedupRules,
    signal: Signal,
    task: Task<T>,
    source?: Source,
    word?: Word,
  ): Promise<Taken<T>>;
}

/** What is done in a turn. */
type Task<T> = (way: Way) => Promise<T>;

/** How a task that has sent nothing gives way to the end of all that it is about, which waits for its own turn. */
export interface Way {
  /** Whether such an end waits. */
  isAsked(): boolean;
  /**
   * From now on the task is to do and to report nothing: what comes of the end is its result, too. False where none waits any
   * more.
   */
  give(): boolean;
}

/**
 * Whose word it is: what Alertmanager says; what is seen there though nobody says so, of which something else may be done; or
 * ours: an end that is not that of the alerts, or what is given up without being sent.
 */
export type Source = 'said' | 'seen' | 'ours';

/** What a webhook itself says, where the vendor is told of its end. */
export type Word = 'page' | 'end';

/** Whose result it is: that of the own task, of a twin's, or of the newer one that was run instead. */
export type Taken<T> =
  | { readonly result: T; readonly from: 'own' | 'twin' | 'newer' }
  | { readonly from: 'late' };

/** What comes of a turn whose task was given up before it could begin. */
const LATE = Symbol('late');
const NONE: readonly never[] = [];
/** In the place of what a task gives, until it has begun. */
const UNBEGUN = new Promise<never>(() => {});

interface Turn<T> {
  incident: Incident;
  /** Undefined where it was given up. */
  task: Task<T> | undefined;
  /** Those of its twins, while it waits: each may be run where the one before it was given up. */
  twins: readonly Task<T>[];
  isUnderWay: boolean;
  readonly source: Source;
  done: Promise<T | typeof LATE>;
  word: Word | undefined;
  /** What says something newer of all that it is about, and waits for this one to be over: an end, or what one may replace. */
  newer?: Turn<T>;
  hasGivenWay?: true;
}

/** Emptied when it is over: V8 keeps the old tables of a Map until a major collection, and with them all that they hold. */
interface Slot<T> {
  turn: Turn<T> | undefined;
}

export function createTurns<T>(): Turns<T> {
  /** The last turn of each place that has any. */
  const lastTurns = new Map<string, Slot<T>>();

  const run = (turn: Turn<T>): Promise<T | typeof LATE> => {
    turn.isUnderWay = true;
    return turn.task?.(wayOf(turn)) ?? Promise.resolve(LATE);
  };

  const queueUp = (
    incident: Incident,
    task: Task<T>,
    source: Source,
    word: Word | undefined,
    before: Turn<T>,
  ): Turn<T> => {
    const next = () => run(turn);
    const turn: Turn<T> = {
      incident,
      task,
      twins: [],
      isUnderWay: false,
      source,
      word,
      done: before.done.then(next, next),
    };
    return turn;
  };

  return {
    take(place, incident, rules, signal, task, source = 'said', word) {
      const before = lastTurns.get(place)?.turn;
      if (before === undefined) return takeAtOnce(place, incident, task, signal, source, word);
      const mayShare = before.source === source && before.task !== undefined;
      if (mayShare && saysTheSame(before.incident, incident, rules)) {
        if (!before.isUnderWay) before.twins = [...before.twins, task];
        return settled(before, task, signal, 'twin');
      }
      const isOvertaking = mayShare && mayReplace(before.word, word) && isNewer(incident, before.incident);
      if (isOvertaking && !before.isUnderWay) {
        Object.assign(before, { incident, task, word, twins: [] });
        return settled(before, task, signal);
      }
      const turn = queueUp(incident, task, source, word, before);
      if (isOvertaking) before.newer = turn;
      // When it is over, and not when who asked for it gives up: another's task may be under way in its place.
      const forget = keep(place, turn);
      turn.done.then(forget, forget);
      return settled(turn, task, signal);
    },
  };

  function takeAtOnce(
    place: string,
    incident: Incident,
    task: Task<T>,
    signal: Signal,
    source: Source,
    word: Word | undefined,
  ): Promise<Taken<T>> {
    const turn: Turn<T> = { incident, task, twins: NONE, isUnderWay: true, source, word, done: UNBEGUN };
    const done = task(wayOf(turn));
    turn.done = done;
    const forget = keep(place, turn);
    return done.then(
      (result) => {
        forget();
        return turn.hasGivenWay ? settled(turn, task, signal) : { result, from: 'own' };
      },
      (error) => {
        forget();
        throw error;
      },
    );
  }

  /** Keeps it as the last of its place; gives what forgets it. */
  function keep(place: string, turn: Turn<T>): () => void {
    const slot: Slot<T> = { turn };
    lastTurns.set(place, slot);
    return () => {
      slot.turn = undefined;
      if (lastTurns.get(place) === slot) lastTurns.delete(place);
    };
  }
}

/** What comes of a turn for the one who asked for `task`, which may be replaced as long as it waits, by a twin's, too. */
async function settled<T>(
  turn: Turn<T>,
  task: Task<T>,
  signal: Signal,
  otherwise: 'twin' | 'newer' = 'newer',
): Promise<Taken<T>> {
  let giveUp = () => {};
  const late = new Promise<Taken<T>>((resolve) => {
    giveUp = () => {
      const isOwn = turn.task === task && !turn.hasGivenWay;
      if (isOwn && turn.isUnderWay) return;
      if (isOwn) [turn.task, ...turn.twins] = turn.twins;
      else turn.twins = turn.twins.filter((twin) => twin !== task);
      resolve({ from: 'late' });
    };
    signal.addEventListener('abort', giveUp);
  });
  const done = takenFrom(turn, () => (turn.task === task ? 'own' : otherwise));
  try {
    return await Promise.race([done, late]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** What comes of a turn, or of what it gives way to. */
async function takenFrom<T>(turn: Turn<T>, whose: () => 'own' | 'twin' | 'newer'): Promise<Taken<T>> {
  const result = await turn.done;
  if (turn.hasGivenWay && turn.newer !== undefined) return takenFrom(turn.newer, () => 'newer');
  return result === LATE ? { from: 'late' } : { result, from: whose() };
}

/** What is due, owed or resent says less than it seems: it is of another time. And an end is told, whatever fires again. */
function mayReplace(before: Word | undefined, word: Word | undefined): boolean {
  return before !== undefined && (word === 'end' || word === before);
}

function wayOf<T>(turn: Turn<T>): Way {
  // Who has given up is not run.
  const isAsked = () => turn.newer?.word === 'end' && turn.newer.task !== undefined;
  return {
    isAsked,
    give() {
      if (!isAsked()) return false;
      turn.hasGivenWay = true;
      return true;
    },
  };
}

function saysTheSame(a: Incident, b: Incident, { resendOn }: DedupRules): boolean {
  return (
    a.alerts.length === b.alerts.length &&
    a.groupKey === b.groupKey &&
    a.truncatedAlerts === b.truncatedAlerts &&
    a.alerts.every((alert, i) => {
      const other = b.alerts[i];
      return (
        alert.fingerprint === other?.fingerprint &&
        alert.status === other.status &&
        alert.startsAtMs === other.startsAtMs
      );
    }) &&
    contentOf(a, resendOn) === contentOf(b, resendOn)
  );
}

/**
 * Whether all that was said of the incident has been overtaken: an alert's later start, or its end. What came later is
 * not always newer, for a lagging peer's webhook comes after that of the other one.
 */
function isNewer(incident: Incident, before: Incident): boolean {
  if (incident.truncatedAlerts + before.truncatedAlerts > 0) return false;
  const alerts = new Map(incident.alerts.map((alert) => [alert.fingerprint, alert]));
  return before.alerts.every((old) => overtakes(alerts.get(old.fingerprint), old));
}

function overtakes(alert: Alert | undefined, old: Alert): boolean {
  if (alert === undefined || alert.startsAtMs < old.startsAtMs) return false;
  return alert.startsAtMs > old.startsAtMs || alert.status === 'resolved' || old.status === 'firing';
}
