import { describe, expect, test } from '@jest/globals';
import type { Alert } from '../../src/notification/notification.ts';
import { pagerDutyErrors } from '../../src/sandbox/pagerduty-errors.ts';
import { anAlert, aTrigger } from '../support/notifications.ts';
import { KEY, notifierOf, sent } from '../support/payloads.ts';

type Settings = Readonly<Record<string, unknown>>;

/** `custom_details` of an event about these alerts, as the vendor would get it. */
function customDetails(settings: Settings, alerts: readonly Alert[] = [anAlert()]): Settings {
  const vendor = notifierOf('pagerduty_configs', { routing_key: KEY, enrich: false, ...settings });
  const { body } = sent(vendor, aTrigger({ alerts }));
  expect(pagerDutyErrors(body)).toEqual([]);
  return (body.payload as { readonly custom_details: Settings }).custom_details;
}

const NESTED = {
  flat: '{{ .Status }}',
  map: {
    list: ['{{ .CommonLabels.alertname }}', 7, true, null, { deeper: '{{ .CommonLabels.severity }}' }],
    text: 'as it is',
  },
};

describe('details of any form', () => {
  test.each(['text', 'json', 'yaml'])('three levels deep, every text in them a template: %s', (format) => {
    expect(customDetails({ details: NESTED, details_format: format })).toEqual({
      flat: 'firing',
      map: { list: ['DiskFull', 7, true, null, { deeper: 'critical' }], text: 'as it is' },
    });
  });

  test('names of details are no templates, and may be those that every object has', () => {
    const details = JSON.parse('{"{{ .Status }}":"a","constructor":"b","__proto__":"c","render":"d"}');
    expect(Object.entries(customDetails({ details }))).toEqual(Object.entries(details));
  });

  test('a map that looks like a template is a map', () => {
    const details = { x: { render: 'a', source: 'b', constant: 'c' } };
    expect(customDetails({ details })).toEqual(details);
  });
});

