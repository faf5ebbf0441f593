import type { Config } from '../config/compile.ts';
import type { Decision } from './dedup.ts';
import { endedBy } from './ended-by.ts';
import type { Errand } from './errand.ts';
import { createHandingBack, type HandBack, type HandBackParts } from './hand-back.ts';
import { toldAt } from './instead.ts';
import { type Job, standInJobs, withoutEnded } from './jobs.ts';
import { ACKNOWLEDGE } from './reconcile-manners.ts';
import type { Remembered } from './remembered.ts';
import { isDelivered, isUnavailable, type Result, takenBy } from './report.ts';
import type { Stepped } from './step.ts';
import { createTakeOver, type TakeOverParts } from './take-over.ts';

/** Part of the time left that a receiver with a fallback may take; the rest is the fallback's. */
export const OWN_SHARE = 0.6;

/**
 * What a fallback has to do with a notification. It takes what its receiver could not deliver, under the same incident
 * key; a resolve ends the stand-in too; and when the receiver has the incident again, the stand-in is resolved. Gives
 * the result as it stands after that.
 */
export interface FallBack {
  settle(errand: Errand, before: Remembered | undefined, stepped: Stepped): Promise<Result>;
  handBack: HandBack;
}

export function createFallBack(
  parts: TakeOverParts & HandBackParts & { readonly config: () => Config },
): FallBack {
  const takeOver = createTakeOver(parts);
  const { afterDelivery, handBack } = createHandingBack(parts);

  /** What is kept back, or known to its receiver, tells nobody of the alerts that have ended in it: they are owed no longer. */
  async function dropEnded({ job, deadline }: Errand, { action, reason, incident }: Decision): Promise<void> {
    const standIn = parts.standIns.get(job.place);
    if (standIn?.action !== 'trigger' || action !== 'trigger' || reason === 'stale') return;
    const ends = incident.alerts.filter(({ status }) => status === 'resolved');
    const rest = withoutEnded(standIn.job, endedBy(ends));
    if (rest === undefined) await handBack(job.place, deadline);
    else if (rest !== standIn.job) parts.standIns.put({ ...standIn, job: rest });
  }

  /**
   * What has ended of what is owed, as another replica was told, is owed no longer: it would be told anew for ever, and its end is
   * remembered for a while only (members.ts).
   */
  function oweWhatIsLeft({ job, manner }: Errand, { action, reason, incident }: Decision): void {
    const standIn = parts.standIns.get(job.place);
    if (manner.by !== 'handback' || action !== 'trigger' || reason === 'stale') return;
    if (standIn?.job !== job || incident.alerts.length === job.incident.alerts.length) return;
    parts.standIns.put({ ...standIn, job: { ...job, incident } });
  }

  /** Who has taken that has not taken the page: where a fallback has it, that goes on to call people until it is told, too. */
  async function acknowledge({ job, deadline, counters }: Errand, { result }: Stepped): Promise<Result> {
    const standIn = parts.standIns.get(job.place);
    // In an incident by labels another receiver's alerts may fire on.
    const isOthers = ({ place }: Job) =>
      job.incident.granularity === 'labels' && parts.standIns.isShared(place);
    const opened = standIn?.action === 'trigger' ? standIn.opened.filter((own) => !isOthers(own)) : [];
    const manner = { ...ACKNOWLEDGE, fallbackFor: job.integration.receiver };
    const results = await Promise.all(opened.map((own) => parts.turn(toldAt(job, own), deadline, manner)));
    const left = results.find(isUnavailable);
    if (left !== undefined) return left;
    const taken = results.filter(isDelivered);
    if (taken.length === 0 || isDelivered(result)) return result;
    counters.fallbacks.count++;
    return takenBy(taken, result);
  }

  return {
    async settle(errand, before, stepped) {
      const { decision, result } = stepped;
      oweWhatIsLeft(errand, decision);
      if (result.outcome === 'suppressed') await dropEnded(errand, decision);
      const { receivers } = parts.config();
      const { fallback } = receivers.get(errand.job.integration.receiver) ?? {};
      const others = receivers.get(fallback ?? '')?.integrations;
      const isStoodInFor = parts.standIns.get(errand.job.place) !== undefined;
      // What is kept back is told later: until then the stand-in stays as it is.
      const isKeptBack = result.outcome === 'suppressed' && decision.forward;
      if ((others === undefined && !isStoodInFor) || isKeptBack) return result;
      if (decision.action === 'acknowledge') return acknowledge(errand, stepped);
      const told = { ...errand, job: { ...errand.job, incident: decision.incident } };
      // A reload may have given its account to the fallback meanwhile: it would wait for its own turn.
      const isOther = ({ place }: Job) => place !== told.job.place;
      const jobs = () => standInJobs(told.job, others ?? []).filter(isOther);
      return isDelivered(result)
        ? afterDelivery(told, before, jobs, stepped)
        : takeOver(told, before, jobs(), stepped);
    },
    handBack,
  };
}
