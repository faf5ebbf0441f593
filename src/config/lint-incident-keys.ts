import type { Alert, Incident, Labels } from '../notification/notification.ts';
import type { GroupBy } from '../route/route.ts';
import type { Config } from './compile.ts';
import type { Integration } from './compile-receiver.ts';
import type { PlacedTemplate } from './compile-templates.ts';
import { createGroupings } from './groupings.ts';
import { createSamples, FORMS, resolved, type Samples } from './lint-samples.ts';
import type { Fault } from './problem.ts';

type KeyOf = (incident: Incident) => string;

/**
 * Key templates (`dedup_key`, `alias`) that cannot do: those that give every incident the same key, and those whose key
 * changes in the course of one incident. Found by rendering them.
 */
export function lintIncidentKeys({ route, receivers }: Config): readonly Fault[] {
  const groupings = createGroupings(route);
  const known = new Map<string, string | undefined>();
  const faults: Fault[] = [];
  for (const { name, integrations } of receivers.values()) {
    for (const integration of integrations) {
      const key = keyTemplateOf(integration);
      if (key === undefined) continue;
      const own = groupings(name);
      const which = JSON.stringify([integration.vendor.type, key.template.source, own]);
      if (!known.has(which)) known.set(which, faultOf(integration, key, own));
      const message = known.get(which);
      if (message !== undefined) faults.push({ path: key.path, message, warning: true });
    }
  }
  return faults;
}

/** The template that gives incidents their keys, if the integration has one. */
export function keyTemplateOf({ vendor, templates }: Integration): PlacedTemplate | undefined {
  // `receivers[0].pagerduty_configs[0].dedup_key`; in `details` anything can have its name.
  return templates.find(({ path }) => path.length === 5 && path[4] === vendor.keySetting);
}

function faultOf(
  { notifier }: Integration,
  { template }: PlacedTemplate,
  groupings: readonly GroupBy[],
): string | undefined {
  const keyOf = (incident: Incident) => notifier.incidentKey?.(incident).key;
  if (readsClock(template)) {
    return 'the key depends on the time, so that it is another one when the incident is over, which then stays open; use labels only';
  }
  const mentioned = template.mentions();
  for (const groupBy of groupings) {
    const samples = createSamples(mentioned, groupBy);
    const form = FORMS.find(([value]) => keyOf(samples.incident([samples.alert(value)])) !== undefined);
    // It fails, or is empty, whatever the alert: the incident keeps its own key.
    if (form === undefined) continue;
    const orOwn: KeyOf = (incident) => keyOf(incident) ?? incident.key;
    const message = sameForAll(samples, orOwn) ?? changing(samples, form, groupBy, orOwn);
    if (message !== undefined) return message;
  }
  return undefined;
}

/** A template that asks for the time gives another key each time. */
function readsClock({ source }: PlacedTemplate['template']): boolean {
  return /\{\{[^}]*\b(?:now|since)\b/.test(source);
}

function sameForAll({ alert, incident }: Samples, keyOf: KeyOf): string | undefined {
  const isSame = FORMS.every(
    ([one, other]) => keyOf(incident([alert(one)])) === keyOf(incident([begunEarlier(alert(other))])),
  );
  return isSame
    ? 'alerts that have nothing in common get the same key, so that all become one incident; use the labels that tell incidents apart, as {{ .CommonLabels.alertname }}'
    : undefined;
}

function changing(
  { alert, companion, incident }: Samples,
  [value, other]: readonly [string, string],
  groupBy: GroupBy,
  keyOf: KeyOf,
): string | undefined {
  const first = alert(value);
  const key = keyOf(incident([first]));
  const changesFor = (...alerts: readonly Alert[]) => keyOf(incident(alerts)) !== key;
  if (changesFor(resolved(first))) {
    return 'the key of a resolved alert is another one than while it fires, so that its incident stays open; use labels only';
  }
  if (changesFor({ ...first, annotations: reworded(first.annotations) })) {
    return 'the key depends on annotations, which can change while the alert fires: what was opened before stays open then; use labels only';
  }
  if (changesFor(begunEarlier(first))) {
    return 'the key depends on when the alert began, which a restart of Prometheus can change: what was opened before stays open then; use labels only';
  }
  // In front, where Alertmanager may sort it.
  if (groupBy.granularity === 'alert' || !changesFor(companion(value, other), first)) return undefined;
  const grouped =
    groupBy.granularity === 'labels' ? `with group_by: [${groupBy.names.join(', ')}]` : 'without group_by';
  return `${grouped}, the key changes when another alert joins the incident, and what was opened before stays open; use .GroupLabels, which all its alerts share`;
}

function reworded(annotations: Labels): Labels {
  return Object.fromEntries(Object.entries(annotations).map(([name, value]) => [name, `${value}, reworded`]));
}

/** Begun so long before that its date is another one in any form. */
function begunEarlier(alert: Alert): Alert {
  const startsAtMs = alert.startsAtMs - (40 * 86_400 + 3_661) * 1000;
  return { ...alert, startsAtMs, startsAt: new Date(startsAtMs).toISOString() };
}
