import type { Alert } from '../notification/notification.ts';

/** One time that an alert fires or fired. */
export type Occurrence = Pick<Alert, 'fingerprint' | 'startsAtMs'>;

export type HasEnded = (alert: Occurrence) => boolean;

/** Tells whether one of these ends is that of an alert. That of an earlier time that it fired says nothing of this one. */
export function endedBy(ends: readonly Occurrence[]): HasEnded {
  const ended = new Map(ends.map(({ fingerprint, startsAtMs }) => [fingerprint, startsAtMs]));
  return ({ fingerprint, startsAtMs }) => {
    const start = ended.get(fingerprint);
    return start !== undefined && startsAtMs <= start;
  };
}

/**
 * Whether an alert that fires since then, in ms since the epoch, began after this end of it. Not the start alone: Alertmanager
 * sets it back to that of another Prometheus that saw the same alert earlier.
 */
export function beganAfter(
  since: number,
  { startsAtMs, endsAt }: Pick<Alert, 'startsAtMs' | 'endsAt'>,
): boolean {
  return startsAtMs < since && Date.parse(endsAt) <= since;
}
