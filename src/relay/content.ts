import { hash } from 'node:crypto';
import { type Incident, type Labels, labelValue } from '../notification/notification.ts';
import { severityLabels } from '../notification/severity.ts';
import { summaryOf } from '../notification/summary.ts';
import type { Content } from '../route/route.ts';

const READ: Readonly<Record<Content, (incident: Incident) => string>> = {
  severity: (incident) => JSON.stringify(severityLabels(incident)),
  summary: summaryOf,
  description: ({ commonAnnotations }) => labelValue(commonAnnotations, 'description'),
  labels: ({ commonLabels }) => sorted(commonLabels),
  annotations: ({ commonAnnotations }) => sorted(commonAnnotations),
  alerts: ({ alerts }) =>
    alerts
      .filter(({ status }) => status === 'firing')
      .map(({ fingerprint }) => fingerprint)
      .sort((a, b) => (a < b ? -1 : 1))
      .join(),
};

/** Texts up to this length are kept as they are: a hash would take as much memory, and more time. */
const SHORT = 22;

/** What counts as the incident's content, to be compared: as text, or 132 bits of its hash where that is long. */
export function contentOf(incident: Incident, counts: ReadonlySet<Content>): string {
  const parts: (string | number)[] = [];
  for (const content of counts) {
    const part = READ[content](incident);
    // With its length before it, no part can pass for two.
    parts.push(part.length, part);
  }
  const text = parts.join(' ');
  return text.length <= SHORT ? text : hash('sha256', text, 'base64').slice(0, SHORT);
}

function sorted(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
