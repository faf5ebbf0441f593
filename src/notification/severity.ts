import { type Incident, labelValue } from './notification.ts';

/** From worst to mildest. */
export const SEVERITIES = ['critical', 'error', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Rated {
  readonly severity: Severity;
  /** Whether a value had to be taken as `error` because neither the enum nor the map knows it. */
  readonly unknown: boolean;
}

/** What stands for a severity that is missing or not understood: it still pages. */
const DEFAULT_SEVERITY = 'error';

/** The distinct values of the `severity` label, of the firing alerts where there are any, else of the resolved ones. */
export function severityLabels(incident: Incident): readonly string[] {
  const [only, ...rest] = incident.alerts;
  if (only !== undefined && rest.length === 0) return [labelValue(only.labels, 'severity')];
  const firing = incident.alerts.filter((alert) => alert.status === 'firing');
  const counted = firing.length > 0 ? firing : incident.alerts;
  return [...new Set(counted.map((alert) => labelValue(alert.labels, 'severity')))];
}

/** The worst of the given severity texts, each taken through `map` (the user's names) and then the enum, in any case. */
export function rate(texts: readonly string[], map: ReadonlyMap<string, Severity>): Rated {
  let worst: Severity | undefined;
  let unknown = false;
  for (const text of texts) {
    const severity = map.get(text) ?? known(text.trim().toLowerCase());
    if (severity === undefined && text !== '') unknown = true;
    worst = worse(worst, severity ?? DEFAULT_SEVERITY);
  }
  return { severity: worst ?? DEFAULT_SEVERITY, unknown };
}

/** Order for sending: 0 for critical to 3 for info. */
export function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

function known(text: string): Severity | undefined {
  return SEVERITIES.find((severity) => severity === text);
}

function worse(a: Severity | undefined, b: Severity): Severity {
  return a !== undefined && rank(a) <= rank(b) ? a : b;
}
