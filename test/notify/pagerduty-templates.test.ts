import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pagerDutyErrors } from '../../src/sandbox/pagerduty-errors.ts';
import { withFolder } from '../support/folder.ts';
import { anAlert, aResolve, aTrigger } from '../support/notifications.ts';
import { allSent, KEY, notifierOf, type SentRequests, sent } from '../support/payloads.ts';

type Settings = Readonly<Record<string, unknown>>;

/** Like Alertmanager's events, which have nothing but what is set. */
const pagerduty = (settings: Settings = {}, templates: readonly string[] = []) =>
  notifierOf('pagerduty_configs', { routing_key: KEY, enrich: false, ...settings }, {}, templates);

const LABELS = {
  alertname: 'DiskFull',
  class: 'disk',
  cluster: 'eu-1',
  component: 'database',
  instance: 'db-1:9100',
  severity: 'warning',
};
const ANNOTATIONS = {
  dashboard: 'https://grafana.example.com/d/1',
  picture: 'https://grafana.example.com/render/1.png',
  summary: 'Disk of db-1 is full',
};
const ALERT = anAlert({ labels: LABELS, annotations: ANNOTATIONS });
const TRIGGER = aTrigger({ alerts: [ALERT], groupLabels: { alertname: 'DiskFull' } });

/** Every field that can be one, each a template of its own. */
const EVERY_FIELD = {
  client: '{{ .Receiver }}@{{ .CommonLabels.cluster }}',
  client_url: '{{ .ExternalURL }}/#/alerts?filter={{ .GroupLabels.alertname | urlquery }}',
  description: '{{ .CommonAnnotations.summary }} [{{ .Status | toUpper }}]',
  severity: '{{ .CommonLabels.severity }}',
  source: '{{ (index .Alerts 0).Labels.instance }}',
  class: '{{ .CommonLabels.class }}',
  component: '{{ .CommonLabels.component }}',
  group: '{{ .CommonLabels.cluster }}',
  details: { firing: '{{ .Alerts.Firing | len }}', where: { cluster: '{{ .CommonLabels.cluster }}' } },
  images: [
    {
      src: '{{ .CommonAnnotations.picture }}',
      alt: 'of {{ .CommonLabels.instance }}',
      href: '{{ .CommonAnnotations.dashboard }}',
    },
  ],
  links: [{ href: '{{ .CommonAnnotations.dashboard }}', text: '{{ .CommonLabels.cluster }}' }],
};

const EVENT = {
  routing_key: KEY,
  event_action: 'trigger',
  dedup_key: '0123456789abcdef',
  client: 'pagerelay@eu-1',
  client_url: 'http://alertmanager.example.com/#/alerts?filter=DiskFull',
  payload: {
    summary: 'Disk of db-1 is full [FIRING]',
    source: 'db-1:9100',
    severity: 'warning',
    class: 'disk',
    component: 'database',
    group: 'eu-1',
    custom_details: { firing: '1', where: { cluster: 'eu-1' } },
  },
  images: [
    {
      src: 'https://grafana.example.com/render/1.png',
      alt: 'of db-1:9100',
      href: 'https://grafana.example.com/d/1',
    },
  ],
  links: [{ href: 'https://grafana.example.com/d/1', text: 'eu-1' }],
};

/** What was sent, all of it; it must be what PagerDuty takes. */
function whole(sentRequests: SentRequests): unknown {
  const [request, ...others] = sentRequests.requests;
  expect({ others, errors: pagerDutyErrors(request?.body) }).toEqual({ others: [], errors: [] });
  expect(request).toMatchObject({ method: 'POST', url: 'https://events.pagerduty.com/v2/enqueue' });
  expect(sentRequests.templateFailures).toEqual([]);
  return request?.body;
}

