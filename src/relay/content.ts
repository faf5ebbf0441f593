import { sha256hex } from '../notification/incident-key.ts';
import { type Incident, type Labels, labelValue } from '../notification/notification.ts';
import { severityLabels } from '../notification/severity.ts';
import { summaryOf } from '../notification/summary.ts';
import type { Content } from '../route/route.ts';

const READ: Readonly<Record<Content, (incident: Incident) => unknown>> = {
  severity: severityLabels,
  summary: summaryOf,
  description: ({ commonAnnotations }) => labelValue(commonAnnotations, 'description'),
  labels: ({ commonLabels }) => sorted(commonLabels),
  annotations: ({ commonAnnotations }) => sorted(commonAnnotations),
  alerts: ({ alerts }) =>
    alerts.length === 1
      ? alerts[0]?.fingerprint
      : alerts
          .filter(firing)
          .map(({ fingerprint }) => fingerprint)
          .sort(),
};

/** A short hash of what counts as the incident's content. 64 bits: two contents of one incident do not meet by chance. */
export function contentHash(incident: Incident, counts: ReadonlySet<Content>): string {
  const parts = Array.from(counts, (content) => READ[content](incident));
  return sha256hex(JSON.stringify(parts)).slice(0, 16);
}

function firing({ status }: { readonly status: string }): boolean {
  return status === 'firing';
}

function sorted(labels: Labels): readonly unknown[] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}
