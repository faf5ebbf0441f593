import { type Incident, labelValue } from './notification.ts';

export interface Link {
  readonly href: string;
  readonly text: string;
}

/** Longer addresses are left out rather than cut: half an address leads nowhere. */
export const MAX_URL_LENGTH = 2048;

/** Where a responder goes next: runbook, dashboard, the expression's graph, and Alertmanager's form for a silence. */
export function linksOf(incident: Incident): readonly Link[] {
  const candidates = [
    { text: 'Runbook', href: labelValue(incident.commonAnnotations, 'runbook_url') },
    { text: 'Dashboard', href: labelValue(incident.commonAnnotations, 'dashboard_url') },
    { text: 'Graph', href: incident.alerts[0]?.generatorURL ?? '' },
    { text: 'Silence', href: silenceLink(incident) },
  ];
  return candidates.filter(({ href }) => isWebURL(href));
}

/** Whether an address may be shown as a link. Alert content is untrusted: only http and https pass. */
export function isWebURL(href: string): boolean {
  return href.length <= MAX_URL_LENGTH && /^https?:\/\//i.test(href) && URL.canParse(href);
}

function silenceLink({ externalURL, commonLabels }: Incident): string {
  const matchers = Object.entries(commonLabels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  if (externalURL === '' || matchers.length === 0) return '';
  return `${externalURL.replace(/\/+$/, '')}/#/silences/new?filter=${encodeURIComponent(`{${matchers.join(',')}}`)}`;
}
