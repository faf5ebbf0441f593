import { type Labels, labelValue } from '../notification/notification.ts';
import { nameForMatcher, quoteForMatcher } from '../notification/text.ts';
import type {
  ExplainedAlert,
  ExplainedNotification,
  ExplainedRequest,
  Explanation,
} from '../relay/explain.ts';
import { printMatchers } from '../route/draw-routes.ts';
import { printMatcher } from '../route/matcher.ts';
import type { Trace } from '../route/trace.ts';
import { printable } from './printable.ts';

/** An explanation for people to read, ending with a line feed. */
export function printExplanation({ alerts, notifications }: Explanation): string {
  const parts = [
    ...alerts.map((alert, i) => printAlert(alert, i + 1)),
    ...notifications.map((notification, i) => printNotification(notification, i + 1)),
    ...(notifications.length === 0 ? ['Nothing is sent: no receiver on the way has an integration.'] : []),
  ];
  // What alerts say cannot move the cursor.
  const lines = parts.join('\n\n').split('\n').map(printable);
  return `${lines.join('\n')}\n`;
}

/** An explanation as data for `--output=json`. */
export function explanationData({ alerts, notifications }: Explanation): object {
  return {
    alerts: alerts.map(({ trace, ...alert }) => ({
      ...alert,
      ...(trace === undefined ? {} : { route: traceData(trace, alert.labels) }),
    })),
    notifications: notifications.map(
      ({ incident, muted, templateFailures, cuts, isSeverityUnknown, ...notification }) => ({
        ...notification,
        incident_key: incident.key,
        incident_per: incident.granularity,
        alerts: incident.alerts.map(({ fingerprint }) => fingerprint),
        ...(muted === undefined ? {} : { muted_by: muted.intervals }),
        template_failures: templateFailures,
        cut: cuts,
        severity_unknown: isSeverityUnknown,
      }),
    ),
  };
}

function traceData({ route, failed, isTaken, tried }: Trace, labels: Labels): object {
  return {
    route: printMatchers(route.matchers),
    receiver: route.receiver,
    matches: failed === undefined,
    taken: isTaken,
    ...(failed === undefined
      ? {}
      : { because: `${failed.name}=${quoteForMatcher(labelValue(labels, failed.name))}` }),
    tried: tried.map((child) => traceData(child, labels)),
  };
}

function printAlert({ status, labels, fingerprint, trace }: ExplainedAlert, number: number): string {
  const head = `alert ${number}: ${status} ${printLabels(labels)} fingerprint ${fingerprint}`;
  return trace === undefined ? head : [head, ...printTrace(trace, labels, '  ')].join('\n');
}

function printLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${nameForMatcher(name)}=${quoteForMatcher(value)}`,
  );
  return `{${pairs.sort().join(', ')}}`;
}

function printTrace(
  { route, failed, isTaken, tried }: Trace,
  labels: Labels,
  indent: string,
): readonly string[] {
  const matchers = printMatchers(route.matchers);
  if (failed !== undefined) {
    const found = quoteForMatcher(labelValue(labels, failed.name));
    return [`${indent}${matchers}  no: ${printMatcher(failed)} does not hold, it is ${found}`];
  }
  const goesOn = route.continue ? ', and on (continue)' : '';
  const end = isTaken ? `  yes → receiver ${route.receiver}${goesOn}` : '  yes';
  return [
    `${indent}${matchers}${end}`,
    ...tried.flatMap((child) => printTrace(child, labels, `${indent}  `)),
    ...(tried.length < route.routes.length
      ? [`${indent}  (${route.routes.length - tried.length} more not tried)`]
      : []),
  ];
}

const PER = { alert: 'an alert', labels: 'labels', group: 'a group' };

function printNotification(notification: ExplainedNotification, number: number): string {
  const { receiver, integration, incident, action, decision, reason, muted, requests } = notification;
  const lines = [
    `notification ${number}: ${action} to ${receiver}, ${integration}`,
    `  incident key  ${incident.key} (one for ${PER[incident.granularity]})`,
    `  alerts        ${incident.alerts.map(({ fingerprint }) => fingerprint).join(', ')}`,
    `  credential    ${notification.credential}`,
    ...(notification.http.length === 0 ? [] : [`  http_config   ${notification.http.join(', ')}`]),
    `  decision      ${decision}: ${reason}${muted === undefined ? '' : ` (${muted.intervals.join(', ')})`}`,
  ];
  if (notification.cuts.length > 0) lines.push(`  cut           ${notification.cuts.join(', ')}`);
  if (notification.isSeverityUnknown) lines.push('  severity      not understood, taken as the default');
  for (const { setting, message } of notification.templateFailures) {
    lines.push(`  template of ${setting} failed: ${message}`);
  }
  return [...lines, ...requests.map(printRequest)].join('\n');
}

function printRequest({ method, url, headers, body }: ExplainedRequest): string {
  const names = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const text = JSON.stringify(body, null, 2).split('\n');
  return [`  ${method} ${url}`, ...[...names, ...text].map((line) => `    ${line}`)].join('\n');
}
