import { setTimeout as sleep } from 'node:timers/promises';
import { type Alertmanager, createAlertmanager, type Looked } from '../alertmanager/alertmanager.ts';
import { PEER_STATES, type PeerState } from '../alertmanager/peer.ts';
import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { AlertmanagerConfig } from '../config/compile-alertmanager.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { createDeadline } from './deadline.ts';
import { whenRead } from './event-loop.ts';

/** Looks at Alertmanager again and again, and has the vendors brought in line with what it has. */
export interface Watch {
  /** From now on at these peers; at none where there is nothing to look at. */
  use(alertmanager: AlertmanagerConfig | undefined): void;
  /**
   * What Alertmanager has, asked for now. Undefined where there is nothing to look at, where any peer is not believed, and
   * where the answer would take too long to wait for.
   */
  fresh(): Promise<Snapshot | undefined> | undefined;
  /**
   * The same as far as any peer answers in time, though it has just started and may not have been told of everything: what is
   * not in it says nothing.
   */
  glimpse(): Promise<Snapshot | undefined> | undefined;
  /** Ends it, and what is under way. */
  stop(): Promise<void>;
}

export interface WatchParts {
  readonly http: HttpClient;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly now: () => number;
  readonly follow: (snapshot: Snapshot) => Promise<void>;
}

/** Who asks for a look waits no longer for it to begin, beside the one that is under way, in ms. */
const BEGUN_WITHIN_MS = 2_000;
/** A look is waited for no longer than this, in ms; after one that took longer, none does for a while. */
const FRESH_WITHIN_MS = 1_000;
const NOT_FRESH_FOR_MS = 30_000;
/** A look costs time in proportion to all alerts: so many times its duration passes before the next one. */
const REST = 4;

const HIDDEN =
  'Alertmanager does not show where these receivers post: each is taken to post to /webhook here, until relay.alertmanager_receivers says which do, and where';

type PromptLook = () => Promise<Snapshot | undefined> | undefined;

const NO_LOOK: PromptLook = () => undefined;

export function createWatch({ http, metrics, log, now, follow }: WatchParts): Watch {
  let stopping = new AbortController();
  let looking: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let told = '';
  let fresh = NO_LOOK;
  let glimpse = NO_LOOK;

  async function look(alertmanager: Alertmanager, signal: AbortSignal): Promise<void> {
    const looked = await alertmanager.look(signal);
    if (signal.aborted) return;
    report(looked.peers);
    if (!looked.believed) {
      metrics.reconciliations_total.inc({ result: 'unbelieved' });
      return;
    }
    await follow(looked.snapshot);
    metrics.reconciliations_total.inc({ result: 'done' });
    metrics.reconciliation_last_success_timestamp_seconds.set(now() / 1000);
  }

  /** The log has it when it changes. */
  function report(peers: readonly PeerState[]): void {
    for (const state of PEER_STATES) {
      metrics.alertmanager_peers.set({ state }, peers.filter((peer) => peer.state === state).length);
    }
    const states = JSON.stringify(peers.map(({ url, state, hidden }) => [url, state, hidden]));
    if (states === told) return;
    told = states;
    for (const { url, state, detail, hidden = [] } of peers) {
      const level = state === 'believed' ? 'info' : 'warn';
      log[level]('alertmanager peer', { url, state, detail });
      if (hidden.length > 0) log.warn(HIDDEN, { url, receivers: hidden });
    }
  }

  function use(config: AlertmanagerConfig | undefined): void {
    clearTimeout(timer);
    stopping.abort();
    stopping = new AbortController();
    fresh = NO_LOOK;
    glimpse = NO_LOOK;
    if (config === undefined) {
      metrics.alertmanager_peers.reset();
      return;
    }
    for (const state of PEER_STATES) metrics.alertmanager_peers.inc({ state }, 0);
    const { signal } = stopping;
    const { urls, receivers, http: httpSettings, intervalMs, afterMs } = config;
    const settings = { urls, receivers, http, httpSettings, now };
    const alertmanager = createAlertmanager({ ...settings, settleMs: afterMs });
    fresh = createPromptLook({ alertmanager, signal, now, pick: wholeInTime });
    const ofAnyAge = createAlertmanager({ ...settings, settleMs: 0 });
    // It rests by itself: how long young peers take is nothing to those who wait for a fresh look.
    glimpse = createPromptLook({ alertmanager: ofAnyAge, signal, now, pick: snapshotOf });
    const again = () => {
      looking = look(alertmanager, signal)
        .catch((error) => {
          metrics.reconciliations_total.inc({ result: 'failed' });
          log.error('reconciliation failed', { error: String((error as Error).stack ?? error) });
        })
        .finally(() => {
          if (!signal.aborted) timer = setTimeout(again, intervalMs);
        });
    };
    again();
  }

  return {
    use,
    fresh: () => fresh(),
    glimpse: () => glimpse(),
    async stop() {
      use(undefined);
      await looking;
    },
  };
}