describe('every field is a template', () => {
  test('over the labels and annotations of the incident', () => {
    expect(whole(allSent(pagerduty(EVERY_FIELD), TRIGGER))).toEqual(EVENT);
  });

  test('that may call templates of a file', () => {
    const names = [
      'client',
      'client_url',
      'description',
      'severity',
      'source',
      'class',
      'component',
      'group',
    ];
    const defined = names.map((name) => `{{ define "my.${name}" }}${EVERY_FIELD[name as 'client']}{{ end }}`);
    const called = Object.fromEntries(names.map((name) => [name, `{{ template "my.${name}" . }}`]));
    const event = withFolder({ 'my.tmpl': defined.join('\n') }, (folder) =>
      whole(allSent(pagerduty({ ...EVERY_FIELD, ...called }, [join(folder, '*.tmpl')]), TRIGGER)),
    );
    expect(event).toEqual(EVENT);
  });

  test('of a resolve, too', () => {
    const gone = anAlert({ ...ALERT, status: 'resolved' });
    const resolve = aResolve({ alerts: [gone], groupLabels: { alertname: 'DiskFull' } });
    expect(whole(allSent(pagerduty(EVERY_FIELD), resolve))).toEqual({
      ...EVENT,
      event_action: 'resolve',
      payload: {
        ...EVENT.payload,
        summary: 'Disk of db-1 is full [RESOLVED]',
        custom_details: { firing: '0', where: { cluster: 'eu-1' } },
      },
    });
  });

  // What `import` writes out, for whoever comes from Alertmanager (config/config.go, DefaultPagerdutyConfig).
  test("set to Alertmanager's own defaults, the event is Alertmanager's", () => {
    const instances = '{{ template "pagerduty.default.instances" .Alerts.Firing }}';
    const settings = {
      client: '{{ template "pagerduty.default.client" . }}',
      client_url: '{{ template "pagerduty.default.clientURL" . }}',
      description: '{{ template "pagerduty.default.description" .}}',
      severity: '{{ .CommonLabels.severity }}',
      source: '{{ template "pagerduty.default.client" . }}',
      details: {
        firing: instances,
        resolved: instances.replace('Firing', 'Resolved'),
        num_firing: '{{ .Alerts.Firing | len }}',
        num_resolved: '{{ .Alerts.Resolved | len }}',
      },
    };
    const alerts = [anAlert({ labels: { alertname: 'DiskFull', severity: 'warning' } })];
    expect(whole(allSent(pagerduty(settings), aTrigger({ alerts, sender: 'team a' })))).toEqual({
      routing_key: KEY,
      event_action: 'trigger',
      dedup_key: '0123456789abcdef',
      client: 'Alertmanager',
      client_url: 'http://alertmanager.example.com/#/alerts?receiver=team+a',
      payload: {
        summary: '[FIRING:1] DiskFull (warning)',
        source: 'Alertmanager',
        severity: 'warning',
        custom_details: {
          firing:
            'Labels:\n - alertname = DiskFull\n - severity = warning\nAnnotations:\n - summary = Disk of db-1 is full\nSource: http://prometheus.example.com/graph?g0.expr=up\n',
          resolved: '',
          num_firing: '1',
          num_resolved: '0',
        },
      },
    });
  });
});

describe('templates see the alerts of one incident', () => {
  const settings = {
    description: '{{ .CommonLabels.alertname }} {{ .CommonLabels.instance }} of {{ .GroupLabels | len }}',
    source: '{{ range .Alerts }}{{ .Labels.instance }} {{ .Status }}, {{ end }}',
  };
  const other = anAlert({
    status: 'resolved',
    labels: { ...LABELS, instance: 'db-2:9100' },
    annotations: { summary: 'Disk of db-2 is full' },
  });
  test.each([
    [
      'an alert',
      { granularity: 'alert' as const, alerts: [ALERT] },
      'DiskFull db-1:9100 of 1',
      'db-1:9100 firing,',
    ],
    [
      'labels',
      {
        granularity: 'labels' as const,
        alerts: [ALERT, other],
        groupLabels: { alertname: 'DiskFull', cluster: 'eu-1' },
      },
      'DiskFull  of 2',
      'db-1:9100 firing, db-2:9100 resolved,',
    ],
    [
      'a group',
      { granularity: 'group' as const, alerts: [ALERT, other] },
      'DiskFull  of 1',
      'db-1:9100 firing, db-2:9100 resolved,',
    ],
  ])('by %s', (_what, incident, summary, source) => {
    const { body } = sent(
      pagerduty(settings),
      aTrigger({ groupLabels: { alertname: 'DiskFull' }, ...incident }),
    );
    const payload = body.payload as { readonly summary: string; readonly source: string };
    expect([payload.summary, payload.source.trim()]).toEqual([summary, source]);
  });
});

