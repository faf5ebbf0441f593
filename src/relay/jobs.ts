import type { Config } from '../config/compile.ts';
import {
  accountFor,
  type Integration,
  integrationsOf,
  withOtherAccounts,
} from '../config/compile-receiver.ts';
import { sha256hex } from '../notification/incident-key.ts';
import {
  type Alert,
  actionOf,
  type Incident,
  type Labels,
  overAlerts,
  withAlerts,
} from '../notification/notification.ts';
import { codePoints } from '../notification/text.ts';
import type { TemplateFailure } from '../notify/rendering.ts';
import { type DedupRules, matchRoutes, type Route } from '../route/route.ts';
import type { Webhook } from '../webhook/webhook.ts';
import type { HasEnded } from './ended-by.ts';
import { placeOf } from './place.ts';
import { type Planned, plan, routeTo } from './plan.ts';

/** One notification that one integration is to deliver. */
export interface Job {
  readonly integration: Integration;
  readonly rules: DedupRules;
  readonly incident: Incident;
  /** Where it goes, and about what: the vendor's account and the incident key. What is remembered is kept under it. */
  readonly place: string;
  /** What failed of the templates that give the incident its key. */
  readonly templateFailures: readonly TemplateFailure[];
  /** Every route that led here; it is muted only while all of them are. */
  readonly routes: ReadonlySet<Route>;
  /** When Alertmanager said so, in ms since the epoch; undefined where it is seen there though nobody says so. */
  readonly heardAt?: number | undefined;
}

/**
 * What a webhook gives each integration to do, through the route tree or straight to one receiver. Receivers that share
 * a vendor's account share its incidents: what two of them would say of one incident is said once, by the first.
 */
export function jobsOf(
  webhook: Webhook,
  config: Pick<Config, 'route' | 'receivers'>,
  direct: string | undefined,
  heardAt?: number,
): readonly Job[] {
  const parts = new Map<string, [Job, ...Job[]]>();
  for (const planned of plan(webhook, config.route, direct)) {
    for (const entry of config.receivers.get(planned.receiver)?.integrations ?? []) {
      for (const [integration, own] of byAccount(entry, planned.incident)) {
        const job = jobOf(integration, planned, own, heardAt);
        const known = parts.get(job.place);
        if (known === undefined) parts.set(job.place, [job]);
        else known.push(job);
      }
    }
  }
  return Array.from(parts.values(), ([first, ...others]) => together(first, others));
}

/** An incident with the key that the integration gives it. */
function jobOf(
  integration: Integration,
  { rules, routes }: Planned,
  incident: Incident,
  heardAt: number | undefined,
): Job {
  const given = integration.notifier.incidentKey?.(incident);
  // A key of the user's making can stand for several groups or alerts: their members are followed one by one.
  const own =
    given?.key === undefined ? incident : { ...incident, key: given.key, granularity: 'labels' as const };
  return {
    integration,
    rules,
    incident: own,
    place: placeOf(integration.target, own.key),
    templateFailures: given?.templateFailures ?? [],
    routes,
    heardAt,
  };
}

/**
 * What a fallback's integrations have to do for a job: the same incident under the same key, in accounts of their own. A
 * key that is too long for the other vendor becomes its SHA-256 there.
 */
export function standInJobs(job: Job, fallback: readonly Integration[]): readonly Job[] {
  const jobs = new Map<string, Job>();
  for (const entry of fallback) {
    for (const [integration, own] of standInAccounts(entry, job.incident)) {
      const isTooLong = codePoints(own.key) > integration.vendor.maxKey;
      const incident = isTooLong ? { ...own, key: sha256hex(own.key) } : own;
      const place = placeOf(integration.target, incident.key);
      jobs.set(place, { ...job, integration, incident, place, templateFailures: [] });
    }
  }
  return [...jobs.values()];
}

/**
 * As `byAccount`. Of what is gone only fingerprints are known (gone.ts), which do not tell the account: then it is each of
 * them, as far as nothing else fires there.
 */
function standInAccounts(
  entry: Integration,
  incident: Incident,
): readonly (readonly [Integration, Incident])[] {
  const isUnlabelled = ({ status, labels }: Alert) =>
    status === 'resolved' && Object.keys(labels).length === 0;
  if (!incident.alerts.every(isUnlabelled)) return byAccount(entry, incident);
  const own: Incident = { ...incident, granularity: 'labels' };
  return withOtherAccounts(entry).map((account) => [account, own]);
}

