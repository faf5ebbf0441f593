import { describe, expect, test } from '@jest/globals';
import { lintIncidentKeys } from '../../src/config/lint-incident-keys.ts';
import { printFaults } from '../support/lint.ts';
import { configOf } from '../support/relay.ts';

const SAME = 'alerts that have nothing in common get the same key';
const RESOLVED = 'the key of a resolved alert is another one than while it fires';
const START = 'the key depends on when the alert began';
const ANNOTATION = 'the key depends on annotations';
const TIME = 'the key depends on the time';
const JOINS_LABELS = 'with group_by: [cluster], the key changes when another alert joins the incident';
const JOINS_GROUP = 'without group_by, the key changes when another alert joins the incident';

const ALERT = "['...']";
const CLUSTER = '[cluster]';
const GROUP = '[]';

/** What is said of a key template at PagerDuty, and of the same one at Opsgenie. */
function lint(key: string, groupBy: string): readonly string[] {
  const quoted = JSON.stringify(key);
  const config = configOf(`
route: { receiver: a, group_by: ${groupBy} }
receivers:
- name: a
  pagerduty_configs: [{ routing_key: k, dedup_key: ${quoted} }]
  opsgenie_configs: [{ api_key: k, alias: ${quoted} }]
`);
  return printFaults(lintIncidentKeys(config));
}

describe('a key that cannot do', () => {
  test.each<[string, string, string, string]>([
    ['a constant', 'storm', ALERT, SAME],
    ['only what all alerts share', '{{ .Receiver }} {{ .ExternalURL }}', ALERT, SAME],
    ['only the number of alerts', '{{ len .Alerts }}', GROUP, SAME],
    ['a label that the group has not', '{{ .GroupLabels.team | printf "%s-page" }}', CLUSTER, SAME],
    ['the status', '{{ .CommonLabels.alertname }}/{{ .Status }}', ALERT, RESOLVED],
    ['the firing alerts', '{{ range .Alerts.Firing }}{{ .Fingerprint }}{{ end }}', ALERT, RESOLVED],
    ['the end', '{{ .CommonLabels.alertname }} {{ (index .Alerts 0).EndsAt.Unix }}', ALERT, RESOLVED],
    ['the reason', '{{ .CommonLabels.alertname }}{{ .NotificationReason }}', ALERT, RESOLVED],
    ['the start', '{{ (index .Alerts 0).StartsAt.Unix }}', ALERT, START],
    ['the day', '{{ range .Alerts }}{{ .Labels.x }} {{ .StartsAt.Format "Jan 2" }}{{ end }}', ALERT, START],
    ['an annotation', '{{ .CommonAnnotations.incident }}', ALERT, ANNOTATION],
    ['the time', '{{ .CommonLabels.alertname }}-{{ now.Unix }}', ALERT, TIME],
    ['nothing but the time', '{{ now }}', GROUP, TIME],
    ['a label that alerts of a cluster need not share', '{{ .CommonLabels.host }}', CLUSTER, JOINS_LABELS],
    ['the first alert', '{{ (index .Alerts 0).Fingerprint }}', CLUSTER, JOINS_LABELS],
    ['every alert', '{{ range .Alerts }}{{ .Labels.instance }}{{ end }}', GROUP, JOINS_GROUP],
    ['all common labels', '{{ .CommonLabels }}', GROUP, JOINS_GROUP],
  ])('is made of %s', (_which, key, groupBy, expected) => {
    expect(lint(key, groupBy)).toEqual([
      expect.stringContaining(`receivers[0].pagerduty_configs[0].dedup_key: ${expected}`),
      expect.stringContaining(`receivers[0].opsgenie_configs[0].alias: ${expected}`),
    ]);
  });

  test('is found on any of the ways to its receiver', () => {
    const config = configOf(`
route:
  receiver: other
  routes:
  - { receiver: a, matchers: [team="a"], group_by: ['...'] }
  - { receiver: a, matchers: [team="b"], group_by: [cluster] }
receivers:
- name: other
- name: a
  pagerduty_configs: [{ routing_key: k, dedup_key: '{{ .CommonLabels.instance }}' }]
`);
    expect(printFaults(lintIncidentKeys(config))).toEqual([
      expect.stringContaining(`receivers[1].pagerduty_configs[0].dedup_key: ${JOINS_LABELS}`),
    ]);
  });
});

describe('nothing is said of a key that is made of', () => {
  test.each<[string, string, string]>([
    ['labels, by alert', '{{ .CommonLabels.cluster }}/{{ .CommonLabels.alertname }}', ALERT],
    ['a label that no sample has by itself', '{{ .CommonLabels.customer_42 }}', ALERT],
    ['a label by index', '{{ index .CommonLabels "some.label" }}', ALERT],
    ['a label through a variable', '{{ $l := .CommonLabels }}{{ $l.customer }}', ALERT],
    ['a label of the alert', '{{ range .Alerts }}{{ .Labels.customer }}{{ end }}', ALERT],
    ['the fingerprint', '{{ (index .Alerts 0).Fingerprint }}', ALERT],
    ['the labels of the group', '{{ .GroupLabels.cluster }}', CLUSTER],
    ['a common label that the group has', '{{ .CommonLabels.cluster }}', CLUSTER],
    ['a label that the group may have', '{{ .CommonLabels.service }}', GROUP],
    ['all labels of the group', '{{ .GroupLabels.SortedPairs.Values | join "/" }}', GROUP],
    ['the end of a label', '{{ .CommonLabels.instance | reReplaceAll "^[^:]*" "" }}', ALERT],
    ['the middle of an address', '{{ reReplaceAll "^.*//|/.*$" "" .CommonLabels.url }}', ALERT],
    ['the start of a long label', '{{ slice .CommonLabels.commit 0 7 }}', ALERT],
    [
      'one of two things',
      '{{ if eq .CommonLabels.env "prod" }}prod{{ else }}{{ .CommonLabels.env }}{{ end }}',
      ALERT,
    ],
    ['nothing: the incident keeps its own', '', ALERT],
    ['what fails: that is told of elsewhere', '{{ .CommonLabels.x.y }}', ALERT],
  ])('%s', (_which, key, groupBy) => {
    expect(lint(key, groupBy)).toEqual([]);
  });
});

test('details may have a template of that name', () => {
  const config = configOf(`
route: { receiver: a }
receivers: [{ name: a, pagerduty_configs: [{ routing_key: k, details: { dedup_key: same } }] }]
`);
  expect(lintIncidentKeys(config)).toEqual([]);
});
