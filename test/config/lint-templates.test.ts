import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { lintTemplates } from '../../src/config/lint-templates.ts';
import { load } from '../../src/config/load.ts';
import { withFolder } from '../support/folder.ts';
import { printFaults } from '../support/lint.ts';
import { configOf } from '../support/relay.ts';

/** What is said of a template in an entry's `description`. */
function lint(template: string, groupBy = "['...']"): readonly string[] {
  const config = configOf(`
route: { receiver: a, group_by: ${groupBy} }
receivers: [{ name: a, pagerduty_configs: [{ routing_key: k, description: ${JSON.stringify(template)} }] }]
`);
  return printFaults(lintTemplates(config)).map((line) =>
    line.replace('receivers[0].pagerduty_configs[0].description: ', ''),
  );
}

describe('a template that fails', () => {
  test.each<[string, string, string, string]>([
    ['an alert', '{{ .CommonLabels.x.y }}', "['...']", "can't evaluate field y in type string"],
    ['an alert', '{{ (index .Alerts 7).Status }}', "['...']", 'index out of range'],
    ['an alert', '{{ humanizeDuration .Alerts }}', "['...']", 'humanizeDuration'],
    [
      'a resolved alert',
      '{{ (index .Alerts.Firing 0).Labels.alertname }}',
      "['...']",
      'error calling index: reflect: slice index out of range',
    ],
    [
      'an alert without annotations',
      '{{ slice .CommonAnnotations.summary 0 1 }}',
      "['...']",
      'error calling slice: index out of range: 1',
    ],
    [
      'an alert with no label but alertname',
      '{{ slice .CommonLabels.customer 0 1 }}',
      "['...']",
      'error calling slice: index out of range: 1',
    ],
    [
      'several alerts, of which some are resolved',
      '{{ if gt (len .Alerts) 1 }}{{ index .Alerts 2 }}{{ end }}',
      '[cluster]',
      'error calling index: reflect: slice index out of range',
    ],
  ])('for %s: %s', (what, template, groupBy, message) => {
    const [found, ...others] = lint(template, groupBy);
    expect(others).toEqual([]);
    expect(found).toContain(`fails for ${what}, and its default takes its place: template: :1:`);
    expect(found).toContain(message);
  });

  test('is told of wherever it stands, nested settings and key templates included', () => {
    const bad = "'{{ .CommonLabels.x.y }}'";
    const config = configOf(`
route: { receiver: a }
receivers:
- name: a
  pagerduty_configs:
  - { routing_key: k, dedup_key: ${bad}, details: { deep: [{ er: ${bad} }] }, links: [{ href: ${bad} }] }
  opsgenie_configs: [{ api_key: k, responders: [{ type: team, name: ${bad} }] }]
`);
    expect(lintTemplates(config).map(({ path }) => path.slice(2).join('.'))).toEqual([
      'pagerduty_configs.0.dedup_key',
      'pagerduty_configs.0.details.deep.0.er',
      'pagerduty_configs.0.links.0.href',
      'opsgenie_configs.0.responders.0.name',
    ]);
  });
});

describe('nothing is said of', () => {
  test.each<[string, string, string]>([
    ['a plain text', 'Something is wrong', "['...']"],
    ['labels that no alert has', '{{ .CommonLabels.a }}{{ .CommonAnnotations.b }}', "['...']"],
    [
      'a function for numbers',
      '{{ with .CommonLabels.seconds }}{{ humanizeDuration . }}{{ end }}',
      "['...']",
    ],
    [
      'a function for times',
      '{{ with .CommonAnnotations.at }}{{ (mustToDate "2006-01-02T15:04:05Z07:00" .).Unix }}{{ end }}',
      "['...']",
    ],
    [
      'what only several alerts would break, by alert',
      '{{ if gt (len .Alerts) 1 }}{{ index .Alerts 9 }}{{ end }}',
      "['...']",
    ],
    ['a common label of the group', '{{ slice (printf "%s-" .CommonLabels.cluster) 0 1 }}', '[cluster]'],
    ['what another check tells of', '{{ template "nowhere" . }}', "['...']"],
    ["Alertmanager's own", '{{ template "pagerduty.default.description" . }}', "['...']"],
  ])('%s', (_which, template, groupBy) => {
    expect(lint(template, groupBy)).toEqual([]);
  });
});

test('labels that only a called template reads are there, too', () => {
  const files = {
    'team.tmpl': '{{ define "team.key" }}{{ slice (index .CommonLabels "customer id") 0 1 }}{{ end }}',
  };
  withFolder(files, (folder) => {
    const file = join(folder, 'pagerelay.yaml');
    const text = `
templates: [team.tmpl]
route: { receiver: a, group_by: ['...'] }
receivers: [{ name: a, pagerduty_configs: [{ routing_key: k, dedup_key: '{{ template "team.key" . }}' }] }]
`;
    writeFileSync(file, text);
    const { problems } = load(text, file, { env: {}, now: Date.now });
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('fails for an alert with no label but alertname'),
    ]);
  });
});
