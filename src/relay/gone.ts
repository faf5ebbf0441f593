import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { Config } from '../config/compile.ts';
import { type Integration, integrationsOf } from '../config/compile-receiver.ts';
import { isFingerprint } from '../notification/incident-key.ts';
import type { Alert, Incident } from '../notification/notification.ts';
import { breathe } from './event-loop.ts';
import type { Held } from './held.ts';
import type { HeldResolves } from './held-resolves.ts';
import type { Job } from './jobs.ts';
import type { Memory } from './memory.ts';
import { accountOf, keyOf } from './place.ts';
import type { Present } from './present.ts';
import { GONE, REOPENED_WHEN_ACTIVE } from './reconcile-manners.ts';
import { isInsistedOn, type Remembered } from './remembered.ts';
import type { Task } from './task-queue.ts';

/** What is to be done about incidents that are open and that Alertmanager has had no alert of for long enough. */
export type Gone = (snapshot: Snapshot, present: ReadonlyMap<string, Present>) => Promise<readonly Task[]>;

export interface GoneParts {
  readonly config: () => Config;
  /** Accounts that reloads took from a receiver, by target; asked only for those that the config no longer has (retired.ts). */
  readonly retired: () => ReadonlyMap<string, Integration>;
  readonly memory: () => Memory;
  readonly held: Pick<Held, 'has' | 'dropFrom'>;
  readonly heldResolves: Pick<HeldResolves, 'hasTime'>;
}

/** An incident that is open, or of which something is held, and that Alertmanager has no alert of, since a time in ms since the epoch. */
interface Absent {
  readonly place: string;
  readonly alerts: readonly Pick<Alert, 'fingerprint' | 'startsAtMs'>[];
  readonly since: number;
}

/** How long what is due to be ended is kept from being forgotten, in ms: its account may be gone, and nobody takes the end. */
const KEPT_FOR_MS = 24 * 60 * 60_000;
/** Remembered incidents that are looked through before others have their turn. */
const BATCH = 2_000;

export function createGone({ config, retired, memory, held, heldResolves }: GoneParts): Gone {
  /** Since when none of its alerts has been seen at Alertmanager, by place. */
  let absentSince: ReadonlyMap<string, number> = new Map();

  const afterMs = () => config().relay.alertmanager?.afterMs ?? Number.POSITIVE_INFINITY;

  /** What is open, or held, and Alertmanager has no alert of. */
  async function withoutAlerts(
    snapshot: Snapshot,
    present: ReadonlyMap<string, Present>,
  ): Promise<readonly Absent[]> {
    const found: Absent[] = [];
    let looked = 0;
    for (const place of [...memory().places()]) {
      if (++looked % BATCH === 0) await breathe();
      const absent = present.has(place) ? undefined : absentAt(place, snapshot);
      if (absent !== undefined) found.push(absent);
    }
    return found;
  }

  /** The incident there where Alertmanager has no alert of it, unless its end is not for Alertmanager to say, or not yet. */
  function absentAt(place: string, snapshot: Snapshot): Absent | undefined {
    const remembered = memory().peek(place);
    if (remembered === undefined) return undefined;
    const alerts = openAlertsOf(place, remembered, held.has(place));
    if (!areGone(alerts, snapshot)) return undefined;
    // An end that is kept back has its own time.
    const isLater = isInsistedOn(remembered, snapshot.takenAt) || heldResolves.hasTime(place);
    const since = absentSince.get(place) ?? snapshot.takenAt;
    // It must not be forgotten before it is ended (`dedup.ttl`).
    if (isLater || snapshot.takenAt - since < afterMs() + KEPT_FOR_MS) memory().set(place, remembered);
    return isLater ? undefined : { place, alerts, since };
  }

  /** Those that have been without for long enough are to be resolved, or no longer to be held. */
  function resolveGone(absent: readonly Absent[], { takenAt }: Snapshot): readonly Task[] {
    const accounts = new Map(
      integrationsOf(config()).map((integration) => [integration.target, integration]),
    );
    const gone = absent.filter(({ since }) => takenAt - since >= afterMs());
    return gone.flatMap(({ place, alerts }) => {
      if (memory().peek(place)?.staysOpen) {
        dropHeld(place, takenAt - afterMs());
        return [];
      }
      const to = accounts.get(accountOf(place)) ?? retired().get(accountOf(place));
      if (to === undefined) return [];
      return [{ job: goneJob(place, alerts, to, config()), what: 'gone', manner: GONE }];
    });
  }

  /**
   * No end is told of what stays open: nothing else would drop what is held of it before its mute ends. As what is resolved
   * from here, it pages should Alertmanager have it active again.
   */
  function dropHeld(place: string, heardBefore: number): void {
    held.dropFrom(place, heardBefore);
    if (!held.has(place)) memory().set(place, REOPENED_WHEN_ACTIVE);
  }

  return async (snapshot, present) => {
    const absent = await withoutAlerts(snapshot, present);
    absentSince = new Map(absent.map(({ place, since }) => [place, since]));
    return resolveGone(absent, snapshot);
  };
}

/**
 * The alerts of an incident that is open and to be resolved, or of which something is held, as far as they are known: an
 * incident per alert has its alert's fingerprint for a key.
 */
function openAlertsOf(
  place: string,
  { action, staysOpen, members }: Remembered,
  isHeld: boolean,
): readonly Pick<Alert, 'fingerprint' | 'startsAtMs'>[] {
  if (action === 'resolve' || (staysOpen && !isHeld)) return [];
  const firing = members.filter(({ endedAt }) => endedAt === undefined);
  if (firing.length > 0) return firing;
  const key = keyOf(place);
  // All of several have ended, and nobody took that: Alertmanager may have lost it.
  return isFingerprint(key) ? [{ fingerprint: key, startsAtMs: 0 }] : members;
}

/** Whether Alertmanager has none of them; of unknown ones that cannot be said. */
function areGone(alerts: readonly Pick<Alert, 'fingerprint'>[], snapshot: Snapshot): boolean {
  return alerts.length > 0 && alerts.every(({ fingerprint }) => snapshot.state(fingerprint) === undefined);
}

/** Alertmanager no longer has the alerts, and neither do we: all that is left of them are their fingerprints. */
function goneJob(
  place: string,
  alerts: readonly Pick<Alert, 'fingerprint' | 'startsAtMs'>[],
  integration: Integration,
  { route }: Config,
): Job {
  const annotations = { summary: 'Alertmanager no longer has this alert' };
  const incident: Incident = {
    key: keyOf(place),
    granularity: 'group',
    alerts: alerts.map(({ fingerprint, startsAtMs }) => ({
      status: 'resolved',
      labels: {},
      annotations,
      startsAt: '',
      startsAtMs,
      endsAt: '',
      generatorURL: '',
      fingerprint,
    })),
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: annotations,
    routeLabels: {},
    groupKey: '',
    externalURL: '',
    sender: '',
    truncatedAlerts: 0,
    notificationReason: '',
  };
  return { integration, rules: route.dedup, incident, place, templateFailures: [], routes: new Set() };
}