/** What of the event the fields decide. */
interface Fields {
  readonly client: string;
  readonly client_url?: string;
  readonly payload: Settings;
  readonly links?: readonly object[];
  readonly images?: readonly object[];
}

const DEFAULTS = {
  client: 'pagerelay',
  client_url: 'http://alertmanager.example.com/#/alerts?receiver=pagerelay',
  summary: 'Disk of db-1 is full',
  source: 'pagerelay',
  severity: 'warning',
};

const TEXTS = [
  'client',
  'client_url',
  'description',
  'severity',
  'source',
  'class',
  'component',
  'group',
] as const;
const everyText = (text: string) => Object.fromEntries(TEXTS.map((name) => [name, text]));

function fieldsOf(body: Settings): Settings {
  const { client, client_url, payload } = body as unknown as Fields;
  return { client, client_url, ...payload };
}

describe('a template', () => {
  test.each<[string, string]>([
    ['that gives nothing', '{{ .CommonLabels.none }}'],
    ['that gives blanks', '{{ " \\n\\t" }}'],
    ['that is nothing', ''],
  ])('%s leaves the field to its default, or out', (_what, text) => {
    const { body } = sent(pagerduty(everyText(text)), TRIGGER);
    const { class: kind, component, group, custom_details: details, ...fields } = fieldsOf(body);
    expect({ kind, component, group, details }).toEqual({ details: {} });
    expect(fields).toEqual({
      ...DEFAULTS,
      // As at Alertmanager: no link, and what PagerDuty is told of an empty severity.
      client_url: undefined,
      severity: 'error',
    });
    expect(pagerDutyErrors(body)).toEqual([]);
  });

  test('that fails leaves the field to its default, and says so; the event is sent', () => {
    const vendor = pagerduty({
      ...everyText('{{ template "none" . }}'),
      details: {
        bad: '{{ index .Alerts 9 }}',
        deep: [{ worse: '{{ slice "a" 3 }}' }],
        good: '{{ .Status }}',
      },
      images: [
        { src: 'https://example.com/x.png', alt: '{{ index .Alerts 9 }}', href: '{{ index .Alerts 9 }}' },
      ],
      links: [
        { href: '{{ index .Alerts 9 }}' },
        { href: 'https://example.com', text: '{{ index .Alerts 9 }}' },
      ],
    });
    const { requests, templateFailures } = allSent(vendor, TRIGGER);
    const [request] = requests;
    expect(fieldsOf(request?.body ?? {})).toEqual({
      ...DEFAULTS,
      custom_details: { bad: '', deep: [{ worse: '' }], good: 'firing' },
    });
    expect(request?.body).toMatchObject({
      images: [{ src: 'https://example.com/x.png' }],
      links: [{ href: 'https://example.com', text: 'https://example.com' }],
    });
    expect(pagerDutyErrors(request?.body)).toEqual([]);
    const failed = [
      ...TEXTS,
      'details.bad',
      'details.deep',
      'images.alt',
      'images.href',
      'links.href',
      'links.text',
    ];
    expect(templateFailures).toHaveLength(failed.length);
    expect(new Set(templateFailures.map(({ setting }) => setting))).toEqual(new Set(failed));
    expect(templateFailures).toContainEqual({
      setting: 'description',
      message: 'template: :1:12: executing "" at <{{template "none" .}}>: template "none" not defined',
    });
    expect(templateFailures).toContainEqual({
      setting: 'details.bad',
      message:
        'template: :1:3: executing "" at <index .Alerts 9>: error calling index: index out of range: 9',
    });
  });

  test('that never ends is cut, or fails; the event is sent within the limits', () => {
    const endless = '{{ define "again" }}x{{ template "again" . }}{{ end }}{{ template "again" . }}';
    const loud = `{{ define "loud" }}${'x'.repeat(1000)}{{ end }}${'{{ template "loud" . }}'.repeat(600)}`;
    const settings = {
      ...everyText(endless),
      ...everyText(loud),
      client: endless,
      details: { a: loud, b: endless },
    };
    const vendor = pagerduty(settings);
    const { body, cuts, text } = sent(vendor, TRIGGER);
    expect(pagerDutyErrors(body)).toEqual([]);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(512_000);
    expect(new Set(cuts)).toEqual(
      new Set(['client_url', 'summary', 'source', 'class', 'component', 'group', 'custom_details']),
    );
    const { summary, class: kind } = body.payload as { readonly summary: string; readonly class: string };
    expect([summary, kind]).toEqual(Array(2).fill(`${'x'.repeat(1023)}…`));
    expect(allSent(vendor, TRIGGER).templateFailures.map(({ setting }) => setting)).toEqual([
      'client',
      'details.b',
    ]);
  });
});

