import { type Incident, overAlerts } from '../notification/notification.ts';
import type { Decision, Observed } from './dedup.ts';
import type { Manner } from './errand.ts';
import { endedBefore } from './members.ts';
import { mayBeClosed, NOT_OPEN, type Remembered, stampOf } from './remembered.ts';

const OBSERVED = { mayBeHeld: false, share: 1, by: 'reconcile', isHousekeeping: true } as const;

export const REOPENED_WHEN_ACTIVE: Remembered = { ...NOT_OPEN, reopenFrom: 0 };

/** Forgets its alerts, for what Alertmanager says next of them is news. It is opened again when they are active. */
export const RESOLVE_MUTED: Manner = {
  ...OBSERVED,
  judge: ({ incident }, before) => unlessItIs('resolve', before, 'muted', incident),
  after: REOPENED_WHEN_ACTIVE,
};

export const ACKNOWLEDGE: Manner = {
  ...OBSERVED,
  judge: ({ incident }) => ({ forward: true, action: 'acknowledge', reason: 'muted', incident }),
};

export const GONE: Manner = {
  ...RESOLVE_MUTED,
  judge({ incident }, before) {
    // Another replica may know that it is left to people.
    if (before?.staysOpen) return { forward: false, action: 'resolve', reason: 'send_resolved', incident };
    return unlessItIs('resolve', before, 'gone', incident);
  },
};

export const REOPEN: Manner = {
  mayBeHeld: true,
  isPart: true,
  share: 1,
  by: 'reconcile',
  judge({ incident }, before) {
    // Alertmanager has said since that it is over.
    if (mayBeClosed(before) && before?.reopenFrom === undefined)
      return { forward: false, action: 'trigger', reason: 'duplicate', incident };
    return unlessItIs('trigger', before, 'active', incident);
  },
};

/** Opens again what was closed early: under this stamp, unless all of its alerts have ended by its turn. */
export function reopening(closed: string): Manner {
  return {
    ...REOPEN,
    judge({ incident }, before, at) {
      if (before !== undefined && !mayBeClosed(before))
        return unlessItIs('trigger', before, 'active', incident);
      const isOver = endedBefore(before?.members ?? [], at);
      const left = incident.alerts.filter((alert) => !isOver(alert));
      if (left.length === 0 || stampOf(before) !== closed)
        return { forward: false, action: 'trigger', reason: 'stale', incident };
      return { forward: true, action: 'trigger', reason: 'active', incident: overAlerts(incident, left) };
    },
  };
}

/** Another replica, or an earlier turn, may have done it meanwhile. */
function unlessItIs(
  action: 'trigger' | 'resolve',
  before: Remembered | undefined,
  reason: Observed,
  incident: Incident,
): Decision {
  const isUnsure = action === 'trigger' && mayBeClosed(before);
  if (before?.action === action && !isUnsure)
    return { forward: false, action, reason: 'duplicate', incident };
  return { forward: true, action, reason, incident };
}
