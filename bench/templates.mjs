import { templateData } from '../dist/template/data.js';
import { createFunctions } from '../dist/template/functions.js';
import { createTemplates } from '../dist/template/templates.js';

const ALERT = {
  status: 'firing',
  labels: { alertname: 'HighLatency', instance: 'api-1:9090', job: 'api', severity: 'critical' },
  annotations: { summary: 'p99 of api-1 is above 1s' },
  startsAt: '2026-01-02T03:04:05.678Z',
  startsAtMs: 1_767_323_045_678,
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus.example/graph',
  fingerprint: '0123456789abcdef',
};
const INCIDENT = {
  key: ALERT.fingerprint,
  granularity: 'alert',
  alerts: [ALERT],
  groupLabels: { alertname: 'HighLatency' },
  commonLabels: ALERT.labels,
  commonAnnotations: ALERT.annotations,
  routeLabels: {},
  groupKey: '{}:{alertname="HighLatency"}',
  externalURL: 'http://alertmanager.example',
  sender: 'pagerelay',
  truncatedAlerts: 0,
  notificationReason: '',
};

/** The same text, written by hand. */
function byHand({ alerts, groupLabels, commonLabels }) {
  const firing = alerts.filter(({ status }) => status === 'firing').length;
  const status = firing > 0 ? `FIRING:${firing}` : 'RESOLVED';
  const others = Object.entries(commonLabels).filter(([name]) => !Object.hasOwn(groupLabels, name));
  return `[${status}] ${Object.values(groupLabels).join(' ')} (${others
    .sort()
    .map(([, value]) => value)
    .join(' ')})`;
}

/** CPU time of rendering PagerDuty's default description for one alert, its data included, in µs; and of the same by hand. */
export function templateSpeed(rounds, renders) {
  const templates = createTemplates([], createFunctions(Date.now));
  const template = templates.compile('{{ template "pagerduty.default.description" . }}');
  const contenders = {
    template: () => template.render(templateData(INCIDENT)),
    byHand: () => byHand(INCIDENT),
  };
  const texts = new Set(Object.values(contenders).map((render) => render()));
  if (texts.size !== 1) throw new Error(`different texts: ${[...texts].join(' / ')}`);
  const found = { template: [], byHand: [] };
  for (let round = -2; round < rounds; round++) {
    for (const [name, render] of Object.entries(contenders)) {
      const before = process.cpuUsage();
      for (let i = 0; i < renders; i++) render();
      const { user, system } = process.cpuUsage(before);
      // The first rounds warm up.
      if (round >= 0) found[name].push((user + system) / renders);
    }
  }
  return found;
}