describe('severity', () => {
  test.each<[string, Settings, string, boolean]>([
    ['of a label', { severity: '{{ .CommonLabels.severity }}' }, 'warning', false],
    ['that is unknown', { severity: 'P{{ 1 }}' }, 'error', true],
    ['with blanks and capitals', { severity: '\n {{ "Critical" }} ' }, 'critical', false],
    ['through the map', { severity: '{{ "page" }}', severity_map: { page: 'info' } }, 'info', false],
    [
      'that fails: of the label',
      { severity: '{{ index .Alerts 9 }}', severity_map: { warning: 'info' } },
      'info',
      false,
    ],
  ])('%s', (_what, settings, severity, unknownSeverity) => {
    const result = sent(pagerduty(settings), TRIGGER);
    expect([(result.body.payload as Settings).severity, result.unknownSeverity]).toEqual([
      severity,
      unknownSeverity,
    ]);
  });
});

// Alertmanager drops an image without src and a link without href (notify/pagerduty/pagerduty_test.go, 437).
describe('images and links', () => {
  const label = (name: string) => `{{ .CommonLabels.${name} }}`;
  test('without address are dropped, each on its own; no empty list is left', () => {
    const settings = {
      images: [
        { src: label('none'), alt: 'a', href: 'https://example.com' },
        { src: 'https://example.com/1.png', alt: 'b', href: label('none') },
        { src: 'https://example.com/2.png', alt: label('none'), href: 'https://example.com' },
      ],
      links: [
        { href: label('none'), text: 'a' },
        { href: 'https://example.com/1', text: label('none') },
      ],
    };
    const { body } = sent(pagerduty(settings), TRIGGER);
    expect({ images: body.images, links: body.links }).toEqual({
      images: [
        { src: 'https://example.com/1.png', alt: 'b' },
        { src: 'https://example.com/2.png', href: 'https://example.com' },
      ],
      links: [{ href: 'https://example.com/1', text: 'https://example.com/1' }],
    });
    const none = { images: [{ src: label('none') }], links: [{ href: label('none') }] };
    expect(Object.keys(sent(pagerduty(none), TRIGGER).body)).not.toEqual(
      expect.arrayContaining([expect.stringMatching('images|links')]),
    );
  });

  test.each(['javascript:alert(1)', '//example.com', `https://example.com/${'x'.repeat(3000)}`])(
    'with an address that is none are dropped: %.40s',
    (address) => {
      const alerts = [anAlert({ annotations: { address } })];
      const href = '{{ .CommonAnnotations.address }}';
      const { body } = sent(
        pagerduty({ images: [{ src: 'https://a.example/x.png', href }, { src: href }], links: [{ href }] }),
        aTrigger({ alerts }),
      );
      expect({ images: body.images, links: body.links }).toEqual({
        images: [{ src: 'https://a.example/x.png' }],
      });
    },
  );

  test('with texts of any length leave room for the rest', () => {
    const alerts = [anAlert({ annotations: { long: 'ä'.repeat(600_000) } })];
    const text = '{{ .CommonAnnotations.long }}';
    const settings = {
      images: [{ src: 'https://a.example/x.png', alt: text }],
      links: [{ href: 'https://a.example', text }],
      details: { own: 'mine' },
    };
    const { body, text: json } = sent(pagerduty(settings), aTrigger({ alerts }));
    const cut = `${'ä'.repeat(1023)}…`;
    expect({ images: body.images, links: body.links }).toEqual({
      images: [{ src: 'https://a.example/x.png', alt: cut }],
      links: [{ href: 'https://a.example', text: cut }],
    });
    expect((body.payload as Settings).custom_details).toEqual({ own: 'mine' });
    expect(Buffer.byteLength(json)).toBeLessThan(10_000);
  });
});
