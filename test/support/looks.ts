import type { Snapshot, SnapshotGroup } from '../../src/alertmanager/snapshot.ts';
import type { PostedAlert } from './post.ts';
import { ACCEPTED, relayUnderTest, type SentEvent, webhookOf } from './relay.ts';

export const MINUTE = 60_000;

/** Alertmanager is looked at. */
export const WATCHED = "relay: { alertmanager_url: 'http://alertmanager.example:9093', reconcile_after: 6m }";

/** A config whose Alertmanager is looked at; `route`: more of its route. */
export const config = (route = '', groupBy = "['...']") => `
${WATCHED}
route: { receiver: pd, group_by: ${groupBy}, ${route} }
receivers:
  - name: pd
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
`;

/** `o` is an hour older than the others. */
export const alert = (letter: string, more: Partial<PostedAlert> = {}): PostedAlert => ({
  labels: { alertname: letter.toUpperCase(), service: 'shop' },
  fingerprint: letter.repeat(16),
  startsAt: `2027-01-15T0${letter === 'o' ? 6 : 7}:00:00Z`,
  ...more,
});
export const ended = (letter: string) => alert(letter, { status: 'resolved' });

/** An alert's first firing, its end, and the firing after that. */
export const FIRST = { startsAt: '2027-01-15T07:00:00Z' };
export const END = { ...FIRST, status: 'resolved', endsAt: '2027-01-15T07:10:00Z' } as const;
export const SECOND = { startsAt: '2027-01-15T07:20:00Z' };

export const GROUP = { groupKey: '{}:{service="shop"}' };

/** What Alertmanager has: alerts of one group, some of them muted. */
export function seen(
  takenAt: number,
  active: readonly string[],
  muted: readonly string[] = [],
  upSince = 0,
): Snapshot {
  const all = [...active, ...muted];
  const fingerprint = (letter: string) => letter.repeat(16);
  const group: SnapshotGroup = {
    webhook: webhookOf(
      all.map((letter) => alert(letter)),
      GROUP,
    ),
    direct: [undefined],
    muted: new Set(muted.map(fingerprint)),
  };
  return {
    takenAt,
    upSince,
    groups: all.length === 0 ? [] : [group],
    state: (wanted) => {
      const letter = all.find((one) => fingerprint(one) === wanted);
      if (letter === undefined) return undefined;
      return active.includes(letter) ? 'active' : 'muted';
    },
  };
}

/** What was sent, as `trigger a`: the action, and the first letter of the incident's key. */
export const told = (sent: readonly SentEvent[]) =>
  sent.map(({ body }) => `${body.event_action} ${String(body.dedup_key).slice(0, 1)}`);
export const actionOf = (one: string) => one.split(' ')[0];

/** A relay that is shown what Alertmanager has. */
export function relayWithLooks(
  text = config(),
  answer: Parameters<typeof relayUnderTest>[1] = () => ACCEPTED,
) {
  const t = relayUnderTest(text, answer);
  /** Some time later, Alertmanager is looked at. */
  const look = async (
    active: readonly string[],
    muted: readonly string[] = [],
    afterMs = MINUTE,
    upSince = 0,
  ) => {
    t.now += afterMs;
    await t.relay.reconcile(seen(t.now, active, muted, upSince));
    return told(t.sent());
  };
  return { t, look };
}
