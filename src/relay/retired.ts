import type { Config } from '../config/compile.ts';
import { type Integration, integrationsOf } from '../config/compile-receiver.ts';
import type { Logger } from '../observe/log.ts';
import type { Webhook } from '../webhook/webhook.ts';
import { AS_SAID, type Manner } from './errand.ts';
import { isEnd, type Job, jobsOf } from './jobs.ts';
import type { Memory } from './memory.ts';
import { accountOf } from './place.ts';
import { isToBeEnded } from './remembered.ts';
import type { StandIns } from './stand-ins.ts';

/**
 * Accounts that reloads took out of the config, or away from a receiver while others still use them. What is open there can be
 * ended there only, and with what the config said of them then.
 */
export interface Retired {
  /** From a reload on. What is left open at accounts that it took out of the config is logged. */
  retire(before: Config, after: Config): void;
  /** By account (`Integration.target`). */
  accounts(): ReadonlyMap<string, Integration>;
  /** What a webhook says to those accounts, as far as it may end something there: to be told as `LEAVING`. */
  jobsOf(webhook: Webhook, direct: string | undefined, heardAt: number): readonly Job[];
}

export interface RetiredParts {
  readonly memory: () => Memory;
  readonly standIns: Pick<StandIns, 'get' | 'places'>;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly now: () => number;
}

interface OldConfig extends Pick<Config, 'route' | 'receivers'> {
  /** Until when what began under it may be under way, in ms since the epoch. */
  readonly busyUntil: number;
  /** The accounts that it is kept for. */
  readonly targets: readonly string[];
}

/** A webhook takes its way through each of them. */
const MAX_CONFIGS = 10;
/** How often it is looked whether something is open yet at their accounts, in ms: for that all that is remembered is gone through. */
const LOOK_EVERY_MS = 60_000;

/** As a webhook says, to an account that its receiver had before a reload: ends only. */
export const LEAVING: Manner = {
  ...AS_SAID,
  judge(job, before, now) {
    const decision = AS_SAID.judge(job, before, now);
    if (decision.action !== 'trigger' || !decision.forward) return decision;
    return { forward: false, action: 'trigger', reason: 'duplicate', incident: decision.incident };
  },
  mayBeHeld: false,
  endsOnly: true,
};

export function createRetired({ memory, standIns, log, now }: RetiredParts): Retired {
  /** The newest first; each has accounts that no newer one has. */
  let configs: readonly OldConfig[] = [];
  let accounts: ReadonlyMap<string, Integration> = new Map();
  let lookAt = 0;

  /** Whether something may be open there that is to be ended. */
  function isLeftAt(place: string): boolean {
    return isToBeEnded(memory().peek(place)) || standIns.get(place) !== undefined;
  }

  /** Whether it may end something at such an account. Of an incident by labels it is to be known which of its alerts have ended. */
  function mayEnd(job: Job): boolean {
    const { place, incident } = job;
    const mayHaveEnds = incident.granularity === 'labels' || isEnd(job);
    return mayHaveEnds && accounts.has(accountOf(place)) && isLeftAt(place);
  }

  function openAt(targets: ReadonlySet<string>): readonly string[] {
    const places = new Set([...memory().places(), ...standIns.places()]);
    return [...places].filter((place) => targets.has(accountOf(place)) && isLeftAt(place));
  }

  /**
   * The configs that are still needed, of all that there were (the newest first), and the integrations that they are needed
   * for: those that are gone and whose accounts have something open, or may have it by what is under way.
   */
  function neededOf(
    all: readonly OldConfig[],
    isGone: (integration: Integration) => boolean,
    withOpen: ReadonlySet<string>,
  ): { readonly kept: readonly OldConfig[]; readonly known: readonly Integration[] } {
    const kept: OldConfig[] = [];
    const known = new Map<string, Integration>();
    for (const old of all) {
      const mayOpen = now() < old.busyUntil;
      const own = integrationsOf(old).filter(
        (one) => isGone(one) && !known.has(useOf(one)) && (mayOpen || withOpen.has(one.target)),
      );
      if (own.length === 0 || kept.length === MAX_CONFIGS) continue;
      kept.push({ ...old, targets: own.map(({ target }) => target) });
      for (const integration of own) known.set(useOf(integration), integration);
    }
    return { kept, known: [...known.values()] };
  }

  /**
   * Lets go of configs of which nothing is open and nothing under way any more. `accounts` stay as they are until the next
   * reload: they are asked about what may be open only.
   */
  function letGo(): void {
    if (configs.length === 0 || now() < lookAt) return;
    lookAt = now() + LOOK_EVERY_MS;
    const withOpen = new Set(openAt(new Set(accounts.keys())).map(accountOf));
    configs = configs.filter(
      ({ busyUntil, targets }) => now() < busyUntil || targets.some((target) => withOpen.has(target)),
    );
  }

  /** Logs what is left at accounts that nobody uses any more. `openTargets`: the account of each open incident. */
  function warnOfLeft(before: Config, after: Config, openTargets: readonly string[]): void {
    const used = new Set(integrationsOf(after).map(({ target }) => target));
    const unused = new Set(openTargets.filter((target) => !used.has(target)));
    const left = integrationsOf(before).filter(({ target }) => unused.has(target));
    const targets = new Set(left.map(({ target }) => target));
    const incidents = openTargets.filter((target) => targets.has(target)).length;
    if (incidents === 0) return;
    log.warn('incidents left open at accounts that are gone from the config: they are ended there', {
      incidents,
      integrations: [...new Set(left.map(({ receiver, name }) => `${receiver}/${name}`))],
    });
  }

  return {
    retire(before, after) {
      const { route, receivers, relay } = before;
      const busyUntil = now() + relay.deliveryTimeoutMs;
      const all = [{ route, receivers, busyUntil, targets: [] }, ...configs];
      const current = new Set(integrationsOf(after).map(useOf));
      const isGone = (integration: Integration) => !current.has(useOf(integration));
      const gone = new Set(
        all.flatMap((old) =>
          integrationsOf(old)
            .filter(isGone)
            .map(({ target }) => target),
        ),
      );
      const openTargets = gone.size === 0 ? [] : openAt(gone).map(accountOf);
      const { kept, known } = neededOf(all, isGone, new Set(openTargets));
      configs = kept;
      lookAt = now() + LOOK_EVERY_MS;
      accounts = new Map([...known].reverse().map((newest) => [newest.target, newest]));
      warnOfLeft(before, after, openTargets);
    },
    accounts: () => accounts,
    jobsOf(webhook, direct, heardAt) {
      letGo();
      const jobs = new Map<string, Job>();
      for (const old of configs) {
        if (direct !== undefined && !old.receivers.has(direct)) continue;
        for (const job of jobsOf(webhook, old, direct, heardAt)) {
          if (mayEnd(job) && !jobs.has(job.place)) jobs.set(job.place, job);
        }
      }
      return [...jobs.values()];
    },
  };
}

/** Stands for an account as a receiver's. */
function useOf({ receiver, target }: Integration): string {
  return `${target} ${receiver}`;
}
