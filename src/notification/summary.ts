import { type Incident, type Labels, labelValue } from './notification.ts';
import { firstLine } from './text.ts';

/**
 * One line that says what is wrong: the `summary` annotation, else the first line of `description`, else the alert's
 * name and labels. Never blank. It holds no count of alerts, so that it stays the same while a group grows.
 */
export function summaryOf(incident: Incident): string {
  return (
    firstLine(labelValue(incident.commonAnnotations, 'summary')) ||
    firstLine(labelValue(incident.commonAnnotations, 'description')) ||
    nameAndLabels(incident.commonLabels) ||
    nameAndLabels(incident.groupLabels) ||
    `Alert ${incident.key}`
  );
}

function nameAndLabels(labels: Labels): string {
  const others = Object.entries(labels)
    .filter(([name, value]) => name !== 'alertname' && value !== '')
    .map(([name, value]) => `${name}=${value}`)
    .sort();
  const list = others.length === 0 ? '' : `(${others.join(', ')})`;
  return firstLine(`${labelValue(labels, 'alertname')} ${list}`);
}