/**
 * Where a job goes under another config by the labels of one of its alerts; undefined where that has no such
 * integration. Several values of a label may lead to one account, so what all alerts have in common need not tell it.
 */
export function underConfig(
  job: Job,
  { route, receivers }: Config,
  labels: Labels = job.incident.alerts[0]?.labels ?? {},
): Job | undefined {
  const { receiver, name, target } = job.integration;
  const { integrations = [] } = receivers.get(receiver) ?? {};
  // Its name is its number in the list, which another one may have by then.
  const known =
    integrations.find((other) => accountFor(other, labels).target === target) ??
    integrations.find((other) => other.name === name);
  if (known === undefined) return undefined;
  const integration = accountFor(known, labels);
  return {
    ...job,
    integration,
    place: placeOf(integration.target, job.incident.key),
    routes: new Set([routeTo(receiver, matchRoutes(route, labels), route)]),
  };
}

/**
 * The job at the account that it was for, whoever has that now; undefined where neither the config has it nor `retired`, by
 * target. Of an end, which no other account can take.
 */
export function endUnder(
  job: Job,
  config: Config,
  retired: ReadonlyMap<string, Integration>,
): Job | undefined {
  const { receiver, target } = job.integration;
  const known = integrationsOf(config).filter((other) => other.target === target);
  const own = known.find((other) => other.receiver === receiver);
  const integration = own ?? known[0] ?? retired.get(target);
  return integration && { ...job, integration };
}

/** Whether it tells of an end, and of nothing that fires. */
export function isEnd({ incident }: Pick<Job, 'incident'>): boolean {
  return actionOf(incident.alerts) === 'resolve';
}

/** The job, of an incident that has ended. */
export function over(job: Job): Job {
  const alerts = job.incident.alerts.map((alert) => ({ ...alert, status: 'resolved' as const }));
  return { ...job, incident: { ...job.incident, alerts } };
}

/** One job of all for the same place. There may be as many as alerts. */
export function together(first: Job, others: readonly Job[]): Job {
  if (others.length === 0) return first;
  const jobs = [first, ...others];
  const alerts = new Set(jobs.flatMap(({ incident }) => incident.alerts));
  const routes = new Set(jobs.flatMap((job) => [...job.routes]));
  return { ...first, incident: withAlerts(first.incident, [...alerts]), routes };
}

/** What fires of an incident, by this job and by an earlier one where several groups feed it; undefined: nothing. */
export function stillFiring(job: Job, earlier: Job): Job | undefined {
  const { incident } = job;
  const told = new Set(incident.alerts.map(({ fingerprint }) => fingerprint));
  const others =
    incident.granularity === 'labels'
      ? earlier.incident.alerts.filter(({ fingerprint }) => !told.has(fingerprint))
      : [];
  const firing = [...others, ...incident.alerts].filter(({ status }) => status === 'firing');
  if (firing.length === 0) return undefined;
  return others.length === 0 ? job : { ...job, incident: overAlerts(incident, firing) };
}

/** The job without what fires of it and has ended; undefined where nothing fires then. */
export function withoutEnded(job: Job, hasEnded: HasEnded): Job | undefined {
  const { incident } = job;
  const left = incident.alerts.filter((alert) => alert.status === 'resolved' || !hasEnded(alert));
  if (actionOf(left) === 'resolve') return undefined;
  return left.length === incident.alerts.length ? job : { ...job, incident: overAlerts(incident, left) };
}

/**
 * The incident for each of the accounts that its alerts belong to. Which one an alert belongs to follows from its own
 * labels, not from those that a group has in common: firing and resolved must arrive at the same place.
 */
function byAccount(
  integration: Integration,
  incident: Incident,
): readonly (readonly [Integration, Incident])[] {
  if (integration.byLabel === undefined) return [[integration, incident]];
  const accounts = new Map<Integration, Alert[]>();
  for (const alert of incident.alerts) {
    const account = accountFor(integration, alert.labels);
    const own = accounts.get(account);
    if (own === undefined) accounts.set(account, [alert]);
    else own.push(alert);
  }
  return Array.from(accounts, ([account, alerts]) => [account, withAlerts(incident, alerts)] as const);
}
