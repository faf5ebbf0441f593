import { expect, test } from '@jest/globals';
import type { Job } from '../../src/relay/jobs.ts';
import { mostSevereFirst, urgency } from '../../src/relay/urgency.ts';
import { alertOf, incidentOf } from '../support/incidents.ts';
import { configOf } from '../support/relay.ts';

const [pagerduty, opsgenie] =
  configOf(`
route: { receiver: team }
receivers:
  - name: team
    pagerduty_configs: [{ routing_key: key, severity_map: { sev1: critical, sev4: info } }]
    opsgenie_configs: [{ api_key: key, priority_map: { sev1: P1, sev4: P5 } }]
`).receivers.get('team')?.integrations ?? [];

test.each([
  ['pagerduty', pagerduty],
  ['opsgenie', opsgenie],
])("who goes first follows the user's own names for severities at %s", (_name, integration) => {
  if (integration === undefined) throw new Error('there is none');
  const ranks = ['sev1', 'critical', 'other', 'warning', 'sev4'].map((severity) =>
    urgency(integration, incidentOf([alertOf({ labels: { severity } })])),
  );
  expect(ranks).toEqual([0, 0, 1, 2, 3]);
});

test('ends go last, whatever their severity: nobody is woken by them', () => {
  if (pagerduty === undefined) throw new Error('there is none');
  const jobs = (['resolved', 'firing'] as const).flatMap((status) =>
    ['critical', 'info'].map((severity) => ({
      integration: pagerduty,
      incident: incidentOf([alertOf({ status, labels: { severity, status } })]),
    })),
  ) as unknown as readonly Job[];
  const told = mostSevereFirst(jobs).map(({ incident: { alerts } }) => alerts[0]?.labels);
  expect(told.map((labels) => `${labels?.severity} ${labels?.status}`)).toEqual([
    'critical firing',
    'info firing',
    'critical resolved',
    'info resolved',
  ]);
});