// What a rendered text becomes: in text, in json and in yaml (as go-yaml v2, which Alertmanager reads it with).
describe('details_format', () => {
  const same = (text: string) => [text, text, text] as const;
  test.each<[string, unknown, unknown, unknown]>([
    ['', ...same('')],
    ['plain words', ...same('plain words')],
    ['123', '123', '123', 123],
    ['-1.5', '-1.5', '-1.5', -1.5],
    ['1.10', '1.10', '1.10', 1.1],
    ['0x1F', '0x1F', '0x1F', 31],
    ['010', '010', '010', 8],
    ['1_000', '1_000', '1_000', 1000],
    ['true', 'true', 'true', true],
    ['yes', 'yes', 'yes', true],
    ['off', 'off', 'off', false],
    ['null', ...same('null')],
    ['~', ...same('~')],
    ['.inf', ...same('.inf')],
    ['12345678901234567890', ...same('12345678901234567890')],
    ['12:30', ...same('12:30')],
    ['12:30:45', ...same('12:30:45')],
    ['2026-01-02', ...same('2026-01-02')],
    ['2026-01-02T03:04:05Z', ...same('2026-01-02T03:04:05Z')],
    ['"123"', ...same('"123"')],
    ["'true'", ...same("'true'")],
    ['# a comment', ...same('# a comment')],
    ['@someone', ...same('@someone')],
    ['%d %s', ...same('%d %s')],
    ['*bold*', ...same('*bold*')],
    ['&anchor', ...same('&anchor')],
    ['value1:', 'value1:', 'value1:', { value1: null }],
    ['disk full: 97%', 'disk full: 97%', 'disk full: 97%', { 'disk full': '97%' }],
    ['- a\n- 2', '- a\n- 2', '- a\n- 2', ['a', 2]],
    [
      'a: 1:30\nb: 2026-01-02',
      'a: 1:30\nb: 2026-01-02',
      'a: 1:30\nb: 2026-01-02',
      { a: '1:30', b: '2026-01-02' },
    ],
    ['{"a":[1,"2"]}', '{"a":[1,"2"]}', { a: [1, '2'] }, { a: [1, '2'] }],
    ['  [1, 2]', '  [1, 2]', [1, 2], [1, 2]],
    ['[]', '[]', [], []],
    ['{a: b}', '{a: b}', '{a: b}', { a: 'b' }],
    ['[WARN] disk full', ...same('[WARN] disk full')],
    ['[a, b', ...same('[a, b')],
    ['{"a":1', ...same('{"a":1')],
    ['a\n---\nb: c', ...same('a\n---\nb: c')],
    ['a: &a [x]\nb: *a', 'a: &a [x]\nb: *a', 'a: &a [x]\nb: *a', { a: ['x'], b: ['x'] }],
  ])('%j', (text, asText, asJson, asYaml) => {
    const alerts = [anAlert({ annotations: { text } })];
    const read = (format: string) =>
      customDetails({ details: { x: '{{ .CommonAnnotations.text }}' }, details_format: format }, alerts).x;
    expect([read('text'), read('json'), read('yaml')]).toEqual([asText, asJson, asYaml]);
  });

  test('json is what it is without the setting', () => {
    expect(customDetails({ details: { a: '[1]', b: '1' } })).toEqual({ a: [1], b: '1' });
  });

  // Alertmanager's own default details, since 0.30.
  test.each(['json', 'yaml'])('toJson of alerts is a list of objects: %s', (format) => {
    const gone = anAlert({
      status: 'resolved',
      labels: { alertname: 'A', port: '9100' },
      endsAt: '2026-11-02T09:00:00Z',
    });
    const details = {
      firing: '{{ .Alerts.Firing | toJson }}',
      resolved: '{{ .Alerts.Resolved | toJson }}',
      num_firing: '{{ .Alerts.Firing | len }}',
    };
    const { firing, resolved, num_firing } = customDetails({ details, details_format: format }, [
      anAlert(),
      gone,
    ]);
    expect(firing).toEqual([
      {
        status: 'firing',
        labels: { alertname: 'DiskFull', instance: 'db-1:9100', severity: 'critical' },
        annotations: { summary: 'Disk of db-1 is full' },
        startsAt: '2026-11-02T08:30:00Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://prometheus.example.com/graph?g0.expr=up',
        fingerprint: '0123456789abcdef',
      },
    ]);
    // A label stays text, whatever it looks like.
    expect(resolved).toEqual([expect.objectContaining({ labels: { alertname: 'A', port: '9100' } })]);
    expect(num_firing).toBe(format === 'yaml' ? 1 : '1');
  });

  test.each<[string, string]>([
    ['lists in lists', '['],
    ['maps in maps', '{'],
    ['lists in lists, with blanks', ' ['],
    ['maps in maps, named', '{"a":'],
    ['lists in lists by lines', '- '],
    ['maps in maps by question marks', '? '],
    ['maps in maps by colons', 'a: '],
  ])('%s without end stay text, at once', (_what, unit) => {
    for (const format of ['json', 'yaml']) {
      for (const times of [1000, 3000, 100_000]) {
        const text = unit.repeat(times).trim();
        const alerts = [anAlert({ annotations: { text } })];
        const startedAt = performance.now();
        const details = { x: '{{ .CommonAnnotations.text }}' };
        expect(typeof customDetails({ details, details_format: format }, alerts).x).toBe('string');
        expect(performance.now() - startedAt).toBeLessThan(2000);
      }
    }
  });

  test.each([51, 1000, 2000, 4000])(
    '%i levels of JSON stay text, even where the details are trimmed',
    (levels) => {
      const text = `${'['.repeat(levels)}${']'.repeat(levels)}`;
      const alerts = [anAlert({ annotations: { text, huge: 'x'.repeat(600_000) } })];
      const details = { x: '{{ .CommonAnnotations.text }}' };
      for (const format of ['json', 'yaml']) {
        expect(customDetails({ details, details_format: format, enrich: true }, alerts).x).toBe(text);
      }
    },
  );

  test('50 levels of JSON are read', () => {
    const text = `${'['.repeat(50)}${']'.repeat(50)}`;
    expect(JSON.stringify(customDetails({ details: { x: text } }).x)).toBe(text);
  });

  test('aliases that multiply stay text', () => {
    const lines = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (const [i, name] of [...'bcdefgh'].entries()) {
      lines.push(`${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[i]}`).join()}]`);
    }
    const text = lines.join('\n');
    const alerts = [anAlert({ annotations: { text } })];
    const details = { x: '{{ .CommonAnnotations.text }}' };
    expect(customDetails({ details, details_format: 'yaml' }, alerts).x).toBe(text);
  });
});

describe('enrich', () => {
  test('is true unless said otherwise; the own details win, and what was cut is told in any case', () => {
    const vendor = (settings: Settings) => notifierOf('pagerduty_configs', { routing_key: KEY, ...settings });
    const details = { labels: 'mine', own: '{{ .Status }}' };
    const { body: rich } = sent(vendor({ details }), aTrigger({ truncatedAlerts: 3 }));
    expect((rich.payload as Settings).custom_details).toEqual({
      labels: 'mine',
      own: 'firing',
      truncated_alerts: 3,
      num_firing: 1,
      num_resolved: 0,
      annotations: { summary: 'Disk of db-1 is full' },
    });
    const { body: plain } = sent(vendor({ details, enrich: false }), aTrigger({ truncatedAlerts: 3 }));
    expect((plain.payload as Settings).custom_details).toEqual({
      labels: 'mine',
      own: 'firing',
      truncated_alerts: 3,
    });
  });
});
