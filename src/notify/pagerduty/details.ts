import type { Json } from '../../notification/fit.ts';
import { type Alert, countFiring, type Incident } from '../../notification/notification.ts';
import { isTemplate } from '../../template/templates.ts';
import { alertsDetail } from '../alerts-detail.ts';
import type { Rendering, TemplateTree } from '../rendering.ts';
import { readDetail } from './read-detail.ts';
import { type PagerDutySettings, readsBack } from './settings.ts';

export interface Details {
  readonly [name: string]: Json;
}

type DetailsSettings = Pick<
  PagerDutySettings,
  'details' | 'details_format' | 'enrich' | `rest_api_key${'' | '_file' | '_env'}`
>;

/** `custom_details`: the user's own, what `enrich` adds, and what is needed to know the incident again. */
export function detailsOf(incident: Incident, settings: DetailsSettings, rendering: Rendering): Details {
  const own = ownDetails(settings, rendering);
  const { alerts, truncatedAlerts } = incident;
  // Put together step by step: to spread parts that are mostly empty takes longer than all the rest.
  const details: Record<string, Json> = { ...own };
  if (truncatedAlerts > 0) details.truncated_alerts = truncatedAlerts;
  if (settings.enrich) {
    const firing = countFiring(alerts);
    details.num_firing = firing;
    details.num_resolved = alerts.length - firing;
    details.labels = incident.commonLabels;
    details.annotations = incident.commonAnnotations;
  }
  if (readsBack(settings)) Object.assign(details, alertsDetail(incident));
  if (settings.enrich && alerts.length > 1) {
    details.firing = alerts.filter(({ status }) => status === 'firing').map(alertDetails);
    details.resolved = alerts.filter(({ status }) => status === 'resolved').map(alertDetails);
  }
  // Again: the user's value wins, and its place at the front is what trimming keeps.
  return settings.enrich ? Object.assign(details, own) : details;
}

function alertDetails({ labels, annotations, startsAt, generatorURL, fingerprint }: Alert): Details {
  return { labels, annotations, startsAt, generatorURL, fingerprint };
}

function ownDetails({ details, details_format }: DetailsSettings, rendering: Rendering): Details {
  if (details === undefined) return {};
  const render = (tree: TemplateTree, setting: string): Json => {
    if (typeof tree !== 'object' || tree === null) return tree;
    if (isList(tree)) return tree.map((item) => render(item, setting));
    if (isTemplate(tree)) return readDetail(rendering.text(setting, tree) ?? '', details_format);
    return Object.fromEntries(Object.entries(tree).map(([name, item]) => [name, render(item, setting)]));
  };
  return Object.fromEntries(
    Object.entries(details).map(([name, tree]) => [name, render(tree, `details.${name}`)]),
  );
}

function isList(tree: TemplateTree): tree is readonly TemplateTree[] {
  return Array.isArray(tree);
}
