import type { Snapshot } from '../alertmanager/snapshot.ts';
import type { Config } from '../config/compile.ts';
import type { HttpClient } from '../notify/http-client.ts';
import { following } from '../notify/signal.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Tracer } from '../observe/span.ts';
import { createBreakers } from './breaker.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Decisions } from './decisions.ts';
import { createDown } from './down.ts';
import { createFailedEnds } from './failed-ends.ts';
import { createGate } from './gate.ts';
import { createHeld } from './held.ts';
import { createHeldResolves } from './held-resolves.ts';
import { createInTurn } from './in-turn.ts';
import { type Job, underConfig } from './jobs.ts';
import { createLastLook } from './last-look.ts';
import { createLedger } from './ledger.ts';
import { createPacing } from './pacing.ts';
import { createPresentAt } from './present.ts';
import { createReadBack } from './read-back.ts';
import { createReconciliation } from './reconcile.ts';
import { createReload } from './reload.ts';
import { createRetired } from './retired.ts';
import type { SharedStore } from './shared-store.ts';
import { createStall } from './stall.ts';
import { createStandIns } from './stand-ins.ts';
import type { State } from './state.ts';
import { createStep } from './step.ts';
import { createTend } from './tend.ts';
import { createUnasked } from './unasked.ts';
import { createVerification } from './verification.ts';

/** What the relay works with. */
export interface RelayOptions {
  readonly config: Config;
  readonly http: HttpClient;
  readonly metrics: Metrics;
  readonly decisions: Pick<Decisions, 'record'>;
  readonly deadLetters: Pick<DeadLetters<Job>, 'add' | 'supersede' | 'end' | 'move'>;
  /** Looks at Alertmanager now, unless that would take too long (watch.ts). */
  readonly fresh?: () => Promise<Snapshot | undefined> | undefined;
  /** The same, where Alertmanager may not have been told of everything (watch.ts): what it does not have says nothing. */
  readonly glimpse?: () => Promise<Snapshot | undefined> | undefined;
  /** What it shares with other replicas, if anything. */
  readonly store?: SharedStore;
  readonly tracer?: Tracer | undefined;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly now: () => number;
  /** Aborts what is under way. */
  readonly stopping: AbortSignal;
}

/** Puts together what the flow (relay.ts) is made of: each part is given what it needs of the others and of the state. */
export function createParts(options: RelayOptions, state: State) {
  const { http, metrics, decisions, deadLetters, fresh, glimpse, store, tracer, log, now, stopping } =
    options;
  const { isWatched, hasAccount, widthOf, counters } = state;
  const startedAt = now();
  const config = () => state.config;
  const memory = () => state.memory;
  const presentAt = createPresentAt(config);
  const { mayFire, isOver } = createLastLook(state, now);
  const count = (what: string) => metrics.reconciled_incidents_total.inc({ what });

  const pacing = createPacing({
    now,
    stall: createStall(now),
    widthOf,
    limitOf: (target) => state.config.rateLimits.get(target),
    onPause: (target, until) => store?.pause(target, until - now()),
  });
  const down = createDown(state, metrics, log);
  const breakers = createBreakers({ now, onChange: down.change });
  const gate = createGate(pacing, breakers, now);
  const held = createHeld(now);
  const heldResolves = createHeldResolves(() => metrics.resolves_not_held_total.inc());
  const standIns = createStandIns();
  const retired = createRetired({ memory, standIns, log, now });
  const reload = createReload({ deadLetters, held, heldResolves, standIns, retired, memory, log });
  const ledger = createLedger({ decisions, deadLetters, hasAccount, log, now });
  const step = createStep({
    startedAt,
    http,
    gate,
    memory,
    held,
    heldResolves,
    follow: (promised) => verification.follow(promised),
    isWatched,
    hasAccount,
    log,
    now,
  });
  const { inTurn, handBack } = createInTurn({
    startedAt,
    step,
    standIns,
    held,
    heldResolves,
    memory,
    store,
    config,
    presentAt,
    fresh,
    hasLooked: () => state.snapshot !== undefined,
    counters,
    ledger,
    tracer,
    log,
    now,
  });
  const { resend, replay, runTasks } = createUnasked({
    inTurn,
    standIns,
    mayFire,
    config,
    retired: retired.accounts,
    now,
    stopping: following(stopping),
  });
  const tend = createTend({
    held,
    heldResolves,
    standIns,
    gate,
    inTurn,
    handBack,
    hasFallback: ({ integration }) =>
      state.config.receivers.get(integration.receiver)?.fallback !== undefined,
    mayFire,
    isOver,
    memory,
    fresh,
    glimpse,
    lastLook: () => state.snapshot,
    presentAt,
    isWatched,
    timeoutMs: () => state.config.relay.deliveryTimeoutMs,
    now,
    stopping,
  });
  const failedEnds = createFailedEnds(now);
  const reconciliation = createReconciliation({
    config,
    retired: retired.accounts,
    memory,
    presentAt,
    held,
    heldResolves,
    failedEnds,
    run: runTasks,
    count,
    now,
  });
  const readBack = createReadBack({
    http,
    gate,
    config,
    memory,
    count: () => count('read_back'),
    log,
    now,
    stopping,
  });
  const verification = createVerification({
    http,
    gate,
    memory,
    counters,
    deadLetters,
    failedEnds,
    hasAccount,
    underConfig: (job) => underConfig(job, state.config),
    resend,
    log,
    now,
    stopping,
  });
  return {
    pacing,
    down,
    held,
    heldResolves,
    standIns,
    retired,
    reload,
    ledger,
    inTurn,
    replay,
    tend,
    reconciliation,
    readBack,
    verification,
  };
}
