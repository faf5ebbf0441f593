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
