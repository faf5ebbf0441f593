import { type Incident, labelValue } from './notification.ts';
import { nameForMatcher, quoteForMatcher } from './text.ts';

export interface Link {
  readonly href: string;
  readonly text: string;
}

/** Longer addresses are left out rather than cut: half an address leads nowhere. */
export const MAX_URL_LENGTH = 2048;

/** Where a responder goes next: runbook, dashboard, the expression's graph, and Alertmanager's form for a silence. */
export function linksOf(incident: Incident): readonly Link[] {
  const links: Link[] = [];
  const add = (text: string, href: string) => {
    if (href !== '' && isWebURL(href)) links.push({ href, text });
  };
  add('Runbook', labelValue(incident.commonAnnotations, 'runbook_url'));
  add('Dashboard', labelValue(incident.commonAnnotations, 'dashboard_url'));
  add('Graph', incident.alerts[0]?.generatorURL ?? '');
  const href = silenceLink(incident);
  // What follows Alertmanager's own address is escaped.
  if (isWebURL(incident.externalURL) && href !== '' && href.length <= MAX_URL_LENGTH)
    links.push({ href, text: 'Silence' });
  return links;
}

/** http or https, a host, and none of the characters that must be escaped in an address (RFC 3986). */
const WEB_URL = /^https?:\/\/[^\s"<>\\^`{|}/?#]+[^\s"<>\\^`{|}]*$/i;

/** Whether an address may be shown as a link. Alert content is untrusted. */
export function isWebURL(href: string): boolean {
  return href.length <= MAX_URL_LENGTH && WEB_URL.test(href);
}

function silenceLink({ externalURL, commonLabels }: Incident): string {
  if (externalURL === '') return '';
  let matchers = '';
  for (const [name, value] of Object.entries(commonLabels)) {
    matchers += `${matchers === '' ? '' : ','}${nameForMatcher(name)}=${quoteForMatcher(value)}`;
  }
  if (matchers === '') return '';
  const base = externalURL.endsWith('/') ? externalURL.replace(/\/+$/, '') : externalURL;
  return `${base}/#/silences/new?filter=${encodeURIComponent(`{${matchers}}`)}`;
}
