import type { Incident } from '../notification/notification.ts';
import type { DedupRules } from '../route/route.ts';
import { contentOf } from './content.ts';

interface Turn<T> {
  readonly incident: Incident;
  readonly done: Promise<T>;
}

/** Keeps what is done for one place in the order in which it was asked for, one at a time. */
export interface Turns<T> {
  /**
   * Runs `task` when all earlier ones for `place` are done. When the one before it, still under way or waiting, says
   * the same of the incident, its result is shared instead (`joined`): the twin of an HA pair must not page again.
   */
  take(
    place: string,
    incident: Incident,
    rules: DedupRules,
    task: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly joined: boolean }>;
}

export function createTurns<T>(): Turns<T> {
  const lastTurns = new Map<string, Turn<T>>();
  return {
    async take(place, incident, rules, task) {
      const before = lastTurns.get(place);
      if (before !== undefined && saysTheSame(before.incident, incident, rules)) {
        return { result: await before.done, joined: true };
      }
      const done = before === undefined ? task() : before.done.then(task, task);
      const turn = { incident, done };
      lastTurns.set(place, turn);
      try {
        return { result: await done, joined: false };
      } finally {
        if (lastTurns.get(place) === turn) lastTurns.delete(place);
      }
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