interface PromptLookParts {
  readonly alertmanager: Alertmanager;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  /** In ms since the epoch. */
  readonly now: () => number;
  /** What counts of a look; `isLate`: not all peers may have been waited for. */
  readonly pick: (looked: Looked, isLate: boolean) => Snapshot | undefined;
}

/** A look that somebody waits for, and not for long: everybody who asks before it begins shares it. */
function createPromptLook({ alertmanager, signal, now, pick }: PromptLookParts): PromptLook {
  let next: Promise<Snapshot | undefined> | undefined;
  let underWay: Promise<unknown> = Promise.resolve();
  let from = 0;
  let restMs = 0;
  /** By when the next one is to begin, for who asked for it last. */
  let by = 0;

  const rest = (forMs: number) => {
    restMs = forMs;
    from = now() + forMs;
  };

  const leftMs = () => {
    const ms = from - now();
    // More than it was to be is left only where the clock was set back since: it is over.
    return ms > restMs ? 0 : Math.max(0, ms);
  };

  async function lookInTime(): Promise<Snapshot | undefined> {
    // How long it rests then follows from how long that took.
    await underWay;
    const waitMs = leftMs();
    const isInTime = waitMs <= Math.min(BEGUN_WITHIN_MS, by - now());
    if (isInTime) await sleep(waitMs);
    next = undefined;
    if (!isInTime || signal.aborted) return undefined;
    const looking = look();
    underWay = looking.catch(() => {});
    return looking;
  }

  async function look(): Promise<Snapshot | undefined> {
    const startedAt = now();
    // Not by AbortSignal.any: in Node before 24 the collector takes the timer of its sources along (nodejs/node#57736).
    const within = createDeadline(startedAt + FRESH_WITHIN_MS, now, signal);
    const looked = await alertmanager.look(within.signal).finally(within.clear);
    const isLate = within.signal.aborted;
    const tookMs = now() - startedAt;
    rest(isLate ? NOT_FRESH_FOR_MS : REST * Math.min(tookMs, FRESH_WITHIN_MS));
    // To read what Alertmanager has takes long, and a vendor's answer may have come meanwhile (stall.ts).
    await whenRead();
    return signal.aborted ? undefined : pick(looked, isLate);
  }

  return () => {
    if (leftMs() > BEGUN_WITHIN_MS) return undefined;
    by = now() + BEGUN_WITHIN_MS;
    next ??= lookInTime();
    return next;
  };
}

function snapshotOf(looked: Looked): Snapshot | undefined {
  return looked.believed ? looked.snapshot : undefined;
}

function wholeInTime(looked: Looked, isLate: boolean): Snapshot | undefined {
  const isWhole = looked.peers.every(({ state }) => state === 'believed');
  return isWhole && !isLate ? snapshotOf(looked) : undefined;
}
