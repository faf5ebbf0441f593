import type { Config, ConfiguredIntegration } from '../config/compile.ts';
import { common, type Incident } from '../notification/notification.ts';
import { rank, rate, type Severity, severityLabels } from '../notification/severity.ts';
import type { DedupRules } from '../route/route.ts';
import type { Webhook } from '../webhook/webhook.ts';
import { plan } from './plan.ts';

/** One notification that one integration is to deliver. */
export interface Job {
  readonly integration: ConfiguredIntegration;
  readonly rules: DedupRules;
  readonly incident: Incident;
  /** Where it goes, and about what: the vendor's account and the incident key. What is remembered is kept under it. */
  readonly place: string;
}

/**
 * What a webhook gives each integration to do, through the route tree or straight to one receiver. Receivers that share
 * a vendor's account share its incidents: what two of them would say of one incident is said once, by the first.
 */
export function jobsOf(webhook: Webhook, config: Config, direct: string | undefined): readonly Job[] {
  const jobs = new Map<string, Job>();
  for (const { receiver, rules, incident } of plan(webhook, config.route, direct)) {
    for (const integration of config.receivers.get(receiver)?.integrations ?? []) {
      const place = `${integration.target} ${incident.key}`;
      const known = jobs.get(place);
      if (known === undefined) jobs.set(place, { integration, rules, incident, place });
      else jobs.set(place, { ...known, incident: together(known.incident, incident) });
    }
  }
  return [...jobs.values()];
}

/** The jobs of each integration on their own, so that one that is slow holds up no other. */
export function perIntegration(jobs: readonly Job[]): readonly (readonly Job[])[] {
  const own = new Map<ConfiguredIntegration, Job[]>();
  for (const job of jobs) {
    const list = own.get(job.integration);
    if (list === undefined) own.set(job.integration, [job]);
    else list.push(job);
  }
  return [...own.values()];
}

const NO_MAP: ReadonlyMap<string, Severity> = new Map();

/** By severity, as far as the labels tell; the order of equals stays. */
export function mostSevereFirst(jobs: readonly Job[]): readonly Job[] {
  const ranked = jobs.map((job) => ({
    job,
    rank: rank(rate(severityLabels(job.incident), NO_MAP).severity),
  }));
  return ranked.sort((a, b) => a.rank - b.rank).map(({ job }) => job);
}

function together(a: Incident, b: Incident): Incident {
  const alerts = [...new Set([...a.alerts, ...b.alerts])];
  if (alerts.length === a.alerts.length) return a;
  return {
    ...a,
    alerts,
    commonLabels: common(alerts, 'labels'),
    commonAnnotations: common(alerts, 'annotations'),
  };
}
